"""The course's own modules that code imports, directly or through each other."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from jaxstudy.build.names import imported_modules


def project_modules(names: Iterable[str], roots: tuple[Path, ...]) -> dict[str, Path]:
    """Dotted name → file, for every module under one of `roots` that `names` reach.

    Packages on the way count: `snippets.plots` brings `snippets/__init__.py` along.
    """
    found: dict[str, Path] = {}
    waiting = [part for name in names for part in _with_parents(name)]
    while waiting:
        name = waiting.pop()
        path = _file_of(name, roots)
        if name in found or path is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += [part for inner in _imports_of(path, package) for part in _with_parents(inner)]
    return dict(sorted(found.items()))


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


@lru_cache(maxsize=4096)
def _file_of(name: str, roots: tuple[Path, ...]) -> Path | None:
    relative = Path(*name.split("."))
    for root in roots:
        for candidate in (root / relative / "__init__.py", root / relative.with_suffix(".py")):
            if candidate.is_file():
                return candidate
    return None


def _imports_of(path: Path, package: str) -> set[str]:
    source = path.read_text(encoding="utf-8", errors="replace")
    found = imported_modules(source)
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *([node.module] if node.module else [])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found
