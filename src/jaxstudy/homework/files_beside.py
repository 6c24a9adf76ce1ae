"""Files that lie beside an assignment: pictures that its prose shows, data and modules that its code reads.

What students' code and prose name goes along. What nobody names stays: it may be a solution.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from jaxstudy.atomic import write_atomically
from jaxstudy.build.names import imported_modules, parse
from jaxstudy.errors import Problem
from jaxstudy.homework.assignment import SETTINGS, Assignment

_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)|<img[^>]+src=[\"']([^\"']+)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)|<a[^>]+href=[\"']([^\"']+)")
_WORD = re.compile(r"[\w./-]+")
_SECRET = ("assignment.py", SETTINGS, "hidden.py", "wrong.py")
_MADE = ("checks.py", "checks.answers", "homework.json", "README.md")
"""Names of what a release writes by itself."""


@dataclass(frozen=True, slots=True)
class FilesBeside:
    """What was found beside an assignment."""

    given: dict[str, Path]
    """Path relative to the folder → file, of all that goes to students."""
    left: tuple[str, ...]
    """Files that nothing names: they stay."""
    problems: tuple[Problem, ...]
    """Pictures that are not there, links to what must stay secret."""


def files_beside(folder: Path, script: Path, cells: Iterable[tuple[str, str, int]], checks: str) -> FilesBeside:
    """The files beside an assignment, and which of them students get.

    Args:
        folder: of the assignment.
        script: named in problems.
        cells: kind, source and first line of each cell that students get.
        checks: source of the shown checks, which may read files too.
    """
    here = others_beside(folder)
    named: set[str] = set()
    problems: list[Problem] = []
    for kind, source, line in cells:
        if kind == "code":
            named |= _named_in_code(source, here)
            continue
        for offset, text in enumerate(source.split("\n")):
            for name, shown in _links(text):
                if name in _SECRET:
                    do = "remove the link: students don't get that file"
                    problems.append(Problem("links to what students get", name, do, script, line + offset))
                elif name in here:
                    named.add(name)
                elif shown:
                    do = "add the picture beside the assignment, or correct its path"
                    problems.append(Problem("a picture beside the assignment", f"no {name}", do, script, line + offset))
    named |= _named_in_code(checks, here)
    given = {name: path for name, path in here.items() if name in named}
    left = tuple(name for name in here if name not in named)
    return FilesBeside(given, left, tuple(problems))


def others_beside(folder: Path) -> dict[str, Path]:
    """Every file in the folder of an assignment that is none of its own, by its path relative to the folder."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if _counts(path, folder)}
    return {name: path for name, path in found.items() if name not in _MADE}


def _counts(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
    return path.is_file() and not hidden and path.relative_to(folder).as_posix() not in _SECRET


def _links(text: str) -> Iterator[tuple[str, bool]]:
    """Each local file that a line of prose links to, and whether it is a picture."""
    for pattern, shown in ((_PICTURE, True), (_LINK, False)):
        for found in pattern.finditer(text):
            name = unquote((found[1] or found[2]).split("#", 1)[0]).removeprefix("./")
            if name and ":" not in name and not name.startswith(("/", "attachment")):
                yield name, shown


def _named_in_code(source: str, here: Iterable[str]) -> set[str]:
    """Files that a text in the code names, alone or by a folder they lie in, and modules that it imports."""
    tree = parse(source)
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} if tree else set()
    said = {text.removeprefix("./").rstrip("/") for text in texts if isinstance(text, str) and text}
    for line in source.splitlines():
        if line.lstrip().startswith(("%", "!")):
            said |= set(_WORD.findall(line))
    modules = {name.replace(".", "/") for name in imported_modules(source)}
    return {name for name in here if _is_named(name, said, modules)}


def _is_named(name: str, said: set[str], modules: set[str]) -> bool:
    path = Path(name)
    folders = {parent.as_posix() for parent in path.parents} - {"."}
    if name in said or folders & said:
        return True
    stem = path.with_suffix("").as_posix()
    return path.suffix == ".py" and (stem in modules or stem.removesuffix("/__init__") in modules)


def copy_given(assignment: Assignment, folder: Path) -> Path | None:
    """Copy what lies beside the assignment and goes to students into `folder`; None where there is nothing.

    Raises:
        InputError: the script can't be read.
    """
    if not others_beside(assignment.folder):
        return None
    from jaxstudy.homework.release import beside  # half of what a grader imports, and few have such files

    given = beside(assignment).given
    for name, path in given.items():
        write_atomically(folder / name, path.read_bytes())
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())) if given else ():
        inner.chmod(0o755)  # a worker of root's is another user
    return folder if given else None
