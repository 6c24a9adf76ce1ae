"""What the recording commands show alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from jaxstudy.cli.show import console, relative
from jaxstudy.errors import InputError, Problem

if TYPE_CHECKING:
    from jaxstudy.recording import Recording
    from jaxstudy.replay.recorded.summary import Summary

NAMED = "File or folder; or a lecture (02), for its latest; or nothing, for the latest of all."


def recording_named(word: str) -> Recording:
    """The recording that a word names, read."""
    from jaxstudy.recording import read_recording
    from jaxstudy.replay.recorded.finding import find_recording

    return read_recording(find_recording(word, root_here()))


def root_here() -> Path:
    """The course that the working directory lies in, else the working directory."""
    from jaxstudy.course.config import FILE

    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / FILE).is_file()), here)


def titles_for(recording: Recording) -> dict[str, str]:
    """Step → title of its section, where the lecture is at hand."""
    from jaxstudy.course import load_course, read_lecture
    from jaxstudy.errors import StudyError

    try:
        lecture = read_lecture(load_course().find(recording.header.lecture))
    except StudyError:  # no course here, no such lecture any more, or one that is being written
        return {}
    titles: dict[str, str] = {}
    section = ""
    for slide in lecture.slides:
        section = slide.title or lecture.title if slide.level == "slide" or not section else section
        titles |= {step.id: section for step in slide.steps}
    return titles


def seconds_given(text: str, option: str) -> float:
    """Seconds of `90`, `1:30` or `1:02:03.5`.

    Raises:
        InputError: it is no time.
    """
    from jaxstudy.replay.stamps import number_of, seconds_of

    sign, text = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    found = seconds_of(text) if ":" in text else number_of(text)
    if found is None:
        raise InputError(Problem(f"a time for {option}, as 90, 1:30 or 1:02:03.5", repr(text), f"correct {option}"))
    return sign * found


def minutes(seconds: float) -> str:
    """`1:02:03`, `4:05`."""
    whole = int(seconds)
    hours = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02}"


def counted(*pairs: tuple[int, str]) -> str:
    """`3 runs, 1 error`; what there is none of is left out."""
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in pairs if count)


def show_line(path: Path, summary: Summary) -> None:
    """One line: what there is."""
    runs = f" ({summary.edited} edited)" if summary.edited else ""
    more = counted((summary.errors, "error"), (summary.marks, "mark"), (summary.questions, "question"))
    facts = (
        f"{minutes(summary.seconds)}, {counted((summary.runs, 'run')) or 'no runs'}{runs}{', ' + more if more else ''}"
    )
    console.print(f"[green]✓[/] {escape(relative(path.parent))}: {facts}")


def show_next(text: str) -> None:
    """What to do now."""
    console.print(f"  next: {escape(text)}")
