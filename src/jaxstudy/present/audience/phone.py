"""The speaker's window for a phone: at the audience's server, behind a secret of its own, when the presenter wants it.

It reads the talk's state and asks for steps. Nothing here can run a cell or change one.
"""

# Tornado's handlers are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call,misc,no-any-return"

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

import jaxstudy

_ASSETS = Path(jaxstudy.__file__).parent / "assets" / "present"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_MOST = 4
"""Speaker's windows at once: a presenter has a phone or two."""


class Phones:
    """The speaker's windows that are open over the network."""

    def __init__(self, secret: str, qr: bytes, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self.secret, self.qr, self.tell = secret, qr, tell
        self.open: list[SpeakerSocket] = []

    def show(self, state: Mapping[str, Any]) -> None:
        """Tell all of them."""
        for window in list(self.open):
            with contextlib.suppress(WebSocketClosedError):
                window.write_message(json.dumps(state))


class SpeakerFiles(web.RequestHandler):
    """The page, its style and its script: those that the notebook server has."""

    def initialize(self, phones: Phones) -> None:
        """Tornado calls this for each request."""
        self.phones = phones

    def get(self, secret: str, name: str) -> None:
        """`speaker` is the page."""
        check(secret, self.phones)
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        if name == "speaker-qr.svg":
            self.set_header("Content-Type", "image/svg+xml")
            self.finish(self.phones.qr)
            return
        file = _ASSETS / (name if Path(name).suffix else f"{name}.html")
        self.set_header("Content-Type", f"{_KINDS[file.suffix]}; charset=utf-8")
        self.finish(file.read_bytes())


class SpeakerSocket(WebSocketHandler):
    """One window. Tornado lets pages of our own origin connect, and no other."""

    def initialize(self, phones: Phones) -> None:
        """Tornado calls this for each request."""
        self.phones = phones

    async def get(self, secret: str) -> None:
        """Open the socket, or say that there is nothing."""
        check(secret, self.phones)
        if len(self.phones.open) >= _MOST:
            raise web.HTTPError(503)
        await super().get()

    def open(self, *_: str, **__: str) -> None:
        """A window is there."""
        self.phones.open.append(self)
        self.phones.tell({"kind": "speaking", "on": False})  # so that the state is told at once, to all of them
        self.phones.tell({"kind": "speaking", "on": True})

    def on_message(self, message: str | bytes) -> None:
        """One wish."""
        with contextlib.suppress(ValueError, RecursionError):
            wish = json.loads(message)
            if isinstance(wish, dict):
                self.phones.tell({"kind": "wish", "do": wish.get("do"), "question": wish.get("question")})

    def on_close(self) -> None:
        """The window is gone."""
        if self in self.phones.open:
            self.phones.open.remove(self)
        if not self.phones.open:
            self.phones.tell({"kind": "speaking", "on": False})


def check(secret: str, phones: Phones) -> None:
    """Raise 404 unless that is the secret."""
    if not phones.secret or not secrets.compare_digest(secret.encode(), phones.secret.encode()):
        raise web.HTTPError(404)
