"""An assignment → what students get: notebook and script without solutions, the shown checks, three lines to read."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from jaxstudy.atomic import write_atomically
from jaxstudy.course.cells import read_cells as read_file
from jaxstudy.course.headings import slug
from jaxstudy.course.percent import read_percent
from jaxstudy.course.percent import read_script as read_cells
from jaxstudy.course.prose import code_in_prose
from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.answers import answers_for
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.files_beside import FilesBeside, files_beside
from jaxstudy.homework.foreign_marks import foreign_marks
from jaxstudy.homework.leaks import leaks
from jaxstudy.homework.recorded import FILE
from jaxstudy.homework.script import Script, read_script

FACTS = "homework.json"
"""What a released folder says of itself: which homework, its functions, the digest of its checks."""
ASSETS = Path(__file__).parents[1] / "assets" / "homework"
_KEPT = ("kernelspec", "language_info")
"""Notebook metadata that students need; nothing else of the author's machine goes out."""


@dataclass(frozen=True, slots=True)
class Release:
    """What students get, on disk."""

    assignment: Assignment
    folder: Path
    files: tuple[Path, ...]
    functions: tuple[str, ...]
    """What there is to write, in order."""
    left: tuple[str, ...] = ()
    """Files beside the assignment that nothing in it names: students don't get them."""


def release(assignment: Assignment, folder: Path) -> Release:
    """Write the files of `student_files`, and the reference's answers that the shown checks need, into `folder`.

    Other files there are left alone.

    Raises:
        InputError: see `student_files`; then nothing is written.
        FoundWanting: the reference gives no answer to a shown check.
    """
    files = student_files(assignment)
    files[FILE] = answers_for(assignment)
    for name, content in files.items():
        write_atomically(folder / name, content)
    written = tuple(folder / name for name in files)
    return Release(assignment, folder, written, functions_of(assignment), beside(assignment).left)


def beside(assignment: Assignment) -> FilesBeside:
    """Pictures, data and modules beside the assignment: what students get of them, and what stays.

    Raises:
        InputError: the script can't be read.
    """
    script = read_script(assignment.script)
    cells = read_cells(script.starter, "percent", assignment.script)
    numbers = [number for number, _ in script.given_lines()]
    found = (
        (cell.cell_type, cell.source, numbers[min(first + 1, len(numbers) - 1)] if numbers else 1)
        for cell, (first, _) in zip(cells.notebook.cells[-len(cells.spans) :], cells.spans, strict=True)
    )
    return files_beside(assignment.folder, assignment.script, found, assignment.checks.read_text(encoding="utf-8-sig"))


def functions_of(assignment: Assignment) -> tuple[str, ...]:
    """The functions and classes that students write, in order.

    Raises:
        InputError: the script can't be read.
    """
    regions = read_script(assignment.script).regions
    return tuple(dict.fromkeys(region.name for region in regions if region.name))


def student_files(assignment: Assignment) -> dict[str, bytes]:
    """Name → content of all that students get, solutions cut.

    Raises:
        InputError: markers are wrong, or something secret would get out (all problems).
    """
    script = read_script(assignment.script)
    others = beside(assignment)
    given = {name: path.read_bytes() for name, path in others.given.items()}
    files = given | {
        f"{assignment.name}.ipynb": _notebook(assignment, script).encode(),
        f"{assignment.name}.py": script.starter.encode(),
        "checks.py": assignment.checks.read_bytes(),
        "README.md": _readme(assignment).encode(),
    }
    files[FACTS] = _facts(assignment, script, files["checks.py"]).encode()
    shown = enumerate(files["checks.py"].decode(errors="replace").splitlines(), 1)
    problems: list[Problem] = [
        *code_in_prose(read_file(assignment.script)),
        *foreign_marks(assignment.script, script.given_lines()),
        *foreign_marks(assignment.checks, shown),
        *others.problems,
        *leaks(script, assignment.hidden, files),
    ]
    if problems:
        raise InputError(*problems)
    return files


def _facts(assignment: Assignment, script: Script, checks: bytes) -> str:
    facts = {
        "homework": assignment.name,
        "title": assignment.title,
        "due": assignment.due.isoformat() if assignment.due else "",
        "functions": list(dict.fromkeys(region.name for region in script.regions if region.name)),
        "checks": hashlib.sha256(checks).hexdigest(),
    }
    return json.dumps(facts, indent=1) + "\n"


def _readme(assignment: Assignment) -> str:
    due = assignment.due.strftime("%A, %d %B %Y, %H:%M %Z") if assignment.due else "when your teacher says"
    template = Template((ASSETS / "README.md.txt").read_text(encoding="utf-8"))
    return template.substitute(title=assignment.title, name=assignment.name, due=due)


def _notebook(assignment: Assignment, script: Script) -> str:
    """The starter as a notebook without outputs, with a cell to check each function below the cell it is written in."""
    notebook = read_percent(script.starter, assignment.script)
    import nbformat

    notebook.metadata = {key: notebook.metadata[key] for key in _KEPT if key in notebook.metadata}
    notebook.metadata["title"] = assignment.title
    notebook.metadata["jaxstudy_homework"] = assignment.name
    names = [region.name for region in script.regions if region.name]
    notebook.cells = list(_with_checks(notebook.cells, list(dict.fromkeys(names))))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return text + "\n"


def _with_checks(cells: list[Any], names: list[str]) -> list[Any]:
    from nbformat.v4 import new_code_cell

    made: list[Any] = []
    load = new_code_cell("%load_ext jaxstudy", id="load-the-checks", metadata={})
    for number, cell in enumerate(cells, 1):
        cell.metadata = {}
        cell["id"] = f"cell-{number}"
        made.append(cell)
        if load is not None and (cell.cell_type == "code" or number == 1):
            made.append(load)
            load = None
        if cell.cell_type == "code":
            here = [name for name in names if re.search(rf"^(def|class) {name}\b", cell.source, re.MULTILINE)]
            made += [new_code_cell(f"%check {name}", id=f"check-{slug(name)}", metadata={}) for name in here]
    return made
