"""Kernels for a build: warm ones forked from a shared parent, or plain ones behind the same door."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jaxstudy.data.places import FOLDER_VARIABLE
from jaxstudy.data.size import SIZE_VARIABLE
from jaxstudy.warm import WarmParent, available, folder_for_sockets, kernelspec_folder

# All compiled code is stored: a lecture is hundreds of small programs, and together they are what a rerun waits for.
_WORTH_STORING_SECONDS = "0"
_SPECS = "jaxstudy-specs-"


class Kernels:
    """Starts kernels that see the course's modules; the warm parent starts with `prepare` or the first kernel."""

    def __init__(self, root: Path, build: Path, size: str, *, warm: bool | None = None) -> None:
        self.root, self.build, self.size = root, build, size
        self.warm = available() if warm is None else warm and available()
        self._parent: WarmParent | None = None
        self._lock = threading.Lock()
        _sweep()
        self._specs = tempfile.TemporaryDirectory(prefix=f"{_SPECS}{os.getpid()}-", dir=_place())
        kernelspec_folder(Path(self._specs.name) / "plain", False, {})  # once: threads ask for kernels at the same time

    def prepare(self) -> None:
        """Start the pre-imported parent now, so that it imports while other work is done."""
        with self._lock:
            if self._parent is None and self.warm:
                self._parent = WarmParent.start(self.environment())
                socket = {"JAXSTUDY_WARM_SOCKET": str(self._parent.socket)}
                kernelspec_folder(Path(self._specs.name) / "warm", True, socket)

    def manager(self, *, warm: bool = True) -> Any:
        """A kernel manager (not started) for a `python3` kernel; a plain one where `warm` is not wanted."""
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager

        kind = "warm" if warm and self.warm else "plain"
        if kind == "warm":
            self.prepare()
        specs = KernelSpecManager(kernel_dirs=[str(Path(self._specs.name) / kind / "kernels")])
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
        manager.client_class = "jaxstudy.build.kernel_client.PromptClient"
        if os.name == "posix":  # sockets in a private folder: no port is opened, nobody else can listen
            folder = tempfile.mkdtemp(prefix="k-", dir=self._specs.name)
            manager.transport, manager.connection_file = "ipc", str(Path(folder) / "kernel.json")
        return manager

    def environment(self) -> dict[str, str]:
        """The variables a lecture's kernel runs under."""
        path = os.pathsep.join(filter(None, [str(self.root), os.environ.get("PYTHONPATH", "")]))
        socket = {"JAXSTUDY_WARM_SOCKET": str(self._parent.socket)} if self._parent else {}
        data = os.environ.get(FOLDER_VARIABLE)
        # A kernel runs in the lecture's folder: from there a relative path would lead elsewhere.
        folder = {FOLDER_VARIABLE: str(Path(data).expanduser().absolute())} if data else {}
        return {
            **os.environ,
            "PYTHONPATH": path,
            SIZE_VARIABLE: self.size,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "JAX_COMPILATION_CACHE_DIR": str(self.build / "cache" / "jax"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": _WORTH_STORING_SECONDS,
            **folder,
            **socket,
        }

    def close(self) -> None:
        """End the parent and every kernel forked from it."""
        with self._lock:
            if self._parent is not None:
                self._parent.close()
                self._parent = None
            self._specs.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _place() -> str:
    return folder_for_sockets(len(f"{_SPECS}1234567-12345678/k-12345678/kernel-ipc-5"))


def _sweep() -> None:
    """Remove the folders of builds that were killed: those of processes that are gone."""
    for folder in Path(_place()).glob(f"{_SPECS}*-*"):
        owner = folder.name.removeprefix(_SPECS).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc").exists():
            shutil.rmtree(folder, ignore_errors=True)
