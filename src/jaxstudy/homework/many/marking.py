"""Results without grading: for work that cannot be read, and for work that ends our own processes."""

from __future__ import annotations

from collections.abc import Sequence

from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.many.hand import Unit
from jaxstudy.homework.many.records import Run
from jaxstudy.homework.results import CheckResult, SubmissionResult

AGAIN = "again"
"""In a result's environment: it is no verdict, and the next `--resume` tries again."""


def blank_checks(assignment: Assignment) -> tuple[CheckResult, ...]:
    """All checks of a homework, none of them answered.

    Raises:
        InputError: a file of checks does not run.
    """
    from jaxstudy.homework.checks.running import load_checks

    checks = load_checks(assignment.checks)
    if assignment.hidden.is_file():
        checks += load_checks(assignment.hidden, hidden=True)
    return tuple(
        CheckResult(c.id, c.title, c.functions, c.hidden, c.worth.points, 0.0, c.worth.bonus, "not_answered", "")
        for c in checks
    )


def unreadable(unit: Unit, checks: Sequence[CheckResult], run: Run) -> SubmissionResult:
    """A mark of zero, with the reason."""
    return _nothing(unit, checks, run, reason=unit.unreadable)


def given_up(unit: Unit, how: str, checks: Sequence[CheckResult], run: Run) -> SubmissionResult:
    """Nothing earned, since our own process ended twice on it; a person should look."""
    incident = f"the grading process itself ended twice on this submission: {how}"
    return _nothing(unit, checks, run, incident=incident)


def _nothing(
    unit: Unit, checks: Sequence[CheckResult], run: Run, reason: str = "", incident: str = ""
) -> SubmissionResult:
    return SubmissionResult(
        homework=run.homework,
        student=unit.student,
        source="",
        digest="",
        seed=run.seed,
        checks=tuple(checks),
        total=sum(check.points for check in checks if not check.bonus),
        earned=0.0,
        unreadable=reason,
        incidents=(incident,) if incident else (),
        environment={AGAIN: "1"} if incident else {},
    )
