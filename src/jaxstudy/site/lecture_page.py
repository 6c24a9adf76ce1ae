"""A built lecture → its study page: prose as written, code, and what the code gave."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxstudy.build.built import BuiltLecture
from jaxstudy.build.names import imported_modules
from jaxstudy.build.notebook import released
from jaxstudy.build.provenance import provenance
from jaxstudy.course import Course, Lecture, Slide, Step
from jaxstudy.course.exercises import without_markers
from jaxstudy.course.headings import first_heading, plain, slug
from jaxstudy.site.files import PageFiles
from jaxstudy.site.head import Link, colab, description, facts, file_links
from jaxstudy.site.links import Places, with_links
from jaxstudy.site.outputs import Shown, fenced, outputs_markdown, raw_html
from jaxstudy.site.prose import portable, without_slide_markers
from jaxstudy.site.templates import render

_TWO = re.compile(r'<span\s+class="[^"]*\bjx-two\b')
_WIDE = re.compile(r'<span\s+class="[^"]*\bjx-wide\b')
_OUTCOMES = re.compile(r"\byou can\b.*^\s*[-*+] ", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_MAGIC = re.compile(r"%%(\w+)")
_LANGUAGES = {"bash": "bash", "sh": "bash", "html": "html", "latex": "latex", "javascript": "javascript"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site's sources, and the files beside it."""

    text: str
    files: PageFiles


def lecture_page(
    course: Course, built: BuiltLecture, today: datetime.date | None = None, practice: Sequence[Link] = ()
) -> Page:
    """The page of one lecture.

    Args:
        today: decides which resources are released; default: the real date.
        practice: links to the lecture's homework.
    """
    writer = _Writer(course, built)
    body = "\n\n".join(writer.body())
    lecture, on_colab = built.lecture, colab(course, built)
    text = render(
        "lecture.md.j2",
        lecture=lecture,
        title=plain(lecture.title),
        description=description(built),
        image=next((f"lectures/{name}" for name in writer.files.found if name.endswith((".png", ".jpg"))), ""),
        anchor=writer.top_anchor,
        facts=facts(course, built),
        outcomes=() if writer.says_outcomes() else lecture.header.outcomes,
        concepts={"New": lecture.header.introduces, "Again": lecture.header.revisits},
        links=[*file_links(built, "../"), *([on_colab] if on_colab else []), *practice],
        colab=on_colab,
        resources=released(course, lecture, today),
        provenance=provenance(built.size, built.versions, built.data),
        body=body,
    )
    return Page(text, writer.files)


