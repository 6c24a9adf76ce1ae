"""The classes of Jupyter that slides need otherwise than Jupyter has them. Imported by `present.server` only."""

# Jupyter's classes are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import AuthenticatedFileHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.config.manager import ConfigManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from jupytext.async_contentsmanager import build_async_jupytext_contents_manager_class
from traitlets import default
from traitlets.config import Config

from jaxstudy.present.audience.link import AudienceLink, invitation
from jaxstudy.present.companion.hub import Hub
from jaxstudy.present.companion.pages import handlers, start_clock
from jaxstudy.present.companion.plan import plan_from
from jaxstudy.present.recorder.recorder import UNRECORDED, Recorder
from jaxstudy.present.server import Orders, report
from jaxstudy.present.standby.keeper import Keeper
from jaxstudy.present.standby.pages import rehearsal_handler
from jaxstudy.present.standby.rehearsal import outputs_at

_EXTENSION = {"classic": "nbclassic", "lab": "jupyterlab_rise"}
_BESIDE = r"/nbclassic/notebooks/(.*\.(?:css|png|jpe?g|gif|svg|webp|ico|mp4|webm|ogg|mp3|pdf|html))"
_OWN_STYLES_ONLY = "frame-ancestors 'self'; style-src 'self' 'unsafe-inline' data:; font-src 'self' data:"
_WARM_UP_SECONDS = 60.0


