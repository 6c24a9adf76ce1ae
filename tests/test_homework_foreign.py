"""Work that comes from, or goes to, people with other habits: their tools' marks, their files, their misplaced answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from graders import small_homework
from jaxstudy.course import Course
from jaxstudy.errors import InputError
from jaxstudy.homework.assignment import load_assignment
from jaxstudy.homework.bundle import bundle
from jaxstudy.homework.gathering import gather
from jaxstudy.homework.grading import Grader
from jaxstudy.homework.own_check import own_check
from jaxstudy.homework.release import release, student_files
from jaxstudy.homework.starting import new_homework
from jaxstudy.homework.trying import OwnProcess
from jaxstudy.homework.verify import verify

MARKS = {
    "nbgrader's hidden tests": "# %%\n### BEGIN HIDDEN TESTS\nassert 1\n### END HIDDEN TESTS",
    "nbgrader's solution, spelt its way": "# %%\n### BEGIN SOLUTION\nq = 1\n### END SOLUTION",
    "nbgrader's mark scheme": "# %% [markdown]\n# === BEGIN MARK SCHEME ===\n# a point\n# === END MARK SCHEME ===",
    "nbgrader's solution cell": '# %% nbgrader={"grade": false, "grade_id": "a", "solution": true}\nq = 1',
    "nbgrader's graded test": '# %% nbgrader={"grade": true, "grade_id": "t", "points": 1}\nassert 1',
    "nbgrader's written answer": '# %% [markdown] nbgrader={"grade": true, "points": 2, "solution": true}\n# Zero.',
    "nbgrader's autotest": "# %%\n### AUTOTEST f(3)",
    "otter at the end of a line": "# %%\nq = 5 # SOLUTION",
    "otter without a prompt": "# %%\n# BEGIN SOLUTION NO PROMPT\nq = 6\n# END SOLUTION",
    "otter's line without a prompt": "# %%\nq = 6  # SOLUTION NO PROMPT",
    "otter's hidden test": "# %%\nassert True # HIDDEN",
    "otter's test cell": "# %%\n# HIDDEN\nassert True",
    "otter's question": "# %% [raw]\n# # BEGIN QUESTION\n# name: q1\n",
    "otter's prompt in a string": '# %%\n""" # BEGIN PROMPT\nq = ...\n""" # END PROMPT',
    "otter's settings": "# %% [raw]\n# # ASSIGNMENT CONFIG\n# name: hw\n",
    "a setting": "# %%\n# hidden: true\nassert True",
    "a misspelt mark": "# %%\n# BEGIN SOULTION\nq = 1\n# END SOULTION",
    "a label in bold": "# %% [markdown]\n# **Solution:** it is zero",
    "a heading": "# %% [markdown]\n# ### Sample solution\n#\n# It is zero.",
    "a block of Quarto's": "# %% [markdown]\n# ::: {.solution}\n# zero\n# :::",
    "a directive of MyST's": "# %% [markdown]\n# ```{solution} one\n# zero\n# ```",
    "Quarto's option": "# %%\n#| solution: true\nq = 1",
    "a tag": '# %% tags=["solution"]\nq = 3',
    "a tag that hides": '# %% tags=["hidden-tests"]\nassert 1',
    "PrairieLearn's graded cell": "# %%\n#grade\nassert 1",
}
NO_MARKS = """
# %% [markdown]
# The solution of the equation is hidden in the mask. Begin with the test; end with questions.
#
# ## Questions
#
# **Answer:** write it here. [Solutions of ODEs](https://example.org), `{"solution": 1}`.

# %%
hidden = 128  # hidden units
solutions = []  # solution of each step
# solution of the ODE by Euler's method
begin, end = 0, 1  # begin and end of the test
TESTS = {"hidden": True}
"""


def append(folder: Path, text: str) -> None:
    script = folder / "assignment.py"
    script.write_text(script.read_text() + "\n" + text + "\n")


