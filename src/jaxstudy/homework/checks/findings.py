"""Points, parts, and the list of what one check found: a check goes on after a finding, and all are told together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jaxstudy.homework.answering.data import Missing, NotAnswered, NotAsked, NotRecorded, Raised, TimedOut
from jaxstudy.homework.checks.asserting import Compared

F = TypeVar("F", bound=Callable[..., None])
_SHOWN = 4  # findings of one check that a message tells in full


@dataclass(frozen=True, slots=True)
class Worth:
    """What `points` says about a check."""

    points: float = 1.0
    bonus: bool = False
    reread: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    what: str
    """Without any input or answer: fit to be told of a hidden check. `softmax: wrong values`."""
    told: str = ""
    """In full: what was called, what came, what was expected."""
    error: NotAnswered | None = None
    """Why there was no answer, if there was none."""


@dataclass(slots=True)
class Findings:
    """All that one run of a check found."""

    found: list[Finding] = field(default_factory=list)
    earned: float = 0.0
    """Points of parts that held."""
    parts: float = 0.0
    """Points of all parts that were begun."""
    unjudged: list[str] = field(default_factory=list)
    """What only grading can judge, since the reference's answer did not come with the checks."""


_current: ContextVar[Findings | None] = ContextVar("findings", default=None)


def points(number: float, *, bonus: bool = False, reread: str = "") -> Callable[[F], F]:
    """What a check is worth; without it, one point.

    Args:
        number: points, all or nothing unless the check has `part`s.
        bonus: earned on top of the assignment's total.
        reread: the lecture's step that explains it, `02_functions#softmax-1`.
    """

    def mark(check: F) -> F:
        check.__dict__["worth"] = Worth(float(number), bonus, reread)
        return check

    return mark


@contextmanager
def part(number: float, words: str = "") -> Iterator[None]:
    """So many of the check's points for what is in this block; the block ends at an error, the check does not.

    Points that are in no part are earned when the whole check holds.
    """
    findings = _current.get()
    if findings is None:
        yield
        return
    findings.parts += number
    before = len(findings.found)
    try:
        yield
    except (NotAnswered, AssertionError) as error:
        note(error, words)
    if len(findings.found) == before:
        findings.earned += number


@contextmanager
def collected() -> Iterator[Findings]:
    """Collect what helpers find in this block, and the error that ends it, if it is the student's."""
    findings = Findings()
    token = _current.set(findings)
    try:
        yield findings
    except (NotAnswered, AssertionError) as error:
        note(error)
    finally:
        _current.reset(token)


def report(finding: Finding) -> bool:
    """Add a finding to the running check; outside of one (plain Python), raise it. Returns False."""
    findings = _current.get()
    if findings is None:
        raise AssertionError(finding.told or finding.what)
    findings.found.append(finding)
    return False


def fail(what: str, told: str = "") -> bool:
    """Report something as wrong, and go on. Returns False.

    Args:
        what: without inputs and answers; all that is told of a hidden check.
        told: in full, for a shown check.
    """
    return report(Finding(what, told or what))


def note(error: Exception, words: str = "") -> None:
    """Report an error that ended a part or a check."""
    findings = _current.get()
    if isinstance(error, NotRecorded) and findings is not None:
        findings.unjudged.append(words or str(error))
    elif isinstance(error, NotAnswered):
        report(no_answer(error, words))
    else:
        report(_not_so(error, words))


def _not_so(error: Exception, words: str) -> Finding:
    """The finding for an `assert` that did not hold. Of a hidden check only the line of it may be told."""
    said = error.args[0] if error.args else ""
    line = said.line if isinstance(said, Compared) else _line_of_test(error)
    what = f"what line {line} of the check asserts does not hold" if line else "an assertion did not hold"
    told = f"{words}\n{said}" if words and isinstance(said, Compared) else str(error) or words or what
    return Finding(f"{words}: {what}" if words else what, told)


def _line_of_test(error: Exception) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_name.startswith("test_") else line
        trace = trace.tb_next
    return line


def no_answer(error: NotAnswered, call: str = "") -> Finding:
    """The finding for a call that gave no value."""
    name = call.partition("(")[0]
    if isinstance(error, Missing | NotAsked):
        return Finding(str(error), str(error), error)
    if isinstance(error, Raised):
        where = f" (line {error.line})" if error.line else ""
        told = f"{call or 'the call'} raised {error}{where}"
        return Finding(
            f"{name or 'the call'} raised {error.kind}{where}",
            told + (f"\n    {error.code}" if error.code else ""),
            error,
        )
    if isinstance(error, TimedOut):
        told = f"{call or 'the call'} gave no answer within {error.seconds:g} s: does a loop never end?"
        return Finding(f"{name or 'a call'} gave no answer within {error.seconds:g} s", told, error)
    return Finding(f"{name or 'a call'}: {error}", f"{call or 'the call'}: {error}", error)


def message(findings: Findings, hidden: bool) -> str:
    """What the student reads: everything found, or for a hidden check only what gives no input away."""
    said = list(dict.fromkeys(finding.what if hidden else finding.told for finding in findings.found))
    lines = said[:_SHOWN]
    if len(said) > _SHOWN:
        lines.append(f"… and {len(said) - _SHOWN} more like these")
    if findings.unjudged:
        lines.append("Not judged here, only when it is graded: " + "; ".join(dict.fromkeys(findings.unjudged)))
    return "\n".join(lines)


def worth_of(check: Callable[..., Any]) -> Worth:
    """What `points` said about a check, or one point."""
    worth = check.__dict__.get("worth")
    return worth if isinstance(worth, Worth) else Worth()
