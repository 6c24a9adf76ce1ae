"""The rooms of src/jaxstudy and the house rules that a machine can check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "jaxstudy"
# Top to bottom: a room imports only from rooms above it (and from itself).
ROOMS = (
    "errors",
    "atomic",
    "installing",
    "recording",
    "warm",
    "data",
    "course",
    "build",
    "present",
    "replay",
    "homework",
    "study",
    "site",
    "cli",
)
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "assets" not in path.parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides which room it reaches into"
            names = [node.module or ""]
        found |= {name.split(".")[1] for name in names if name.startswith("jaxstudy.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_above_it(path: Path) -> None:
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    below = rooms_imported(path) - allowed
    assert not below, f"{path.relative_to(PACKAGE)} is in {room}/ and imports from {', '.join(sorted(below))}"


def test_every_room_of_the_package_is_in_the_list() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__", "__main__"} <= set(ROOMS)


def test_modules_stay_under_300_lines_and_functions_under_50() -> None:
    long = [str(path) for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > 300]
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{path.name}:{node.lineno} {node.name}: {size} lines"] if size > 50 else []
    assert long == []


def test_lectures_import_snippets_and_course_helpers_and_nothing_else_of_the_toolkit() -> None:
    top = PACKAGE.parents[1]
    for path in sorted((top / "lectures").glob("*.py")):
        imported = rooms_imported(path)
        assert imported <= {"course", "data"}, f"{path.name} imports jaxstudy.{', jaxstudy.'.join(sorted(imported))}"
