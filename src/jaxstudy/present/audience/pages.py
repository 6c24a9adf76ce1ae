"""What the audience's server answers: files from memory, the stream of events, questions and votes.

No name that is asked for ever becomes a path: files are looked up among those that were read at the start.
"""

# Tornado's handlers are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call,misc,no-any-return"

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from typing import Any

from tornado import web
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError

from jaxstudy.present.audience.board import Refused
from jaxstudy.present.audience.folder import FRAMED_BY_NOBODY, POLICY
from jaxstudy.present.audience.hall import Hall

_CHUNK = re.compile(r"state/(\d{1,6})\.json")
_FOR_EVER, _NOW, _BRIEFLY = "public, max-age=31536000, immutable", "no-cache", "public, max-age=1"
_HEARTBEAT_SECONDS = 15.0
_SLOWEST_SECONDS = 20.0
"""One who takes longer to read a message is dropped, and comes back by itself."""


class Page(web.RequestHandler):
    """Base of all answers: the secret in the address, the headers, errors in plain words."""

    def initialize(self, hall: Hall) -> None:
        """Tornado calls this for each request."""
        self.hall = hall

    def set_default_headers(self) -> None:
        """What a browser may do with the answer: little."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", POLICY + FRAMED_BY_NOBODY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")  # the address is the key
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def prepare(self) -> None:
        """Whoever does not know the secret is told that there is nothing."""
        if not secrets.compare_digest(str(self.path_kwargs.pop("secret", "")).encode(), self.hall.secret.encode()):
            raise web.HTTPError(404)

    def write_error(self, status_code: int, **_: Any) -> None:
        """A line of text."""
        self.hall.note_refusal(self.request, status_code)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("There is nothing here.\n" if status_code == 404 else f"Refused ({status_code}).\n")

    def compute_etag(self) -> None:
        """Set where it is known, and not worked out for each answer."""
        return


class FilePage(Page):
    """The page, its scripts, its pictures, the notebook, the state."""

    def get(self, name: str) -> None:
        """One file."""
        if name == "state/head.json":
            self._answer("application/json", self.hall.log.head(), _BRIEFLY)
        elif chunk := _CHUNK.fullmatch(name):
            number = int(chunk[1])
            if number * 200 >= max(1, len(self.hall.log.events)):
                raise web.HTTPError(404)
            self._answer(
                "application/json",
                self.hall.log.chunk(number),
                _FOR_EVER if self.hall.log.is_full(number) else _BRIEFLY,
            )
        else:
            self._answer_file(name or "index.html", _FOR_EVER if name.startswith("figures/") else _NOW)

    head = get

    def _answer_file(self, name: str, cached: str) -> None:
        file = self.hall.files.get(name)
        if file is None:
            raise web.HTTPError(404)
        self.set_header("Etag", file.tag)
        self.set_header("Vary", "Accept-Encoding")
        if file.tag in self.request.headers.get("If-None-Match", ""):
            self.set_status(304)
            self.finish()
            return
        if name == "notebook.ipynb":
            self.set_header("Content-Disposition", f'attachment; filename="{self.hall.notebook_name}"')
        data = file.data
        if file.packed and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            data = file.packed
            self.set_header("Content-Encoding", "gzip")
        self._answer(file.kind, data, cached)

    def _answer(self, kind: str, data: bytes, cached: str) -> None:
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", cached)
        self.finish(data)


class Follow(Page):
    """Server-sent events: what is new, the moment it is. Slow readers wait for themselves alone."""

    _follower: asyncio.Event | None = None

    async def get(self) -> None:
        """Events after number `after`, until the reader is gone."""
        known = self.request.headers.get("Last-Event-ID") or self.get_query_argument("after", "0")
        seen = int(known) if known.isdecimal() and len(known) < 9 else 0
        follower = self._follower = self.hall.admit(self._address())
        if follower is None:
            raise web.HTTPError(503)
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        self.request.connection.stream.set_nodelay(True)  # type: ignore[union-attr]
        try:
            self.write("retry: 2000\nevent: hello\ndata: {}\n\n")
            while True:
                seen = await self._tell(seen)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(follower.wait(), _HEARTBEAT_SECONDS)
                follower.clear()
        except (StreamClosedError, TimeoutError):
            self.request.connection.stream.close()  # type: ignore[union-attr]
        finally:
            self.hall.dismiss(self._address(), follower)

    async def _tell(self, seen: int) -> int:
        news = self.hall.log.events[seen:]
        for number, event in enumerate(news, seen + 1):
            self.write(b"id: %d\ndata: %b\n\n" % (number, event))
        if not news:
            self.write(": \n\n")
        await asyncio.wait_for(self.flush(), _SLOWEST_SECONDS)
        return seen + len(news)

    def on_connection_close(self) -> None:
        """The reader is gone: wake up, and find out."""
        if self._follower is not None:
            self._follower.set()

    def _address(self) -> str:
        return self.request.remote_ip or ""


class Speak(Page):
    """Questions and votes: small JSON from our own page, and nothing else."""

    def post(self, what: str) -> None:
        """`me`: a new id; `ask`: a question; `vote`: for one."""
        if not from_own_page(self.request):
            raise web.HTTPError(403)
        try:
            body = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise web.HTTPError(400)
        address, client = self.request.remote_ip or "", str(body.get("me", ""))
        self.set_header("Cache-Control", "no-store")
        try:
            if what == "me":
                self.finish({"me": self.hall.board.newcomer(address)})
            elif what == "ask":
                self.finish(self.hall.ask(client, address, body))
            else:
                self.finish(self.hall.vote(client, address, body.get("question")))
        except Refused as refused:
            if refused.status == 429:
                self.hall.note_refusal(self.request, refused.status)
            self.set_status(refused.status)
            self.finish({"why": str(refused)})


def from_own_page(request: HTTPServerRequest) -> bool:
    """Whether a browser says that our own page sent this, as JSON: no other page's form or script can say so."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip()
    origin = request.headers.get("Origin")
    same = origin is None or origin.partition("://")[2] == request.headers.get("Host")
    return kind == "application/json" and same and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
