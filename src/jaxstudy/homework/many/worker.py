"""`python -m jaxstudy.homework.many.worker FD`: the grading process. It holds one `Grader` and answers over a socket.

Not for people: `jaxstudy.homework.many.hand` starts it and speaks with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from jaxstudy.errors import StudyError
from jaxstudy.homework.assignment import load_assignment
from jaxstudy.homework.many.telling import told
from jaxstudy.homework.results import to_json


def serve(connection: Connection) -> None:
    """Grade what comes over the connection until it closes."""
    setup = _receive(connection)
    # Imported here: whoever waits at the other end should learn of a failure as a message.
    from jaxstudy.homework.grading import Grader

    try:
        assignment = load_assignment(Path(setup["assignment"]))
        programs = Path(setup["programs"]) if setup["programs"] else None
        weak = setup["allow_weak_sandbox"]
        grader = Grader(assignment, seed=setup["seed"], allow_weak_sandbox=weak, programs=programs)
        with grader:
            _send(connection, {"ready": True})
            while True:
                unit = _receive(connection)
                result = grader.grade(Path(unit["file"]), unit["student"])
                _send(connection, {"result": to_json(result)})
    except StudyError as error:
        _send(connection, told(error))


def _receive(connection: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv_bytes())
    return message


def _send(connection: Connection, message: dict[str, Any]) -> None:
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
