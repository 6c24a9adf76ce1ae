"""The lectures of this course: every one runs, proves what it says, and works in an attendee's hands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from conftest import REPOSITORY
from jaxstudy.build.lint import lint
from jaxstudy.build.notebook import attendee_notebook
from jaxstudy.course import load_course, read_lecture
from jaxstudy.course.concepts import check_concepts

COURSE = load_course(REPOSITORY)
LECTURES = pytest.mark.parametrize("path", COURSE.lectures, ids=lambda path: path.stem)
Runs = dict[Path, Future[tuple[subprocess.CompletedProcess[str], Path]]]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The notebooks that are asked for, two at a time: tracing and compiling, most of a lecture, keep one core busy."""
    asked = {item.callspec.params["path"]: None for item in request.session.items if "runs" in item.fixturenames}
    with ThreadPoolExecutor(2) as pool:
        yield {path: pool.submit(run_alone, path, tmp_path_factory.mktemp(path.stem)) for path in asked}
        pool.shutdown(cancel_futures=True)


def run_alone(path: Path, folder: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    """In an empty folder and a plain kernel: no course around it, nothing pre-imported."""
    notebook = folder / "lecture.ipynb"
    notebook.write_text(nbformat.writes(attendee_notebook(COURSE, read_lecture(path), None)), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--execute",
        "--inplace",
        "--to",
        "notebook",
        notebook.name,
    ]
    # Cells may not rely on names that only a warm kernel has, nor on this repository being importable.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    environment["PYTHONPATH"] = ""
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True), notebook


@LECTURES
def test_the_attendees_notebook_runs_top_to_bottom_with_only_its_own_cells(path: Path, runs: Runs) -> None:
    done, notebook = runs[path].result()
    assert done.returncode == 0, done.stderr[-2000:]
    ran = nbformat.read(notebook, as_version=4)
    raised = [out.ename for cell in ran.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert len(raised) == sum(step.must_raise for step in read_lecture(path))


@LECTURES
def test_the_lecture_keeps_the_house_rules(path: Path) -> None:
    assert [str(problem) for problem in lint(read_lecture(path))] == []


def test_concepts_are_introduced_once_and_revisited_later() -> None:
    assert [str(problem) for problem in check_concepts([read_lecture(path) for path in COURSE.lectures])] == []
