"""The class on one page: how it went, what went wrong, what to look at."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxstudy.homework.reports.pages import render
from jaxstudy.homework.results import SubmissionResult

_BINS = 10
_VARIABLE = (
    (re.compile(r"0x[0-9a-fA-F]+"), "…"),
    (re.compile(r"(?:/[\w.~-]+){2,}"), "…"),
    # Of a hidden check, its line is all that tells one failure from another.
    (re.compile(r"(?<!what line )(?<!\d)[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\b(?:nan|inf)\b"), "#"),
    (re.compile(r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\""), "'…'"),
    (re.compile(r"\[[^\[\]]*\]"), "[…]"),
    (re.compile(r"\s+"), " "),
)
_KINDS_SHOWN, _NAMES_SHOWN, _SLOWEST = 20, 8, 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the distribution."""

    label: str
    count: int
    height: float
    """Of the highest one, 0 to 1."""


@dataclass(frozen=True, slots=True)
class PassRate:
    """How a check went."""

    id: str
    title: str
    hidden: bool
    points: float
    passed: int
    asked: int

    @property
    def share(self) -> float:
        """Of those who were asked."""
        return self.passed / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """Failures of a check that say the same but for numbers and names."""

    check: str
    message: str
    """One of them, as it was."""
    students: tuple[tuple[str, str], ...]
    """File name and name of those who have it."""


def overview_page(results: Mapping[str, SubmissionResult], title: str, links: Mapping[str, str]) -> str:
    """The page.

    Args:
        results: by file name, in the order to show.
        title: the homework's title.
        links: other files of the run, by what to call them.
    """
    everyone = list(results.items())
    graded = [result for result in results.values() if not result.unreadable]
    marks = [result.mark for result in results.values()]
    total = max((result.total for result in results.values()), default=0.0)
    tiers = Counter(result.sandbox.tier for result in graded if result.sandbox)
    return render(
        "overview.html.j2",
        title=title,
        results=everyone,
        links=links,
        total=total,
        mean=statistics.fmean(marks) if marks else 0.0,
        median=statistics.median(marks) if marks else 0.0,
        bars=distribution(marks, total),
        rates=pass_rates(graded),
        wrong=wrong_answers(results)[:_KINDS_SHOWN],
        slowest=sorted(everyone, key=lambda item: (-item[1].seconds, item[0]))[:_SLOWEST],
        incidents=[(key, result) for key, result in everyone if result.incidents],
        unreadable=[(key, result) for key, result in everyone if result.unreadable],
        late=[(key, result) for key, result in everyone if result.late_seconds > 0],
        tiers=sorted(tiers.items()),
        seeds=sorted({result.seed for result in results.values()}),
        names_shown=_NAMES_SHOWN,
    )


def distribution(marks: Sequence[float], total: float) -> list[Bar]:
    """Marks in equal steps up to the total; the last step holds the total and what bonuses add."""
    if total <= 0:
        return []
    bins = min(_BINS, max(1, int(total)))
    counts = [0] * bins
    for mark in marks:
        counts[min(bins - 1, int(mark / total * bins))] += 1
    edge = [total * place / bins for place in range(bins + 1)]
    most = max(counts) or 1
    labels = [f"{edge[place]:.3g}–{edge[place + 1]:.3g}" for place in range(bins)]
    return [Bar(label, count, count / most) for label, count in zip(labels, counts, strict=True)]


def pass_rates(results: Sequence[SubmissionResult]) -> list[PassRate]:
    """Each check, in the assignment's order, over those whose file could be read."""
    checks = {check.id: check for result in results for check in result.checks}
    passed = Counter(check.id for result in results for check in result.checks if check.status == "passed")
    asked = Counter(check.id for result in results for check in result.checks)
    return [PassRate(c.id, c.title, c.hidden, c.points, passed[c.id], asked[c.id]) for c in checks.values()]


def wrong_answers(results: Mapping[str, SubmissionResult]) -> list[WrongAnswer]:
    """Failures that are the same but for numbers, names and values, the most common first."""
    groups: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key, result in results.items():
        for check in result.checks:
            if check.status in ("failed", "partial", "error", "timeout", "died", "memory"):
                kind = (check.title, check.status + without_variable_parts(check.message))
                groups.setdefault(kind, []).append((key, result.student, check.message))
    found = [
        WrongAnswer(title, members[0][2], tuple((key, student) for key, student, _ in members))
        for (title, _), members in groups.items()
    ]
    return sorted(found, key=lambda wrong: -len(wrong.students))


def without_variable_parts(message: str) -> str:
    """The message with numbers, quoted words, lists, paths and addresses taken out, cut to its first 400 letters."""
    for pattern, instead in _VARIABLE:
        message = pattern.sub(instead, message[:4000])
    return message[:400]
