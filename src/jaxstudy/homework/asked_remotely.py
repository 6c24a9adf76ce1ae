"""Whose functions run in a sandbox: one submission's workers, one after the other; and the reference, remembered."""

from __future__ import annotations

import threading
import time
from typing import Any

from jaxstudy.homework.answering.data import Died, Missing, NotAnswered, NotAsked, Raised, Request, TimedOut
from jaxstudy.homework.assignment import Limits
from jaxstudy.homework.misplaced import why_not_found, why_untouched
from jaxstudy.homework.sandbox import wire
from jaxstudy.homework.sandbox.held import Held, Printed, Refused
from jaxstudy.homework.sandbox.nursery import Nursery
from jaxstudy.homework.sandbox.terms import Terms
from jaxstudy.homework.sources import Source

MAX_DEATHS = 3
_LOADING = 3  # a cell at the top of a file may take so many times as long as a call


class Submission:
    """One submission. A worker that dies costs the check that is running; the next check gets a fresh one."""

    def __init__(self, nursery: Nursery, terms: Terms, limits: Limits, source: Source) -> None:
        self._nursery, self._terms, self._limits, self._source = nursery, terms, limits, source
        self.printed = Printed(limits.output_kb << 10)
        self.incidents: list[str] = []
        self.layers: tuple[str, ...] = ()
        self.cpu_seconds = self.peak_mb = 0.0
        self._worker: Held | None = None
        self._until = time.monotonic() + limits.submission_seconds
        self._deaths = 0
        self._lost = False
        self._hung: set[str] = set()
        self._skipped: dict[int, str] = {}
        """Cells that ended or hung a worker, and what became of it."""
        self._failed: dict[int, str] = {}

    def start(self) -> None:
        """Start its first worker now. Raises `Refused` if it can't be held as it must."""
        self._load()

    def next_check(self, hidden: bool) -> None:
        """A new check begins. What is printed while a hidden one runs is not kept."""
        self._lost = False
        self.printed.quiet = hidden

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        """See `Answers.ask`."""
        name = str(request.target.root) if isinstance(request.target.root, str) else ""
        if self._lost:
            raise NotAsked("its worker ended in this check; the rest of the check was not asked")
        if name in self._hung:
            raise NotAsked(f"`{name}` gave no answer before, and is not asked again")
        worker = self._ready()
        try:
            left = self._time_left()
            return worker.ask(request, min(self._limits.call_seconds if seconds is None else seconds, left))
        except TimedOut:
            self._hung.add(name)
            self._bury(f"{name or 'a call'} gave no answer in time")
            raise
        except Died as error:
            self._bury(f"{name or 'a call'}: {error}")
            raise
        except Missing as error:
            find = why_untouched if error.untouched else why_not_found
            why = [find(self._source, error.name), *([] if error.untouched else self._why_missing())]
            if told := "; ".join(filter(None, why)):
                raise NotLoaded(error.name, told, error.untouched) from None
            raise

    def _ready(self) -> Held:
        while self._worker is None:
            if self._deaths >= MAX_DEATHS:
                raise NotAsked(f"not asked any more: {MAX_DEATHS} workers ended before")
            self._time_left()
            self._load()
        return self._worker

    def _time_left(self) -> float:
        if (left := self._until - time.monotonic()) <= 0:
            raise NotAsked(f"not asked any more: {self._limits.submission_seconds:g} s for the whole file are used up")
        return left

    def _load(self) -> None:
        """A fresh worker with every cell run, but for those that ended one before."""
        self._worker = worker = Held(self._nursery, self._terms, self.printed)
        self.layers = worker.layers
        seconds, number = _LOADING * self._limits.call_seconds, -1
        try:
            names = worker.ask(self._source.question, min(seconds, self._time_left()))
            if not isinstance(names, list) or not all(type(name) is str for name in names):
                raise Died("its process sent something that is no answer")
            for number, name in enumerate(names):
                if number not in self._skipped:
                    self._run(worker, number, name, min(seconds, self._time_left()))
        except (TimedOut, Died) as error:
            where = "reading the file" if number < 0 else wire.clean(names[number], 60)
            if number >= 0:
                self._skipped[number] = f"{where}: {error}"
            self._bury(f"{where}: {error}", in_check=False)
        except NotAnswered as error:
            self._failed[-1] = f"the file can't be read: {error}"

    def _run(self, worker: Held, number: int, name: str, seconds: float) -> None:
        try:
            worker.ask({"run": number}, seconds)
        except (TimedOut, Died, NotAsked):
            raise
        except NotAnswered as error:
            line = f" (line {error.line})" if isinstance(error, Raised) and error.line else ""
            self._failed[number] = f"{wire.clean(name, 60)} did not run: {error}{line}"

    def _why_missing(self) -> list[str]:
        return [*self._skipped.values(), *self._failed.values()][:3]

    def _bury(self, how: str, in_check: bool = True) -> None:
        self._deaths += 1
        self._lost = self._lost or in_check
        self.incidents.append(how)
        self._end_worker()

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self.cpu_seconds += self._worker.cpu_seconds
            self.peak_mb = max(self.peak_mb, self._worker.peak_mb)
            self._worker = None

    def close(self) -> None:
        """End its worker."""
        self._end_worker()


class NotLoaded(Missing):
    """There is no such name, or it is the starter, and we know why: a cell did not run, an answer is elsewhere."""

    def __init__(self, name: str, why: str, untouched: bool) -> None:
        super().__init__(name, untouched)
        self.args = (f"{self.args[0]}: {why}",)


class Reference:
    """The assignment's solutions in a sandbox of their own, asked each question once. Thread-safe."""

    def __init__(self, submission: Submission) -> None:
        self._submission, self._lock = submission, threading.Lock()
        self._known: dict[bytes, Any] = {}

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        """See `Answers.ask`."""
        question = wire.encode(request)
        with self._lock:
            if question not in self._known:
                self._submission.next_check(hidden=True)
                try:
                    self._known[question] = self._submission.ask(request, seconds)
                except NotAnswered as error:
                    self._known[question] = error
        answer = self._known[question]
        if isinstance(answer, NotAnswered):
            raise answer
        return answer

    def close(self) -> None:
        """End its worker."""
        self._submission.close()


__all__ = ["Reference", "Refused", "Submission"]
