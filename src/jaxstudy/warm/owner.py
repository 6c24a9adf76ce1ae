"""The owner's side of a warm parent: start it, know its socket, end it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from jaxstudy.errors import Problem, ToolMissing

SOCKET_VARIABLE = "JAXSTUDY_WARM_SOCKET"
"""Names the socket of the parent to ask for kernels, in a kernel's environment or in that of the process asking."""

SWITCH_VARIABLE = "JAXSTUDY_WARM"
"""Set to 0, no warm kernel is ever asked for."""

_LONGEST_PATH = 100  # bytes; the system's limit for a unix socket is 104 to 108
_PATIENCE = 5.0  # seconds, for a parent to end by itself


def available() -> bool:
    """Whether this machine can fork kernels, and is allowed to.

    Linux only: macOS has fork, but its own libraries do not survive it without an exec.
    """
    return sys.platform == "linux" and os.environ.get(SWITCH_VARIABLE) != "0"


class WarmParent:
    """A process that has imported JAX, Flax, Optax and Matplotlib and forks kernels on request.

    It ends, and its kernels with it, on `close` or when the process that started it ends, however that ends. Any
    number of kernel managers may use one parent, from any thread. Start it with `WarmParent.start`.
    """

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self._process = process
        self._lock = threading.Lock()
        self.socket = path
        """Path of the socket; the value for the variable `JAXSTUDY_WARM_SOCKET`."""

    @classmethod
    def start(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Start one and return at once; what is asked of it before its imports are done waits for them.

        `environment` is the whole environment its kernels are to have, by default that of this process. A kernel for
        which a variable differs that is read only once (JAX_ENABLE_X64, PYTHONPATH, OMP_NUM_THREADS …) starts plain.

        Raises `ToolMissing` where `available()` is false for want of Linux.
        """
        if sys.platform != "linux":
            raise ToolMissing(
                Problem("Linux, to fork kernels", sys.platform, "ask `jaxstudy.warm.available()` first, start plain")
            )
        path = _private_folder() / "socket"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Bound and listening before the parent runs: a request can never come too early.
        with listener:
            listener.bind(str(path))
            listener.listen(128)
            process = subprocess.Popen(
                _command(listener.fileno(), path),
                stdin=subprocess.PIPE,  # never written to: it closes when this process ends
                stdout=subprocess.DEVNULL,
                cwd=path.parent,  # empty: no file beside a lecture can shadow a module
                env=dict(os.environ if environment is None else environment),
                pass_fds=(listener.fileno(),),
                start_new_session=True,  # Ctrl-C is for the owner to deal with
            )
        return cls(process, path)

    @property
    def pid(self) -> int:
        """The parent's process id."""
        return self._process.pid

    def close(self) -> None:
        """End the parent and its kernels, and wait until they are gone. A second call does nothing."""
        with self._lock:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process.terminate()  # it may still be importing, and not see that the pipe is closed
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()  # the system then kills the kernels
                self._process.wait()
            shutil.rmtree(self.socket.parent, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _command(listener: int, path: Path) -> list[str]:
    options = {"--listener": str(listener), "--socket": str(path), "--owner": str(os.getpid())}
    return [sys.executable, "-m", "jaxstudy.warm.parent", *(word for pair in options.items() for word in pair)]


def folder_for_sockets(longest: int) -> str:
    """Where to make a temporary folder for sockets: /tmp where their paths would be too long in the usual place.

    Args:
        longest: bytes of the longest path below it.
    """
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) + 1 + longest < _LONGEST_PATH else "/tmp"


def _private_folder() -> Path:
    """A new folder that only this user can enter, with a path short enough for a socket in it."""
    longest = len("jaxstudy-warm-12345678/socket")
    return Path(tempfile.mkdtemp(prefix="jaxstudy-warm-", dir=folder_for_sockets(longest)))
