"""A small web server for the study site: Range requests, compression, and pages that reload themselves."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.web import Application, GZipContentEncoding, RequestHandler, StaticFileHandler

from jaxstudy.errors import InputError, Problem
from jaxstudy.site.templates import ASSETS

HOST = "127.0.0.1"
_OWN = "/__jaxstudy"
_MOST_PROBLEMS = 20


class SiteServer:
    """Serves a folder on 127.0.0.1. `built` and `failed` tell open pages how a build went; from any thread."""

    def __init__(self, folder: Path, port: int = 8000) -> None:
        """`port` 0: any free one; `url` says which."""
        self.folder = folder
        self.port = port
        self.listeners: set[asyncio.Event] = set()
        self.build = time.time_ns()
        """Number of the present build; another after a restart, so that open pages reload then too."""
        self._problems: tuple[Problem, ...] = ()
        self._http: HTTPServer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """Where the site is, once started."""
        return f"http://{HOST}:{self.port}/"

    def start(self) -> None:
        """Listen, on the running event loop.

        Raises:
            InputError: the port is taken.
        """
        try:
            listener = socket.create_server((HOST, self.port))  # tornado's own leaks the socket when this fails
        except OSError as error:
            do = "stop the other server, or name another port with --port"
            raise InputError(Problem(f"port {self.port} to be free", error.strerror or str(error), do)) from error
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._http = HTTPServer(_application(self))
        self._http.add_socket(listener)

    async def stop(self) -> None:
        """Let go of the port and of every open page."""
        if self._http:
            self._http.stop()
            await self._http.close_all_connections()

    def built(self) -> None:
        """There is a new build: open pages reload."""
        self.build += 1
        self._problems = ()
        self._tell()

    def failed(self, problems: Sequence[Problem]) -> None:
        """The build failed: open pages show what is wrong, over the last good build."""
        self._problems = tuple(problems)
        self._tell()

    @property
    def state(self) -> str:
        """What pages are told, as JSON."""
        problems = [{"where": problem.where, "text": _sentence(problem)} for problem in self._problems[:_MOST_PROBLEMS]]
        # As text: JavaScript's numbers would not tell one build from the next.
        return json.dumps({"build": str(self.build), "problems": problems})

    def _tell(self) -> None:
        if self._loop:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for listener in self.listeners:
            listener.set()


def _sentence(problem: Problem) -> str:
    return f"expected {problem.expected}, got {problem.got}; {problem.do}"


def _application(server: SiteServer) -> Application:
    files = type("Files", (_Files,), {"server": server})  # tornado reads contents by class, not by request
    return Application(
        [
            (rf"{_OWN}/events", _Events, {"server": server}),
            (rf"{_OWN}/(reload\.js|overlay\.css)", StaticFileHandler, {"path": str(ASSETS)}),
            (r"/(.*)", files, {"path": str(server.folder), "default_filename": "index.html"}),
        ],
        transforms=[_Compressed],
        log_function=lambda _: None,
        static_hash_cache=False,
    )


class _Compressed(GZipContentEncoding):
    """Text is compressed; a stream is not, nor a piece of a file, which must be a piece of the file itself."""

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._gzipping = self._gzipping and "Range" not in request.headers and not request.path.startswith(_OWN)


class _Events(RequestHandler):
    """A stream of states, the present one at once (server-sent events)."""

    def initialize(self, server: SiteServer) -> None:
        self.server = server
        self.changed = asyncio.Event()

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.server.listeners.add(self.changed)
        try:
            while True:
                self.changed.clear()
                self.write(f"data: {self.server.state}\n\n")
                await self.flush()
                await self.changed.wait()
        except StreamClosedError:
            return
        finally:
            self.server.listeners.discard(self.changed)

    def on_connection_close(self) -> None:
        """The page is gone: the next write raises, and the stream ends."""
        self.changed.set()


class _Files(StaticFileHandler):
    """Files of the site; HTML pages get the reload script, which is told of what build they are."""

    server: SiteServer

    @classmethod
    def _script(cls) -> bytes:
        return f'<script src="{_OWN}/reload.js" data-build="{cls.server.build}"></script>'.encode()

    def get_content_size(self) -> int:
        """Bytes that will be sent."""
        return super().get_content_size() + (len(self._script()) if _is_page(self.absolute_path) else 0)

    @classmethod
    def get_content(cls, abspath: str, start: int | None = None, end: int | None = None) -> Any:
        """The file's bytes, with the script where it is a page."""
        if not _is_page(abspath):
            return super().get_content(abspath, start, end)
        content = Path(abspath).read_bytes()
        head, found, tail = content.rpartition(b"</body>")
        page = head + cls._script() + found + tail if found else content + cls._script()
        return page[start:end]

    def compute_etag(self) -> str | None:
        """Size and time, for pages the build too: tornado's own would be remembered from the build before."""
        about = Path(self.absolute_path or "").stat()
        build = f"-{self.server.build:x}" if _is_page(self.absolute_path) else ""
        return f'"{about.st_mtime_ns:x}-{about.st_size:x}{build}"'

    def set_extra_headers(self, path: str) -> None:
        """Browsers ask each time whether the file has changed."""
        del path
        self.set_header("Cache-Control", "no-cache")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The site's own 404 page, or one that says that the site is being built."""
        own = Path(self.root) / "404.html"
        if status_code != 404 or "html" not in self.request.headers.get("Accept", ""):
            super().write_error(status_code, **kwargs)
            return
        page = own if own.is_file() else ASSETS / "building.html"
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.get_content(str(page)))


def _is_page(path: str | None) -> bool:
    return bool(path) and str(path).endswith(".html")
