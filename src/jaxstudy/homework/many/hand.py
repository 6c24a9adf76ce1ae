"""One grading process of ours, seen from outside: start it, give it a submission, take the result, end it.

It is started afresh (`python -m jaxstudy.homework.serving`), never forked: a process that has touched JAX has threads,
and a fork of it hangs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jaxstudy.errors import FoundWanting, Problem
from jaxstudy.homework.ahead import take
from jaxstudy.homework.results import SubmissionResult, from_json
from jaxstudy.homework.telling import heard

_SECONDS_TO_END = 10


@dataclass(frozen=True, slots=True)
class Setup:
    """What a grading process must know before its first submission."""

    assignment: str
    """The homework's folder."""
    seed: int
    allow_weak_sandbox: bool = False
    programs: str = ""
    """Folder that keeps compiled programs between processes; empty: none."""
    threads: int = 1
    """Submissions at once."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of work: one submission."""

    key: str
    student: str
    file: str
    """The source, a checked copy of ours. Empty: there is none."""
    unreadable: str = ""
    """Why there is none."""


class Died(Exception):
    """The grading process ended without an answer."""


class Hand:
    """A grading process. It takes as many submissions at a time as its setup says."""

    def __init__(self, setup: Setup, log: Path) -> None:
        self.log = log
        self.process, ours, self._child = take(log)
        self.connection = Connection(ours.detach())
        self.threads, self.ready = setup.threads, False
        self.units: dict[str, tuple[Unit, float]] = {}
        """What it grades now, by key, and since when."""
        self._send({**asdict(setup), "log": str(log)})

    def give(self, unit: Unit) -> None:
        """Let it grade; `take` gives the result."""
        self.units[unit.key] = unit, time.monotonic()
        self._send(asdict(unit))

    def take(self) -> tuple[Unit, SubmissionResult] | None:
        """Its next answer: a result, or None for `ready`. Waits for it.

        Raises:
            Died: the process is gone.
            StudyError: it can't grade this homework at all, and says why.
        """
        try:
            answer: dict[str, Any] = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise Died(self._how_it_ended()) from error
        if "problems" in answer:
            raise heard(answer)
        if "result" in answer:
            return self.units.pop(answer["key"])[0], from_json(answer["result"])
        self.ready = True
        return None

    def end(self) -> None:
        """End it in order; by force where it does not listen."""
        self.connection.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.kill()
        self._wait_for_child()

    def kill(self) -> None:
        """End it and all that runs in its session, now."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.connection.close()
        self._wait_for_child()

    def _wait_for_child(self) -> None:
        """It ends with its grader, or soon after: so long nobody waits, and its number stays until we end."""
        if self._child:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._child, os.WNOHANG)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self.connection.send_bytes(json.dumps(message).encode())
        except OSError:
            return  # it is gone; `take` will say so

    def _how_it_ended(self) -> str:
        try:
            code = self.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return "it stopped answering"
        if code >= 0:
            return f"it ended with exit code {code}"
        return f"it was ended by {signal.Signals(-code).name}"


def does_not_start(hand: Hand, how: str) -> FoundWanting:
    """The error for a grading process that dies before its first submission."""
    lines = hand.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:] if hand.log.exists() else []
    do = "read the lines above (the whole log is in this file)"
    problem = Problem("a grading process that starts", how, do, hand.log)
    return FoundWanting(problem, details=["\n".join(lines)] if lines else [])
