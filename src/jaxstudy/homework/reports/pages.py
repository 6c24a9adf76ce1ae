"""Pages from templates: `assets/homework/*.j2`. Everything is escaped; a page is one file and asks no host."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

ASSETS = Path(__file__).parents[2] / "assets" / "homework"
STATUS = {
    "passed": "✓",
    "partial": "◐",
    "failed": "✗",
    "error": "✗",
    "timeout": "✗",
    "died": "✗",
    "memory": "✗",
    "missing": "–",
    "not_answered": "–",
    "unjudged": "?",
}
WORDS = {
    "passed": "all right",
    "partial": "partly right",
    "failed": "not right yet",
    "error": "your code raised an error",
    "timeout": "took too long",
    "died": "your code ended the process",
    "memory": "ran out of memory",
    "missing": "not written yet",
    "not_answered": "not asked",
    "unjudged": "can be judged only when it is graded",
}


def render(template: str, **values: Any) -> str:
    """The template filled in; a missing value is an error."""
    return _environment().get_template(template).render(**values)


def compile_templates(*templates: str) -> None:
    """Do now what the first `render` of each would do."""
    for template in templates:
        _environment().get_template(template)


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(ASSETS)
    environment = Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    environment.filters["points"] = points
    environment.filters["duration"] = duration
    environment.filters["when"] = when
    css = (ASSETS / "report.css").read_text(encoding="utf-8")
    environment.globals |= {
        "mark_of": STATUS,
        "words_of": WORDS,
        "css": Markup(css),
    }
    return environment


def points(value: float) -> str:
    """`3`, `2.5`, `0.33`: no more digits than a mark needs."""
    return f"{round(value, 2):g}"


def when(submitted: str) -> str:
    """`2026-11-25T00:40:22.499147+00:00` as a person says it: `25 November 2026, 00:40 UTC`."""
    time = datetime.fromisoformat(submitted)
    return f"{time.day} {time:%B %Y, %H:%M} {time.tzname() or ''}".strip()


def duration(seconds: float) -> str:
    """`3 days 2 hours`, `5 hours`, `12 minutes`: for lateness. Each day begun counts, so days are not rounded."""
    minutes = int(seconds // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return _counted(days, "day") + (f" {_counted(hours, 'hour')}" if hours else "")
    if hours:
        return _counted(hours, "hour")
    return _counted(minutes, "minute") if minutes else "a moment"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
