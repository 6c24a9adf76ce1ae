"""What may stand behind a cell's `# %%`: keys, tags, slide types. Checked for our own lectures only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from jaxstudy.course.cells import Cell
from jaxstudy.course.lecture import SLIDE_TYPES
from jaxstudy.errors import Problem, near

STANDARD_TAGS = ("hide-input", "raises-exception", "skip-execution", "remove-cell", "parameters")
OUR_TAGS = ("live", "expensive", "exercise", "check")
TAGS = STANDARD_TAGS + OUR_TAGS
KEYS = ("slideshow", "tags", "id", "minutes", "alt", "budget")
# Written by editors into cells they have touched; harmless, so not worth a word.
_EDITOR_KEYS = (
    "format",
    "raw_mimetype",
    "collapsed",
    "scrolled",
    "editable",
    "deletable",
    "jupyter",
    "vscode",
    "trusted",
    "title",
    "name",
)
_CODE_ONLY = ("hide-input", "raises-exception", "skip-execution", "live", "expensive", "check")


def check_metadata(cell: Cell, path: Path) -> Iterator[Problem]:
    """Every problem of one cell's metadata."""
    line = max(cell.line - 1, 1)  # metadata stand on the marker, above the source
    words = [key for key, value in cell.metadata.items() if value is None and key not in KEYS + _EDITOR_KEYS]
    if words:
        got, do = repr(" ".join(words)), "write a cell's title before its keys, or remove the words"
        yield Problem("key=value behind a cell's title", got, do, path, line)
    for key in cell.metadata:
        if key not in (*KEYS, *_EDITOR_KEYS, *words):
            yield Problem(
                f"one of {', '.join(KEYS)}", f"{key!r}{near(key, KEYS)}", "rename or remove the key", path, line
            )
    yield from _check_tags(cell, path, line)
    slideshow = cell.metadata.get("slideshow", {})
    kind = slideshow.get("slide_type", "-") if isinstance(slideshow, dict) else slideshow
    if kind not in SLIDE_TYPES:
        got = f"slide_type {kind!r}{near(str(kind), SLIDE_TYPES)}"
        yield Problem(f"one of {', '.join(SLIDE_TYPES)}", got, "correct the slide_type", path, line)
    yield from _check_minutes(cell, path, line)
    budget = cell.metadata.get("budget", 1)
    if isinstance(budget, bool) or not isinstance(budget, int | float) or budget <= 0:
        yield Problem("budget as a number of seconds", repr(budget), "write budget=30, say", path, line)


def _check_tags(cell: Cell, path: Path, line: int) -> Iterator[Problem]:
    tags = cell.metadata.get("tags", [])
    if not isinstance(tags, list):
        yield Problem("tags as a list", repr(tags), f"write tags={json.dumps(str(tags).split())}", path, line)
        return
    for tag in tags:
        if tag not in TAGS:
            yield Problem(
                f"one of {', '.join(TAGS)}", f"tag {tag!r}{near(str(tag), TAGS)}", "correct the tag", path, line
            )
        elif cell.kind != "code" and tag in _CODE_ONLY:
            yield Problem(f"the tag {tag} on a code cell", f"a {cell.kind} cell", "move or remove the tag", path, line)
    if "expensive" in tags and "raises-exception" in tags:
        got, do = "a cell that raises", "remove one of the two tags"
        yield Problem("an expensive cell whose values can be kept", got, do, path, line)


def _check_minutes(cell: Cell, path: Path, line: int) -> Iterator[Problem]:
    minutes = cell.metadata.get("minutes", 1)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes < 0:
        yield Problem("minutes as a number", repr(minutes), "write minutes=5, say", path, line)
    kind = cell.metadata.get("slideshow", {})
    starts = isinstance(kind, dict) and kind.get("slide_type") in ("slide", "subslide")
    if "minutes" in cell.metadata and not starts:
        yield Problem("minutes on the cell that starts a slide", "another cell", "move it to the heading", path, line)
