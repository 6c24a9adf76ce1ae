"""A talk against its plan and the talk before it, and what it left out, in a terminal."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path

from jaxstudy.cli.show import console
from jaxstudy.course import Course, Lecture
from jaxstudy.present.companion.comparing import Compared, compared, left_out, talk_since
from jaxstudy.present.companion.plan import plan_of
from jaxstudy.present.companion.talks import Talk

_WORTH_SECONDS = 60.0
"""Shorter than that, somebody looked at some slides."""


def say_pacing(folder: Path, lecture: Lecture, began: datetime.datetime) -> None:
    """What the talk that has just ended took, section by section; nothing where there was none to speak of."""
    found = talk_since(folder, lecture.name, began)
    if found is None or found[0].seconds < _WORTH_SECONDS:
        return
    talk, before = found
    _table(compared(plan_of(lecture).sections, talk, before), talk, before)
    if talk.skipped:
        console.print(f"left out: {', '.join(talk.skipped)}; the next lecture's recap will remind you")


def recap_of(course: Course, lecture: Lecture) -> str:
    """What the talk before this lecture left out, as a line for a presenter; empty for nothing."""
    before, sections = left_out(course.build / "talks", [path.stem for path in course.lectures], lecture.name)
    return f"Left out last time ({before}): {', '.join(sections)}" if sections else ""


def recaps_of(course: Course, lectures: Sequence[Lecture]) -> Iterator[str]:
    """One line for each lecture that has something to come back to."""
    for lecture in lectures:
        if line := recap_of(course, lecture):
            yield f"{lecture.name}: room for it in the recap? {line}"


def _table(rows: Sequence[Compared], talk: Talk, before: Talk | None) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim", title_justify="left")
    for name in ("section", "plan", "last time", "this time", ""):
        table.add_column(name, justify="left" if name in ("section", "") else "right")
    for row in rows:
        plan, last = _minutes(row.planned), _minutes(row.last or 0)
        table.add_row(row.title, plan, last, "left out" if row.skipped else _minutes(row.now), _word(row))
    planned = sum(row.planned for row in rows)
    table.add_section()
    table.add_row("together", _minutes(planned), _minutes(before.seconds if before else 0), _minutes(talk.seconds), "")
    console.print(table)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}" if seconds else ""


def _word(row: Compared) -> str:
    """How far a section was from its plan, where that is a minute or more."""
    late = row.now - row.planned
    if row.skipped or not row.planned or abs(late) < _WORTH_SECONDS:
        return ""
    return f"[yellow]{late / 60:+.0f} min[/]" if late > 0 else f"{late / 60:+.0f} min"
