"""Scripts read and written by jupytext, with every comment left a comment.

jupytext stores a notebook's commands as comments, and takes comments that look like one for commands: `# why?`,
`# !important`, `# copy the tree` would run. Its readers are used here with that turned off, and with a reader of
markers that loses nothing (`marker`). All that reads or writes a percent script does it here.
"""

from __future__ import annotations

import copy
import functools
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jaxstudy.course.marker import MarkerError, parse_marker
from jaxstudy.course.notebook_format import import_quickly, unvalidated
from jaxstudy.errors import InputError, Problem

MARKER = re.compile(r"^\s*#\s*%%(?:%*(?:\s.*)?|%*\s*\[.*)$|^\s*#\s*(?:<codecell>|In\[[0-9 ]*\]:?)\s*$")
"""A line that begins a cell of a percent script."""
_START = re.compile(r"^\s*#\s*%%(%*)(?:\s(.*)|(?=\[)(.*)|(?<=%%%))$")
_KINDS = {"[markdown]": "markdown", "[raw]": "raw", "[md]": "markdown"}
_UNCLEAR_TITLE = re.compile(r"[{}=\[\]]|^[%.]|\s\.\w")


@dataclass(frozen=True, slots=True)
class Script:
    """A script as jupytext gives it, with what it does not say."""

    notebook: Any
    spans: tuple[tuple[int, int], ...]
    """For each cell: index of its first line, and how many lines it took. A raw cell made of the header has none."""
    problems: tuple[Problem, ...]
    """Markers that can't be read."""


