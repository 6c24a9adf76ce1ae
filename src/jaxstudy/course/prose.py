"""What a script says in the wrong place: code below a marker of prose, commands in comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from jaxstudy.course.cells import Cell, Cells
from jaxstudy.course.percent import MARKER
from jaxstudy.course.stored_magics import commands_among_comments, written_by_jupytext
from jaxstudy.errors import Problem

_NEARLY_PROSE = re.compile(r"^[\[(<{]?\s*(markdown|md|raw)\b", re.IGNORECASE)
_QUOTES = re.compile(r"^[rR]?(\"\"\"|''')")


def code_in_prose(cells: Cells) -> Iterator[Problem]:
    """The first line of each text cell of a script that is no comment: jupytext takes it for prose, nothing runs it.

    And each cell whose marker was to say `[markdown]` but says something near.
    """
    if cells.path.suffix != ".py":
        return
    lines = cells.text.removeprefix("\ufeff").splitlines()
    for cell in cells.cells:
        yield from _prose_in_code(cell, cells.path)
        # A raw cell that is `active` in scripts holds code on purpose; one in quotes was closed.
        if cell.kind == "code" or "cell_marker" in cell.form or "active" in cell.metadata:
            continue
        found = _uncommented(cell, lines)
        if found is None:
            continue
        marker = next((i for i in range(cell.line - 2, -1, -1) if MARKER.match(lines[i])), None)
        kind = lines[marker].strip() if marker is not None else f"a {cell.kind} cell"
        do = "put `# %%` above it if it is code, or `#` before it if it is prose"
        yield Problem(f"text behind `#` below `{kind}`", f"{lines[found].strip()!r}", do, cells.path, found + 1)


def _prose_in_code(cell: Cell, path: Path) -> Iterator[Problem]:
    title = cell.metadata.get("title")
    if cell.kind != "code" or not isinstance(title, str) or not (found := _NEARLY_PROSE.match(title)):
        return
    if all(line.startswith("#") or not line.strip() for line in cell.source.split("\n")):
        kind = "raw" if found[1].lower() == "raw" else "markdown"
        do = "correct the marker: as it is, the cell is code, and all of it a comment"
        yield Problem(f"`# %% [{kind}]` above prose", f"`# %% {title}`", do, path, max(cell.line - 1, 1))


def commands_kept_as_comments(cells: Cells) -> Iterator[str]:
    """A line on comments that jupytext, which wrote the file, would run."""
    if cells.path.suffix != ".py" or not written_by_jupytext(cells.metadata):
        return
    found = [
        cell.line + at for cell in cells.cells if cell.kind == "code" for at in commands_among_comments(cell.source)
    ]
    if found:
        where = f"line{'s'[: len(found) - 1]} {', '.join(map(str, found))}"
        yield (
            f"{cells.path.name}: commands in comments stay comments ({where}); "
            "take the `#` away from those that are to run"
        )


def _uncommented(cell: Cell, lines: Sequence[str]) -> int | None:
    """The first line of a cell that is neither blank nor a comment nor in leading triple quotes."""
    inside = [i for i in range(cell.line - 1, cell.end - 1) if lines[i].strip()]
    if inside and (quotes := _QUOTES.match(lines[inside[0]].strip())):
        closing = [i for i in inside if quotes[1] in (lines[i] if i > inside[0] else lines[i].strip()[quotes.end() :])]
        inside = [i for i in inside if i > closing[0]] if closing else inside
    return next((i for i in inside if not lines[i].lstrip().startswith("#")), None)
