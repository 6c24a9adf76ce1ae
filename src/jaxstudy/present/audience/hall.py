"""The room in which an audience follows: files, events, questions and who is there, in the audience's own process."""

from __future__ import annotations

import base64
import gzip
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tornado.httputil import HTTPServerRequest

from jaxstudy.atomic import write_atomically
from jaxstudy.present.audience.board import Board
from jaxstudy.present.audience.eventlog import EventLog

MOST_FOLLOWERS, FOLLOWERS_PER_ADDRESS = 3000, 600
LONGEST_SOURCE = 20_000
"""Characters of a cell's code that followers are sent."""
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".ipynb": "application/x-ipynb+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_PACKED = (".html", ".css", ".js", ".json", ".ipynb", ".svg")
_FIGURE = re.compile(r"figures/[0-9a-f]{20}\.(?:png|svg|jpg|gif)")
_NOTED = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class File:
    """What is sent for one name."""

    kind: str
    data: bytes
    packed: bytes
    """The same, gzipped; empty where that gains nothing."""
    tag: str


class Follower(Protocol):
    """One who reads the stream."""

    def push(self, beat: bool = False) -> None:
        """There is news, or a sign of life is due."""


class Hall:
    """All that the audience's pages share. Single-threaded: every call comes from the server's loop.

    `tell` sends a report to the notebook server's hub.
    """

    def __init__(self, folder: Path, secret: str, talk: str, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self.secret, self._tell, self._folder = secret, tell, folder
        self.notebook_name = "notebook.ipynb"
        self.log = EventLog(folder / "state", talk)
        self.board = Board()
        self.files: dict[str, File] = {}
        self._followers: dict[Follower, str] = {}
        self._addresses: Counter[str] = Counter()
        self._noted: set[tuple[str, int]] = set()
        self._step = ""
        for path in folder.rglob("*"):
            if path.suffix in _KINDS and path.parent.name != "state" and not path.name.startswith("."):
                self.put(path.relative_to(folder).as_posix(), path.read_bytes())
        self._resume()

    def put(self, name: str, data: bytes) -> None:
        """Serve `data` under that name from now on."""
        suffix = Path(name).suffix
        packed = gzip.compress(data, 6, mtime=0) if suffix in _PACKED and len(data) > 1000 else b""
        tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
        self.files[name] = File(_KINDS[suffix], data, packed, tag)

    def admit(self, address: str, follower: Follower) -> bool:
        """Let a follower in; False when the room, or the address, is full."""
        if len(self._followers) >= MOST_FOLLOWERS or self._addresses[address] >= FOLLOWERS_PER_ADDRESS:
            return False
        self._followers[follower] = address
        self._addresses[address] += 1
        return True

    def dismiss(self, address: str, follower: Follower) -> None:
        """That follower is gone."""
        del self._followers[follower]
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    @property
    def followers(self) -> int:
        """How many follow by the stream; those who read files only are not seen."""
        return len(self._followers)

    def happened(self, kind: str, data: Mapping[str, Any]) -> None:
        """Add an event and tell everybody."""
        self.log.append(kind, data)
        for follower in list(self._followers):
            follower.push()

    def beat(self) -> None:
        """A sign of life for all: what stands between would hang up on a silent connection."""
        for follower in list(self._followers):
            follower.push(beat=True)

    def hear(self, kind: object, data: Mapping[str, Any]) -> None:
        """What the notebook server's hub reports: slides, runs, and what the presenter made of a question."""
        if kind == "slide":
            self._step = str(data.get("step", ""))
            self.happened("slide", {"step": self._step, "fragment": data.get("fragment", -1)})
        elif kind == "run":
            run = {key: data[key] for key in ("step", "source") if key in data}
            self.happened("run", run)
        elif kind == "output":
            names = [name for name, content in data.get("figures", {}).items() if self._keep(str(name), str(content))]
            self.happened("output", {"step": data.get("step"), "text": data.get("text", ""), "figures": names})
        elif kind == "question" and data.get("state") in ("answered", "hidden", "asked"):
            question = self.board.settle(str(data.get("id")), str(data["state"]))
            if question is not None:
                self.happened("question", _public(question))

    def ask(self, client: str, address: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take a question, for the followers and the presenter. Raises `Refused`."""
        question = self.board.ask(client, address, body.get("text"), body.get("by"), self._step)
        self._tell({"kind": "question", **question})
        self.happened("question", question)
        return question

    def vote(self, client: str, address: str, number: object) -> dict[str, Any]:
        """Take a vote; it is told with others a moment later. Raises `Refused`."""
        return self.board.vote(client, address, number)

    def tell_votes(self) -> None:
        """Tell followers and presenter of the votes since last time."""
        for question in self.board.changed():
            self._tell({"kind": "question", **question})
            if question["state"] != "hidden":
                self.happened("question", question)

    def note_refusal(self, request: HTTPServerRequest, status: int) -> None:
        """Into the log, once for an address and a kind of refusal: an attack must not fill the disk."""
        what = (request.remote_ip or "", status)
        if what not in self._noted and len(self._noted) < _NOTED:
            self._noted.add(what)
            _log.warning("refused with %d: %s %r from %s", status, request.method, request.path[:80], what[0])

    def _keep(self, name: str, content: str) -> bool:
        """Serve a figure, and put it where a plain file server finds it; whether it is one."""
        if not _FIGURE.fullmatch(name):
            return False
        if name not in self.files:
            data = base64.b64decode(content)
            write_atomically(self._folder / name, data)
            self.put(name, data)
        return True

    def _resume(self) -> None:
        for kind, data in self.log.replayed():
            if kind == "question":
                self.board.resume(data)
            elif kind == "slide":
                self._step = str(data.get("step", ""))
        for question in self.board.questions.values():
            self._tell({"kind": "question", **question})


def _public(question: Mapping[str, Any]) -> dict[str, Any]:
    """What followers are told: of a hidden question nothing but that it is."""
    return {"id": question["id"], "state": "hidden"} if question["state"] == "hidden" else dict(question)
