"""A lecture as a talk: its slides with minutes, notes and the cells on them. Written for the server as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from markdown_it import MarkdownIt

from jaxstudy.course import Lecture, Slide

_LATE = re.compile(r"^\W*late\?\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One cell."""

    id: str
    code: bool
    live: bool
    source: str


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


def plan_of(lecture: Lecture) -> Plan:
    """The plan of a lecture."""
    sections: list[Section] = []
    slides: list[PlannedSlide] = []
    for slide in lecture.slides:
        if slide.level == "slide" or not sections:
            sections.append(Section(slide.title or lecture.title, 60 * (slide.minutes or 0), " ".join(_late(slide))))
        slides.append(_planned(slide, len(sections) - 1))
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


def _planned(slide: Slide, section: int) -> PlannedSlide:
    render = MarkdownIt("commonmark", {"html": False}).enable("table").render
    notes = "\n".join(render(step.source) for step in slide.notes)
    steps = tuple(
        PlannedStep(step.id, step.kind == "code", "live" in step.tags, step.source if step.kind == "code" else "")
        for step in slide.steps
    )
    return PlannedSlide(slide.id, slide.title, section, notes, steps)


def _late(slide: Slide) -> Iterator[str]:
    for step in slide.notes:
        for line in step.source.splitlines():
            if found := _LATE.match(line):
                yield found[1].strip()
