"""Checks run in this very process, without a sandbox: for the author's own sources only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jaxstudy.homework.answering.cells import cells_of, run_cells
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.checks.here import Here
from jaxstudy.homework.checks.running import Check, load_checks, run_check
from jaxstudy.homework.results import CheckResult


class OwnProcess:
    """Runs sources through an assignment's checks, shown and hidden; the reference is executed once."""

    def __init__(self, assignment: Assignment) -> None:
        """Load the checks and run the reference.

        Raises:
            InputError: checks that can't be loaded.
        """
        self._seconds = assignment.limits.call_seconds
        self.checks: tuple[Check, ...] = (*load_checks(assignment.checks), *_hidden(assignment.hidden))
        self._reference = self._file(assignment.script.read_text(encoding="utf-8-sig"))

    def run(self, source: str, seed: int, only: frozenset[str] | None = None) -> Sequence[CheckResult]:
        """See `verify.Runner`."""
        student = self._file(source)
        chosen = [check for check in self.checks if only is None or check.id in only]
        return [run_check(check, student, self._reference, seed) for check in chosen]

    def _file(self, source: str) -> Here:
        return Here(vars(run_cells(cells_of(source))[0]), self._seconds)


def _hidden(path: Path) -> list[Check]:
    return load_checks(path, hidden=True) if path.is_file() else []
