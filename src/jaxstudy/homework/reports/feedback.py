"""What a student gets to read: one page, kind, concrete, and silent about hidden checks beyond their title."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jaxstudy.homework.reports.pages import render
from jaxstudy.homework.results import SubmissionResult

_CELL = re.compile(r"(cell at line|cell|line) (\d+): (.+)", re.DOTALL)
_HUNG = re.compile(r"no answer within ([\d.]+) s")
_TOLD = 3


def feedback_page(result: SubmissionResult, title: str) -> str:
    """The page of one student.

    Args:
        title: the homework's title.
    """
    shown = [check for check in result.checks if not check.hidden]
    hidden = [check for check in result.checks if check.hidden]
    return render(
        "feedback.html.j2",
        result=result,
        title=title,
        shown=shown,
        hidden=hidden,
        first=_first_words(result),
        left_out=list(left_out(result)),
    )


def left_out(result: SubmissionResult) -> Iterator[str]:
    """Of code outside of functions that never came to its end, or ended its process: where, and what to do about it."""
    cells = [found for incident in dict.fromkeys(result.incidents) if (found := _CELL.fullmatch(incident))]
    for found in cells[:_TOLD]:
        kind, number, how = found.groups()
        place = f"The code at line {number}" if kind == "line" else f"The {kind} {number}"
        if hung := _HUNG.fullmatch(how):
            what = f"was not done after {hung[1]} s"
            ask = "Is there a loop that never ends, or does it train something?"
        else:
            what, ask = f"could not be run to its end ({how})", "What does it do to the process that it runs in?"
        rest = "It was left out, and the rest of your file was tried without it."
        yield f"{place} {what}. {rest} {ask} What takes long is best put into a function, which only runs when called."


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