class LectureKernels(AsyncMappingKernelManager):
    """Kernels that run in the original's folder, and are warmed before anybody asks them anything."""

    orders: Orders
    restarting: frozenset[str] = frozenset()
    """Kernels that are being restarted, and so are not dead."""
    recorder: Recorder | None = None

    def cwd_for_path(self, path: str, **kwargs: Any) -> str:
        """The folder the lecture lies in, not that of its working copy: it may read files beside it."""
        if path.strip("/") == self.orders.lecture.rpartition("/")[0]:  # Jupyter asks for the folder of the notebook
            return self.orders.working_directory
        return str(super().cwd_for_path(path, **kwargs))

    async def restart_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Restart it, and warm the new one."""
        self.restarting |= {kernel_id}
        try:
            await super().restart_kernel(kernel_id, *args, **kwargs)
            if self.recorder is not None:
                self.recorder.restarted(kernel_id)
            await self.warm_up(kernel_id)
        finally:
            self.restarting -= {kernel_id}

    def start_watching_activity(self, kernel_id: str) -> None:
        """Also: record. Called for a new kernel, and for one that moved to other ports."""
        super().start_watching_activity(kernel_id)
        if (recorder := self.recorder) is not None:
            recorder.attach(kernel_id, self.get_kernel(kernel_id))
            self.add_restart_callback(kernel_id, lambda: recorder.died(kernel_id))

    def stop_watching_activity(self, kernel_id: str) -> None:
        """The kernel ends, or moves."""
        if self.recorder is not None:
            self.recorder.tap.detach(kernel_id)
        super().stop_watching_activity(kernel_id)

    async def warm_up(self, kernel_id: str) -> None:
        """Run the warm-up code, leaving no name, number or history behind."""
        if not self.orders.warm_up:
            return
        client: Any = self.get_kernel(kernel_id).client()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            asked = client.execute(self.orders.warm_up, silent=True, store_history=False)
            async with asyncio.timeout(_WARM_UP_SECONDS):
                while (await client.get_shell_msg())["parent_header"].get("msg_id") != asked:
                    pass
        finally:
            client.stop_channels()


class OneSession(SessionManager):
    """At most one kernel a lecture, also when the page asks while ours is still starting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = asyncio.Lock()

    async def create_session(self, path: str | None = None, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The session of `path`, made if there is none yet."""
        async with self._turn:
            if await self.session_exists(path):
                found: dict[str, Any] = await self.get_session(path=path)
                return found
            return await super().create_session(path, *args, **kwargs)


class LectureFiles(AuthenticatedFileHandler):
    """Files beside the lecture: those of the working copy's folder, else those of the original's."""

    def initialize(self, path: str, beside: str) -> None:  # type: ignore[override]
        """Tornado calls this for each request."""
        super().initialize(path)
        self._beside = beside

    def get(self, path: str, **kwargs: Any) -> Any:  # type: ignore[override]
        """The file; what may not be seen (hidden, or outside of both) is refused by the class above."""
        if not Path(self.root, path).is_file() and Path(self._beside, path).is_file():
            self.root = self._beside
        return super().get(path, **kwargs)


class OwnSettings(ConfigManager):
    """The settings of classic extensions, from our folder only: no extension of the user's own spoils the show."""

    config_dir_name = "nbconfig"

    @default("read_config_path")
    def _only_ours(self) -> list[str]:
        return [self.write_config_dir]


class RiseServer(ServerApp):
    """A server on a socket that is open already."""

    orders: Orders
    keeper: Keeper | None = None
    """Who keeps the standby; None where the front end has none, and until the kernel is warm."""

    def load_config_file(self, suppress_errors: bool = True) -> None:  # type: ignore[override]
        """Nothing is loaded: a server set up for other work may want a password, or another port."""

    def _find_http_port(self) -> None:
        """Nothing to find."""

    def _bind_http_server(self) -> None:
        listener = socket.socket(fileno=self.orders.socket)
        listener.setblocking(False)
        # Connections inherit it. A cell's answer is several small messages, each of which would wait for the one before
        # to be acknowledged: 40 ms where the browser puts that off.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.http_server.add_socket(listener)
        report(self.orders.news, event="up")

    def init_webapp(self) -> None:
        """Also: nbclassic sends for files beside the notebook elsewhere, and then fails to answer once more."""
        super().init_webapp()
        plan = plan_from(Path(self.orders.plan).read_text(encoding="utf-8"))
        self.hub = Hub(plan, Path(self.orders.talks))
        self._record()
        self.web_app.add_handlers(".*$", [(_BESIDE, LectureFiles, _roots(self.orders)), *handlers(self.hub)])
        self.web_app.add_handlers(".*$", [rehearsal_handler(Path(self.orders.rehearsal))])

    def _record(self) -> None:
        if not self.orders.recording:
            self.hub.subscribe(lambda kind, _: self.hub.say(UNRECORDED) if kind == "mark" else None)
            return
        assert isinstance(self.kernel_manager, LectureKernels)
        self.kernel_manager.recorder = Recorder(
            self.hub,
            Path(self.orders.recording),
            later=self.io_loop.call_later,
            warn=lambda words: report(self.orders.news, event="unrecorded", why=words),
            kept=lambda step: outputs_at(Path(self.orders.rehearsal), step),
        )

    async def _post_start(self) -> None:
        await super()._post_start()
        self.clock = start_clock(self.hub)
        if self.orders.audience >= 0:
            recording = Path(self.orders.recording).parent
            self.link = AudienceLink(self.hub, socket.socket(fileno=self.orders.audience), recording)
            self.hub.audience = invitation(self.orders.invitation, self.orders.phone)
        started = time.monotonic()
        try:
            await self._start_kernel()
            report(self.orders.news, event="warm", seconds=time.monotonic() - started)
        except Exception as error:
            self.log.exception("The kernel was not warmed")
            report(self.orders.news, event="cold", why=f"{type(error).__name__}: {error}")

    async def _start_kernel(self) -> None:
        path = self.orders.lecture
        session = await self.session_manager.create_session(
            path=path, name=Path(path).name, type="notebook", kernel_name="python3"
        )
        assert isinstance(self.kernel_manager, LectureKernels)
        await self.kernel_manager.warm_up(session["kernel"]["id"])
        if self.orders.front_end == "classic":
            assert isinstance(self.session_manager, OneSession)
            self.keeper = Keeper(self.hub, self.kernel_manager, self.session_manager)
            self.keeper.start(session["kernel"]["id"])

    async def _cleanup(self) -> None:
        if self.keeper is not None:
            self.keeper.stop()
        self.hub.close()
        await super()._cleanup()
        if isinstance(self.kernel_manager, LectureKernels) and self.kernel_manager.recorder is not None:
            self.kernel_manager.recorder.close()

    def kernel_pids(self) -> list[int]:
        """The process ids of all kernels."""
        managers: Mapping[str, Any] = self.kernel_manager._kernels
        return [pid for manager in managers.values() if (pid := getattr(manager.provisioner, "pid", None))]


def make_server(orders: Orders) -> RiseServer:
    """A server, initialised; `start` serves until it is stopped."""
    if orders.front_end == "classic":
        # The menu of download formats costs 0.2 s a page: it makes every exporter of nbconvert. Slides show no menu.
        vars(import_module("nbclassic.notebook.handlers"))["get_frontend_exporters"] = list
    RiseServer.orders = LectureKernels.orders = orders
    server = RiseServer.instance(config=_config(orders))
    server.initialize(argv=[], find_extensions=False)
    assert isinstance(server, RiseServer)
    return server


def _roots(orders: Orders) -> dict[str, str]:
    return {"path": orders.root, "beside": orders.beside}


def _config(orders: Orders) -> Config:
    config = Config()
    app = config.ServerApp
    app.jpserver_extensions = {_EXTENSION[orders.front_end]: True}
    app.ip = "127.0.0.1"
    app.port = orders.port
    app.port_retries = 0
    app.root_dir = orders.root
    app.preferred_dir = orders.root
    app.allow_root = True  # a container's user; it listens on this machine alone
    app.open_browser = False
    app.terminals_enabled = False
    app.contents_manager_class = build_async_jupytext_contents_manager_class(AsyncLargeFileManager)
    config.ContentsManager.files_handler_class = LectureFiles
    config.ContentsManager.files_handler_params = _roots(orders)
    app.kernel_manager_class = LectureKernels
    app.session_manager_class = OneSession
    app.config_manager_class = OwnSettings
    app.quit_button = False
    if orders.front_end == "lab":
        # Its themes, inside a bundle, ask Google for fonts. So the browser is told not to.
        app.tornado_settings = {"headers": {"Content-Security-Policy": _OWN_STYLES_ONLY}}
    else:
        config.KernelManager.autorestart = False  # the keeper sees it die, and has a better one than an empty one
    config.IdentityProvider.token = orders.token
    config.KernelManager.shutdown_wait_time = 1.0  # seconds; a cell that runs for ever is not waited for
    return config
