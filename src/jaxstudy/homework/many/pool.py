"""Several grading processes on this machine, one submission each at a time."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path

from jaxstudy.homework.assignment import Limits
from jaxstudy.homework.many.hand import Died, Hand, Setup, Unit, does_not_start
from jaxstudy.homework.results import SubmissionResult

TRIES = 2
"""How often a submission is given to a process when processes die of it."""
_STARTS = 3
Outcome = tuple[Unit, SubmissionResult | str]
"""A submission with its result, or why there is none."""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def patience(limits: Limits) -> float:
    """Seconds after which a grading process is taken for lost: its own limits should have ended the submission."""
    return 3 * limits.submission_seconds + 120


class Pool:
    """Grades submissions on `jobs` processes. Leave it with `with`: no process stays behind."""

    def __init__(self, setup: Setup, limits: Limits, log: Path, jobs: int) -> None:
        self.setup, self.log, self.jobs = setup, log, max(1, jobs)
        self.patience = patience(limits)
        self.hands: dict[Hand, tuple[Unit | None, float]] = {}
        """Each process with what it grades, and since when."""
        self.failed_starts = 0

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self.hands:
            hand.connection.close()  # all hear of it at once
        for hand in self.hands:
            hand.end()

    def run(self, units: Sequence[Unit]) -> Iterator[Outcome]:
        """Results as they come.

        Raises:
            StudyError: the homework can't be graded here, or grading processes don't start.
        """
        waiting = deque(units)
        tries: dict[str, int] = {}
        left = len(units)
        while left:
            while len(self.hands) < min(self.jobs, left):
                self.hands[Hand(self.setup, self.log)] = (None, time.monotonic())
            for hand in self._answering():
                unit, _ = self.hands[hand]
                outcome: SubmissionResult | str | None
                try:
                    outcome = hand.take()
                    self.failed_starts = 0
                except Died as died:
                    outcome = self._lost(hand, unit, tries, waiting, str(died))
                if unit is not None and outcome is not None:
                    left -= 1
                    yield unit, outcome
                if hand in self.hands:
                    self._next(hand, waiting, tries)

    def _next(self, hand: Hand, waiting: deque[Unit], tries: dict[str, int]) -> None:
        unit = waiting.popleft() if waiting else None
        self.hands[hand] = (unit, time.monotonic())
        if unit is not None:
            tries[unit.key] = tries.get(unit.key, 0) + 1
            hand.give(unit)

    def _lost(self, hand: Hand, unit: Unit | None, tries: dict[str, int], waiting: deque[Unit], how: str) -> str | None:
        """A process is gone: its submission is tried once more, then given up."""
        hand.kill()
        del self.hands[hand]
        if unit is None:
            self.failed_starts += 1
            if self.failed_starts >= _STARTS and not hand.ready:
                raise does_not_start(hand, f"one that does not: {how}")
            return None
        if tries[unit.key] < TRIES:
            waiting.appendleft(unit)
            return None
        return how

    def _answering(self) -> Iterator[Hand]:
        """Processes with an answer, or without one for too long."""
        by_connection = {hand.connection: hand for hand in self.hands}
        ready = wait(list(by_connection), timeout=1.0)
        for connection in ready:
            yield by_connection[connection]  # type: ignore[index]
        now = time.monotonic()
        for hand, (_, since) in list(self.hands.items()):
            busy = self.hands[hand][0] is not None or not hand.ready
            if hand.connection not in ready and busy and now - since > self.patience:
                hand.process.kill()
                yield hand
