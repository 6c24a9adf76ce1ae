"""The grader's side of the process that forks workers: start it, ask it for one, end it."""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jaxstudy.errors import FoundWanting, Problem, ToolMissing
from jaxstudy.homework.sandbox.spawning import Spawned, spawn
from jaxstudy.homework.sandbox.terms import Terms

_START = 120.0  # seconds for the imports, on a machine that is busy
_LINES = 3  # status, questions, answers; the output makes four


@dataclass(slots=True)
class Born:
    """A worker's ends on our side."""

    status: socket.socket
    """Where its layers and its end are reported."""
    questions: int
    answers: int
    output: int


class Nursery:
    """One pre-imported process that forks workers. Thread-safe. It ends when this process does, however that ends."""

    def __init__(self, scratch: Path, imports: Sequence[str] | None = (), spawned: Spawned | None = None) -> None:
        """Start it and return at once.

        Args:
            scratch: a folder that it removes when this process ends without having done so.
            imports: what to import besides NumPy and JAX: a worker then need not. None: `import_also` will tell.
            spawned: one that was started already, from here on this nursery's. None: it starts one.

        Raises:
            ToolMissing: this is no Linux.
        """
        if sys.platform != "linux":
            do = "grade on Linux, or in a Linux container; `jaxstudy homework check` works everywhere"
            raise ToolMissing(Problem("Linux, whose sandbox grading needs", sys.platform, do))
        self.scratch = scratch
        self._lock, self._waiting = threading.Lock(), threading.Lock()
        control, errors, self._alive = (spawned or spawn()).descriptors
        self._control, self._errors = socket.socket(fileno=control), open(errors, "rb")  # noqa: SIM115, PTH123 - a number
        self._tell(str(scratch))
        self.ready: dict[str, Any] = {}
        if imports is not None:
            self.import_also(imports)

    def import_also(self, imports: Sequence[str]) -> None:
        """Say what to import besides NumPy and JAX. Once; no worker is forked before."""
        self._tell(list(imports))

    def _tell(self, what: Any) -> None:
        with contextlib.suppress(OSError):  # it is gone, and `wait` will say so
            self._control.send(json.dumps(what).encode())

    def wait(self) -> None:
        """Wait until the imports are done.

        Raises:
            FoundWanting: it ended, or can't fork safely.
        """
        with self._waiting:
            if not self.ready:
                self._wait()

    def _wait(self) -> None:
        self._control.settimeout(_START)
        try:
            said = self._control.recv(1 << 12)
        except TimeoutError:
            said = b""
        self._control.settimeout(None)
        self.ready = json.loads(said) if said else {}
        if not self.ready.get("ready"):
            self._errors.seek(0)
            last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:] or [str(self.ready)]
            self.close()
            do = "run `jaxstudy doctor`; threads or a JAX backend before the fork would hang every worker"
            raise FoundWanting(Problem("a process that forks workers", last[0], do))

    @property
    def without(self) -> str:
        """Which of the speed-ups for small programs are off with the JAX that is here, in words; empty: none."""
        words = {
            "shared_context": "one context for all programs",
            "quick": "quick compiling",
            "remembers": "found programs",
        }
        return ", ".join(said for key, said in words.items() if not self.ready.get(key))

    def fork(self, terms: Terms) -> Born:
        """Ask for a worker; whether it could be held as `terms` say is reported on `Born.status`."""
        self.wait()
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        question_in, question_out = os.pipe()
        answer_in, answer_out = os.pipe()
        output_in, output_out = os.pipe()
        sent = [its.fileno(), question_in, answer_out, output_out]
        try:
            with self._lock:
                socket.send_fds(self._control, [terms.encode()], sent)
        finally:
            its.close()
            for descriptor in sent[1:]:
                os.close(descriptor)
        for descriptor in (question_out, answer_in, output_in):
            os.set_blocking(descriptor, False)
        return Born(ours, question_out, answer_in, output_in)

    def close(self) -> None:
        """End it, and with it every worker that is left. A second call does nothing."""
        alive, self._alive = self._alive, -1
        if alive < 0:
            return
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(alive, signal.SIGKILL)  # its workers die with it
        ended = select.poll()
        ended.register(alive, select.POLLIN)
        ended.poll()
        with contextlib.suppress(ChildProcessError):  # the command line has started it, and waits for it
            os.waitid(os.P_PIDFD, alive, os.WEXITED)
        os.close(alive)
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def received(status: socket.socket) -> tuple[dict[str, Any], int | None]:
    """One report on a worker, and the pidfd that came with it; an empty report: nobody is left to report."""
    data, ancillary, _, _ = status.recvmsg(1 << 14, socket.CMSG_SPACE(4))
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content[:4])
    return (json.loads(data) if data else {}), (descriptors[0] if descriptors else None)
