"""What a figure shows, in words, for those who cannot see it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TITLES = ("suptitle", "set_title", "title")
_NO_PYTHON = re.compile(r"^\s*[%!?]")


def alt_text(source: str, metadata: Mapping[str, Any]) -> str:
    """The words for a figure that a cell draws: its `alt="…"`, else the titles its code gives, else nothing.

    Titles are the texts given to `suptitle`, `set_title` and `title`, in that order; what an f-string fills in
    is left out as `…`.
    """
    own = metadata.get("alt")
    if isinstance(own, str) and own.strip():
        return own.strip()
    found = [(_TITLES.index(name), text) for name, text in _titles(source)]
    words = [text for _, text in sorted(found, key=lambda pair: pair[0])]
    return "; ".join(dict.fromkeys(words))


def _titles(source: str) -> Iterator[tuple[str, str]]:
    """Name of the call and its text, for every title in the code. Code that does not parse has none."""
    # Magics and shell lines are no Python; an empty line in their place keeps the rest parsable.
    lines = ("" if _NO_PYTHON.match(line) else line for line in source.splitlines())
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in _TITLES and (text := _text(node.args[0])):
            yield name, text


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        return " ".join("".join(map(str, parts)).split())
    return ""
