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
    if asks_reference(assignment.checks):
        return record(assignment)
    # Nothing to record: then the inputs can be other ones at (nearly) every check.
    return wire.encode({"seeds": list(_SEEDS), "answers": {}})


def asks_reference(checks: Path) -> bool:
    """Whether a file of checks compares with the reference, as far as its code tells."""
    for node in ast.walk(ast.parse(checks.read_text(encoding="utf-8-sig"))):
        if isinstance(node, ast.arg) and node.arg == "reference":
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = {keyword.arg for keyword in node.keywords}
            if node.func.id in _ALWAYS or (node.func.id in _UNLESS and _UNLESS[node.func.id] not in given):
                return True
    return False
