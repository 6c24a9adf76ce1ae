"""What a student gets to read: one page, kind, concrete, and silent about hidden checks beyond their title."""

from __future__ import annotations

from jaxstudy.homework.reports.pages import render
from jaxstudy.homework.results import SubmissionResult


def feedback_page(result: SubmissionResult, title: str) -> str:
    """The page of one student.

    Args:
        title: the homework's title.
    """
    shown = [check for check in result.checks if not check.hidden]
    hidden = [check for check in result.checks if check.hidden]
    return render(
        "feedback.html.j2", result=result, title=title, shown=shown, hidden=hidden, first=_first_words(result)
    )


def _first_words(result: SubmissionResult) -> str:
    if result.unreadable:
        return "This file could not be graded. Hand it in again, and it will be."
    wrong = [check for check in result.checks if check.status != "passed" and not check.bonus]
    if not wrong:
        return "Everything holds. Well done."
    right = len(result.checks) - len(wrong)
    if right == 0:
        return "Nothing holds yet. Start with the first check below: it says what is missing."
    if len(wrong) == 1:
        return "One thing is left to mend."
    return f"{right} of {len(result.checks)} checks hold. What is left is below, with what to look at."
