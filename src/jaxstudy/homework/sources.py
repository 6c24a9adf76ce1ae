"""A file that somebody handed in → the text of its code, whatever the file is."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jaxstudy.homework.answering.cells import Cell, cells_of

MAX_MB = 20
"""A larger file is not graded: there are pictures and data in it."""


class Unreadable(Exception):
    """Nothing in it can be graded; the message says why, for the student."""


@dataclass(frozen=True, slots=True)
class Source:
    """A student's code."""

    digest: str
    """SHA-256 of the file."""
    text: str = ""
    """Of a script."""
    cells: tuple[str, ...] | None = None
    """Of a notebook: its code cells."""

    @property
    def question(self) -> dict[str, Any]:
        """What a worker is told to load."""
        return {"text": self.text} if self.cells is None else {"cells": list(self.cells)}


def read_source(source: Path | str) -> Source:
    """The code of a file, or of a string that is the text of a script.

    Nothing of it is parsed as Python here: that is left to the sandbox.

    Raises:
        Unreadable: no regular file, too large, or a notebook that is none.
    """
    if isinstance(source, str):
        data = source.encode("utf-8", "replace")
        return Source(sha256(data).hexdigest(), _text(data))
    data = _bytes(source)
    digest = sha256(data).hexdigest()
    if source.suffix.lower() == ".ipynb":
        return Source(digest, cells=_code_cells(data))
    return Source(digest, _text(data))


def cells_of_source(source: Source) -> list[Cell]:
    """The pieces that are run one by one."""
    if source.cells is None:
        return cells_of(source.text)
    return [Cell(f"cell {number}", text) for number, text in enumerate(source.cells, 1)]


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Run code as if started in this folder: it finds files beside it, and modules."""
    with contextlib.chdir(folder):
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            sys.path.remove(str(folder))


def _bytes(path: Path) -> bytes:
    try:
        # Neither a link is followed nor a FIFO waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise Unreadable(f"the file can't be opened ({getattr(error, 'strerror', None) or error})") from error
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise Unreadable("it is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        if about.st_size > MAX_MB << 20:
            raise Unreadable(f"the file has {about.st_size >> 20} MB; more than {MAX_MB} are not graded")
        return file.read((MAX_MB << 20) + 1)


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # an editor's old habit; names and numbers are the same in it
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _code_cells(data: bytes) -> tuple[str, ...]:
    try:
        cells = json.loads(_text(data))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return tuple(_joined(source).encode("utf-8", "replace").decode() for source in sources)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable("it is no notebook: JSON with a list of cells is expected") from error


def _joined(source: Any) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\0", "")
