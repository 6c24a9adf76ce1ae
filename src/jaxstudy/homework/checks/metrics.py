"""Checks against a bar: a number to be reached, and the time it may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import NotAnswered
from jaxstudy.homework.checks.arguments import shown
from jaxstudy.homework.checks.asking import time_for_calls
from jaxstudy.homework.checks.findings import Finding, note, report


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Calls in this block may take so long, all together: for training, which needs more than the usual limit."""
    with time_for_calls(seconds):
        yield


def reaches(
    measure: Callable[[], Any],
    *,
    bar: float,
    seconds: float | None = None,
    at_most: bool = False,
    what: str = "the score",
) -> bool:
    """A number reaches a bar.

    Let the student's function answer predictions and calculate the number here, from labels that it does not see:
    `reaches(lambda: np.mean(student.predict(params, x).argmax(-1) == y), bar=0.9, what="accuracy")`.

    Args:
        measure: calculates the number; it may call the student's functions.
        bar: the least that is enough; with `at_most`, the most.
        seconds: wall time for all its calls together; by default the usual limit for each.
        at_most: the number must not be above the bar.
        what: the number's name.
    """
    try:
        with time_for_calls(seconds):
            number = float(np.asarray(measure(), np.float64).reshape(()))
    except NotAnswered as error:
        note(error, what)
        return False
    except (TypeError, ValueError) as error:
        return report(Finding(f"{what}: no number can be calculated from the answer", f"{what}: {error}"))
    if number <= bar if at_most else number >= bar:
        return True
    words = "at most" if at_most else "at least"
    return report(Finding(f"{what} is not good enough", f"{what} is {shown(number)}; expected {words} {shown(bar)}"))
