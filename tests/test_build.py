"""`build` as people meet it: real processes, real kernels, real files; killed, stopped and doubled."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from conftest import HEADER
from jaxstudy.build.lectures import Options, Result, Targets, build_lectures
from jaxstudy.build.notebook import attendee_notebook
from jaxstudy.course import Course, Lecture, load_course
from jaxstudy.course.starting import new_lecture
from jaxstudy.errors import FoundWanting

Write = Callable[..., Path]
Read = Callable[..., Lecture]


def build(course: Course, *paths: Path, size: str = "smoke") -> list[Result]:
    return build_lectures(course, list(paths), Options(size))


def jaxstudy(course: Course, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jaxstudy", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=course.root, start_new_session=True, **pipes)  # type: ignore[call-overload,no-any-return]


def processes_in(folder: Path) -> list[int]:
    """Living processes that work in a folder: a build, its kernels, whatever they left behind."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = (process / "cwd").resolve().is_relative_to(folder)
            living = (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            continue
        if inside and living and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_new_lecture_builds_then_an_unchanged_build_writes_nothing(course: Course) -> None:
    path = new_lecture(course, "01_first")
    course = load_course()
    (first,) = build(course, path)
    assert first.ran == first.steps == 3
    targets = Targets.of(course, path)
    written = {file: file.stat().st_mtime_ns for file in targets.wanted(pdf=False)}
    (second,) = build(course, path)
    assert (second.ran, second.steps) == (0, 3)
    assert {file: file.stat().st_mtime_ns for file in written} == written


def test_a_prose_edit_runs_no_cell_and_reaches_every_output(course: Course) -> None:
    path = new_lecture(course, "01_first")
    build(course, path)
    path.write_text(path.read_text().replace("A question first", "A better question"))
    (again,) = build(course, path)
    assert again.ran == 0
    for file in Targets.of(course, path).wanted(pdf=False):
        assert "A better question" in file.read_text(encoding="utf-8"), file


def test_an_output_that_was_changed_or_removed_is_made_again(course: Course) -> None:
    path = new_lecture(course, "01_first")
    build(course, path)
    targets = Targets.of(course, path)
    good = targets.deck.read_bytes()
    targets.deck.write_bytes(b"scribbled over")
    targets.plain.unlink()
    build(course, path)
    assert targets.deck.read_bytes() == good and targets.plain.is_file()


def test_a_failing_lecture_does_not_stop_the_others_and_all_failures_are_told(course: Course, script: Write) -> None:
    good = new_lecture(course, "01_first")
    bad = script("# %%\n1 / 0\n", name="02_bad.py")
    worse = script('# %% tags=["lve"]\n1\n', name="03_worse.py")
    with pytest.raises(FoundWanting) as caught:
        build(course, good, bad, worse)
    assert Targets.of(course, good).deck.is_file()
    assert not Targets.of(course, bad).deck.is_file()
    told = str(caught.value)
    assert "02_bad.py:9" in told and "ZeroDivisionError" in told and "'lve' (did you mean 'live'?)" in told


SLOW = """
# %% [markdown]
# ## Slow

# %%
from pathlib import Path
import time
print("first")

# %%
Path("reached").touch()
time.sleep(0 if Path("go").exists() else 600)
print("second")
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_killed_leaves_no_process_and_the_next_one_is_right(
    course: Course, script: Write, how: signal.Signals
) -> None:
    path = script(SLOW)
    process = jaxstudy(course, "build", "01")
    wait_for((course.root / "lectures" / "reached").exists)
    assert len(processes_in(course.root)) >= 2  # the build and the kernel
    process.send_signal(how)
    process.communicate(timeout=20)
    assert process.returncode != 0
    wait_for(lambda: processes_in(course.root) == [], 15)
    assert not Targets.of(course, path).deck.exists()
    assert not list(course.root.rglob(".*.html*"))
    (course.root / "lectures" / "go").touch()
    (result,) = build(load_course(), path)
    assert result.ran == 2
    notebook = nbformat.read(Targets.of(course, path).executed, as_version=4)
    assert [cell.outputs[0].text for cell in notebook.cells if cell.get("outputs")] == ["first\n", "second\n"]


def test_several_lectures_at_once_on_plain_kernels_all_build(course: Course) -> None:
    paths = [new_lecture(course, f"0{number}_part{number}") for number in range(1, 5)]
    results = build_lectures(course, paths, Options(warm=False, jobs=4))
    assert [result.ran for result in results] == [3, 3, 3, 3]


def test_two_builds_at_once_give_what_one_gives(course: Course) -> None:
    path = new_lecture(course, "01_first")
    both = [jaxstudy(course, "build", "01") for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    alone = {file: file.read_bytes() for file in Targets.of(course, path).wanted(pdf=False)}
    (course.build / "made" / "01_first.json").unlink()
    build(course, path)
    assert {file: file.read_bytes() for file in alone} == alone


def test_the_attendees_notebook_runs_alone_in_an_empty_folder(course: Course, lecture: Read, tmp_path: Path) -> None:
    (course.root / "snippets").mkdir()
    (course.root / "snippets" / "__init__.py").write_text("")
    (course.root / "snippets" / "sums.py").write_text('"""Sums."""\n\n\ndef double(x):\n    return 2 * x\n')
    body = """
    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Use it
    # %% [markdown] slideshow={"slide_type": "notes"}
    # Secret words for the presenter.
    # %%
    import jax.numpy as jnp
    from snippets.sums import double
    print(double(jnp.arange(2)))
    # %% tags=["remove-cell"]
    print("plumbing")
    """
    notebook = attendee_notebook(course, lecture(body), None)
    text = nbformat.writes(notebook)
    assert "Secret words" not in text and "plumbing" not in text
    assert 'needs = [\\"jax>=0.10\\"]' in text and "%%writefile snippets/sums.py" in text
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "n.ipynb").write_text(text)
    command = ["jupyter", "nbconvert", "--execute", "--to", "notebook", "--inplace", "n.ipynb"]
    environment = {**os.environ, "PYTHONPATH": ""}
    subprocess.run([sys.executable, "-m", *command], cwd=alone, env=environment, check=True, capture_output=True)
    assert "[0 2]" in (alone / "n.ipynb").read_text()
    assert (alone / "snippets" / "sums.py").read_text() == (course.root / "snippets" / "sums.py").read_text()


def test_resources_for_after_appear_once_the_lectures_day_has_passed(course: Course, lecture: Read) -> None:
    (course.root / "course.toml").write_text("start = 2026-01-12\n")
    links = 'week: 1\n#     resources:\n#       - {title: Now, url: "https://a.example"}\n'
    links += '#       - {title: Later, url: "https://b.example", release: after}'
    found = lecture("# %%\n1\n", header=HEADER.replace("title: Small", links))
    dated = load_course()
    day = datetime.date(2026, 1, 12)
    on_the_day = nbformat.writes(attendee_notebook(dated, found, None, today=day))
    next_day = nbformat.writes(attendee_notebook(dated, found, None, today=day + datetime.timedelta(days=1)))
    assert "Now" in on_the_day and "Later" not in on_the_day
    assert "Later" in next_day


def test_the_command_line_tells_bad_input_from_failed_work(course: Course, script: Write) -> None:
    script("# %%\n1 / 0\n")
    failed = jaxstudy(course, "build", "01")
    out, err = failed.communicate(timeout=60)
    assert failed.returncode == 1 and "On the slide" in err and "ZeroDivisionError" in err, out
    wrong = jaxstudy(course, "build", "09")
    _, err = wrong.communicate(timeout=60)
    assert wrong.returncode == 2 and "expected the number, name or path of a lecture" in err
    assert "Traceback" not in err


def test_the_record_of_a_build_is_not_trusted_when_it_was_tampered_with(course: Course) -> None:
    path = new_lecture(course, "01_first")
    build(course, path)
    record = course.build / "made" / "01_first.json"
    seal, _, body = record.read_bytes().partition(b"\n")
    record.write_bytes(seal + b"\n" + json.dumps({**json.loads(body), "steps": 99}).encode())
    (again,) = build(course, path)
    assert again.steps == 3
