"""What a build left behind, read back: what the site's pages and the checks are made from."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jaxstudy.build.lectures import Targets
from jaxstudy.atomic import write_atomically
from jaxstudy.build.cache import sealed, unsealed
from jaxstudy.build.made import digest_of, own_source, read_record
from jaxstudy.build.versions import versions
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.course.notebook_format import import_quickly
from jaxstudy.errors import InputError, Problem


@dataclass(frozen=True)
class BuiltLecture:
    """A lecture and everything that was made of it."""

    lecture: Lecture
    whole: Path
    """The executed notebook; one cell a step, `cell.id == step.id`, notes included."""
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

    @cached_property
    def notebook(self) -> Any:
        """The executed notebook, read when it is asked for: of a course, few lectures have changed."""
        import_quickly()
        import nbformat

        return nbformat.read(self.whole, as_version=4)


def load_built(course: Course, lectures: list[Path], size: str) -> list[BuiltLecture]:
    """The lectures as the last build left them.

    Raises:
        InputError: one of them has not been built.
    """
    found: list[BuiltLecture] = []
    missing = [path for path in lectures if not Targets.of(course, path).whole.is_file()]
    if missing:
        raise InputError(*(Problem("a built lecture", "none", "run `jaxstudy build`", path) for path in missing))
    for path in lectures:
        targets = Targets.of(course, path)
        deck = targets.deck if targets.deck.is_file() else None
        pdf = targets.pdf if targets.pdf.is_file() else None
        lecture = _read_again(course, path)
        record = read_record(course, path)
        files = (deck, pdf, targets.plain, targets.executed)
        data = record.sources if record is not None else {}
        found.append(BuiltLecture(lecture, targets.whole, *files, size, versions(), data))
    return found


def _read_again(course: Course, path: Path) -> Lecture:
    """The lecture as it was read before, where its file is as it was then: reading means importing jupytext."""
    key = (own_source(), str(path), digest_of(path))
    place = course.build / "made" / f"{path.stem}.lecture"
    try:
        body = unsealed(place.read_bytes())
        kept_key, lecture = pickle.loads(body) if body is not None else (None, None)
        if kept_key == key and isinstance(lecture, Lecture):
            return lecture
    except (OSError, pickle.PickleError, ValueError, TypeError, AttributeError, EOFError, ImportError):
        pass
    lecture = read_lecture(path)
    write_atomically(place, sealed(pickle.dumps((key, lecture))))
    return lecture
