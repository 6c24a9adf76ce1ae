"""Lectures and notebooks for tests that look at decks."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from jaxstudy.build.deck import write_deck
from jaxstudy.course import Lecture, read_lecture

THEME = Path(__file__).resolve().parents[1] / "slides" / "theme"
HEADER = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: A test
# ---

"""


def lecture_of(folder: Path, text: str, name: str = "01_test.py") -> Lecture:
    """A lecture written to `folder`; the header takes seven lines, an eighth is empty."""
    path = folder / name
    path.write_text(HEADER + dedent(text).lstrip("\n"), encoding="utf-8")
    return read_lecture(path)


def notebook_of(lecture: Lecture, outputs: dict[str, list[NotebookNode]] | None = None) -> NotebookNode:
    """The lecture's notebook, with outputs given by step id instead of by a kernel."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
    cells = []
    for step in lecture:
        cell = make[step.kind](step.source, metadata={"tags": list(step.tags)})
        cell.id = step.id
        if step.kind == "code":
            cell.outputs = (outputs or {}).get(step.id, [])
        cells.append(cell)
    return nbformat.from_dict(new_notebook(cells=cells, metadata=dict(lecture.metadata)))


def deck_of(lecture: Lecture, outputs: dict[str, list[NotebookNode]] | None = None) -> Path:
    """The lecture's deck, beside it."""
    return write_deck(lecture, notebook_of(lecture, outputs), lecture.path.with_suffix(".html"), theme=THEME)


def shown(kind: str, data: str) -> NotebookNode:
    """A displayed output of one mime type."""
    return new_output("display_data", {kind: data})


def printed(text: str, name: str = "stdout") -> NotebookNode:
    """Printed text."""
    return new_output("stream", name=name, text=text)


def raised(name: str, message: str, lines: int = 3) -> NotebookNode:
    """An error with a coloured traceback of so many lines."""
    trace = [f"\x1b[31mframe {number}\x1b[39m" for number in range(lines)]
    return new_output("error", ename=name, evalue=message, traceback=trace)
