"""One student's result in the format that Gradescope reads: `results.json`.

Source: Gradescope, "Autograder Specifications", output format.
"""

from __future__ import annotations

import json
from typing import Any

from jaxstudy.homework.gathering import clean
from jaxstudy.homework.reports.feedback import left_out
from jaxstudy.homework.results import CheckResult, SubmissionResult


def gradescope_json(result: SubmissionResult) -> str:
    """The result; hidden checks show after the marks are published, and then only their title and points."""
    says = [result.unreadable and f"Your file could not be graded: {result.unreadable}."]
    says += [f"Late: {_points(result.penalty)} off." if result.penalty else ""]
    says += left_out(result)
    data: dict[str, Any] = {
        "score": round(result.mark, 4),
        "execution_time": round(result.seconds, 2),
        "output": "\n".join(line for line in says if line),
        "stdout_visibility": "hidden",
        "tests": [_test(number, check) for number, check in enumerate(result.checks, 1)],
        "extra_data": {"sandbox": result.sandbox.tier if result.sandbox else "none"},
    }
    if not result.checks:
        data["visibility"] = "visible"
    return json.dumps(data, indent=1) + "\n"


def _test(number: int, check: CheckResult) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": clean(check.title, 300),
        "number": str(number),
        "score": round(check.earned, 4),
        "max_score": 0 if check.bonus else check.points,
        "status": "passed" if check.status == "passed" else "failed",
        "visibility": "after_published" if check.hidden else "visible",
    }
    if not check.hidden and check.status != "passed":
        test["output"] = check.message
        test["output_format"] = "text"
    return test


def _points(value: float) -> str:
    return f"{value:g} {'point' if value == 1 else 'points'}"
