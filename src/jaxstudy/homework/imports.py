"""What the workers of an assignment should find imported: each library costs a tenth of a second and more to import."""

from __future__ import annotations

import re

from jaxstudy.homework.assignment import Assignment

_ASKED_BY = {
    "torch": re.compile(r"^\s*(import|from) torch\b|\btorch_module\b|\btensor\(", re.MULTILINE),
    "flax.linen": re.compile(r"\bflax"),
    "optax": re.compile(r"\boptax\b"),
}


def imports_of(assignment: Assignment) -> tuple[str, ...]:
    """Libraries besides NumPy and JAX that the assignment or its checks speak of.

    A student may use others: they are there to be imported.
    """
    files = (assignment.script, assignment.checks, assignment.hidden)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file()]
    return tuple(name for name, asked in _ASKED_BY.items() if any(asked.search(text) for text in texts))
