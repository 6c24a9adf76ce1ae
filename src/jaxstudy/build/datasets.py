"""Which data sets code loads, and whether they are still what they were: read from the code, as imports are."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from jaxstudy.build.modules import project_modules
from jaxstudy.build.names import imported_modules, parse
from jaxstudy.course import Lecture
from jaxstudy.data.origin import origin_of
from jaxstudy.data.sets import SETS

_LOADER = "load"


def loaded_sets(source: str) -> set[str]:
    """Names of the data sets that the code may load.

    A call `load("mnist")` names its set. A call whose argument is no constant may load any set that stands in the
    same code as a text: rather one too many than outputs that are kept for other data.
    """
    if _LOADER not in source:
        return set()
    tree = parse(source)
    if tree is None:
        return set()
    found: set[str] = set()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_loader(node.func, _aliases(tree))]
    for call in calls:
        first = call.args[0] if call.args else next((word.value for word in call.keywords if word.arg == "name"), None)
        found |= _texts(first) if isinstance(first, ast.Constant) else _texts(tree)
    return found & set(SETS)


def sets_of(lecture: Lecture, roots: tuple[Path, ...]) -> set[str]:
    """Names of the data sets that a lecture loads, itself or through the course's modules it imports."""
    sources = [step.source for step in lecture if step.runs]
    imports = {name for source in sources for name in imported_modules(source)}
    modules = own_sources(project_modules(imports, roots))
    return {name for source in (*sources, *modules) for name in loaded_sets(source)}


def own_sources(modules: Mapping[str, Path]) -> list[str]:
    """Sources of the course's modules; the toolkit's own load nothing by themselves."""
    paths = (path for name, path in modules.items() if name.split(".")[0] != "jaxstudy")
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths]


def fingerprints(names: Iterable[str]) -> dict[str, str]:
    """Set → what changes when loading it now would give other arrays."""
    return {name: origin_of(name).fingerprint for name in sorted(names)}


def sources(names: Iterable[str]) -> dict[str, str]:
    """Set → where it comes from, in words."""
    return {name: origin_of(name).says for name in sorted(names)}


def _aliases(tree: ast.AST) -> set[str]:
    """What the loader is called here: `load`, and `from jaxstudy.data import load as get`."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    names = (alias for node in imports if (node.module or "").startswith("jaxstudy.data") for alias in node.names)
    return {_LOADER, *(alias.asname for alias in names if alias.name == _LOADER and alias.asname)}


def _is_loader(function: ast.expr, names: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == _LOADER
    return isinstance(function, ast.Name) and function.id in names


def _texts(tree: ast.AST) -> set[str]:
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}
