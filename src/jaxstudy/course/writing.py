"""Writing a lecture back: edits of cells put into its text, of which nothing else changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jaxstudy.course.cells import Cell, Cells

_MARKER = re.compile(r"^#\s*%%")
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
    script = original.path.suffix == ".py"
    starts = [_start(cell, lines) for cell in original.cells] + [len(lines)]
    for edit in reversed(edits):
        if edit.new is None:
            lines[starts[edit.at] : starts[edit.at + 1]] = []
        elif edit.old is None:
            _insert(lines, starts[edit.at], _block(edit.new, edit.new.metadata, script), newline)
        else:
            _change(lines, original.cells[edit.at], edit, script, newline)
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


def _start(cell: Cell, lines: list[str]) -> int:
    """Index of the line a cell begins at, its marker included."""
    first = cell.line - 1
    has_marker = 0 < first <= len(lines) and _MARKER.match(lines[first - 1])
    return first - 1 if has_marker else first


def _insert(lines: list[str], at: int, block: list[str], newline: str) -> None:
    new = [line + newline for line in [*block, ""]]
    if at == len(lines):
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += newline
        new = [newline, *new[:-1]]
    lines[at:at] = new


def _change(lines: list[str], was: Cell, edit: Edit, script: bool, newline: str) -> None:
    assert edit.old is not None
    assert edit.new is not None
    metadata = _merged(was.metadata, edit)
    first, end = was.line - 1, was.end - 1
    block = _block(edit.new, metadata, script)
    source = _source_lines(edit.new, script)
    same_marker = edit.new.kind == was.kind and metadata == was.metadata
    if same_marker or not script:
        new = source
    else:
        new, first = block, _start(was, lines)
    ended = end == 0 or end > len(lines) or lines[end - 1].endswith("\n")
    lines[first:end] = [line + newline for line in new]
    if not ended and lines:
        lines[-1] = lines[-1].rstrip("\r\n")


def _block(cell: Cell, metadata: Mapping[str, Any], script: bool) -> list[str]:
    """A cell's lines as it stands in a file, its marker included."""
    if script:
        return [_marker(cell.kind, metadata), *_source_lines(cell, script)]
    return ["```python", *cell.source.split("\n"), "```"] if cell.kind == "code" else cell.source.split("\n")


def _source_lines(cell: Cell, script: bool) -> list[str]:
    return _percent_lines(cell.kind, cell.source) if script else cell.source.split("\n")


def _marker(kind: str, metadata: Mapping[str, Any]) -> str:
    import jupytext
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

    make: dict[str, Any] = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
    kept = {key: value for key, value in metadata.items() if key not in ("trusted", "collapsed", "scrolled")}
    bare = {"jupytext": {"notebook_metadata_filter": "-all"}}
    notebook = new_notebook(cells=[make[kind]("x", metadata=kept)], metadata=bare)
    text: str = jupytext.writes(notebook, fmt="py:percent")
    return next(line for line in text.split("\n") if _MARKER.match(line))


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


def _percent_lines(kind: str, source: str) -> list[str]:
    """The lines of one cell in a percent script, without its `# %%`: prose commented, magics too."""
    import jupytext
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

    new_cell: dict[str, Any] = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
    bare = {"jupytext": {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}}
    text: str = jupytext.writes(new_notebook(cells=[new_cell[kind](source)], metadata=bare), fmt="py:percent")
    return text.rstrip("\n").split("\n")[1:]
