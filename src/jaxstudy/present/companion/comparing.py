"""One talk beside its plan and the talk before it; what a talk left out, for the next lecture's recap."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.present.companion.plan import Section
from jaxstudy.present.companion.talks import Talk, talks


@dataclass(frozen=True, slots=True)
class Compared:
    """One section of a talk. All in seconds."""

    title: str
    planned: float
    """0 where the author gave no minutes."""
    last: float | None
    """In the talk before; None where there was none, or where it had no such section."""
    now: float
    skipped: bool


def compared(sections: Sequence[Section], talk: Talk, before: Talk | None) -> tuple[Compared, ...]:
    """The talk, section by section, in the order of the lecture."""
    return tuple(
        Compared(
            section.title,
            section.seconds,
            before.sections.get(section.title) if before else None,
            talk.sections.get(section.title, 0.0),
            section.title in talk.skipped,
        )
        for section in sections
    )


def talk_since(folder: Path, lecture: str, began: datetime.datetime) -> tuple[Talk, Talk | None] | None:
    """The lecture's talk that started at `began` or later, and the one to hold it against; None when there was none.

    That is the last one which was given to more than its middle or, for want of such a one, the last.
    """
    *earlier, latest = talks(folder, lecture) or (None,)
    if latest is None or datetime.datetime.fromisoformat(latest.started) < began:
        return None
    given = [talk for talk in earlier if talk is not None and talk.given] or earlier
    return latest, given[-1] if given else None


def left_out(folder: Path, lectures: Sequence[str], lecture: str) -> tuple[str, tuple[str, ...]]:
    """The lecture before this one, and the sections that its last real talk passed by; ("", ()) for none.

    `lectures` are the names of all of the course, in order.
    """
    number = lectures.index(lecture) if lecture in lectures else 0
    if not number:
        return "", ()
    before = lectures[number - 1]
    given = [talk for talk in talks(folder, before) if talk.given]
    return (before, given[-1].skipped) if given and given[-1].skipped else ("", ())
