"""A file of checks → checks; a check and two files → its result."""

from __future__ import annotations

import inspect
import re
import time
import types
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jaxstudy.errors import FoundWanting, InputError, Problem
from jaxstudy.homework.answering.data import (
    Died,
    Missing,
    NotAnswered,
    NotAsked,
    NotRecorded,
    OutOfMemory,
    Raised,
    Request,
    TimedOut,
)
from jaxstudy.homework.checks.asking import Answers, File
from jaxstudy.homework.checks.asserting import TELL, telling, what_was_compared
from jaxstudy.homework.checks.findings import Finding, Findings, Worth, collected, message, report, worth_of
from jaxstudy.homework.results import CheckResult

_FIXTURES = ("student", "reference", "rng")
_ASKED = re.compile(r"\bstudent\.([A-Za-z_]\w*)")
# The worst thing found names the result.
_STATUSES: tuple[tuple[type[NotAnswered], str], ...] = (
    (OutOfMemory, "memory"),
    (Died, "died"),
    (TimedOut, "timeout"),
    (NotAsked, "not_answered"),  # after these: a dead worker is why the rest of its check is not asked
    (Missing, "missing"),
    (Raised, "error"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an assignment."""

    id: str
    title: str
    functions: tuple[str, ...]
    """The student's functions that its code names."""
    hidden: bool
    worth: Worth
    run: Callable[..., None]
    fixtures: tuple[str, ...]


def load_checks(path: Path, *, hidden: bool = False) -> list[Check]:
    """The checks in a file, in its order.

    Raises:
        InputError: the file does not run, has no checks, or checks that ask for what there is not (all problems).
    """
    module = types.ModuleType(f"jaxstudy_checks_{path.stem}")
    module.__file__ = str(path)
    module.__dict__[TELL] = what_was_compared
    try:
        tree = telling(path.read_text(encoding="utf-8-sig"), str(path))
        exec(compile(tree, str(path), "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        line = _line(error, path)
        raise InputError(
            Problem("checks that run", f"{type(error).__name__}: {error}", "mend it", path, line)
        ) from error
    tests = [
        (name, item) for name, item in vars(module).items() if name.startswith("test_") and inspect.isfunction(item)
    ]
    problems = [problem for name, test in tests for problem in _problems(path, name, test)]
    if problems:
        raise InputError(*problems)
    return [_check(name, test, hidden) for name, test in tests]


def _line(error: Exception, path: Path) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    trace, line = error.__traceback__, None
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(path) else line
        trace = trace.tb_next
    return line


def _problems(path: Path, name: str, test: Callable[..., None]) -> Iterator[Problem]:
    line = test.__code__.co_firstlineno
    for fixture in inspect.signature(test).parameters:
        if fixture not in _FIXTURES:
            yield Problem(f"{', '.join(_FIXTURES)} as arguments of {name}", repr(fixture), "remove it", path, line)
    if not (test.__doc__ or "").strip():
        do = "say in its first line what is expected: students read it"
        yield Problem(f"a docstring in {name}", "none", do, path, line)


def _check(name: str, test: Callable[..., None], hidden: bool) -> Check:
    title = (test.__doc__ or "").strip().splitlines()[0]
    functions = tuple(dict.fromkeys(_ASKED.findall(inspect.getsource(test))))
    return Check(name, title, functions, hidden, worth_of(test), test, tuple(inspect.signature(test).parameters))


def generator(seed: int, check: str) -> np.random.Generator:
    """The random numbers of one check: the same for the same seed and check, whatever ran before."""
    return np.random.default_rng([seed, zlib.crc32(check.encode())])


def run_check(check: Check, student: Answers, reference: Answers, seed: int) -> CheckResult:
    """Ask all that a check asks, and say what became of it.

    Raises:
        FoundWanting: the reference itself gave no answer; that is the author's to mend.
    """
    right = File(_Trusted(reference, check))
    given = {"student": File(student, right), "reference": right, "rng": generator(seed, check.id)}
    started = time.perf_counter()
    with collected() as findings:
        _run(check, {name: given[name] for name in check.fixtures})
    return _result(check, findings, time.perf_counter() - started)


def _run(check: Check, given: dict[str, Any]) -> None:
    try:
        check.run(**given)
    except (NotAnswered, AssertionError, FoundWanting):
        raise
    except Exception as error:
        # Nearly always an answer of a form that the check did not count on: None where a tuple was wanted.
        told = (
            f"the answer could not be checked, it has not the form that is expected ({type(error).__name__}: {error})"
        )
        report(Finding("the answer has not the form that is expected", told))


class _Trusted:
    """The reference: when it gives no answer, that is not the student's doing."""

    def __init__(self, answers: Answers, check: Check) -> None:
        self._answers, self._check = answers, check

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        try:
            return self._answers.ask(request, seconds)
        except NotRecorded:
            raise
        except NotAnswered as error:
            name = f"an answer of the reference's {request.target.root} in {self._check.id}"
            raise FoundWanting(Problem(name, str(error), "mend the assignment or the check")) from error


def _result(check: Check, findings: Findings, seconds: float) -> CheckResult:
    worth = check.worth
    earned = findings.earned if findings.found else worth.points
    status = "passed" if not findings.found else _status(findings)
    if status in ("failed", "error", "missing") and earned > 0:
        status = "partial"
    if status in ("died", "memory", "timeout", "not_answered"):
        earned = 0.0
    if findings.unjudged and not findings.found:
        status, earned = "unjudged", 0.0  # nothing is wrong, and nobody knows whether all is right
    return CheckResult(
        id=check.id,
        title=check.title,
        functions=check.functions,
        hidden=check.hidden,
        points=worth.points,
        earned=round(min(earned, worth.points), 6),
        bonus=worth.bonus,
        status=status,
        message=message(findings, check.hidden),
        reread=worth.reread if findings.found else "",
        seconds=round(seconds, 4),
    )


def _status(findings: Findings) -> str:
    errors = [finding.error for finding in findings.found]
    for kind, status in _STATUSES:
        if any(isinstance(error, kind) for error in errors):
            return status
    return "failed"


def functions_asked(checks: Sequence[Check]) -> tuple[str, ...]:
    """All functions that checks ask for, in order."""
    return tuple(dict.fromkeys(name for check in checks for name in check.functions))
