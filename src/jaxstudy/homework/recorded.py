"""The reference's answers, written down: they go out with the shown checks, the solutions do not.

A file is one frame of `sandbox.wire`: `{"seeds": [...], "answers": {digest of the question: answer}}`. A question's
digest is the SHA-256 of its frame, so an answer fits only the very inputs that it was given for.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.answering.cells import run_cells
from jaxstudy.homework.answering.data import NotRecorded, Request
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.checks.here import Here
from jaxstudy.homework.checks.running import Check, load_checks, run_check
from jaxstudy.homework.sandbox import wire
from jaxstudy.homework.sources import cells_of_source, read_source, working_in

FILE = "checks.answers"
"""Its name, beside the released `checks.py`."""
SEEDS = (1, 2, 3)
_MANY = tuple(range(1, 1000))
_SECONDS = 300.0  # for the reference, which may train something


class Recorder:
    """The reference in this process; every answer is kept."""

    def __init__(self, reference: Here) -> None:
        self._reference, self._asked = reference, 0
        self.answers: dict[str, Any] = {}

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        """See `Answers.ask`."""
        self._asked += 1
        digest = _digest(request)
        if digest not in self.answers:  # asked again, a kept object must be the same one
            self.answers[digest] = self._reference.ask(request, seconds)
        return self.answers[digest]

    def is_asked_by(self, check: Check, student: Here, seed: int) -> bool:
        """Run the check on one seed; whether it asked anything."""
        before = self._asked
        run_check(check, student, self, seed)
        return self._asked > before


class Recorded:
    """The reference as it was written down."""

    def __init__(self, data: bytes) -> None:
        """Read what `record` wrote.

        Raises:
            InputError: it did not.
        """
        try:
            header, payload, _ = wire.sizes(data[: wire.HEAD.size])
            body = data[wire.HEAD.size :]
            known = wire.decode(body[:header], body[header : header + payload])
            self.seeds, self._answers = tuple(int(seed) for seed in known["seeds"]), dict(known["answers"])
        except (wire.Malformed, ValueError, TypeError, KeyError, struct.error) as error:
            do = "download the homework again"
            raise InputError(Problem(f"recorded answers in {FILE}", f"{error or 'something else'}", do)) from error

    def ask(self, request: Request, seconds: float | None = None) -> Any:  # noqa: ARG002 - all who answer take it
        """See `Answers.ask`."""
        try:
            return self._answers[_digest(request)]
        except KeyError:
            raise NotRecorded("something that only grading can judge") from None


def record(assignment: Assignment, seeds: Sequence[int] = SEEDS) -> bytes:
    """The reference's answers to all that the shown checks ask it, for each of the seeds.

    Every check is run once, to see what it asks; those that ask nothing, however their code looks, are done with that.
    Where none asks anything, the inputs can be other ones at (nearly) every check.

    Args:
        assignment: with its checks and its reference.
        seeds: of the checks' inputs.

    Raises:
        InputError: checks that can't be loaded.
        FoundWanting: the reference gives no answer.
    """
    with working_in(assignment.folder):
        here = Here(vars(run_cells(cells_of_source(read_source(assignment.script)))[0]), _SECONDS)
        recorder = Recorder(here)
        asking = [check for check in load_checks(assignment.checks) if recorder.is_asked_by(check, here, seeds[0])]
        for check in asking:
            for seed in seeds[1:]:
                run_check(check, here, recorder, seed)
    return wire.encode({"seeds": list(seeds if asking else _MANY), "answers": recorder.answers})


def _digest(request: Request) -> str:
    return sha256(wire.encode(request)).hexdigest()
