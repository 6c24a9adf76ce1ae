"""What a build left behind, read back: what the site's pages and the checks are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxstudy.build.lectures import Targets
from jaxstudy.build.made import read_record
from jaxstudy.build.versions import versions
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.course.notebook_format import import_quickly
from jaxstudy.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class BuiltLecture:
    """A lecture and everything that was made of it."""

    lecture: Lecture
    notebook: Any
    """Executed; one cell a step, `cell.id == step.id`, notes included."""
    deck: Path | None
    pdf: Path | None
    plain: Path
    """The attendee's notebook, no outputs."""
    executed: Path
    """The attendee's notebook with outputs."""
    size: str
    """`smoke` or `full`: how large the runs were that gave the outputs."""
    versions: Mapping[str, str]
    """Package → version that gave the outputs."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Data set → where it came from, in words, when the outputs were made."""


def load_built(course: Course, lectures: list[Path], size: str) -> list[BuiltLecture]:
    """The lectures as the last build left them.

    Raises:
        InputError: one of them has not been built.
    """
    import_quickly()
    import nbformat

    found: list[BuiltLecture] = []
    missing = [path for path in lectures if not Targets.of(course, path).whole.is_file()]
    if missing:
        raise InputError(*(Problem("a built lecture", "none", "run `jaxstudy build`", path) for path in missing))
    for path in lectures:
        targets = Targets.of(course, path)
        notebook = nbformat.read(targets.whole, as_version=4)
        deck = targets.deck if targets.deck.is_file() else None
        pdf = targets.pdf if targets.pdf.is_file() else None
        lecture = read_lecture(path)
        record = read_record(course, path)
        files = (deck, pdf, targets.plain, targets.executed)
        data = record.sources if record is not None else {}
        found.append(BuiltLecture(lecture, notebook, *files, size, versions(), data))
    return found