@pytest.fixture
def homework(course: Course) -> Path:
    return new_homework(course.root, "07_masks")


@pytest.mark.parametrize("name", MARKS)
def test_another_tools_mark_stops_the_release_with_its_line(name: str, homework: Path, tmp_path: Path) -> None:
    before = (homework / "assignment.py").read_text().count("\n") + 1
    append(homework, MARKS[name])
    with pytest.raises(InputError) as caught:
        release(load_assignment(homework), tmp_path / "out")
    lines = {problem.line for problem in caught.value.problems}
    assert lines & set(range(before, before + 8)), str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_mark_in_the_shown_checks_stops_it_too(homework: Path) -> None:
    checks = homework / "checks.py"
    checks.write_text(checks.read_text() + "\n    # HIDDEN\n")
    with pytest.raises(InputError, match=rf"checks\.py:{checks.read_text().count(chr(10))}: "):
        student_files(load_assignment(homework))


def test_ordinary_words_are_no_marks(homework: Path) -> None:
    append(homework, NO_MARKS)
    assert "07_masks.ipynb" in student_files(load_assignment(homework))


def test_files_that_the_assignment_names_go_along_and_the_others_stay(homework: Path, tmp_path: Path) -> None:
    for name in ("data/d.csv", "tree one.png", "helper.py", "more/deep/e.txt", "answers.csv", "data_hidden.npz"):
        (homework / name).parent.mkdir(parents=True, exist_ok=True)
        (homework / name).write_text("1,2,3")
    (homework / "helper.py").write_text("def three():\n    return 3\n")
    append(homework, "# %% [markdown]\n# ![a tree](tree%20one.png) and [text](more/deep/e.txt)")
    given = "from helper import three\nfrom pathlib import Path\nDATA = (Path('data') / 'd.csv').read_text()\n"
    script = homework / "assignment.py"
    script.write_text(script.read_text().replace("import jax.numpy as jnp\n", f"import jax.numpy as jnp\n{given}", 1))
    made = release(load_assignment(homework), tmp_path / "out")
    names = {path.relative_to(made.folder).as_posix() for path in made.files}
    assert {"data/d.csv", "tree one.png", "helper.py", "more/deep/e.txt"} <= names
    assert made.left == ("answers.csv", "data_hidden.npz") and not names & set(made.left)

    # And whoever runs it finds them: the author, the student, the grader.
    assignment = load_assignment(homework)
    with OwnProcess(assignment) as runner:
        assert verify(assignment, runner, [(c.id, c.functions) for c in runner.checks], rounds=1).points == 4
    work = made.folder / "07_masks.py"
    solution = (
        "    assert three() == 3 and DATA\n    return jnp.sum(jnp.where(mask, x, 0)) / jnp.maximum(jnp.sum(mask), 1)"
    )
    text = work.read_text().replace('    raise NotImplementedError("masked_mean: your turn")', solution)
    work.write_text(text)
    assert all(result.status == "passed" for result in own_check(made.folder, work).run())
    with Grader(assignment, seed=1) as grader:
        result = grader.grade(text, "ada")
    assert result.earned == 4, [check.message for check in result.checks]


def test_a_missing_picture_and_a_link_to_what_is_secret_are_named_with_their_lines(homework: Path) -> None:
    first = (homework / "assignment.py").read_text().count("\n") + 2
    append(
        homework, "# %% [markdown]\n# ![a tree](tree.png)\n#\n# [more](hidden.py) and [the site](https://x.org/y.png)"
    )
    with pytest.raises(InputError) as caught:
        student_files(load_assignment(homework))
    told = [(problem.line, problem.got) for problem in caught.value.problems]
    assert told == [(first + 1, "no tree.png"), (first + 3, "hidden.py")]


COMMENTS = """import jax.numpy as jnp

# copy the data before you change it
# why?
# !important: keep
data = jnp.arange(6.0)  # (N,)
"""


