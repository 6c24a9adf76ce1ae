"""The process that imports once and forks many: `python -m jaxstudy.warm.parent`.

Started by `jaxstudy.warm.owner`, never by hand. One thread, no JAX backend: what it forks may start either.
Kernels die with it, and it dies with its owner.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import selectors
import shutil
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jaxstudy.warm import messages
from jaxstudy.warm.child import Birth, become_kernel, leave_quickly_at_exit
from jaxstudy.warm.likeness import INLINE, why_not
from jaxstudy.warm.ties import exit_of, kill_group, peer_of

# All that a kernel imports and that a lecture's first cells import. Not matplotlib_inline: its import hooks itself into
# a running IPython, so that must come in the kernel, or figures don't appear.
_IMPORTS = (
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger"),
    *("IPython.core.pylabtools", "IPython.core.magics.execution"),
    *("numpy", "matplotlib.pyplot", "matplotlib.backends.backend_agg", "PIL.PngImagePlugin"),
    *("jax", "jax.numpy", "jaxlib.mlir.dialects.mhlo", "flax.linen", "optax"),
)


class Line:
    """One connection: a request, and then the kernel it led to."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.heard = bytearray()
        self.streams: list[int] = []
        self.pid: int | None = None
        self.peer_exit: int | None = None

    def tell(self, message: bytes) -> None:
        """Send `message`; silent when the other end is gone, which is noticed elsewhere."""
        with contextlib.suppress(OSError):
            self.connection.sendall(message)

    def close(self) -> None:
        """Close all that is open for this connection, here; the kernel is not touched."""
        self.connection.close()
        self.close_streams()
        if self.peer_exit is not None:
            os.close(self.peer_exit)
            self.peer_exit = None

    def close_streams(self) -> None:
        """Close the file descriptors that came with the request."""
        while self.streams:
            os.close(self.streams.pop())


class Nursery:
    """Answers requests until the owner is gone."""

    def __init__(self, listener: socket.socket, owner: int, refuse: Callable[[messages.Request], str | None]) -> None:
        self._listener, self._refuse = listener, refuse
        self._selector = selectors.DefaultSelector()
        self._lines: set[Line] = set()
        self._kernels: dict[int, Line | None] = {}
        self._over = False
        self._wake, self._woken = socket.socketpair()
        self._owner_exit = self._watch(owner, self._end)
        for end in (listener, self._wake, self._woken):
            end.setblocking(False)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler, any, so that the wake-up byte is written
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake, selectors.EVENT_READ, self._reap)
        self._selector.register(0, selectors.EVENT_READ, self._end)  # stdin: a pipe the owner only ever closes

    def serve(self) -> Birth | None:
        """Returns a `Birth` in each forked process; None in this one, when the owner is gone and all kernels are."""
        while not self._over:
            for key, _ in self._selector.select():
                birth: Birth | None = key.data()
                if birth is not None:
                    return birth
        for pid in self._kernels:
            kill_group(pid)
        for pid in self._kernels:
            os.waitpid(pid, 0)
        return None

    def _end(self) -> None:
        self._over = True

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            line = Line(connection)
            self._lines.add(line)
            self._selector.register(connection, selectors.EVENT_READ, partial(self._hear, line))
            if (peer := peer_of(connection)) is not None:
                line.peer_exit = self._watch(peer, partial(self._drop, line))

    def _watch(self, pid: int, then: Callable[[], None]) -> int | None:
        try:
            end = exit_of(pid)
        except ProcessLookupError:
            then()
            return None
        if end is not None:
            self._selector.register(end, selectors.EVENT_READ, then)
        return end

    def _hear(self, line: Line) -> Birth | None:
        if line not in self._lines:  # dropped a moment ago, by another event of the same round
            return None
        try:
            data, streams, _, _ = socket.recv_fds(line.connection, 1 << 16, 8)
        except BlockingIOError:
            return None
        except OSError:
            data, streams = b"", []
        line.streams += streams
        line.heard += data
        if not data:
            self._drop(line)
        elif line.pid is None and line.heard.endswith(b"\n"):
            return self._fork(line)
        return None

    def _fork(self, line: Line) -> Birth | None:
        try:
            request = messages.Request.decode(bytes(line.heard))
            reason = self._refuse(request) if len(line.streams) == 2 else "stdout and stderr did not come along"
        except (ValueError, KeyError, TypeError) as error:
            reason = f"not a request: {error!r}"
        if reason is not None:
            line.tell(messages.refused(reason))
            return None
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            streams, line.streams = tuple(line.streams), []
            self._let_go()
            return Birth(request, streams, parent)
        line.close_streams()
        line.pid, self._kernels[pid] = pid, line
        line.tell(messages.started(pid))
        return None

    def _let_go(self) -> None:
        """In a forked process: close every file that is the parent's business."""
        self._selector.close()
        for line in self._lines:
            line.close()
        for end in (self._listener, self._wake, self._woken):
            end.close()
        if self._owner_exit is not None:
            os.close(self._owner_exit)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(1 << 12)
        with contextlib.suppress(ChildProcessError):
            while (gone := os.waitpid(-1, os.WNOHANG))[0]:
                line = self._kernels.pop(gone[0], None)
                if line is not None:
                    line.pid = None
                    line.tell(messages.ended(os.waitstatus_to_exitcode(gone[1])))

    def _drop(self, line: Line) -> None:
        """Whoever asked is gone: end the kernel, if there is one yet."""
        if line not in self._lines:
            return
        self._lines.remove(line)
        self._selector.unregister(line.connection)
        if line.peer_exit is not None:
            self._selector.unregister(line.peer_exit)
        if line.pid is not None:
            kill_group(line.pid)
            self._kernels[line.pid] = None  # still to be reaped
        line.close()


def preload() -> dict[str, str]:
    """Import all that kernels share; returns the variables that the imports set in the environment.

    What is not installed, or is broken, is left to the cell that imports it.
    """
    os.environ.setdefault("MPLBACKEND", INLINE)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else debugpy lectures on stderr
    before = dict(os.environ)
    gc.disable()
    for name in _IMPORTS:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector of a forked process then leaves the shared pages alone
    return {name: value for name, value in os.environ.items() if before.get(name) != value}


def threads_after_fork() -> int:
    """How many threads this process has once a fork has made the libraries put theirs away.

    OpenBLAS keeps a pool, ends it when the process forks, and starts it again when it is needed. Whatever is left
    after a trial fork would be missing in a kernel, with its locks held.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 counts the threads itself
        trial = os.fork()
    if trial == 0:
        os._exit(0)
    os.waitpid(trial, 0)
    for _ in range(50):
        if (left := len(list(Path("/proc/self/task").iterdir()))) == 1:
            return left
        time.sleep(0.01)  # a thread that was joined may be listed for a moment longer
    return left


def main() -> None:
    """Serve until the owner is gone; in a forked process, be a kernel until it is shut down."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--socket", type=Path, required=True, help="its path, alone in a folder that goes at the end")
    parser.add_argument("--owner", type=int, required=True, help="process to end with")
    options = parser.parse_args()
    leave_quickly_at_exit()
    del sys.path[0]  # -m put the working directory there; a kernel has "" instead
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    environment = dict(os.environ)
    added = preload()
    threads = threads_after_fork()
    unsafe = None if threads == 1 else f"the imports left {threads} threads running, which no fork survives"
    nursery = Nursery(
        socket.socket(fileno=options.listener), options.owner, lambda request: unsafe or why_not(request, environment)
    )
    birth = nursery.serve()
    if birth is not None:
        become_kernel(birth, added)
    else:
        shutil.rmtree(options.socket.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
