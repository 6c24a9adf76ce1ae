"""Writing a lecture back: edits of cells put into its text, of which nothing else changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxstudy.course.cells import Cell, Cells
from jaxstudy.course.percent import MARKER, write_cell
from jaxstudy.course.stored_magics import stored, stores_magics

_OTHER_LANGUAGE = re.compile(r"\blanguage\s*[=:\"]")
_MARKDOWN = ("markdown", "myst")
_UNMARKED = ("light", "nomarker")
_BOM = "\ufeff"
_SHOWN = ("slideshow", "tags")


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell changed (`old` and `new`), dropped (`old` alone) or written (`new` alone)."""

    at: int
    """The cell's number in the original; for a new one, that of the cell it stands before."""
    old: Cell | None
    new: Cell | None


def spliced_text(original: Cells, edits: Sequence[Edit]) -> str:
    """The text of a script, or of a Markdown notebook, with the edits made."""
    mark = _BOM if original.text.startswith(_BOM) else ""
    body = original.text.removeprefix(_BOM)
    newline = "\r\n" if "\r\n" in body else "\n"
    lines = body.splitlines(keepends=True)
    if stores_magics(original.metadata):
        edits = [_stored(edit) for edit in edits]
    starts = [_start(cell, lines) for cell in original.cells] + [len(lines)]
    for edit in reversed(edits):
        if edit.new is None:
            lines[starts[edit.at] : starts[edit.at + 1]] = []
        elif edit.old is None:
            _insert(lines, starts[edit.at], _block(edit.new, edit.new.metadata, original.format), newline)
        else:
            _change(lines, original.cells[edit.at], edit, original.format, newline)
    return mark + "".join(lines)


def spliced_notebook(original: Cells, edits: Sequence[Edit]) -> str:
    """The JSON of a notebook with the edits made; a changed cell loses its outputs, which are another code's."""
    notebook = json.loads(original.text.removeprefix(_BOM))
    cells: list[Any] = notebook["cells"]
    for edit in reversed(edits):
        if edit.new is None:
            del cells[edit.at]
        elif edit.old is None:
            cells.insert(edit.at, _json_cell(edit.new, notebook))
        else:
            changed = _json_cell(edit.new, notebook)
            was = cells[edit.at]
            changed["metadata"] = _merged(was.get("metadata", {}), edit)
            changed |= {key: was[key] for key in ("id", "attachments") if key in was}
            cells[edit.at] = changed
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _stored(edit: Edit) -> Edit:
    """The edit of a cell in a file that holds magics as comments: what is a comment there must stay one."""
    if edit.new is None or edit.new.kind != "code":
        return edit
    return replace(edit, new=replace(edit.new, source=stored(edit.new.source)))


def _start(cell: Cell, lines: list[str]) -> int:
    """Index of the line a cell begins at, its marker included."""
    first = cell.line - 1
    has_marker = 0 < first <= len(lines) and MARKER.match(lines[first - 1])
    return first - 1 if has_marker else first


def _insert(lines: list[str], at: int, block: list[str], newline: str) -> None:
    new = [line + newline for line in [*block, ""]]
    if at == len(lines):
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += newline
        new = [newline, *new[:-1]]
    lines[at:at] = new


def _change(lines: list[str], was: Cell, edit: Edit, form: str, newline: str) -> None:
    assert edit.new is not None
    metadata = _merged(was.metadata, edit)
    first, end = was.line - 1, was.end - 1
    start = _start(was, lines)
    # In a cell of another language everything is commented: it is written with its magic instead.
    other = start < first and _OTHER_LANGUAGE.search(lines[start]) is not None
    as_marked = edit.new.kind == was.kind and metadata == was.metadata and not other
    if form in _MARKDOWN:
        new = edit.new.source.split("\n")
    else:
        new = write_cell(edit.new.kind, edit.new.source, {**metadata, **_form(was, edit.new.source)})
        if form in _UNMARKED or as_marked:
            new = new[1:]  # the marker, where there is one, stays as it is
        else:
            first = start
    ended = end == 0 or end > len(lines) or lines[end - 1].endswith("\n")
    lines[first:end] = [line + newline for line in new]
    if not ended and lines:
        lines[-1] = lines[-1].rstrip("\r\n")


def _form(was: Cell, source: str) -> dict[str, Any]:
    """How the cell was written, but for quotes that its new text would close."""
    quotes = str(was.form.get("cell_marker", ""))[-3:]
    return {key: value for key, value in was.form.items() if key != "cell_marker" or quotes not in source}


def _block(cell: Cell, metadata: Mapping[str, Any], form: str) -> list[str]:
    """A new cell's lines as it stands in a file, its marker included."""
    if form in _MARKDOWN:
        fence = "```{code-cell}" if form == "myst" else "```python"
        return [fence, *cell.source.split("\n"), "```"] if cell.kind == "code" else cell.source.split("\n")
    lines = write_cell(cell.kind, cell.source, {**metadata, **cell.form})
    if form not in _UNMARKED:
        return lines
    return ["# +", *lines[1:], "# -"] if cell.kind == "code" else lines[1:]


def _merged(was: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """The original's metadata with what the presenter changed of them: slide type and tags, nothing else."""
    assert edit.old is not None
    assert edit.new is not None
    merged = dict(was)
    for key in _SHOWN:
        if edit.new.metadata.get(key) == edit.old.metadata.get(key):
            continue
        if edit.new.metadata.get(key):
            merged[key] = edit.new.metadata[key]
        else:
            merged.pop(key, None)
    return merged


def _json_cell(cell: Cell, notebook: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": cell.kind, "metadata": {k: v for k, v in cell.metadata.items() if k in _SHOWN}}
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) >= (4, 5):
        made["id"] = f"live-{abs(hash(cell.source)) % 10**10}"
    if cell.kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return {**made, "source": cell.source.splitlines(keepends=True)}
