"""Grading processes on this machine, each with a few submissions at a time.

Few processes, since each has to import, and to rehearse the reference; more than one on a large machine, since one
interpreter compares one answer at a time.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path

from jaxstudy.homework.assignment import Limits
from jaxstudy.homework.many.hand import Died, Hand, Setup, Unit, does_not_start
from jaxstudy.homework.results import SubmissionResult

TRIES = 2
"""How often a submission is given to a process when processes die of it; the second time, to one of its own."""
THREADS = 4
"""Submissions at once in one process, at most."""
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
    """Grades `jobs` submissions at once. Leave it with `with`: no process stays behind."""

    def __init__(self, setup: Setup, limits: Limits, log: Path, jobs: int) -> None:
        self.jobs = max(1, jobs)
        self.processes = -(-self.jobs // THREADS)
        self.setup = dataclasses.replace(setup, threads=-(-self.jobs // self.processes))
        self.log, self.patience = log, patience(limits)
        self.hands: dict[Hand, float] = {}
        """Each process, and since when it is there."""
        self.failed_starts = 0
        self.waiting: deque[Unit] = deque()
        self.suspects: deque[Unit] = deque()
        """A process died while it graded these: they are tried again, each in a process without others."""
        self.tries: Counter[str] = Counter()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._tell_to_end()
        for hand in self.hands:
            hand.end()

    def _tell_to_end(self) -> None:
        for hand in self.hands:
            hand.connection.close()  # all hear of it at once

    def start(self) -> None:
        """Start a process now, before it is known what there is to grade."""
        self.hands[Hand(self.setup, self.log)] = time.monotonic()

    def run(self, units: Sequence[Unit]) -> Iterator[Outcome]:
        """Results as they come.

        Raises:
            StudyError: the homework can't be graded here, or grading processes don't start.
        """
        self.waiting.extend(units)
        left = len(units)
        while left:
            while len(self.hands) < min(self.processes, left):
                self.start()
            for hand in self._answering():
                for outcome in self._answers(hand):
                    left -= 1
                    yield outcome
                if hand in self.hands:
                    self._fill(hand)
        self._tell_to_end()

    def _answers(self, hand: Hand) -> list[Outcome]:
        try:
            outcome = hand.take()
        except Died as died:
            return self._lost(hand, str(died))
        self.failed_starts = 0
        return [outcome] if outcome is not None else []

    def _fill(self, hand: Hand) -> None:
        """Give it what it has room for."""
        while hand.ready and len(hand.units) < hand.threads and not any(self.tries[key] for key in hand.units):
            if self.suspects:
                if hand.units:
                    return  # what it has first, then the suspect alone
                waiting = self.suspects
            elif self.waiting:
                waiting = self.waiting
            else:
                return
            hand.give(waiting.popleft())

    def _lost(self, hand: Hand, how: str) -> list[Outcome]:
        """A process is gone: its submissions are tried once more, then given up."""
        hand.kill()
        del self.hands[hand]
        if not hand.ready:
            self.failed_starts += 1
            if self.failed_starts >= _STARTS:
                raise does_not_start(hand, f"one that does not: {how}")
        given_up: list[Outcome] = []
        for unit, _ in hand.units.values():
            self.tries[unit.key] += 1
            if self.tries[unit.key] < TRIES:
                self.suspects.append(unit)
            else:
                given_up.append((unit, how))
        return given_up

    def _answering(self) -> Iterator[Hand]:
        """Processes with an answer, or without one for too long."""
        by_connection = {hand.connection: hand for hand in self.hands}
        ready = wait(list(by_connection), timeout=1.0)
        for connection in ready:
            yield by_connection[connection]  # type: ignore[index]
        now = time.monotonic()
        for hand, since in list(self.hands.items()):
            begun = [began for _, began in hand.units.values()] if hand.ready else [since]
            if hand.connection not in ready and begun and now - min(begun) > self.patience:
                hand.process.kill()
                yield hand