@dataclass(slots=True)
class _Writer:
    """Writes the steps of one lecture; remembers which snippets were shown and where the page's title is anchored."""

    course: Course
    built: BuiltLecture
    files: PageFiles = field(init=False)
    top_anchor: str = field(init=False, default="")
    snippets: set[str] = field(init=False, default_factory=set)
    cells: dict[str, Any] = field(init=False)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        lecture = self.built.lecture
        self.files = PageFiles(lecture.name, lecture.path)
        self.cells = {step.id: cell for step, cell in zip(lecture, self.built.notebook.cells, strict=True)}
        first = lecture.slides[0].steps[0] if lecture.slides else None
        heading = first_heading(first.source) if first and first.kind == "markdown" else None
        if first and heading and (heading[0] == 1 or heading[1] == plain(lecture.title)):
            self.top_anchor = first.id
        self.places = Places({path.stem for path in self.course.lectures}, _headings(lecture))

    def says_outcomes(self) -> bool:
        """Whether the title slide lists the outcomes itself, so that the head need not."""
        if not self.top_anchor:
            return False
        return bool(_OUTCOMES.search(self.built.lecture.step(self.top_anchor).source))

    def body(self) -> Iterator[str]:
        """The Markdown of every slide."""
        for slide in self.built.lecture.slides:
            yield from self.slide(slide)

    def slide(self, slide: Slide) -> Iterator[str]:
        steps = [step for step in slide.steps if step.slide_type != "notes" and "remove-cell" not in step.tags]
        two = next((place for place, step in enumerate(steps) if _TWO.search(step.source)), None)
        level = 3 if slide.level == "subslide" else 2
        for step in steps[: None if two is None else two + 1]:
            yield from self.step(step, level)
        if two is not None:
            yield from self.columns(steps[two + 1 :], level)

    def columns(self, steps: list[Step], level: int) -> Iterator[str]:
        """Cells side by side: left, right, left …; one with the wide mark spans both."""
        yield '<div class="jx-two" markdown="1">'
        for step in steps:
            content = "\n\n".join(self.step(step, level))
            if content:
                wide = " jx-wide" if _WIDE.search(step.source) else ""
                yield f'<div class="jx-column{wide}" markdown="1">\n\n{content}\n\n</div>'
        yield "</div>"

    def step(self, step: Step, level: int) -> Iterator[str]:
        if step.kind == "markdown":
            yield from self.prose(step, level)
        elif step.kind == "code" and step.source.strip():
            yield from self.code(step)
        elif step.raw_html and step.source.strip():
            yield f'<div class="jx-raw" id="{step.id}">\n{raw_html(step.source)}\n</div>'

    def prose(self, step: Step, level: int) -> Iterator[str]:
        source = without_slide_markers(step.source)
        if not source:
            return
        attachments = self.cells[step.id].get("attachments", {})
        source = with_links(source, self.files, self.places, attachments)
        heading = first_heading(source)
        if step.id == self.top_anchor:
            yield portable(_without_first_heading(source), lambda written: max(2, written))
            return
        starts = step.slide_type in ("slide", "subslide") and heading is not None
        top = heading[0] if heading else 1
        base = level if starts else level + 1
        text = portable(source, lambda written: min(6, max(base, base + written - top)), step.id if starts else "")
        yield text if starts else f'<div class="jx-anchor" id="{step.id}" markdown="1"></div>\n\n{text}'

    def code(self, step: Step) -> Iterator[str]:
        magic = _MAGIC.match(step.source)
        language = _LANGUAGES.get(magic[1], "python") if magic else "python"
        block = fenced(without_markers(step.source), language)
        if "hide-input" in step.tags:
            block = _folded("Show the code", block)
        parts = [block, *self.snippet_sources(step)]
        if "skip-execution" not in step.tags:
            parts += outputs_markdown(self.cells[step.id].get("outputs", ()), Shown(step, self.files))
        content = "\n\n".join(parts)
        yield f'<div class="jx-step" id="{step.id}" markdown="1">\n\n{content}\n\n</div>'

    def snippet_sources(self, step: Step) -> Iterator[str]:
        """The source of each snippet, folded, where it is first imported."""
        for name in sorted(imported_modules(step.source)):
            path = self.course.root / Path(*name.split(".")).with_suffix(".py")
            if name.startswith("snippets.") and name not in self.snippets and path.is_file():
                self.snippets.add(name)
                shown = path.relative_to(self.course.root).as_posix()
                yield _folded(f"Source of {shown}", fenced(path.read_text(encoding="utf-8").rstrip(), "python"))


def _headings(lecture: Lecture) -> dict[str, str]:
    """Slug of each slide's title → the id it has on the page; the first of equal ones."""
    found: dict[str, str] = {}
    for slide in lecture.slides:
        found.setdefault(slug(slide.title), slide.id)
    return found


def _folded(summary: str, block: str) -> str:
    return f'<details class="jx-code" markdown="1">\n<summary>{summary}</summary>\n\n{block}\n\n</details>'


def _without_first_heading(source: str) -> str:
    """The text below the heading that became the page's title."""
    return re.sub(r"\A\s*(#{1,6}[ \t][^\n]*|[^\n]+\n(=+|-+)[ \t]*(?=\n|\Z))", "", source, count=1).strip()
