"""Concepts over the course: where each is introduced, where it comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxstudy.course.lecture import Lecture
from jaxstudy.errors import Problem, near

RETURNS = 2
"""In how many later lectures a concept must come back, where there are so many: one meeting is soon forgotten."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept and the names of the lectures it stands in."""

    name: str
    introduced: str
    revisited: tuple[str, ...]


def concepts(lectures: Sequence[Lecture]) -> list[Concept]:
    """Every concept in the order of its introduction."""
    found: dict[str, str] = {}
    for lecture in lectures:
        for name in lecture.header.introduces:
            found.setdefault(name, lecture.name)
    return [
        Concept(name, home, tuple(lecture.name for lecture in lectures if name in lecture.header.revisits))
        for name, home in found.items()
    ]


def check_concepts(lectures: Sequence[Lecture]) -> Iterator[Problem]:
    """A concept is introduced once, revisited only after that, and comes back in enough later lectures."""
    known: dict[str, str] = {}
    for lecture in lectures:
        for name in lecture.header.revisits:
            if name not in known:
                expected, got = "a revisited concept that an earlier lecture introduces", f"{name!r}{near(name, known)}"
                yield Problem(expected, got, "correct it", lecture.path, _line(lecture, "revisits"))
        for name in lecture.header.introduces:
            if name in known:
                got = f"{name!r} again (first in {known[name]})"
                do = "move it to `revisits:`"
                yield Problem("a concept introduced once", got, do, lecture.path, _line(lecture, "introduces"))
            known.setdefault(name, lecture.name)
    yield from _forgotten(lectures)


def _forgotten(lectures: Sequence[Lecture]) -> Iterator[Problem]:
    """Concepts that come back less often than `RETURNS`, or than there are later lectures."""
    homes = {lecture.name: lecture for lecture in lectures}
    for concept in concepts(lectures):
        home = homes[concept.introduced]
        # A file from elsewhere has no header to say that it revisits anything.
        later = [lecture.name for lecture in lectures[lectures.index(home) + 1 :] if lecture.native]
        back = [name for name in later if name in concept.revisited]
        wanted = min(RETURNS, len(later))
        if len(back) < wanted:
            expected = f"the concept {concept.name!r} in the `revisits:` of {wanted} later lecture{'s'[: wanted - 1]}"
            do = f"ask for it again in {' or '.join(name for name in later if name not in back)}"
            yield Problem(expected, ", ".join(back) or "none", do, home.path, _line(home, "introduces"))


def _line(lecture: Lecture, key: str) -> int:
    """The line of the file where the header's `key:` stands; the first when it is nowhere."""
    lines = enumerate(lecture.text.splitlines(), 1)
    return next((number for number, line in lines if line.lstrip("# ").startswith(f"{key}:")), 1)
