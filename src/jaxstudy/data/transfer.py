"""One file over HTTP into a `.part` file, going on where an earlier try stopped."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jaxstudy.data.alone import tag
from jaxstudy.data.sets import File

TIMEOUT_SECONDS = 4.0
"""For connecting, and for each wait for more bytes."""
_PIECE = 1 << 16
_WORTH_ASKING_AGAIN = (408, 425, 429)


class Gone(Exception):
    """The mirror answers, but does not have the file (or it is far too long)."""


class Unreachable(Exception):
    """The mirror could not be reached, or stopped in the middle."""

    def __init__(self, words: str, never_connected: bool = False) -> None:
        super().__init__(words)
        self.never_connected = never_connected


@dataclass(slots=True)
class Mirror:
    """The address of a folder."""

    address: str
    silent: bool = False
    """Whether no connection came about."""

    @property
    def host(self) -> str:
        """Its host, for messages."""
        return urlsplit(self.address).netloc

    def url(self, name: str) -> str:
        """The address of a file in it."""
        return f"{self.address.rstrip('/')}/{name}"


def part_path(folder: Path, file: File, mirror: Mirror) -> Path:
    """Where a file is while it is fetched. One name a mirror: two mirrors may have wrapped it differently, and halves
    of the two don't fit together."""
    digest = hashlib.sha256(mirror.url(file.remote).encode()).hexdigest()[:8]
    return folder / f".{file.kept}.{digest}{tag()}.part"


def transfer(mirror: Mirror, name: str, part: Path, *, limit: int, on_bytes: Callable[[int, int, bool], None]) -> None:
    """Bring `part` to its full length.

    Args:
        mirror: where from.
        name: of the file there.
        part: holds what came earlier, if anything.
        limit: bytes; a longer file can't be the right one.
        on_bytes: told bytes here, bytes in all (0: unknown), and whether an earlier try is continued.

    Raises:
        Gone: it is not there, or too long.
        Unreachable: no connection, or it broke; what came is kept in `part`.
    """
    have = part.stat().st_size if part.is_file() else 0
    try:
        answer = _ask(mirror.url(name), have)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing behind what we have: it is whole, or it is wrong and will be thrown away
            return
        if error.code >= 500 or error.code in _WORTH_ASKING_AGAIN:
            raise Unreachable(f"HTTP {error.code} {error.reason}") from error
        raise Gone(f"HTTP {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise Unreachable(_words(error), never_connected=isinstance(error, urllib.error.URLError)) from error
    with answer:
        _receive(answer, part, have, limit, on_bytes)


def _ask(url: str, have: int) -> Any:
    headers = {"User-Agent": "jaxstudy", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS)


def _receive(answer: Any, part: Path, have: int, limit: int, on_bytes: Callable[[int, int, bool], None]) -> None:
    resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    done = have if resumed else 0
    length = int(answer.headers.get("Content-Length") or 0)
    total = done + length if length else 0
    with part.open("ab" if resumed else "wb") as file:
        on_bytes(done, total, resumed)
        while piece := _next_piece(answer):
            file.write(piece)
            done += len(piece)
            if done > limit:
                break
            on_bytes(done, total, resumed)
    if done > limit:
        part.unlink(missing_ok=True)
        raise Gone(f"more than {limit:,} bytes, so another file")
    if total and done < total:
        raise Unreachable(f"the connection ended after {done:,} of {total:,} bytes")


def _next_piece(answer: Any) -> bytes:
    try:
        piece: bytes = answer.read1(_PIECE)
    except (http.client.HTTPException, OSError) as error:
        raise Unreachable(_words(error)) from error
    return piece


def _words(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    text = str(reason) or type(reason).__name__
    return f"no answer within {TIMEOUT_SECONDS:g} s" if "timed out" in text else text
