"""Files in a course's `lectures/` that look like lectures and are taken for none, each with the reason."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from jaxstudy.course.config import Course

_NUMBERED = re.compile(r"^\d")
_MARKER = re.compile(rb"^#\s*%%(\s|$)|^#\s*jupytext:|^#\s*In\[[0-9 ]*\]:", re.MULTILINE)
_NOTEBOOK_IN_MARKDOWN = re.compile(rb"^(jupytext|jupyter|kernelspec|file_format):|^```+\s*\{code-cell\}", re.MULTILINE)
_OTHER_NOTEBOOKS = {
    ".qmd": "quarto convert {}",
    ".rmd": "jupytext --to py:percent {}",
    ".markdown": "jupytext --to py:percent {}",
}
"""Suffix → what makes a file of it that is read."""
_PLAIN_TEXT = (".txt", ".text", ".pyw", ".r", ".jl", "")
_READ_BYTES = 65_536
_SHOWN = 3
_PLACE = "lectures stand in lectures/ itself"


def untaken(course: Course) -> list[str]:
    """One line for each file that looks like a lecture and is none, and for each folder with such files.

    Modules that a lecture imports, pictures, data, hidden files and plain Markdown (a README) are left out.
    """
    folder = course.root / "lectures"
    taken = set(course.lectures)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    found: list[str] = []
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith((".", "_")) or path in taken:
            continue
        if entry.is_dir():
            found += _in_folder(path)
        elif reason := _reason(path, course):
            found.append(f"lectures/{entry.name} is not taken for a lecture: {reason}")
    return found


def _reason(path: Path, course: Course) -> str:
    """Why a file that looks like a lecture is none; empty for a file that does not look like one."""
    suffix, numbered = path.suffix, _NUMBERED.match(path.name) is not None
    if suffix in (".py", ".ipynb", ".md"):
        same = next((lecture.name for lecture in course.lectures if lecture.stem == path.stem), None)
        if numbered:
            return f"{same} has the same number and name, and is taken" if same else ""
        looks = suffix == ".ipynb" or _holds(path, _MARKER if suffix == ".py" else _NOTEBOOK_IN_MARKDOWN)
        if not looks or (suffix == ".py" and _is_imported(path.stem, course)):
            return ""
        return f"its name starts with no number; call it 01_{path.stem}{suffix}, say"
    if suffix.lower() in (".py", ".ipynb", ".md"):
        return f"write {suffix.lower()} in small letters"
    if suffix.lower() in _OTHER_NOTEBOOKS:
        return f"{suffix} is not read; convert it: {_OTHER_NOTEBOOKS[suffix.lower()].format(path.name)}"
    if suffix.lower() in _PLAIN_TEXT and _holds(path, _MARKER):
        return "it holds cells, but its name does not end in .py"
    return ""


def _in_folder(folder: Path) -> Iterator[str]:
    """A line on a folder in which files look like lectures by their names; nothing is read."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    except OSError:
        return
    looking = [name for name in names if _looks_by_name(name)]
    if looking:
        more = f" and {len(looking) - _SHOWN} more" if len(looking) > _SHOWN else ""
        shown = ", ".join(looking[:_SHOWN])
        yield f"lectures/{folder.name}/ is not searched ({shown}{more}): {_PLACE}"


def _looks_by_name(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return suffix in (".ipynb", *_OTHER_NOTEBOOKS) or (suffix in (".py", ".md") and _NUMBERED.match(name) is not None)


def _holds(path: Path, pattern: re.Pattern[bytes], whole: bool = False) -> bool:
    try:
        with path.open("rb") as file:
            return pattern.search(file.read(-1 if whole else _READ_BYTES)) is not None
    except OSError:
        return False


def _is_imported(module: str, course: Course) -> bool:
    """Whether a lecture names the module in a line that imports."""
    line = re.compile(rb"\b(?:from|import)\s[^\n]*\b" + re.escape(module.encode()) + rb"\b")
    return any(_holds(path, line, whole=True) for path in course.lectures)
