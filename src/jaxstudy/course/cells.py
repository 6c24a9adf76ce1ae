"""A file → its cells, each with the lines it stands on. Knows formats, not lectures.

jupytext reads the formats, through `percent` where it does so line by line.
"""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jaxstudy.course.notebook_format import import_quickly, read_ipynb, unvalidated
from jaxstudy.course.percent import MARKER, read_script
from jaxstudy.course.stored_magics import restored, stores_magics
from jaxstudy.errors import InputError, Problem

SUFFIXES = (".py", ".ipynb", ".md")
_FORM = ("cell_marker", "region_name", "cell_depth", "endofcell", "comment_questions")
_INTERNAL = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "incorrectly_encoded_metadata", *_FORM)
_FORMAT = re.compile(r"\bformat_name:\s*['\"]?(\w+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the format gives it."""

    kind: str
    source: str
    metadata: dict[str, Any]
    line: int
    """1-based line of the first source line (for a notebook: of the cell's JSON object)."""
    end: int
    """1-based line after the last source line."""
    form: Mapping[str, Any] = field(default_factory=dict)
    """How the format writes the cell, where it has several ways: in triple quotes, with `[md]`."""
    attachments: Mapping[str, Any] = field(default_factory=dict)
    """Pictures pasted into it: name → mime type → base64."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A whole file: `text` is what stands in it, line ends and byte-order mark included."""

    path: Path
    text: str
    cells: tuple[Cell, ...]
    metadata: dict[str, Any]
    format: str = "percent"
    """jupytext's name of the file's format: `percent`, `light`, `markdown`, `myst`, …; `ipynb`."""


def read_cells(path: Path) -> Cells:
    """The cells of a percent script, a notebook of any nbformat, or a Markdown notebook.

    Raises:
        InputError: no such file, not text, a format that is not known, broken JSON or YAML.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(
            Problem(f"a file ending in {', '.join(SUFFIXES)}", repr(path.name), "convert it with jupytext first", path)
        )
    text = _decode(path)
    import_quickly()
    body = text.removeprefix("\ufeff")
    return _read_ipynb(path, text, body) if path.suffix == ".ipynb" else _read_text(path, text, body)


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem("a readable file", error.strerror or str(error), "check the path", path)) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        got = f"byte {data[error.start]:#04x}"
        raise InputError(Problem("UTF-8 text", got, "save the file as UTF-8", path, line)) from error


def _read_text(path: Path, text: str, body: str) -> Cells:
    name, options = _format_of(path, body)
    _check_yaml_header(path, body, name)
    lines = body.splitlines()
    spans: Sequence[tuple[int, int]] = ()
    if name == "myst":
        notebook = _read_myst(path, body)
    else:
        script = read_script(body, name, path, path.suffix, options)
        if script.problems:
            raise InputError(*script.problems)
        notebook, spans = script.notebook, script.spans
    # jupytext makes a cell of a header's free text, and leaves out some that it has read (Sphinx's).
    if spans and 0 <= len(notebook.cells) - len(spans) <= 1:
        placed = list(_placed(notebook.cells, spans, lines))
    else:
        placed = list(_found_by_search(notebook.cells, lines))
    if stores_magics(notebook.metadata):
        placed = [replace(cell, source=restored(cell.source)) if cell.kind == "code" else cell for cell in placed]
    return Cells(path, text, tuple(placed), dict(notebook.metadata), name)


def _format_of(path: Path, body: str) -> tuple[str, dict[str, Any]]:
    """jupytext's name of the format, and its options."""
    from jupytext.formats import guess_format

    lines = body.splitlines()
    header = itertools.takewhile(lambda line: line.startswith("#"), lines)
    said = next((found[1] for line in header if (found := _FORMAT.search(line))), "")
    if path.suffix == ".py" and (said == "percent" or not body or _has_marker(lines)):
        return "percent", {}
    try:
        name, options = guess_format(body, path.suffix)
    except Exception as error:
        raise _unread("a notebook", error, path) from error
    # marimo's programs need marimo to be read: to us they are Python.
    return ("light", {}) if name == "marimo" else (str(name), dict(options))


def _has_marker(lines: Sequence[str]) -> bool:
    """Whether a cell's marker stands outside strings."""
    from jupytext.stringparser import StringParser

    if not any(MARKER.match(line) for line in lines):
        return False
    parser = StringParser("python")
    for line in lines:
        if not parser.is_quoted() and MARKER.match(line):
            return True
        parser.read_line(line)
    return False


def _unread(what: str, error: Exception, path: Path) -> InputError:
    got = str(error).splitlines()[0] if str(error) else type(error).__name__
    line = re.search(r"\bat line (\d+)", got)
    do = "open it in JupyterLab to see what is wrong"
    return InputError(Problem(what, got, do, path, int(line[1]) if line else 1))


def _read_myst(path: Path, body: str) -> Any:
    from jupytext.jupytext import TextNotebookConverter

    try:
        with warnings.catch_warnings(), unvalidated():
            warnings.simplefilter("ignore")
            return TextNotebookConverter({"extension": path.suffix, "format_name": "myst"}, None).reads(body)
    except Exception as error:
        raise _unread("a myst notebook", error, path) from error


def _placed(cells: list[Any], spans: Sequence[tuple[int, int]], lines: list[str]) -> Iterator[Cell]:
    extra = len(cells) - len(spans)  # a raw cell made of the header's free text has no span of its own
    for cell in cells[:extra]:
        yield _cell(cell, 1, spans[0][0])
    for cell, (start, count) in zip(cells[extra:], spans, strict=True):
        first = start + 1 if start < len(lines) and MARKER.match(lines[start]) else start
        last = min(start + count, len(lines))
        while last > first and not lines[last - 1].strip():
            last -= 1
        if first > start or cell.source.strip():  # blank lines above the first marker are no cell
            yield _cell(cell, first + 1, last + 1)


def _found_by_search(cells: list[Any], lines: list[str]) -> Iterator[Cell]:
    """For formats that are not read line by line (MyST): each cell's first line, looked for in order."""
    at = 0
    for cell in cells:
        head = cell.source.split("\n", 1)[0]
        # What jupytext adds of its own stands nowhere: it is given the place of the next cell.
        found = next((i for i in range(at, len(lines)) if lines[i] == head), None)
        first = min(at, max(len(lines) - 1, 0)) if found is None else found
        end = first if found is None else min(first + cell.source.count("\n") + 1, len(lines))
        yield _cell(cell, first + 1, end + 1)
        at = end


def _cell(cell: Any, line: int, end: int) -> Cell:
    metadata = {key: value for key, value in dict(cell.metadata).items() if key not in _INTERNAL}
    form = {key: cell.metadata[key] for key in _FORM if key in cell.metadata}
    return Cell(cell.cell_type, cell.source, metadata, line, end, form, cell.get("attachments") or {})


def _check_yaml_header(path: Path, body: str, name: str) -> None:
    """Raise on a broken YAML header with its line: jupytext would keep quiet and drop it, or not say where.

    Outside MyST only the part under `jupyter:` is YAML to it; the rest is text.
    """
    import yaml

    lines = body.splitlines()
    prefix = "#" if path.suffix == ".py" else ""
    fence = [i for i, line in enumerate(lines) if line.removeprefix(prefix).strip() == "---"][:2]
    if len(fence) < 2 or any(line.strip() and not line.startswith(prefix) for line in lines[: fence[1]]):
        return
    if any(line.strip() for line in lines[: fence[0]] if not line.startswith(("#!", "# -*-"))):
        return
    block = [re.sub(r"^# ?", "", line) if prefix else line for line in lines[fence[0] + 1 : fence[1]]]
    if name != "myst":
        block = list(_jupyters_part(block))
    try:
        yaml.load("\n".join(block), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return
    except yaml.YAMLError:
        pass  # the loader in Python says best where
    try:
        yaml.safe_load("\n".join(block))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = fence[0] + 2 + (mark.line if mark else 0)
        got = getattr(error, "problem", None) or str(error)
        do = "mend the indentation or quote the value"
        raise InputError(Problem("a YAML header", got, do, path, line)) from error


def _jupyters_part(block: Sequence[str]) -> Iterator[str]:
    """The header's lines with all blank that is not under `jupyter:`."""
    inside = False
    for line in block:
        inside = line.rstrip().rstrip(":").rstrip() == "jupyter" or (inside and (not line or line[0].isspace()))
        yield line if inside else ""


def _read_ipynb(path: Path, text: str, body: str) -> Cells:
    try:
        raw = json.loads(body)
    except json.JSONDecodeError as error:
        do = "restore the file; it is cut off or was merged badly"
        raise InputError(Problem("a notebook (JSON)", error.msg, do, path, error.lineno)) from error
    if not isinstance(raw, dict) or "nbformat" not in raw:
        raise InputError(
            Problem("a notebook with an nbformat", "other JSON", "open it in JupyterLab and save it", path, 1)
        )
    try:
        notebook = read_ipynb(body)
    except Exception as error:
        got = f"nbformat {raw.get('nbformat')}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        raise InputError(
            Problem("a notebook of nbformat 3 or 4", got, "open it in JupyterLab and save it", path)
        ) from error
    offsets = list(_json_cell_lines(body))
    cells = [_cell(cell, *(offsets[i] if i < len(offsets) else (1, 1))) for i, cell in enumerate(notebook.cells)]
    return Cells(path, text, tuple(cells), dict(notebook.metadata), "ipynb")


def _json_cell_lines(body: str) -> Iterator[tuple[int, int]]:
    """First line and line after the last of each object in the `cells` array."""
    found = re.search(r'"cells"\s*:\s*\[', body)
    if not found:
        return
    decoder = json.JSONDecoder()
    at, line, counted = found.end(), 1, 0
    while True:
        at = re.compile(r"[\s,]*").match(body, at).end()  # type: ignore[union-attr]  # matches nothing too
        if at >= len(body) or body[at] != "{":
            return
        line += body.count("\n", counted, at)
        _, end = decoder.raw_decode(body, at)
        last = line + body.count("\n", at, end)
        yield line, last + 1
        line, counted, at = last, end, end
