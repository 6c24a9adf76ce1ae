"""`python -m jaxstudy.homework.many.worker FD`: the grading process. It holds one `Grader` and answers over a socket.

Not for people: `jaxstudy.homework.many.hand` starts it and speaks with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import select
import signal
import sys
import tempfile
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from jaxstudy.errors import StudyError
from jaxstudy.homework.assignment import Assignment, load_assignment
from jaxstudy.homework.imports import imports_of
from jaxstudy.homework.many.telling import told
from jaxstudy.homework.results import to_json
from jaxstudy.homework.sandbox.nursery import Nursery

if TYPE_CHECKING:
    from jaxstudy.homework.grading import Grader


def serve(connection: Connection) -> None:
    """Grade what comes over the connection until it closes, as many at once as the setup says."""
    setup = _receive(connection)
    try:
        assignment = load_assignment(Path(setup["assignment"]))
        with (
            tempfile.TemporaryDirectory(prefix="jaxstudy-grading-") as scratch,
            Nursery(Path(scratch), imports_of(assignment)) as nursery,
        ):
            _serve(connection, setup, assignment, nursery)
    except StudyError as error:
        _send(connection, told(error))


def _serve(connection: Connection, setup: dict[str, Any], assignment: Assignment, nursery: Nursery) -> None:
    # Imported here: it takes a while, in which the process that forks workers does its own imports.
    from jaxstudy.homework.grading import Grader

    programs = Path(setup["programs"]) if setup["programs"] else None
    weak = setup["allow_weak_sandbox"]
    grader = Grader(assignment, seed=setup["seed"], allow_weak_sandbox=weak, programs=programs, nursery=nursery)
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with grader:
        for _ in range(setup["threads"]):
            threading.Thread(target=_grade, args=(grader, waiting, connection), daemon=True).start()
        _send(connection, {"ready": True})
        while True:
            waiting.put(_receive(connection))


def _grade(grader: Grader, waiting: queue.SimpleQueue[dict[str, Any]], connection: Connection) -> None:
    try:
        while True:
            unit = waiting.get()
            result = grader.grade(Path(unit["file"]), unit["student"])
            _send(connection, {"result": to_json(result), "key": unit["key"]})
    except StudyError as error:
        _send(connection, told(error))
    except OSError:
        return  # the other end has closed, and the main thread knows
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # as any error of ours ends this process: its submissions are then tried again, one at a time


def _receive(connection: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv_bytes())
    return message


_sending = threading.Lock()


def _send(connection: Connection, message: dict[str, Any]) -> None:
    with _sending:
        connection.send_bytes(json.dumps(message).encode())


def _end_with(descriptor: int) -> None:
    """End in order on SIGTERM, and when the other end closes: also in the midst of a submission, and also when
    whoever started us was killed by force. The kernel then sends SIGIO."""

    def leave(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGIO:
            waiting = select.poll()
            waiting.register(descriptor, 0)
            if not waiting.poll(0):
                return  # only a message
        raise SystemExit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGIO, leave)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:
    """Serve the connection whose descriptor the command line names."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    _end_with(descriptor)
    with contextlib.suppress(EOFError, OSError):
        serve(Connection(descriptor))


if __name__ == "__main__":
    main()