@dataclass(slots=True)
class _Found:
    """What the reader writes down."""

    total: int
    path: Path | None
    spans: list[tuple[int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    at: int = 0

    def try_to_read(self, options: str) -> tuple[str, dict[str, Any], bool]:
        """What `parse_marker` gives; what it can't read is a problem at the cell that is being read."""
        try:
            return parse_marker(options)
        except MarkerError as error:
            self.problems.append(Problem(error.expected, error.got, error.do, self.path, self.at + 1))
            return "", {}, False


def read_percent(text: str, path: Path | None = None) -> Any:
    """The notebook (nbformat 4) of a percent script; comments are comments in it, and magics magics.

    Raises:
        InputError: markers that can't be read (all of them, with `path` and line), or a broken header.
    """
    script = read_script(text, "percent", path)
    if script.problems:
        raise InputError(*script.problems)
    return script.notebook


def write_percent(notebook: Any) -> str:
    """The percent script of a notebook, which `read_percent` reads back to the same cells; magics are not commented."""
    import_quickly()
    converter = _converter("percent")
    converter.implementation.cell_exporter_class = _exporter_class()
    notebook = copy.deepcopy(notebook)
    # jupytext, too, is to leave this file's comments alone; what else it noted is of the file that was read.
    kept = notebook.metadata.get("jupytext", {}).get("notebook_metadata_filter")
    notebook.metadata["jupytext"] = {"comment_magics": False} | (
        {"notebook_metadata_filter": kept} if kept and kept != "-all" else {}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text: str = converter.writes(notebook, metadata=notebook.metadata)
    return text if text.endswith("\n") else text + "\n"


def write_cell(kind: str, source: str, metadata: dict[str, Any]) -> list[str]:
    """The lines of one cell as they stand in a percent script, its marker first."""
    import_quickly()
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

    make: dict[str, Any] = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
    with unvalidated():
        cell = make[kind](source, metadata=metadata)
    lines: list[str] = _exporter_class()(cell, "python", {"extension": ".py", "format_name": "percent"}).cell_to_text()
    return lines


def read_script(
    text: str,
    name: str,
    path: Path | None = None,
    suffix: str = ".py",
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Script:
    """A script, or a Markdown notebook, in one of the formats that jupytext reads line by line.

    Args:
        name: jupytext's name of the format: `percent`, `hydrogen`, `light`, `nomarker`, `sphinx`, `markdown`.
        options: jupytext's, such as `cell_markers`.

    Raises:
        InputError: jupytext can't read it.
    """
    import_quickly()
    found = _Found(len(text.splitlines()), path)
    converter = _converter(name, suffix, options)
    if base := converter.implementation.cell_reader_class:
        converter.implementation.cell_reader_class = _reader_class(base, found)
    try:
        with warnings.catch_warnings(), unvalidated():
            warnings.simplefilter("ignore")
            notebook = converter.reads(text)
    except Exception as error:
        got = str(error).splitlines()[0] if str(error) else type(error).__name__
        do = "open it in JupyterLab to see what is wrong"
        raise InputError(Problem(f"a {name} notebook", got, do, path, found.at + 1)) from error
    return Script(notebook, tuple(found.spans), tuple(found.problems))


def _converter(name: str, suffix: str = ".py", options: Mapping[str, Any] = MappingProxyType({})) -> Any:
    from jupytext.jupytext import TextNotebookConverter

    converter = TextNotebookConverter({"extension": suffix, "format_name": name, **options}, None)
    converter.implementation = copy.copy(converter.implementation)
    return converter


def _reader_class(base: Any, found: _Found) -> Any:
    """jupytext's reader of cells, writing down which lines each cell took, and taking no comment for a command."""
    from jupytext.cell_reader import DoublePercentScriptCellReader, LightScriptCellReader

    class Reader(base):  # type: ignore[misc]
        def __init__(self, fmt: Any = None, default_language: Any = None) -> None:
            super().__init__(fmt, default_language)
            self.comment_magics = False

        def read(self, lines: list[str]) -> Any:
            found.at = found.total - len(lines)
            cell, consumed = super().read(lines)
            found.spans.append((found.at, consumed))
            if "incorrectly_encoded_metadata" in cell.metadata:  # Markdown's `python {x} tags=[…]`
                cell.metadata |= found.try_to_read(cell.metadata.pop("incorrectly_encoded_metadata"))[1]
            return cell, consumed

    class Marked(Reader):
        def options_to_metadata(self, options: str) -> Any:
            depth = len(options) - len(options.lstrip("%"))
            title, metadata, self.cell_metadata_json = found.try_to_read(options[depth:])
            for word, kind in _KINDS.items():
                if word in title:
                    title = " ".join(title.replace(word, " ").split())
                    metadata |= {"cell_type": kind} | ({"region_name": "md"} if word == "[md]" else {})
                    break
            metadata |= ({"cell_depth": depth} if depth else {}) | ({"title": title} if title else {})
            return None, metadata

    class Percent(Marked):
        def __init__(self, fmt: Any = None, default_language: Any = None) -> None:
            super().__init__(fmt, default_language)
            self.start_code_re = _START

        def uncomment_code_and_magics(self, lines: list[str]) -> Any:
            # In this format no `# +` is escaped.
            return lines if self.cell_type == "code" else super().uncomment_code_and_magics(lines)

    kinds = ((DoublePercentScriptCellReader, Percent), (LightScriptCellReader, Marked))
    return next((ours for theirs, ours in kinds if issubclass(base, theirs)), Reader)


@functools.cache
def _exporter_class() -> Any:
    from jupytext.cell_to_text import HydrogenCellExporter

    class Exporter(HydrogenCellExporter):  # type: ignore[misc]
        """Code as it is; a title that jupytext would take for metadata among the metadata."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.comment_magics = False

        def cell_to_text(self) -> list[str]:
            title = self.metadata.get("title")
            if not title:
                self.metadata.pop("cell_depth", None)  # a bare `# %%%` begins no cell for jupytext
            if not isinstance(title, str) or not _UNCLEAR_TITLE.search(title):
                return list(super().cell_to_text())
            del self.metadata["title"]
            first, *rest = super().cell_to_text()
            return [f"{first} title={json.dumps(title, ensure_ascii=False)}", *rest]

    return Exporter
