"""The lectures of this course: every one runs, proves what it says, and works in an attendee's hands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from conftest import REPOSITORY
from jaxstudy.build.lint import lint
from jaxstudy.build.notebook import attendee_notebook
from jaxstudy.course import load_course, read_lecture
from jaxstudy.course.concepts import check_concepts

COURSE = load_course(REPOSITORY)


@pytest.mark.parametrize("path", COURSE.lectures, ids=lambda path: path.stem)
def test_the_attendees_notebook_runs_top_to_bottom_with_only_its_own_cells(path: Path, tmp_path: Path) -> None:
    """In an empty folder and a plain kernel: no course around it, nothing pre-imported."""
    notebook = attendee_notebook(COURSE, read_lecture(path), None)
    (tmp_path / "lecture.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--execute",
        "--inplace",
        "--to",
        "notebook",
        "lecture.ipynb",
    ]
    # Cells may not rely on names that only a warm kernel has, nor on this repository being importable.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    done = subprocess.run(command, cwd=tmp_path, env={**environment, "PYTHONPATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    ran = nbformat.read(tmp_path / "lecture.ipynb", as_version=4)
    raised = [out.ename for cell in ran.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert len(raised) == sum(step.must_raise for step in read_lecture(path))


@pytest.mark.parametrize("path", COURSE.lectures, ids=lambda path: path.stem)
def test_the_lecture_keeps_the_house_rules(path: Path) -> None:
    assert [str(problem) for problem in lint(read_lecture(path))] == []


def test_concepts_are_introduced_once_and_revisited_later() -> None:
    assert [str(problem) for problem in check_concepts([read_lecture(path) for path in COURSE.lectures])] == []
