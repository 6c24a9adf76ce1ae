"""The process that imports JAX once and forks a sandboxed worker for each submission.

Started by `jaxstudy.homework.sandbox.nursery`, never by hand. One thread, no JAX backend (a fork after a backend has
started hangs), nothing secret: no environment, no check, no expected value is ever in its memory.

    grader ──asks──▶ this process ──forks──▶ worker (sandboxed)
                       └── says how each ended

A worker is the first process of its own world: kill it, and all of that world is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from jaxstudy.homework.sandbox import confine
from jaxstudy.homework.sandbox.context import hasten
from jaxstudy.homework.sandbox.remembered import Memory
from jaxstudy.homework.sandbox.terms import Terms
from jaxstudy.homework.sandbox.worker import Worker, lay_out, prepare
from jaxstudy.warm.parent import threads_after_fork

_IMPORTS = ("numpy", "numpy.random", "jax", "jax.numpy", "jax.experimental.compilation_cache")
_CONTROL = 3  # the descriptor of the socket to the grader


def main() -> None:
    """Serve until the grader is gone."""
    gc.disable()
    control = socket.socket(fileno=_CONTROL)
    with _lean():
        _import_all(_IMPORTS)
    scratch, also = (json.loads(control.recv(1 << 14) or b"null") for _ in range(2))
    _import_all(also or ())
    hastened = hasten()
    gc.freeze()  # a worker's collector then leaves the shared pages alone
    threads, backends = threads_after_fork(), sys.modules["jax._src.xla_bridge"]._backends
    fit = threads == 1 and not backends
    hastened_by = {"shared_context": hastened.shared_context, "quick": hastened.quick}
    said = {"ready": fit, "threads": threads, "remembers": hastened.memory is not None, **hastened_by}
    with contextlib.suppress(OSError):  # the grader is gone already
        control.send(json.dumps(said).encode())
    workers = Workers(control, hastened.memory)
    signal.signal(signal.SIGCHLD, lambda *_: workers.report_ended())
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 4)
        if not request:  # the grader is gone, in order or not
            shutil.rmtree(scratch or "", ignore_errors=True)
            os._exit(0)
        workers.start(Terms.decode(request), descriptors)


@contextlib.contextmanager
def _lean() -> Iterator[None]:
    """What JAX would look for in vain while it is imported: a fifth of its time.

    etils, if it is there, for paths in the cloud; and among all installed packages a plugin for AMD's GPUs.
    """
    modules: Any = sys.modules
    metadata: Any = importlib.metadata
    modules["etils"], distributions, metadata.distributions = None, metadata.distributions, lambda: ()
    try:
        yield
    finally:
        del modules["etils"]
        metadata.distributions = distributions


def _import_all(names: Iterable[str]) -> None:
    """Import what can be imported."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


class Workers:
    """Those that live."""

    def __init__(self, control: socket.socket, memory: Memory | None) -> None:
        self._control, self._memory = control, memory
        self._number = 0
        self._living: dict[int, socket.socket] = {}
        """By process, where its end is to be reported."""

    def start(self, terms: Terms, descriptors: list[int]) -> None:
        """Fork one; its descriptors are for the reports, the questions, the answers and the output."""
        status = socket.socket(fileno=descriptors[0])
        self._number += 1
        who = os.geteuid(), os.getegid(), os.getpid()
        try:
            pid, layers = confine.fork(terms)
        except (confine.Refused, OSError) as error:
            _say(status, {"refused": str(error)})
            status.close()
        else:
            if pid == 0:
                self._control.close()
                _work(terms, descriptors, self._number, who, layers, self._memory)
            pidfd = os.pidfd_open(pid)
            with contextlib.suppress(OSError):  # as in `_say`
                socket.send_fds(status, [b'{"started": true}'], [pidfd])
            os.close(pidfd)
            self._living[pid] = status
            self.report_ended()  # if it ended before it was among the living
        for descriptor in descriptors[1:]:
            os.close(descriptor)

    def report_ended(self) -> None:
        """Say how those ended that did. Also called in the midst of itself, by a signal."""
        for pid, status in list(self._living.items()):
            with contextlib.suppress(ChildProcessError):  # by a call in between
                if (found := os.wait4(pid, os.WNOHANG))[0]:
                    _, ended, usage = found
                    del self._living[pid]
                    said = {"status": os.waitstatus_to_exitcode(ended), "cpu": usage.ru_utime + usage.ru_stime}
                    _say(status, {**said, "peak_mb": usage.ru_maxrss / 1024})
                    status.close()


def _say(status: socket.socket, what: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # nobody waits for it any more
        status.send(json.dumps(what).encode(), socket.MSG_DONTWAIT)


def _work(
    terms: Terms,
    descriptors: list[int],
    number: int,
    who: tuple[int, int, int],
    layers: list[str],
    memory: Memory | None,
) -> None:
    """Be a worker. Never returns."""
    report, (user, group, parent) = 9, who
    try:
        os.setsid()
        incoming, outgoing = _streams(descriptors)
        if "user-ns" in layers:
            confine.be_the_same(user, group)
        prepare(terms, memory)
        layers = [*layers, *confine.confine(terms, number)]
        lay_out(terms)
        worker = Worker(incoming, outgoing)
        layers += confine.seal(0 if "pid-ns" in layers else parent)
        os.write(report, json.dumps({"layers": layers}).encode())
        os.close(report)
        worker.serve()
    except confine.Refused as error:
        os.write(report, json.dumps({"refused": str(error)}).encode())
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(report, json.dumps({"refused": f"{type(error).__name__}: {error}"}).encode())
    os._exit(0)


def _streams(descriptors: list[int]) -> tuple[int, int]:
    """Only these stay open: 0 nothing, 1 and 2 the output, 7 questions, 8 answers, 9 the report on the layers."""
    report, incoming, outgoing, output = (fcntl.fcntl(one, fcntl.F_DUPFD, 64) for one in descriptors)
    nothing = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2), (incoming, 7), (outgoing, 8), (report, 9)):
        os.dup2(source, target)
    os.closerange(3, 7)
    os.closerange(10, 4096)
    return 7, 8


if __name__ == "__main__":
    main()
