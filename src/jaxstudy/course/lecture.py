"""A lecture as plain data: Lecture → Slide → Step.

Everything downstream (slides, notebook, page, cache, recording) keys on `Step.id`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxstudy.errors import Problem

SLIDE_TYPES = ("slide", "subslide", "fragment", "-", "notes", "skip")
"""What `slideshow.slide_type` may say (RISE's and nbconvert's own words)."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A link given to the attendees."""

    title: str
    url: str
    release: str = "before"
    """`before` the lecture, or `after`: held back until the lecture's date has passed."""


@dataclass(frozen=True, slots=True)
class Header:
    """The `jaxstudy:` block of a lecture's YAML header. Every field has a default: files from elsewhere have none."""

    title: str = ""
    week: int | None = None
    minutes: int | None = None
    outcomes: tuple[str, ...] = ()
    introduces: tuple[str, ...] = ()
    revisits: tuple[str, ...] = ()
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Section title → 5–10 words that are said there; they align a transcript."""
    resources: tuple[Resource, ...] = ()
    data: tuple[str, ...] = ()
    """Files the cells read, relative to the lecture; part of the cache key."""


@dataclass(frozen=True, slots=True)
class Step:
    """One cell."""

    id: str
    """`<heading-slug>-<n>` or the cell's own `id=`; unique in the lecture, the same in every output."""
    kind: str
    """`markdown`, `code` or `raw`."""
    source: str
    line: int
    """1-based line of the first source line, in the lecture's file."""
    slide_type: str = "-"
    """One of SLIDE_TYPES."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The cell's metadata as written, without `tags`, `slideshow` and `id`."""
    attachments: Mapping[str, Any] = field(default_factory=dict)
    """Pictures pasted into it, as notebooks hold them: name → mime type → base64."""

    @property
    def raw_html(self) -> bool:
        """Whether this is a raw cell of HTML, by nbformat's key, nbconvert's, or Jupyter's word for it."""
        said = str(self.metadata.get("format") or self.metadata.get("raw_mimetype") or "")
        return self.kind == "raw" and said.lower() in ("text/html", "html")

    @property
    def runs(self) -> bool:
        """Whether a kernel executes this step."""
        return self.kind == "code" and bool(self.source.strip()) and "skip-execution" not in self.tags

    @property
    def must_raise(self) -> bool:
        """Whether the step is there to show an error."""
        return "raises-exception" in self.tags

    def __str__(self) -> str:
        return f"{self.id} ({self.kind}, line {self.line})"


@dataclass(frozen=True, slots=True)
class Slide:
    """What the audience sees at once, fragments and notes included."""

    title: str
    level: str
    """`slide` (a new column, → key) or `subslide` (below it, ↓ key)."""
    steps: tuple[Step, ...]
    minutes: float | None = None

    @property
    def id(self) -> str:
        """The id of the slide's first step."""
        return self.steps[0].id

    @property
    def notes(self) -> tuple[Step, ...]:
        """What only the presenter sees."""
        return tuple(step for step in self.steps if step.slide_type == "notes")


@dataclass(frozen=True, slots=True)
class Lecture:
    """One script, read. `text` is the file as it stands; writing it back changes nothing."""

    path: Path
    header: Header
    slides: tuple[Slide, ...]
    metadata: Mapping[str, Any]
    """Notebook metadata (kernelspec, rise, …) as a notebook of this lecture carries it."""
    text: str
    native: bool = True
    """False for a file from elsewhere: no `jaxstudy:` block, so house rules don't apply."""
    doubts: tuple[Problem, ...] = ()
    """What could be read but is hardly meant so: code below a marker of prose. `check` finds fault with it."""
    notes: tuple[str, ...] = ()
    """What an author should know of how the file was read, a line each; no fault."""

    @property
    def name(self) -> str:
        """The file's stem, `02_functions`: the name of every output."""
        return self.path.stem

    @property
    def number(self) -> str:
        """`02` of `02_functions`; the whole name where there is no number."""
        head = self.name.split("_", 1)[0]
        return head if head.isdigit() else self.name

    @property
    def title(self) -> str:
        """The header's title, else the first heading, else the file's name."""
        if self.header.title:
            return self.header.title
        return next((slide.title for slide in self.slides if slide.title), self.name)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All cells in order."""
        return tuple(self)

    def __iter__(self) -> Iterator[Step]:
        for slide in self.slides:
            yield from slide.steps

    def step(self, step_id: str) -> Step:
        """The step with this id.

        Raises:
            KeyError: no step has it.
        """
        for step in self:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def __str__(self) -> str:
        return f"{self.name}: {self.title} ({len(self.slides)} slides, {len(self.steps)} steps)"
