"""A lecture as a talk: its slides with minutes, notes and the cells on them. Written for the server as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from jaxstudy.course import Lecture, Slide
from jaxstudy.course.exercises import without_markers
from jaxstudy.course.pictures import alt_text
from jaxstudy.errors import InputError, Problem, near

_RECAP = re.compile(r"\b(recap|warm-?up)\b", re.IGNORECASE)
_LATE = re.compile(r"^\W*late\?\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One cell."""

    id: str
    code: bool
    live: bool
    source: str
    alt: str = ""
    """What one sees in its figure."""


@dataclass(frozen=True, slots=True)
class PlannedSlide:
    """One slide; several make a section, which has the minutes."""

    id: str
    """Of its first step."""
    title: str
    section: int
    """Number of its section in `Plan.sections`."""
    notes: str
    """HTML; raw HTML in the notes is shown as text."""
    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A slide with a time budget, and the slides below it."""

    title: str
    seconds: float
    """Its share of the time; 0 where the author gave none."""
    late: str
    """What its notes say to do when late; may be empty."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole talk."""

    lecture: str
    title: str
    slides: tuple[PlannedSlide, ...]
    sections: tuple[Section, ...]

    def slide_of(self, step: str) -> int | None:
        """The number of the slide on which a step stands."""
        return next((n for n, slide in enumerate(self.slides) if any(each.id == step for each in slide.steps)), None)

    def to_json(self) -> str:
        """As `plan_from` reads it."""
        return json.dumps(asdict(self))


def plan_of(lecture: Lecture, recap: str = "") -> Plan:
    """The plan of a lecture; `recap`, what is to come up again, stands in the notes of its recap, or of its title."""
    sections: list[Section] = []
    slides: list[PlannedSlide] = []
    for slide in lecture.slides:
        if slide.level == "slide" or not sections:
            sections.append(Section(slide.title or lecture.title, 60 * (slide.minutes or 0), " ".join(_late(slide))))
        slides.append(_planned(slide, len(sections) - 1))
    if recap:
        place = next((n for n, one in enumerate(slides[: len(slides) // 2]) if _RECAP.search(one.title)), 0)
        slides[place] = replace(slides[place], notes=f"<p><strong>{escape(recap)}</strong></p>{slides[place].notes}")
    return Plan(lecture.name, lecture.title, tuple(slides), tuple(sections))


def plan_from(text: str) -> Plan:
    """The plan that `Plan.to_json` wrote."""
    data: dict[str, Any] = json.loads(text)
    slides = tuple(
        PlannedSlide(**{**slide, "steps": tuple(PlannedStep(**step) for step in slide["steps"])})
        for slide in data["slides"]
    )
    sections = tuple(Section(**section) for section in data["sections"])
    return Plan(data["lecture"], data["title"], slides, sections)


def step_at(lecture: Lecture, place: str) -> str:
    """The id of the step that `place` names: a step's id, or the number of a slide as the slides count them.

    Raises:
        InputError: there is no such step or slide.
    """
    ids = [step.id for step in lecture]
    if place in ids:
        return place
    if place.isdigit() and 1 <= int(place) <= len(lecture.slides):
        return lecture.slides[int(place) - 1].id
    expected = f"a step's id, or a slide's number from 1 to {len(lecture.slides)}"
    do = "the address of a slide of the deck ends in its id"
    raise InputError(Problem(expected, f"{place!r}{near(place, ids)}", do, lecture.path))


def _planned(slide: Slide, section: int) -> PlannedSlide:
    render = MarkdownIt("commonmark", {"html": False}).enable("table").render
    notes = "\n".join(render(step.source) for step in slide.notes)
    steps = tuple(
        PlannedStep(
            step.id, True, "live" in step.tags, without_markers(step.source), alt_text(step.source, step.metadata)
        )
        if step.kind == "code"
        else PlannedStep(step.id, False, "live" in step.tags, "")
        for step in slide.steps
    )
    return PlannedSlide(slide.id, slide.title, section, notes, steps)


def _late(slide: Slide) -> Iterator[str]:
    for step in slide.notes:
        for line in step.source.splitlines():
            if found := _LATE.match(line):
                yield found[1].strip()
