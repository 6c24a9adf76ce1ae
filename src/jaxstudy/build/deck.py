"""Lecture + executed notebook → one HTML file that is the whole deck: no other file, no network, no kernel."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from jaxstudy.course import Lecture, Slide, Step
from jaxstudy.atomic import write_atomically
from jaxstudy.course.pictures import alt_text
from jaxstudy.errors import InputError, Problem

# Ours, and Jupyter Book's names for the same wishes: files from elsewhere carry those.
REMOVE_CELL = frozenset({"remove-cell", "hide-cell"})
HIDE_INPUT = frozenset({"hide-input", "remove-input"})
HIDE_OUTPUT = frozenset({"hide-output", "remove-output"})


def write_deck(lecture: Lecture, notebook: NotebookNode, destination: Path, *, theme: Path, made: str = "") -> Path:
    """Write the lecture's deck to `destination` and return that path. Same input, same bytes.

    `notebook` is the executed lecture (a cell for every step, `cell.id == step.id`); `theme` is the folder that
    holds `jaxstudy.css`; `made` is the last slide's footer, which says what produced the outputs. Pictures that
    Markdown names are taken from beside the lecture.

    Raises:
        InputError: pictures that are not there (all of them), a step without a cell, a theme without a stylesheet.
        ToolMissing: reveal.js or KaTeX is not installed.
    """
    from jaxstudy.build.deck_exporter import export  # nbconvert takes half a second to import

    page = export(arranged(lecture, notebook), lecture, _stylesheet(theme), made)
    write_atomically(destination, page)
    return destination


def arranged(lecture: Lecture, notebook: NotebookNode) -> NotebookNode:
    """The cells that the deck shows, in order, each told by `metadata.deck` where columns, slides and fragments
    start and end, and which notes go with the slide."""
    cells = {cell.get("id"): cell for cell in notebook.cells}
    missing = [step for step in lecture if step.id not in cells]
    if missing:
        raise InputError(*(_no_cell(lecture, step) for step in missing))
    shown: list[NotebookNode] = []
    for slide in lecture.slides:
        steps = [step for step in slide.steps if is_shown(step, cells[step.id])]
        if not steps:
            continue
        starts_column = slide.level == "slide" or not shown
        if starts_column and shown:
            shown[-1].metadata["deck"]["column_end"] = True
        shown += _slide_cells(slide, steps, cells)
        shown[-len(steps)].metadata["deck"]["column_start"] = starts_column
    if not shown:
        do = "take the tag remove-cell or the slide_type skip from one of its cells"
        raise InputError(Problem("a lecture with something to show", "none", do, lecture.path, 1))
    shown[-1].metadata["deck"]["column_end"] = True
    return NotebookNode(cells=shown, metadata=copy.deepcopy(notebook.metadata), nbformat=4, nbformat_minor=5)


def is_shown(step: Step, cell: NotebookNode) -> bool:
    """Whether anything of this step is to be seen on a slide."""
    if step.slide_type in ("notes", "skip") or REMOVE_CELL & set(step.tags):
        return False
    if step.kind == "raw":
        return step.raw_html
    return bool(step.source.strip() or cell.get("outputs"))


def _slide_cells(slide: Slide, steps: list[Step], cells: dict[str, NotebookNode]) -> Iterator[NotebookNode]:
    in_fragment = False
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        starts = step.slide_type == "fragment"
        in_fragment = in_fragment or starts
        place: dict[str, Any] = {
            "step": step.id,
            "own_id": step.id != slide.id,
            "slide_id": slide.id,
            "slide_start": number == 0,
            "slide_end": last,
            "fragment_start": starts,
            "fragment_end": in_fragment and (last or steps[number + 1].slide_type == "fragment"),
            # Notes stand outside of fragments: inside one, they would appear only together with it.
            "notes": [{"step": note.id, "source": note.source} for note in slide.notes] if last else [],
            "expected": step.must_raise,
            "alt": alt_text(step.source, step.metadata) if step.kind == "code" else "",
        }
        yield _dressed(step, cells[step.id], place)


def _dressed(step: Step, cell: NotebookNode, place: dict[str, Any]) -> NotebookNode:
    tags = set(step.tags)
    metadata = {"tags": list(step.tags), "deck": place}
    dressed = copy.copy(cell)
    if step.kind == "code":
        metadata["transient"] = {"remove_source": bool(HIDE_INPUT & tags)}
        dressed.outputs = [] if HIDE_OUTPUT & tags else cell.get("outputs", [])
    elif step.kind == "raw":
        metadata["raw_mimetype"] = "text/html"
    dressed.metadata = NotebookNode(metadata)
    return dressed


def _stylesheet(theme: Path) -> str:
    path = theme / "jaxstudy.css"
    if not path.is_file():
        raise InputError(Problem("a stylesheet jaxstudy.css in the theme", "none", "copy slides/theme there", theme))
    return path.read_text(encoding="utf-8")


def _no_cell(lecture: Lecture, step: Step) -> Problem:
    return Problem(f"a cell for step {step.id}", "none in the notebook", "build again", lecture.path, step.line)
