"""What the audience's server answers: files from memory, the stream of events, questions and votes.

No name that is asked for ever becomes a path: files are looked up among those that were read at the start.
"""

# Tornado's handlers are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call,misc,no-any-return"

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from typing import Any

from tornado import web
from tornado.httputil import HTTPServerRequest

from jaxstudy.present.audience.board import Refused
from jaxstudy.present.audience.folder import FRAMED_BY_NOBODY, POLICY
from jaxstudy.present.audience.hall import Hall

_CHUNK = re.compile(r"state/(\d{1,6})\.json")
_FOR_EVER, _NOW, _BRIEFLY = "public, max-age=31536000, immutable", "no-cache", "public, max-age=1"
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
    """Server-sent events: what is new, the moment it is. Slow readers wait for themselves alone.

    `push` writes in the very turn of the loop in which an event happened: a task for each of hundreds would take twice
    as long.
    """

    async def get(self) -> None:
        """Events after number `after`, until the reader is gone."""
        known = self.request.headers.get("Last-Event-ID") or self.get_query_argument("after", "0")
        self._seen = int(known) if known.isdecimal() and len(known) < 9 else 0
        self._waits_since = 0.0
        self._gone = asyncio.Event()
        if not self.hall.admit(self._address(), self):
            raise web.HTTPError(503)
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        self.request.connection.stream.set_nodelay(True)  # type: ignore[union-attr]
        try:
            self.write("retry: 2000\nevent: hello\ndata: {}\n\n")
            self.push(beat=True)
            await self._gone.wait()
        finally:
            self.hall.dismiss(self._address(), self)

    def push(self, beat: bool = False) -> None:
        """Write what is new, or a sign of life; not while the reader still has to take what was written before."""
        if self._waits_since:
            if time.monotonic() - self._waits_since > _SLOWEST_SECONDS:
                self._drop()
            return
        events = self.hall.log.events
        if self._seen < len(events):
            for number in range(self._seen, len(events)):
                self.write(b"id: %d\ndata: %b\n\n" % (number + 1, events[number]))
            self._seen = len(events)
        elif beat:
            self.write(": \n\n")
        else:
            return
        taken = self.flush()
        if not taken.done():
            self._waits_since = time.monotonic()
            taken.add_done_callback(self._taken)
        elif taken.exception() is not None:
            self._drop()

    def _taken(self, written: asyncio.Future[None]) -> None:
        self._waits_since = 0.0
        if written.cancelled() or written.exception() is not None:
            self._drop()
        else:
            self.push()

    def _drop(self) -> None:
        self._gone.set()
        self.request.connection.stream.close()  # type: ignore[union-attr]

    def on_connection_close(self) -> None:
        """The reader is gone."""
        if hasattr(self, "_gone"):
            self._gone.set()

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
