"""Which answers of the reference go out with the shown checks: those that they ask for, often none."""

from __future__ import annotations

import ast
from pathlib import Path

from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.recorded import record
from jaxstudy.homework.sandbox import wire

_UNLESS = {"value": "like", "shape": "like", "under_jit": "like", "under_vmap": "like", "parameters": "count"}
"""Helpers that ask the reference, unless this keyword says what is right."""
_ALWAYS = ("gradient", "flax_module", "torch_module")
_SEEDS = tuple(range(1, 1000))


def answers_for(assignment: Assignment) -> bytes:
    """The recorded answers for a release.

    Raises:
        InputError: checks that can't be loaded.
        FoundWanting: the reference gives no answer.
    """
    if asking := asking_checks(assignment.checks):
        return record(assignment, only=asking)
    # Nothing to record: then the inputs can be other ones at (nearly) every check.
    return wire.encode({"seeds": list(_SEEDS), "answers": {}})


def asking_checks(checks: Path) -> frozenset[str]:
    """The checks of a file that compare with the reference, as far as its code tells; the others need no answers."""
    body = ast.parse(checks.read_text(encoding="utf-8-sig")).body
    tests = {node.name: node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    if any(_asks(node) for node in body if node not in tests.values()):
        return frozenset(tests)  # a helper of the file's own asks: any check may call it
    return frozenset(name for name, node in tests.items() if _asks(node))


def _asks(part: ast.AST) -> bool:
    for node in ast.walk(part):
        if isinstance(node, ast.arg) and node.arg == "reference":
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = {keyword.arg for keyword in node.keywords}
            if node.func.id in _ALWAYS or (node.func.id in _UNLESS and _UNLESS[node.func.id] not in given):
                return True
    return False
