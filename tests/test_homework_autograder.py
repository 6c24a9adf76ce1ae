"""The autograder for Gradescope and the template for GitHub Classroom, unpacked and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from classes import HALF, RIGHT, homework_in, notebook
from jaxstudy.homework.assignment import load_assignment
from jaxstudy.homework.autograder import Autograders, write_autograders


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Autograders:
    top = tmp_path_factory.mktemp("autograder")
    return write_autograders(load_assignment(homework_in(top / "homework")), top / "out")


@pytest.fixture(scope="module")
def root(made: Autograders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gradescope's /autograder, but for the environment that setup.sh makes there."""
    top = tmp_path_factory.mktemp("root")
    subprocess.run(["unzip", "-q", str(made.gradescope), "-d", str(top / "source")], check=True)
    (top / "submission").mkdir()
    return top


def run(root: Path, python: str = sys.executable) -> dict[str, object]:
    for path in (root / "submission").iterdir():
        path.touch()
    environment = {**os.environ, "AUTOGRADER_ROOT": str(root), "JAXSTUDY_PYTHON": python}
    subprocess.run(
        [str(root / "source" / "run_autograder")], env=environment, check=True, capture_output=True, timeout=120
    )
    return dict(json.loads((root / "results" / "results.json").read_text()))


def hand_in(root: Path, **files: str) -> None:
    for path in (root / "submission").iterdir():
        path.unlink()
    for name, content in files.items():
        (root / "submission" / name.replace("__", ".")).write_text(content)


def test_run_autograder_writes_the_results_that_gradescope_reads(root: Path) -> None:
    hand_in(root, **{"01_two__ipynb": notebook(HALF), "helper__py": RIGHT})
    data = run(root)
    assert data["score"] == 3.0
    tests = data["tests"]
    assert isinstance(tests, list) and [test["status"] for test in tests] == ["passed", "failed", "passed"]
    assert [test["visibility"] for test in tests] == ["visible", "visible", "after_published"]


def test_what_cannot_be_read_gets_zero_and_the_reason(root: Path) -> None:
    hand_in(root, essay__pdf="%PDF")
    data = run(root)
    assert data["score"] == 0 and "essay.pdf is a .pdf file" in str(data["output"])
    hand_in(root)
    assert "nothing was handed in" in str(run(root)["output"])


def test_a_broken_autograder_blames_itself_and_never_leaves_gradescope_without_results(root: Path) -> None:
    hand_in(root, work__py=RIGHT)
    data = run(root, python="/bin/false")
    assert data["score"] == 0 and "not your fault" in str(data["output"])


def test_the_wheel_inside_installs_and_runs(made: Autograders, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.gradescope) as archive:
        (wheel,) = (name for name in archive.namelist() if name.endswith(".whl"))
        archive.extract(wheel, tmp_path)
        assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111 == 0o111
        assert "homework/01_two/hidden.py" in archive.namelist()
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(tmp_path / "site")]
    subprocess.run([*pip, str(tmp_path / wheel)], check=True, capture_output=True)
    code = "import jaxstudy, jaxstudy.homework.grading as g; print(jaxstudy.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path / "site"))


def test_the_scripts_are_valid_shell(root: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(root / "source" / name)], check=True)


def test_the_classroom_template_runs_the_shown_checks_and_holds_nothing_hidden(made: Autograders) -> None:
    with zipfile.ZipFile(made.classroom) as archive:
        names = archive.namelist()
        workflow = yaml.safe_load(archive.read(".github/workflows/checks.yml"))
        steps = workflow["jobs"]["checks"]["steps"]
        assert steps[-1]["run"] == "jaxstudy homework check 01_two.ipynb" and "01_two.ipynb" in names
        own = [name for name in names if not name.endswith(".whl")]
        assert not any("hidden" in name for name in own)
        for name in own:
            assert b"doubles matrices too" not in archive.read(name) and b"BEGIN SOLUTION" not in archive.read(name)
