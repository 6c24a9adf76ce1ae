"""A file → Lecture: ids, slides, and every problem at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from jaxstudy.course.cells import Cell, Cells, read_cells
from jaxstudy.course.header import read_header
from jaxstudy.course.headings import first_heading, slug
from jaxstudy.course.lecture import SLIDE_TYPES, Header, Lecture, Slide, Step
from jaxstudy.course.metadata import check_metadata
from jaxstudy.course.notebook_format import fitting_cell_metadata, fitting_notebook_metadata
from jaxstudy.course.prose import code_in_prose, commands_kept_as_comments
from jaxstudy.errors import InputError, Problem

_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}


def read_lecture(path: Path) -> Lecture:
    """The lecture in a percent script, an `.ipynb` of any nbformat, or a Markdown notebook.

    A file without a `jaxstudy:` block comes from elsewhere: it is read with defaults
    (a heading starts a slide) and house rules don't apply to it.

    Raises:
        InputError: with all problems of the file.
    """
    raw = read_cells(Path(path))
    native = "jaxstudy" in raw.metadata
    header, problems = read_header(raw.metadata["jaxstudy"], raw.path, raw.text) if native else (Header(), [])
    if native:
        problems += _check_kernelspec(raw)
        for cell in raw.cells:
            problems += check_metadata(cell, raw.path)
    ids, clashes = _ids(raw, native)
    problems += clashes
    steps = [_step(cell, step_id) for cell, step_id in zip(raw.cells, ids, strict=True)]
    if not any("slideshow" in cell.metadata for cell in raw.cells):
        steps = list(_slides_by_heading(steps))
    slides = tuple(_slides(steps))
    problems += [found for slide in slides for found in _check_slide(slide, raw.path)] if native else []
    if problems:
        raise InputError(*sorted(problems, key=lambda problem: problem.line or 0))
    metadata = _notebook_metadata(raw, header)
    doubts, notes = tuple(code_in_prose(raw)), tuple(commands_kept_as_comments(raw))
    return Lecture(raw.path, header, slides, metadata, raw.text, native, doubts, notes)


def _step(cell: Cell, step_id: str) -> Step:
    meta = dict(cell.metadata)
    slideshow, tags = meta.pop("slideshow", {}), meta.pop("tags", ())
    meta.pop("id", None)
    slide_type = slideshow.get("slide_type") if isinstance(slideshow, dict) else None
    # "Sub-Slide" is what RISE's menu says.
    spelt = slide_type if slide_type == "-" else str(slide_type).strip().lower().replace("-", "")
    known = spelt if spelt in SLIDE_TYPES else "-"
    return Step(
        step_id, cell.kind, cell.source, cell.line, known, _tags(tags), fitting_cell_metadata(meta), cell.attachments
    )


def _tags(tags: Any) -> tuple[str, ...]:
    """Each tag once, without what nbformat does not let stand in one."""
    # `tags="live"`, `tags="hide-input, live"`: words are meant.
    words = re.split(r"[\s,]+", tags) if isinstance(tags, str) else tags if isinstance(tags, list | tuple) else ()
    plain = (str(word).replace(",", " ").strip() for word in words)
    return tuple(dict.fromkeys(word for word in plain if word))


def _ids(raw: Cells, native: bool) -> tuple[list[str], list[Problem]]:
    """One id a cell. Where two are equal: a problem in a lecture of ours, a fresh one in a file from elsewhere."""
    section, count = "start", 0
    taken: dict[str, int] = {}
    ids: list[str] = []
    problems: list[Problem] = []
    ours = native and "colab" not in raw.metadata  # Colab's ids are nobody's choice, and other tools double them
    for cell in raw.cells:
        heading = first_heading(cell.source) if cell.kind == "markdown" else None
        if heading:
            section, count = slug(heading[1])[:56], 0
        count += 1
        wanted = cell.metadata.get("id")
        if not ours and (not isinstance(wanted, str) or not _ID.match(wanted) or wanted in taken):
            wanted = None
        step_id = f"{section}-{count}" if wanted is None else str(wanted)
        if native and not _ID.match(step_id):
            problems.append(_bad_id(raw.path, cell, step_id))
        if step_id in taken and (ours or (native and heading)):
            problems.append(_same_id(raw.path, cell, step_id, taken[step_id], bool(heading)))
        elif step_id in taken:
            section, count = _free_section(section, taken), 1
            step_id = f"{section}-{count}"
        taken.setdefault(step_id, cell.line)
        ids.append(step_id)
    return ids, problems


def _free_section(section: str, taken: dict[str, int]) -> str:
    number = 2
    while f"{section}-{number}-1" in taken:
        number += 1
    return f"{section}-{number}"


def _same_id(path: Path, cell: Cell, step_id: str, first: int, heading: bool) -> Problem:
    do = "word this heading differently" if heading else 'give one of the two its own id="…"'
    return Problem("every step id once", f"{step_id!r} again (first at line {first})", do, path, cell.line)


def _bad_id(path: Path, cell: Cell, step_id: str) -> Problem:
    return Problem(
        "an id of up to 64 letters, digits, - and _", repr(step_id), "shorten or respell it", path, cell.line
    )


def _slides_by_heading(steps: list[Step]) -> Iterator[Step]:
    """Slide types for a file that has none: headings start slides; without headings, each code cell with its prose."""
    headed = [first_heading(step.source) if step.kind == "markdown" else None for step in steps]
    fresh = True
    for step, heading in zip(steps, headed, strict=True):
        if any(headed):
            kind = "-" if heading is None else "slide" if heading[0] <= 2 else "subslide"
        else:
            kind, fresh = ("slide" if fresh else "-"), step.kind == "code"
        yield replace(step, slide_type=kind)


def _slides(steps: list[Step]) -> Iterator[Slide]:
    group: list[Step] = []
    for step in steps:
        if step.slide_type in ("slide", "subslide") and group:
            yield _slide(group)
            group = []
        group.append(step)
    if group:
        yield _slide(group)


def _slide(group: list[Step]) -> Slide:
    headings = (first_heading(step.source) for step in group if step.kind == "markdown")
    title = next((heading[1] for heading in headings if heading), "")
    minutes = group[0].metadata.get("minutes")
    level = "subslide" if group[0].slide_type == "subslide" else "slide"
    return Slide(title, level, tuple(group), float(minutes) if isinstance(minutes, int | float) else None)


def _check_slide(slide: Slide, path: Path) -> Iterator[Problem]:
    fragment = None
    for step in slide.steps:
        if step.slide_type == "fragment":
            fragment = step
        elif step.slide_type == "notes" and fragment:
            got = f"notes after the fragment at line {fragment.line}"
            do = "move the notes up: decks would show them only with that fragment"
            yield Problem("notes before the slide's first fragment", got, do, path, step.line)


def _check_kernelspec(raw: Cells) -> list[Problem]:
    if isinstance(raw.metadata.get("kernelspec"), dict) and raw.metadata["kernelspec"].get("name"):
        return []
    do = "add `kernelspec: {display_name: Python 3, language: python, name: python3}` under `jupyter:`"
    return [Problem("a kernelspec in the header", "none", do, raw.path, 1)]


def _notebook_metadata(raw: Cells, header: Header) -> dict[str, Any]:
    kept = {key: value for key, value in raw.metadata.items() if key not in ("jupytext", "jaxstudy")}
    kept = fitting_notebook_metadata(kept)
    kept.setdefault("kernelspec", dict(_PYTHON))
    if header.title:
        kept["title"] = header.title
    return kept
