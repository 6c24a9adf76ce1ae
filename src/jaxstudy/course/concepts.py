"""Concepts over the course: where each is introduced, where it comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxstudy.course.lecture import Lecture
from jaxstudy.errors import Problem, near


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
    """A concept is introduced once, and revisited only after that."""
    known: dict[str, str] = {}
    for lecture in lectures:
        for name in lecture.header.revisits:
            if name not in known:
                got = f"{name!r}{near(name, known)}"
                yield Problem(
                    "a revisited concept that an earlier lecture introduces", got, "correct it", lecture.path, 1
                )
        for name in lecture.header.introduces:
            if name in known:
                got = f"{name!r} again (first in {known[name]})"
                yield Problem("a concept introduced once", got, "move it to `revisits:`", lecture.path, 1)
            known.setdefault(name, lecture.name)
