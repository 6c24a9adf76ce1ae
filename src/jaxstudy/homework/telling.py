"""Errors of ours, from one process or machine to another: as data, since exceptions lose their problems on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaxstudy.errors import FoundWanting, InputError, Problem, StudyError, ToolMissing

_KINDS: dict[str, type[StudyError]] = {"InputError": InputError, "ToolMissing": ToolMissing}


def told(error: StudyError) -> dict[str, Any]:
    """The error as JSON data."""
    problems = [
        {"expected": item.expected, "got": item.got, "do": item.do, "line": item.line, "path": str(item.path or "")}
        for item in error.problems
    ]
    return {"error": type(error).__name__, "problems": problems, "details": list(error.details)}


def heard(message: dict[str, Any]) -> StudyError:
    """The error that `told` wrote."""
    problems = [
        Problem(**{**item, "path": Path(item["path"]) if item["path"] else None}) for item in message["problems"]
    ]
    return _KINDS.get(message["error"], FoundWanting)(*problems, details=message["details"])
