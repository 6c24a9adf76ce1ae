"""What a cell's code says: its tree without prose, the names it binds and reads, the modules it imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A line that IPython takes for a command; a comment that ends in a question mark is none.
_MAGIC = re.compile(r"^\s*(%|!|\?)|^[^#\n]*\?\s*$", re.MULTILINE)
_ASSIGNED = re.compile(r"^(\s*[A-Za-z_]\w*\s*=\s*)[!%].*", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_OF_PYTHON = ("time", "timeit", "capture", "prun")
"""Magics of whole cells whose code is Python."""
# A cell that shows its own source, or another's, depends on comments and spacing too.
_SHOWS_SOURCE = re.compile(r"\binspect\b|\?\?|getsource|%psource|%history|\bIn\[")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def parse(source: str) -> ast.Module | None:
    """The tree of a cell, its magics and shell lines left out; None when it is not Python even then."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        pass
    magic = _CELL_MAGIC.match(source)
    if magic and magic[1] not in _OF_PYTHON:
        return None
    plain = (_ASSIGNED.sub(r"\1None", line) for line in source.splitlines())
    kept = [re.sub(r"\S.*", "pass", line) if _MAGIC.match(line) else line for line in plain]
    try:
        return ast.parse("\n".join(kept))
    except (SyntaxError, ValueError):
        return None


def normal(source: str) -> str:
    """The code as its effects depend on it: equal for two sources that differ in comments and layout only.

    A closing `;` stays, since it silences the cell's result. Code with magics, or code that looks
    at source, is kept as text.
    """
    if _MAGIC.search(source) or _ASSIGNED.search(source) or _SHOWS_SOURCE.search(source):
        return "\n".join(line.rstrip() for line in source.strip().splitlines())
    tree = parse(source)
    if tree is None:
        return "\n".join(line.rstrip() for line in source.strip().splitlines())
    return ast.dump(tree) + (";" if _silenced(source) else "")


def _silenced(source: str) -> bool:
    """Whether the last statement ends in `;`, as IPython reads it (comments behind it don't count)."""
    import io
    import tokenize

    ignored = (tokenize.COMMENT, tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.DEDENT)
    try:
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in ignored]
    except (tokenize.TokenError, IndentationError):
        return False
    return bool(tokens) and tokens[-1].string == ";"


@dataclass(frozen=True, slots=True)
class Names:
    """What a step does to the notebook's namespace."""

    values: tuple[str, ...]
    """Names bound to values (assignments, loops, with)."""
    read: tuple[str, ...]
    """Names it looks up."""
    definitions: str
    """Source of its imports, functions and classes: cheap to run again, and not picklable."""


def names_of(source: str) -> Names:
    """Names of a cell's code; empty for code that can't be parsed."""
    tree = parse(source)
    if tree is None:
        return Names((), (), "")
    definitions = [node for node in tree.body if isinstance(node, _DEFINITIONS)]
    values = {name for node in tree.body if not isinstance(node, _DEFINITIONS) for name in _bound(node)}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return Names(tuple(sorted(values)), tuple(sorted(read)), "\n".join(ast.unparse(node) for node in definitions))


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds in the module's namespace; not those of inner functions and comprehensions."""
    inner = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    if isinstance(node, (*_DEFINITIONS, *inner)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def imported_modules(source: str) -> set[str]:
    """Dotted names that the code may import: `from a.b import c` gives `a.b` and `a.b.c`."""
    tree = parse(source)
    found: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found
