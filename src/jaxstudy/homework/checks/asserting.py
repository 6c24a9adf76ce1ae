"""A bare `assert` in a check says what it compared: otherwise a student would read that something did not hold.

`assert total == 12` becomes, before the file of checks is compiled, an assert with a message made of the values that
are there when it fails. Nothing is asked or calculated twice.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Mapping
from typing import Any

from jaxstudy.homework.checks.arguments import shown
from jaxstudy.homework.checks.asking import File

TELL = "__what_was_compared__"
"""The name under which the compiled file finds `what_was_compared`."""
_LEFT, _RIGHT = "__left__", "__right__"
_VALUES = 5  # that a message shows
_LENGTH = 160  # characters of a condition


class Compared(str):
    """The message of a bare assert, in full; of a hidden check only its line may be told."""

    line: int = 0


def telling(text: str, file: str) -> ast.Module:
    """The syntax tree of a file of checks, its bare asserts with messages.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    tree = ast.parse(text, file)
    _Telling().visit(tree)
    return ast.fix_missing_locations(tree)


class _Telling(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        if node.msg is not None:
            return node
        condition = ast.unparse(node.test)
        sides = {}
        if isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
            test = node.test
            sides = {_LEFT: ast.unparse(test.left), _RIGHT: ast.unparse(test.comparators[0])}
            test.left, test.comparators = _kept(_LEFT, test.left), [_kept(_RIGHT, test.comparators[0])]
        names = [inner.id for inner in ast.walk(node.test) if isinstance(inner, ast.Name)]
        words = {**sides, **{name: name for name in names if name not in sides}}
        told = f"{TELL}({condition!r}, {node.lineno}, {words!r}, locals())"
        node.msg = ast.parse(told, mode="eval").body
        for inner in ast.walk(node.msg):
            ast.copy_location(inner, node)
        return node


def _kept(name: str, value: ast.expr) -> ast.expr:
    """`(name := value)`; a constant stays as it is."""
    if isinstance(value, ast.Constant):
        return value
    return ast.copy_location(ast.NamedExpr(ast.Name(name, ast.Store()), value), value)


def what_was_compared(condition: str, line: int, words: Mapping[str, str], there: Mapping[str, Any]) -> Compared:
    """The message: the condition, then what its sides and names are.

    Args:
        condition: as it stands in the check.
        line: in the file of checks.
        words: how to call each value, by its name.
        there: all values by name, at the time.
    """
    values: dict[str, str] = {}
    for name, word in words.items():
        if name in there and word not in values and _worth_showing(there[name]):
            values[word] = shown(there[name])
    lines = [f"    {_cut(word)} is {value}" for word, value in list(values.items())[:_VALUES] if word != value]
    told = Compared("\n".join([f"expected: {_cut(condition)}", *lines]))
    told.line = line
    return told


def _worth_showing(value: Any) -> bool:
    return not (isinstance(value, (types.ModuleType, type, File)) or inspect.isroutine(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"
