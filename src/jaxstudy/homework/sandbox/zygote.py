"""The process that imports JAX once and forks a sandboxed worker for each submission.

Started by `jaxstudy.homework.sandbox.nursery`, never by hand. One thread, no JAX backend (a fork after a backend has
started hangs), nothing secret: no environment, no check, no expected value is ever in its memory.

    grader ──asks──▶ this process ──fork──▶ keeper ──fork──▶ worker (sandboxed)
                                              └── waits, and says how the worker ended

The keeper leaves for new namespaces, so that the worker is the first process of its own world: kill it, and all of
that world is gone.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from jaxstudy.homework.sandbox import confine, system
from jaxstudy.homework.sandbox.context import hasten
from jaxstudy.homework.sandbox.remembered import Memory
from jaxstudy.homework.sandbox.terms import Terms
from jaxstudy.homework.sandbox.worker import Worker, prepare
from jaxstudy.warm.parent import threads_after_fork

_IMPORTS = ("numpy", "numpy.random", "jax", "jax.numpy", "jax.experimental.compilation_cache")
_CONTROL = 3  # the descriptor of the socket to the grader


def main() -> None:
    """Serve until the grader is gone."""
    gc.disable()
    control = socket.socket(fileno=_CONTROL)
    with _without("etils"):
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
    signal.signal(signal.SIGCHLD, _reap)
    number = 0
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 4)
        if not request:  # the grader is gone, in order or not
            shutil.rmtree(scratch or "", ignore_errors=True)
            os._exit(0)
        number += 1
        pid = os.fork()
        if pid == 0:
            control.close()
            _keep(Terms.decode(request), descriptors, number, hastened.memory)
        for descriptor in descriptors:
            os.close(descriptor)


@contextlib.contextmanager
def _without(name: str) -> Iterator[None]:
    """JAX imports it if it is there, for paths in the cloud, and a tenth of its own time with it."""
    absent: Any = sys.modules
    absent[name] = None
    try:
        yield
    finally:
        del sys.modules[name]


def _import_all(names: Iterable[str]) -> None:
    """Import what can be imported."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(terms: Terms, descriptors: list[int], number: int, memory: Memory | None) -> None:
    """Be a keeper: start the worker in a world of its own, wait for its end, report it. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = socket.socket(fileno=descriptors[0])
    try:
        system.die_with_parent()
        layers = confine.leave(terms)
        mine, its = os.pipe()
        keeper, pid = os.getpid(), os.fork()
        if pid == 0:
            os.close(mine)
            status.close()
            _work(terms, descriptors[1:], number, (its, keeper), layers, memory)
        os.close(its)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        report = _all(mine)
        # The report is the worker's, made before any of the student's code runs; empty: it died on the way.
        socket.send_fds(status, [report or b'{"refused": "the worker did not start"}'], [os.pidfd_open(pid)])
        _, ended, usage = os.wait4(pid, 0)
        said = {"status": os.waitstatus_to_exitcode(ended), "cpu": usage.ru_utime + usage.ru_stime}
        status.send(json.dumps({**said, "peak_mb": usage.ru_maxrss / 1024}).encode())
    except (confine.Refused, OSError) as error:
        status.send(json.dumps({"refused": str(error)}).encode())
    os._exit(0)


def _all(descriptor: int) -> bytes:
    data = b""
    while piece := os.read(descriptor, 1 << 16):
        data += piece
    os.close(descriptor)
    return data


def _work(
    terms: Terms,
    descriptors: list[int],
    number: int,
    told: tuple[int, int],
    layers: list[str],
    memory: Memory | None,
) -> None:
    """Be a worker. Never returns."""
    report, keeper = told
    try:
        os.setsid()
        incoming, outgoing = _streams(descriptors, report)
        prepare(terms, memory)
        layers = [*layers, *confine.confine(terms, number)]
        worker = Worker(incoming, outgoing)
        layers += confine.seal(0 if "pid-ns" in layers else keeper)
        os.write(9, json.dumps({"layers": layers}).encode())
        os.close(9)
        worker.serve()
    except confine.Refused as error:
        os.write(9, json.dumps({"refused": str(error)}).encode())
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(9, json.dumps({"refused": f"{type(error).__name__}: {error}"}).encode())
    os._exit(0)


def _streams(descriptors: list[int], report: int) -> tuple[int, int]:
    """Only these stay open: 0 nothing, 1 and 2 the output, 7 questions, 8 answers, 9 the report on the layers."""
    incoming, outgoing, output = (os.dup2(fd, 20 + n) for n, fd in enumerate(descriptors))
    report = os.dup2(report, 30)
    nothing = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2), (incoming, 7), (outgoing, 8), (report, 9)):
        os.dup2(source, target)
    os.closerange(3, 7)
    os.closerange(10, 4096)
    return 7, 8


if __name__ == "__main__":
    main()
