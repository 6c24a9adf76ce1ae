"""What the replay commands show alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from jaxstudy.cli.show import console, relative

if TYPE_CHECKING:
    from jaxstudy.course import Course
    from jaxstudy.replay.glossary import Glossary
    from jaxstudy.replay.transcript import Mended, Transcript

_MOST = 8


def show_mended(mended: Sequence[Mended], everything: bool = True) -> None:
    """What was wrong with the file, by line; of each kind the first few, unless everything is asked for."""
    shown: Counter[str] = Counter()
    for one in mended:
        shown[one.kind] += 1
        if everything or shown[one.kind] <= _MOST:
            console.print(f"  [yellow]{escape(one.kind)}[/] {escape(str(one))}")
    if not everything:
        rest = [f"{count - _MOST} more of {kind}" for kind, count in shown.items() if count > _MOST]
        if rest:
            console.print(f"  [dim]and {', '.join(rest)}: --all shows them[/]")


def show_summary(transcript: Transcript) -> None:
    """One line: what was read."""
    from jaxstudy.replay.transcript import clock

    count = len(transcript.mended)
    mended = f", {count} {'thing' if count == 1 else 'things'} to know" if count else ""
    facts = f"{clock(transcript.seconds)}, {len(transcript.segments)} segments, {transcript.words} words"
    console.print(f"[green]✓[/] {escape(transcript.path.name)} ({transcript.format}): {facts}{mended}")


def show_written(paths: Iterable[Path]) -> None:
    """The files that are there now."""
    for path in paths:
        console.print(f"[green]✓[/] {escape(relative(path))}")


def show_next(text: str) -> None:
    """What to do now."""
    console.print(f"  next: {escape(text)}")


def course_here() -> Course | None:
    """The course that the working directory lies in, if it lies in one."""
    from jaxstudy.course import load_course
    from jaxstudy.course.config import FILE

    here = Path.cwd()
    return load_course() if any((folder / FILE).is_file() for folder in (here, *here.parents)) else None


def glossary_path(given: Path | None) -> Path:
    """The glossary named, or the course's; where there is no course, the one here."""
    from jaxstudy.replay.glossary import FILE

    course = course_here() if given is None else None
    return given or (course.root if course else Path.cwd()) / FILE


def glossary_if_any(given: Path | None) -> Glossary | None:
    """The glossary, or None where none was named and the course has none."""
    from jaxstudy.replay.glossary import load_glossary

    path = glossary_path(given)
    return load_glossary(path) if given is not None or path.exists() else None


def course_terms() -> tuple[str, ...]:
    """The words of the course here: key terms and code of all its lectures; none outside a course."""
    from jaxstudy.course import read_lecture
    from jaxstudy.replay.sections import terms_of

    course = course_here()
    found = (term for path in (course.lectures if course else ()) for term in terms_of(read_lecture(path)))
    return tuple(dict.fromkeys(found))