def test_a_comment_that_looks_like_a_command_costs_nobody_a_point_in_either_format(
    homework: Path, tmp_path: Path
) -> None:
    script = homework / "assignment.py"
    script.write_text(script.read_text().replace("import jax.numpy as jnp\n", COMMENTS, 1))
    files = student_files(load_assignment(homework))
    notebook = json.loads(files["07_masks.ipynb"])
    given = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    for comment in ("# copy the data before you change it", "# why?", "# !important: keep"):
        assert f"\n{comment}\n" in given
    assert b"# why?" in files["07_masks.py"]


def test_verify_tries_the_notebook_as_well_as_the_script(tmp_path: Path) -> None:
    assignment = small_homework(tmp_path / "07_three")
    with OwnProcess(assignment) as runner:
        told: list[str] = []
        found = verify(
            assignment,
            runner,
            [(c.id, c.functions) for c in runner.checks],
            rounds=1,
            on_event=lambda e: told.append(e.what),
        )
    assert "as a notebook" in told and found.points == 4


GOOD = "import jax.numpy as jnp\ndef double(x):\n    return 2 * x\ndef total(x):\n    return jnp.sum(x)\ndef third(x):\n    return x / 3\n"


def notebook(*cells: Any, **top: Any) -> bytes:
    made = [cell if isinstance(cell, dict) else {"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made, **top}).encode()


ODD_FILES = {
    "plain.py": (GOOD.encode(), True),
    "bom.py": (b"\xef\xbb\xbf" + GOOD.encode(), True),
    "crlf.py": (GOOD.replace("\n", "\r\n").encode(), True),
    "old_mac.py": (GOOD.replace("\n", "\r").encode(), True),
    "wide.py": (GOOD.encode("utf-16"), True),
    "latin.py": (b"# caf\xe9\n" + GOOD.encode(), True),
    "nul.py": (GOOD.encode() + b"\0", True),
    "binary.py": (GOOD.encode() + b"\0" * 100, False),
    "latin.ipynb": (notebook("# x").replace(b"x", b"\xe9"), False),
    "empty.py": (b"\n \n", False),
    "large.py": (GOOD.encode() + b"#" * 10_000_000, False),
    "much_code.py": (GOOD.encode() + b"#" * 4_000_000, False),
    "code_but_fine.py": (GOOD.encode() + b"#" * 2_000_000, True),
    "figures.ipynb": (notebook({"cell_type": "code", "source": GOOD, "outputs": ["x" * 8_000_000]}), True),
    "syntax.py": (GOOD.encode() + b"\n\ndef broken(:\n", True),
    "lists.ipynb": (notebook(GOOD.splitlines(keepends=True)), True),
    "crlf.ipynb": (notebook(GOOD.replace("\n", "\r\n")), True),
    "null_metadata.ipynb": (notebook({"cell_type": "code", "source": GOOD, "metadata": None}), True),
    "colab.ipynb": (
        notebook({"cell_type": "code", "source": GOOD, "metadata": {"id": "a"}}, metadata={"colab": {}}),
        True,
    ),
    "twice.ipynb": (
        notebook({"cell_type": "code", "source": GOOD, "id": "a"}, {"cell_type": "code", "source": "", "id": "a"}),
        True,
    ),
    "magics.ipynb": (notebook("%matplotlib inline\n" + GOOD, "!ls"), True),
    "old.ipynb": (json.dumps({"nbformat": 3, "worksheets": [{"cells": []}]}).encode(), False),
    "unversioned.ipynb": (json.dumps({"cells": [{"cell_type": "code", "source": GOOD}]}).encode(), False),
    "torn.ipynb": (notebook(GOOD)[:60], False),
    "sourceless.ipynb": (notebook({"cell_type": "code"}), False),
    "prose.ipynb": (notebook({"cell_type": "markdown", "source": GOOD}), False),
    "script_by_another_name.ipynb": (GOOD.encode(), False),
    "words.txt": (GOOD.encode(), False),
}


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    with Grader(small_homework(tmp_path_factory.mktemp("odd") / "07_three"), seed=3) as started:
        yield started


def test_own_check_bundle_gathering_and_grader_take_and_refuse_the_same_files(three: Grader, tmp_path: Path) -> None:
    handed_out = release(three.assignment, tmp_path / "out").folder
    for name, (data, good) in ODD_FILES.items():
        work = handed_out / f"07_three{Path(name).suffix}"
        work.write_bytes(data)
        verdicts = {}
        for who, ask in (
            ("own check", lambda work=work: own_check(handed_out, work)),
            ("bundle", lambda work=work: bundle(work)),
            ("grader", lambda work=work: three.grade(work).unreadable),
        ):
            try:
                verdicts[who] = not (ask() if who == "grader" else ask() and "")
            except InputError as error:
                verdicts[who] = False
                assert "graded" in str(error) or "07_three.ipynb or 07_three.py" in str(error), name
        (found,) = gather(work, tmp_path / "copies", "07_three").submissions
        verdicts["gathering"] = found.file is not None
        assert verdicts == dict.fromkeys(verdicts, good), (name, verdicts)
        if good and Path(name).suffix == ".py":
            assert three.grade(work).earned == 4, name
        work.unlink()


ONLY_DOUBLE = "def double(x):\n    return 2 * x\n"
STARTER = 'def double(x):\n    raise NotImplementedError("double: your turn")\n'
MISPLACED = {
    "text cell": (
        notebook("import jax", {"cell_type": "markdown", "source": ONLY_DOUBLE}),
        "stands in a Markdown (text) cell, the 1st text cell",
    ),
    "raw cell": (notebook("import jax", "x = 1", {"cell_type": "raw", "source": ONLY_DOUBLE}), "text cell"),
    "starter copied below": (
        notebook(ONLY_DOUBLE, "x = 1", STARTER),
        "cell 1 answers it, and the starter in cell 3, below it, takes its place",
    ),
    "starter below in one cell": (notebook(ONLY_DOUBLE + "\n\n" + STARTER), "takes its place"),
    "comment": (
        notebook("# def double(x):\n#     return 2 * x"),
        "it stands in a comment (cell 1, line 1): remove the #",
    ),
    "quotes": (notebook('"""\n' + ONLY_DOUBLE + '"""'), "it stands in a text between quotes"),
    "indented": (
        notebook("def other():\n    def double(x):\n        return 2 * x"),
        "it is indented, inside of something else (cell 1, line 2)",
    ),
    "deleted": (notebook(ONLY_DOUBLE + "del double"), "it is deleted again"),
    "misspelt": (notebook("def doubel(x):\n    return 2 * x"), "did you mean 'doubel'?"),
    "cell that failed": (notebook("1 / 0\n" + ONLY_DOUBLE), "did not run: ZeroDivisionError"),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_a_misplaced_answer_is_found_and_the_student_is_told_where(name: str, three: Grader, tmp_path: Path) -> None:
    data, words = MISPLACED[name]
    folder = release(three.assignment, tmp_path / "out").folder
    work = folder / "07_three.ipynb"
    work.write_bytes(data)
    graded = next(check for check in three.grade(work).checks if check.id == "test_double")
    (own,) = (result for result in own_check(folder, work).run() if result.id == "test_double")
    for result in (graded, own):
        assert result.earned == 0 and result.status == "missing" and words in result.message, result.message


def test_an_answer_below_the_marker_of_a_text_cell_is_found_in_a_script(three: Grader) -> None:
    result = three.grade("# %%\nx = 1\n\n# %% [markdown]\n# " + ONLY_DOUBLE.replace("\n", "\n# "))
    told = next(check for check in result.checks if check.id == "test_double").message
    assert "stands in a Markdown (text) cell, cell at line 4" in told


TIMES = {
    "2030-01-19 10:00:00.000000 UTC": datetime(2030, 1, 19, 10, tzinfo=UTC),
    "2030-01-19 10:00:00": datetime(2030, 1, 19, 10, tzinfo=UTC),
    "2030-01-19T11:00:00+01:00\n": datetime(2030, 1, 19, 10, tzinfo=UTC),
    "2030-01-19 05:00:00 -0500": datetime(2030, 1, 19, 10, tzinfo=UTC),
}


def test_nbgraders_timestamp_is_the_time_that_counts(tmp_path: Path) -> None:
    for number, text in enumerate([*TIMES, "yesterday"]):
        folder = tmp_path / "submitted" / f"s{number}" / "ps1"
        folder.mkdir(parents=True)
        (folder / "problem1.ipynb").write_bytes(notebook(GOOD))
        (folder / "timestamp.txt").write_text(text)
        os.utime(folder / "problem1.ipynb", (1e9, 1e9))
    # A student's own file of that name, deeper down or on another platform, tells no time.
    own = tmp_path / "submitted" / "Ann Ray_77_assignsubmission_file_" / "ps1"
    own.mkdir(parents=True)
    (own / "problem1.ipynb").write_bytes(notebook(GOOD))
    (own / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")
    found = gather(tmp_path / "submitted", tmp_path / "copies", "07_three")
    times = {submission.student: submission.when for submission in found.submissions}
    assert [times[f"s{number}"] for number in range(len(TIMES))] == list(TIMES.values())
    assert times["s4"] == datetime.fromtimestamp(1e9, UTC) and any(
        "s4/ps1/timestamp.txt" in name for name in found.ignored
    )
    assert times["Ann Ray (77)"] != datetime(2020, 1, 1, tzinfo=UTC)
    assert all(
        "timestamp.txt" not in name
        for s in found.submissions
        if s.student in ("s0", "s1", "s2", "s3")
        for name in s.other_files
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "import numpy as np\n", "# caught by: test_masked_mean\n"])
def test_a_file_of_wrong_answers_without_any_is_one_plain_problem(text: str, homework: Path) -> None:
    (homework / "wrong.py").write_text(dedent(text))
    command = [sys.executable, "-m", "jaxstudy", "homework", "verify", "07", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=homework.parents[1], timeout=120)
    assert done.returncode == 2 and "Traceback" not in done.stderr + done.stdout
    assert "wrong.py" in done.stderr + done.stdout


def test_a_check_that_nobody_could_judge_shows_no_tick_and_no_points(tmp_path: Path) -> None:
    assignment = small_homework(tmp_path / "07_three")
    folder = release(assignment, tmp_path / "out").folder
    checks = folder / "checks.py"
    # Another input than was recorded, as when checks.py is newer than the answers beside it.
    checks.write_text(checks.read_text().replace("student.double, normal(rng, 4)", "student.double, normal(rng, 5)"))
    work = folder / "07_three.py"
    work.write_text(GOOD)
    command = [sys.executable, "-m", "jaxstudy", "homework", "check"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert "✓ third gives a third.  2/2" in done.stdout and "? double doubles.  ?/1" in done.stdout, done.stdout
    assert "1 of 2 checks hold; 1 can be judged only when it is graded" in done.stdout and "✓ double" not in done.stdout
    (unjudged,) = (result for result in own_check(folder, work).run() if result.id == "test_double")
    assert (unjudged.status, unjudged.earned) == ("unjudged", 0.0)


ASKS = """
import jaxstudy.homework.checks as kit

def test_again(student, rng):
    "Again."
    getattr(kit, "val" + "ue")(student.double, kit.normal(rng, 4))
"""


def test_a_release_records_what_its_checks_ask_whatever_their_code_looks_like(tmp_path: Path) -> None:
    assignment = small_homework(tmp_path / "07_three")
    assignment.checks.write_text(assignment.checks.read_text() + ASKS)
    folder = release(assignment, tmp_path / "out").folder
    (folder / "07_three.py").write_text(GOOD)
    assert {result.status for result in own_check(folder, folder / "07_three.py").run()} == {"passed"}
