"""`python -m jaxstudy.homework.serving FD [FD FD FD]`: the grading process. It holds one `Grader`, and a socket's end.

Not for people: `jaxstudy.homework.many.hand` starts it and speaks with it. What forks workers is started before
anything else is imported or known, for it takes longest: here, or by who hands on the three descriptors of `Spawned`.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import queue
import select
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from jaxstudy.errors import StudyError
from jaxstudy.homework.sandbox.nursery import Nursery
from jaxstudy.homework.sandbox.spawning import Spawned

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from jaxstudy.homework.assignment import Assignment
    from jaxstudy.homework.grading import Grader


def serve(descriptor: int, spawned: Spawned | None = None) -> None:
    """Grade what comes over the connection until it closes, as many at once as the setup says.

    Raises:
        EOFError, OSError: it has closed.
    """
    try:
        with (
            tempfile.TemporaryDirectory(prefix="jaxstudy-grading-") as scratch,
            Nursery(Path(scratch), None, spawned) as nursery,
        ):
            try:
                _set_up(descriptor, nursery)
            finally:
                _hear_no_more()
    except StudyError as error:
        from jaxstudy.homework.telling import told

        _send(descriptor, told(error))


def _set_up(descriptor: int, nursery: Nursery) -> None:
    # Imported here, as in `_serve`: it takes a while, in which the process that forks workers does its own imports.
    from jaxstudy.homework.assignment import load_assignment
    from jaxstudy.homework.imports import imports_of

    setup = _receive(descriptor)
    log = os.open(setup["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    assignment = load_assignment(Path(setup["assignment"]))
    nursery.import_also(imports_of(assignment))
    _serve(descriptor, setup, assignment, nursery)


def _serve(descriptor: int, setup: dict[str, Any], assignment: Assignment, nursery: Nursery) -> None:
    from jaxstudy.homework.grading import Grader

    programs = Path(setup["programs"]) if setup["programs"] else None
    weak = setup["allow_weak_sandbox"]
    grader = Grader(assignment, seed=setup["seed"], allow_weak_sandbox=weak, programs=programs, nursery=nursery)
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with grader:
        for _ in range(setup["threads"]):
            threading.Thread(target=_grade, args=(grader, waiting, descriptor), daemon=True).start()
        _send(descriptor, {"ready": True})
        while True:
            waiting.put(_receive(descriptor))


def _grade(grader: Grader, waiting: queue.SimpleQueue[dict[str, Any]], descriptor: int) -> None:
    from jaxstudy.homework.results import to_json
    from jaxstudy.homework.telling import told

    try:
        while True:
            unit = waiting.get()
            result = grader.grade(Path(unit["file"]), unit["student"])
            _send(descriptor, {"result": to_json(result, indent=None), "key": unit["key"]})
    except StudyError as error:
        _send(descriptor, told(error))
    except OSError:
        return  # the other end has closed, and the main thread knows
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # as any error of ours ends this process: its submissions are then tried again, one at a time


_sending = threading.Lock()
_opened: dict[int, Connection] = {}


def _connection(descriptor: int) -> Connection:
    if descriptor not in _opened:
        from multiprocessing.connection import Connection

        _opened[descriptor] = Connection(descriptor)
    return _opened[descriptor]


def _receive(descriptor: int) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(_connection(descriptor).recv_bytes())
    return message


def _send(descriptor: int, message: dict[str, Any]) -> None:
    with _sending:
        _connection(descriptor).send_bytes(json.dumps(message).encode())


def _end_with(descriptor: int) -> None:
    """End in order on SIGTERM, and when the other end closes: also in the midst of a submission, and also when
    whoever started us was killed by force. The kernel then sends SIGIO."""

    def leave(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGIO:
            waiting = select.poll()
            waiting.register(descriptor, 0)
            if not waiting.poll(0):
                return  # only a message
        _hear_no_more()
        raise SystemExit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGIO, leave)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def _hear_no_more() -> None:
    """This process is about to end: another signal would break off what it puts in order."""
    for number in (signal.SIGTERM, signal.SIGIO):
        signal.signal(number, signal.SIG_IGN)


def main() -> None:
    """Serve the connection whose descriptor the command line names."""
    gc.set_threshold(50_000, 20, 100)  # imports make thousands of objects that stay
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small answers are compared: its threads would only spin
    descriptor, *others = map(int, sys.argv[1:])
    for one in (descriptor, *others):
        os.set_inheritable(one, False)
    _end_with(descriptor)
    with contextlib.suppress(EOFError, OSError, SystemExit):
        serve(descriptor, Spawned(*others) if others else None)
    os._exit(0)  # nothing is left to be put in order, and Python takes long to end after all those imports


if __name__ == "__main__":
    main()
