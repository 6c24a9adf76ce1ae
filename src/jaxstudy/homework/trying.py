"""Sources through an assignment's checks, for `verify`: in this process, or held as submissions are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from jaxstudy.homework.answering.cells import run_cells
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.checks.here import Here
from jaxstudy.homework.checks.running import Check, load_checks, run_check
from jaxstudy.homework.programs import programs_home
from jaxstudy.homework.results import CheckResult
from jaxstudy.homework.sources import Source, cells_of_source, read_source, working_in


class OwnProcess:
    """Runs sources in this very process, without a sandbox: for the author's own only."""

    def __init__(self, assignment: Assignment) -> None:
        """Load the checks, and run the reference once.

        Raises:
            InputError: checks that can't be loaded.
        """
        self._seconds, self._folder = assignment.limits.call_seconds, assignment.folder
        self.checks: tuple[Check, ...] = all_checks(assignment)
        self._reference = self._file(read_source(assignment.script))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""

    def run(self, source: Source, seed: int, only: frozenset[str] | None = None) -> Sequence[CheckResult]:
        """See `verify.Runner`."""
        student = self._file(source)
        chosen = [check for check in self.checks if only is None or check.id in only]
        with working_in(self._folder):
            return [run_check(check, student, self._reference, seed) for check in chosen]

    def _file(self, source: Source) -> Here:
        with working_in(self._folder):
            return Here(vars(run_cells(cells_of_source(source))[0]), self._seconds)


class Sandboxed:
    """Runs sources as submissions are graded. All checks are run; of a source that is asked for some, some are told."""

    def __init__(self, assignment: Assignment) -> None:
        """Load the checks.

        Raises:
            InputError: checks that can't be loaded.
        """
        from jaxstudy.homework.grading import Grader

        self._assignment = assignment
        self.checks: tuple[Check, ...] = all_checks(assignment)
        self._grader: Grader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the grader of the last seed."""
        if self._grader is not None:
            self._grader.__exit__(kind, error, trace)
            self._grader = None

    def run(self, source: Source, seed: int, only: frozenset[str] | None = None) -> Sequence[CheckResult]:
        """See `verify.Runner`.

        Raises:
            ToolMissing: this machine can't hold a worker well enough.
        """
        from jaxstudy.homework.grading import Grader

        if self._grader is None or self._grader.seed != seed:
            self.__exit__(None, None, None)
            self._grader = Grader(self._assignment, seed=seed, programs=programs_home()).__enter__()
        results = self._grader.grade(source).checks
        return [result for result in results if only is None or result.id in only]


def all_checks(assignment: Assignment) -> tuple[Check, ...]:
    """The shown checks, and the hidden ones if there are any.

    Raises:
        InputError: checks that can't be loaded.
    """
    return (*load_checks(assignment.checks), *_hidden(assignment.hidden))


def _hidden(path: Path) -> list[Check]:
    return load_checks(path, hidden=True) if path.is_file() else []
