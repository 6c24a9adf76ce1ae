"""The companion's addresses in the notebook server: the stage's socket, the speaker's page and its socket.

All of them ask for the server's token, as every other address there does.
"""

# Jupyter's and Tornado's handlers are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call,misc,no-any-return"

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketClosedError, WebSocketHandler

import jaxstudy
from jaxstudy.present.audience.qr import qr_svg
from jaxstudy.present.companion.hub import Hub

_ASSETS = Path(jaxstudy.__file__).parent / "assets" / "present"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_TICK_MILLISECONDS = 1000


class _Socket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A socket for those who are logged in."""

    stage = False

    def initialize(self, hub: Hub) -> None:
        """Tornado calls this for each request."""
        self.hub = hub
        self._leave: Callable[[], None] = lambda: None

    async def get(self, *args: Any, **kwargs: Any) -> Any:
        """Open the socket, or refuse with 403."""
        if self.current_user is None:
            raise web.HTTPError(403)
        return await super().get(*args, **kwargs)

    def open(self, *_: str, **__: str) -> None:
        """The other side is there."""
        super().open()
        self._leave = self.hub.join(self._send, stage=self.stage)

    def on_close(self) -> None:
        """The other side is gone."""
        self._leave()
        super().on_close()

    def _send(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(WebSocketClosedError):  # on_close comes next
            self.write_message(json.dumps(message))


class StageSocket(_Socket):
    """The slides: they report where they are, and are told to step."""

    stage = True

    def on_message(self, message: str | bytes) -> None:
        """One report."""
        self.hub.hear(_read(message))


class SpeakerSocket(_Socket):
    """A speaker's window: it is told the state, and asks for steps."""

    def on_message(self, message: str | bytes) -> None:
        """One wish."""
        wish = _read(message)
        if isinstance(wish, dict):
            self.hub.asked(wish.get("do"), wish.get("question"))


class SpeakerPage(JupyterHandler):
    """The speaker's page and what it is made of."""

    def initialize(self, hub: Hub) -> None:
        """Tornado calls this for each request."""
        self.hub = hub

    @web.authenticated
    def get(self, name: str) -> None:
        """`speaker` is the page; its style and script stand beside it, and the addresses for phones as QR codes."""
        if name.endswith(".svg"):
            self._qr(self.hub.audience.get("phone" if name == "speaker-phone.svg" else "address"))
            return
        file = _ASSETS / (name if Path(name).suffix else f"{name}.html")
        self.set_header("Content-Type", f"{_KINDS[file.suffix]}; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(file.read_bytes())

    def _qr(self, address: str | None) -> None:
        if not address:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "image/svg+xml")
        self.finish(qr_svg(address))


def handlers(hub: Hub) -> list[tuple[str, type[JupyterHandler], dict[str, Any]]]:
    """Addresses and what answers there."""
    return [
        (r"/jaxstudy/stage", StageSocket, {"hub": hub}),
        (r"/jaxstudy/speaker/live", SpeakerSocket, {"hub": hub}),
        (r"/jaxstudy/(speaker(?:\.css|\.js|-qr\.svg|-phone\.svg)?)", SpeakerPage, {"hub": hub}),
    ]


def start_clock(hub: Hub) -> PeriodicCallback:
    """Once a second, the speakers hear how time goes."""
    clock = PeriodicCallback(hub.tick, _TICK_MILLISECONDS)
    clock.start()
    return clock


def _read(message: str | bytes) -> object:
    try:
        return json.loads(message)
    except ValueError:
        return None
