"""What grading one submission found, as plain data: written by the grader, read by every report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

FORMAT = 1
"""Raised when the JSON changes its meaning."""
STATUSES = ("passed", "partial", "failed", "error", "timeout", "died", "memory", "missing", "not_answered", "unjudged")
"""What became of a check.

`failed`: an answer, but a wrong one; `error`: the student's code raised; `timeout`, `died`, `memory`: its worker hung,
ended, or ran out of memory; `missing`: the function is not there, or still the starter; `not_answered`: not asked any
more, after too many dead workers; `unjudged`: nothing is wrong, but what is right was not at hand.
"""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one check."""

    id: str
    """The pytest function's name, unique in the assignment: `test_softmax_value`."""
    title: str
    """A sentence for people: the first line of the check's docstring."""
    functions: tuple[str, ...]
    """The student's functions it asks for."""
    hidden: bool
    points: float
    """What can be earned."""
    earned: float
    bonus: bool
    """Earned on top; not part of the assignment's total."""
    status: str
    """One of STATUSES."""
    message: str
    """What the student may read: what was called, what came, what was expected, where to reread. No hidden input."""
    reread: str = ""
    """A lecture's step, `02_functions#one-gradient-per-example-1`, or nothing."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How the student's code was held."""

    tier: str
    """`namespaces+cgroup`, `namespaces`, `landlock`, or `none`, the strongest first."""
    layers: tuple[str, ...]
    """What was in force: `user-ns`, `mount-ns`, `pid-ns`, `net-ns`, `seccomp`, `landlock`, `rlimits`, …"""


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """One student's marks and how they came about."""

    homework: str
    """The assignment's folder name: `02_functions`."""
    student: str
    """As the file's or folder's name says; text from outside, to be escaped wherever it is shown."""
    source: str
    """The file that was graded, relative to the submissions' folder."""
    digest: str
    """SHA-256 of the graded source."""
    seed: int
    """Of all random inputs; the same seed gives the same inputs."""
    checks: tuple[CheckResult, ...]
    total: float
    """Points of all checks that are no bonus."""
    earned: float
    """Bonus included, before the late penalty."""
    penalty: float = 0.0
    """Points taken off for lateness."""
    submitted: str = ""
    """ISO 8601 with time zone, or nothing when unknown."""
    late_seconds: float = 0.0
    unreadable: str = ""
    """Why nothing could be graded, or nothing."""
    other_files: tuple[str, ...] = ()
    """Earlier or extra files of the same student that were not graded."""
    incidents: tuple[str, ...] = ()
    """What the sandbox stopped or saw: deaths, time-outs, floods."""
    output: str = ""
    """What the student's code printed, cut to a few kB."""
    sandbox: Sandbox | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of Python, jax, flax, …; digest of the assignment."""

    @property
    def mark(self) -> float:
        """Points after the late penalty; never below zero."""
        return max(0.0, self.earned - self.penalty)


def to_json(result: SubmissionResult, indent: int | None = 1) -> str:
    """The result as one JSON object, keys in order; in one line with `indent=None`."""
    inner = {"checks": [_named(check) for check in result.checks], "environment": dict(result.environment)}
    held = {"sandbox": result.sandbox and _named(result.sandbox)}
    whole = {"format": FORMAT, **_named(result), **inner, **held}
    return json.dumps(whole, indent=indent, ensure_ascii=True, sort_keys=True)


def _named(data: CheckResult | Sandbox | SubmissionResult) -> dict[str, Any]:
    """Its fields by name; `asdict` would copy all that is in them, too."""
    return {field.name: getattr(data, field.name) for field in fields(data)}


def from_json(text: str) -> SubmissionResult:
    """A result as `to_json` wrote it.

    Raises:
        ValueError: it is not one, or of another format.
    """
    data: dict[str, Any] = json.loads(text)
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise ValueError(f"not a result of format {FORMAT}")
    try:
        checks = tuple(CheckResult(**{**check, "functions": tuple(check["functions"])}) for check in data["checks"])
        sandbox = data["sandbox"] and Sandbox(data["sandbox"]["tier"], tuple(data["sandbox"]["layers"]))
        lists = {name: tuple(data[name]) for name in ("other_files", "incidents")}
        return SubmissionResult(**{**data, **lists, "checks": checks, "sandbox": sandbox})
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a result of format {FORMAT}: {error}") from error
