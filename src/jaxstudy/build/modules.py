"""The course's own modules that code imports, directly or through each other."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from jaxstudy.build.names import imported_modules

_PACKAGE = Path(__file__).resolve().parents[1]
_KIT = _PACKAGE.name


def project_modules(names: Iterable[str], roots: tuple[Path, ...]) -> dict[str, Path]:
    """Dotted name → file, for every module under one of `roots` that `names` reach, and every one of this kit.

    Packages on the way count: `snippets.plots` brings `snippets/__init__.py` along. Libraries never do, wherever
    they are installed: in the folder that this kit was installed into, only the kit itself is looked at.
    """
    found: dict[str, Path] = {}
    waiting = [part for name in names for part in _with_parents(name)]
    while waiting:
        name = waiting.pop()
        if name in found or (path := _file_of(name, roots)) is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        inner = (part for imported in _imports_of(path, package) for part in _with_parents(imported))
        # What the kit imports besides itself is a library, also where the course has a folder of that name.
        waiting += [part for part in inner if not _is_kit(name) or _is_kit(part)]
    return dict(sorted(found.items()))


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def _is_kit(name: str) -> bool:
    return name.partition(".")[0] == _KIT


def _file_of(name: str, roots: tuple[Path, ...]) -> Path | None:
    relative = Path(*name.split("."))
    for root in (_PACKAGE.parent,) if _is_kit(name) else roots:
        for candidate in (root / relative / "__init__.py", root / relative.with_suffix(".py")):
            if candidate.is_file():
                return candidate
    return None


def _imports_of(path: Path, package: str) -> frozenset[str]:
    about = path.stat()
    return _read_imports(path, package, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=4096)
def _read_imports(path: Path, package: str, _time: int, _size: int) -> frozenset[str]:
    """What a file imports; read again when its time or size has changed."""
    source = path.read_text(encoding="utf-8", errors="replace")
    found = imported_modules(source)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return frozenset(found)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *([node.module] if node.module else [])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(found)
