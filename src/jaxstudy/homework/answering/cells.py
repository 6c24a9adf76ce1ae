"""A student's file → a namespace: cell by cell, and what fails in one takes no other with it."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jaxstudy.homework.answering.data import Raised
from jaxstudy.homework.answering.interrupts import heeding_ctrl_c
from jaxstudy.homework.answering.operations import FILE_PREFIX, raised

MODULE = "submission"
"""The name of the module that a student's file becomes; so `if __name__ == "__main__":` is not run."""
_CELL = re.compile(r"^# ?%%")
_BLOCK = re.compile(
    r"^(?:@|def |class |async def |import |from |if |for |while |with |try:|[A-Za-z_][\w.]*\s*[=(\[:,])"
)
_MAGIC = re.compile(r"^(?P<indent>[ \t]*)(?:[%!]|[\w., \t]+=[ \t]*[%!]|\??[\w.%]+\?{1,2}\s*$|\?{1,2}[\w.])")
_KEPT_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%check")


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a student's file that is run by itself."""

    name: str
    """For people: `cell 3`, `line 12`."""
    source: str
    first: int = 1
    """1-based line of the file (of the notebook's cell: 1) at which it starts."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A cell that did not run to its end."""

    cell: str
    error: Raised


def cells_of(text: str) -> list[Cell]:
    """The cells of a percent script; without cell marks, each top-level statement is one."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _CELL.match(line)]
    if not starts:
        return list(_statements(text, lines))
    edges = [0, *starts, len(lines)]
    pairs = pairwise(edges)
    return [Cell(f"cell at line {a + 1}", "\n".join(lines[a:b]), a + 1) for a, b in pairs if b > a]


def _statements(text: str, lines: list[str]) -> Iterator[Cell]:
    try:
        body = ast.parse(text).body
        starts = [min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1 for node in body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # What is broken costs its own block: blocks start where a line at the margin looks like a statement.
        starts = [n for n, line in enumerate(lines) if _BLOCK.match(line) and not (n and lines[n - 1].startswith("@"))]
    edges = [*dict.fromkeys([0, *starts]), len(lines)]
    for a, b in pairwise(edges):
        if any(line.strip() for line in lines[a:b]):
            yield Cell(f"line {a + 1}", "\n".join(lines[a:b]), a + 1)


def starting_module() -> types.ModuleType:
    """An empty module for a student's names."""
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module  # dataclasses and Flax modules look their own module up there
    return module


def run_cells(cells: Sequence[Cell]) -> tuple[types.ModuleType, list[Failed]]:
    """Run them in order in one new module; a cell that raises is left behind and the next one runs."""
    module, failed = starting_module(), []
    for cell in cells:
        with heeding_ctrl_c():
            try:
                run_cell(cell, module)
            except MemoryError:
                raise
            except BaseException as error:
                failed.append(Failed(cell.name, raised(error)))
    return module, failed


def run_cell(cell: Cell, module: types.ModuleType) -> None:
    """Run one cell in a module; it may raise anything."""
    source = "\n" * (cell.first - 1) + python_of(cell.source)
    file = f"{FILE_PREFIX}{cell.name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)


def python_of(source: str) -> str:
    """A cell's code as plain Python: lines that only IPython knows (magics, shell, help) do nothing."""
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    if lines[first].startswith("%%") and lines[first].split()[0] not in _KEPT_CELL_MAGICS:
        return ""  # a cell in another language
    return "\n".join(f"{m['indent']}pass" if (m := _MAGIC.match(line)) else line for line in lines)
