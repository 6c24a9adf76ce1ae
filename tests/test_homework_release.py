"""What students get: solutions cut, nothing secret, and a folder that works by itself."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from conftest import REPOSITORY
from jaxstudy.course import Course
from jaxstudy.errors import InputError
from jaxstudy.homework.answering.cells import cells_of, run_cells
from jaxstudy.homework.assignment import LatePolicy, load_assignment, penalty
from jaxstudy.homework.bundle import bundle
from jaxstudy.homework.recorded import SEEDS, Recorded
from jaxstudy.homework.release import release, student_files
from jaxstudy.homework.script import read_script
from jaxstudy.homework.sources import FILE_BYTES
from jaxstudy.homework.starting import new_homework
from jaxstudy.site.homework_page import homework_pages

ALL = sorted(path.parent for path in (REPOSITORY / "homework").glob("*/assignment.toml"))
Write = Callable[[str], Path]

HEAD = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Small

# %%
import jax.numpy as jnp


"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """An assignment's script from its body."""

    def script(body: str) -> Path:
        path = tmp_path / "assignment.py"
        path.write_text(HEAD + dedent(body))
        return path

    return script


@pytest.fixture
def homework(course: Course) -> Path:
    """A fresh homework from the template."""
    return new_homework(course.root, "07_masks")


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_script(path)
    return [str(problem) for problem in caught.value.problems]


def leaks_of(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        student_files(load_assignment(folder))
    return str(caught.value)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_solution_becomes_a_line_that_says_whose_turn_it_is(write: Write) -> None:
    script = read_script(
        write('''
        # %%
        def double(x):
            """Twice x."""
            # BEGIN SOLUTION
            return 2 * x
            # END SOLUTION
        ''')
    )
    assert script.starter.endswith(
        'def double(x):\n    """Twice x."""\n    raise NotImplementedError("double: your turn")\n'
    )
    namespace: dict[str, object] = {}
    exec(script.reference, namespace)
    assert namespace["double"](3) == 6  # type: ignore[operator]


def test_the_author_s_own_starter_lines_stand_in_the_place_of_the_solution(write: Write) -> None:
    script = read_script(
        write("""
        def f(x):
            # BEGIN SOLUTION
            y = x**2
            return y + 1
            # STARTER
            # y = ...  # square x
            #
            # return y
            # END SOLUTION
        """)
    )
    assert "def f(x):\n    y = ...  # square x\n\n    return y\n" in script.starter
    assert "x**2" not in script.starter and "SOLUTION" not in script.starter


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(x):\n    # BEGIN SOLUTION\n    return x\n", "expected '# END SOLUTION' before the file ends"),
        ("def f(x):\n    return x\n    # END SOLUTION\n", "expected '# BEGIN SOLUTION' above"),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n",
            "regions can't be nested",
        ),
        ('s = """\n# BEGIN SOLUTION\n"""\n', "inside a string"),
        ("# %% [markdown]\n# # BEGIN SOLUTION\n", "in prose"),
        (
            "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    # END SOLUTION\n",
            "expected '# BEGIN SOLUTION', spelt so",
        ),
        ("def f(x):\n    return x  # BEGIN SOLUTION\n", "a marker alone on its line"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n", "a region inside a function"),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    # END SOLUTION\n    return x\n",
            "a solution in the region, got no code",
        ),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    if x:\n    # END SOLUTION\n        return 1\n",
            "Python once the region is cut",
        ),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    return x\n    # STARTER\n    return 1\n    # END SOLUTION\n",
            "comments between '# STARTER' and '# END SOLUTION'",
        ),
        ("# %%\ndef f(x):\n    # BEGIN SOLUTION\n    return x\n# %%\n    # END SOLUTION\n", "before the cell ends"),
        ("x = 1\n", "at least one solution region"),
    ],
)
def test_a_marker_that_would_cut_wrongly_is_an_error_with_its_line(write: Write, body: str, words: str) -> None:
    path = write("")
    path.write_text(HEAD + body)
    found = problems_of(path)
    assert any(words in problem for problem in found), found
    assert all("assignment.py:" in problem for problem in found)


def test_all_problems_of_a_script_are_told_at_once(write: Write) -> None:
    path = write("")
    path.write_text(HEAD + "# END SOLUTION\ndef f(x):\n    # begin solution\n    # BEGIN SOLUTION\n    return x\n")
    assert len(problems_of(path)) == 3


def test_a_solution_hidden_in_prose_checks_or_metadata_does_not_get_out(homework: Path) -> None:
    solution = "jnp.sum(jnp.where(mask, x, 0))  /  jnp.maximum(count,1)"
    replace(homework / "checks.py", "\n\n@points", f"\n# {solution}\n\n\n@points")
    assert "expected nothing of the solution of masked_mean in the release, got it in checks.py" in leaks_of(homework)
    replace(homework / "checks.py", f"# {solution}\n", "")
    replace(homework / "assignment.py", "0 where none is.", f"0 where none is.\n#\n# `{solution}`")
    found = leaks_of(homework)
    assert "got it in 07_masks.ipynb" in found and "got it in 07_masks.py" in found
    replace(homework / "assignment.py", f"#\n# `{solution}`", "")
    replace(homework / "assignment.py", "# %%\nimport", f"# %% alt='{solution}'\nimport")
    assert "got it in 07_masks" in leaks_of(homework)


def test_a_hidden_check_leaves_no_trace(homework: Path) -> None:
    assert b"edges" not in b"".join(student_files(load_assignment(homework)).values())
    replace(homework / "checks.py", "No secrets", "See test_masked_mean_at_the_edges")
    assert "nothing of hidden checks in the release, got it in checks.py" in leaks_of(homework)


def test_a_release_that_would_leak_writes_nothing(homework: Path, tmp_path: Path) -> None:
    replace(homework / "checks.py", "No secrets", "See test_masked_mean_at_the_edges")
    with pytest.raises(InputError):
        release(load_assignment(homework), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_released_notebook_is_bare_and_offers_a_check_below_each_function(homework: Path) -> None:
    files = student_files(load_assignment(homework))
    notebook = json.loads(files["07_masks.ipynb"])
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code[0] == "%load_ext jaxstudy"
    place = next(number for number, source in enumerate(code) if source.startswith("def masked_mean"))
    assert code[place + 1] == "%check masked_mean" and "your turn" in code[place]
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    assert set(notebook["metadata"]) == {"kernelspec", "title", "jaxstudy_homework"}
    assert files == student_files(load_assignment(homework))  # the same bytes each time


def test_settings_are_judged_all_at_once(homework: Path) -> None:
    settings = homework / "assignment.toml"
    settings.write_text('titel = "x"\ndue = 2027-01-01\n[limits]\ncall_seconds = 0\n[late]\ndays = "two"\n')
    with pytest.raises(InputError) as caught:
        load_assignment(homework)
    text = str(caught.value)
    for words in ("did you mean 'title'?", "a date and time with a time zone", "call_seconds = 10", "days = 10"):
        assert words in text
    assert "assignment.toml:2" in text


def test_lateness_costs_what_the_policy_says() -> None:
    policy = LatePolicy(grace_minutes=15, percent_per_day=10, days=7)
    day = 86400
    assert penalty(policy, 20, 0) == penalty(policy, 20, -5) == penalty(policy, 20, 900) == 0
    assert penalty(policy, 20, 901) == 2 and penalty(policy, 20, 900 + day) == 2 and penalty(policy, 20, 901 + day) == 4
    assert penalty(policy, 20, 901 + 7 * day) == 20
    assert penalty(LatePolicy(), 20, 99 * day) == 0 and penalty(policy, 0, 99 * day) == 0
    assert penalty(LatePolicy(percent_per_day=60), 10, 3 * day) == 10


@pytest.mark.parametrize("folder", ALL, ids=lambda path: path.name)
def test_every_homework_releases_without_a_leak_and_its_starter_runs(folder: Path) -> None:
    assignment = load_assignment(folder)
    files = student_files(assignment)
    assert run_cells(cells_of(files[f"{assignment.name}.py"].decode()))[1] == []
    assert len(files["README.md"].splitlines()) == 3


def test_a_student_checks_and_bundles_a_released_folder(homework: Path, tmp_path: Path) -> None:
    made = release(load_assignment(homework), tmp_path / "mine")
    work = tmp_path / "mine" / "07_masks.py"
    replace(work, 'raise NotImplementedError("masked_mean: your turn")', "return x[mask].mean()")
    checked = subprocess.run(
        [sys.executable, "-m", "jaxstudy", "homework", "check", "07_masks.py"],
        cwd=made.folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 1 and "a shape that depends on values" in checked.stdout
    packed = bundle(work)
    with zipfile.ZipFile(io.BytesIO(packed.path.read_bytes())) as archive:
        assert archive.namelist() == ["07_masks.py", "bundle.json"] == [name for name, _ in packed.entries]
        assert archive.read("07_masks.py") == work.read_bytes()
        assert json.loads(archive.read("bundle.json"))["homework"] == "07_masks"
    assert packed.waiting == () and packed.other == work.with_suffix(".ipynb")
    assert bundle(work.with_suffix(".ipynb")).waiting == ("masked_mean",)


def test_a_check_that_asks_the_reference_nothing_is_run_once_and_needs_no_answer(
    homework: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    with (homework / "checks.py").open("a") as checks:
        checks.write(
            "\n\ndef test_long(student):\n    'It learns.'\n"
            f"    with open({str(ran)!r}, 'a') as calls:\n        calls.write('x')\n"
            "    assert student.masked_mean\n"
            "\n\ndef test_as_reference(student, reference, rng):\n    'As the reference.'\n    x = normal(rng, 3)\n"
            "    reference.masked_mean(x, x > -9)\n"
        )
    made = release(load_assignment(homework), tmp_path / "mine")
    answers = Recorded((made.folder / "checks.answers").read_bytes())
    assert answers.seeds == SEEDS and len(answers._answers) == 3 and ran.read_text() == "x"


def test_pytorchs_outputs_come_with_homework_06_so_that_its_check_needs_no_pytorch(tmp_path: Path) -> None:
    folder = REPOSITORY / "homework" / "06_unet"
    made = release(load_assignment(folder), tmp_path / "mine")
    shutil.copy(folder / "assignment.py", made.folder / "06_unet.py")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "torch.py").write_text("raise ImportError('not here')\n")
    checked = subprocess.run(
        [sys.executable, "-m", "jaxstudy", "homework", "check", "06_unet.py", "--only", "port_unet"],
        cwd=made.folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "none")},
    )
    assert checked.returncode == 0 and "✓ port_unet's parameters" in checked.stdout, checked.stdout + checked.stderr
    assert "Not judged" not in checked.stdout


def test_a_bundle_refuses_what_does_not_belong(homework: Path, tmp_path: Path) -> None:
    made = release(load_assignment(homework), tmp_path / "mine")
    work = made.folder / "07_masks.py"
    (made.folder / "checks.py").write_text("def test_all():\n    'All is well.'\n")
    work.write_text("#" * (FILE_BYTES + 1))
    with pytest.raises(InputError) as caught:
        bundle(work)
    assert "checks.py as it was handed out, got another" in str(caught.value) and "clear the outputs" in str(
        caught.value
    )
    assert not work.with_suffix(".zip").exists()
    with pytest.raises(InputError, match=r"07_masks\.ipynb or 07_masks\.py, got other\.py"):
        bundle(made.folder / "other.py")
    with pytest.raises(InputError, match=r"homework\.json beside"):
        bundle(tmp_path / "07_masks.py")


def test_the_site_has_a_page_for_released_homework_only_and_no_secret_on_it(course: Course, homework: Path) -> None:
    assert homework_pages(course) == []  # a new homework is held back
    replace(homework / "assignment.toml", "released = false", "released = true")
    (page,) = homework_pages(course)
    assert "4 points" in page.text and "`masked_mean`: The mean of x where mask is true, else 0\n" in page.text
    assert "1 more when it is graded" in page.text and page.link("../").url == "../homework/07_masks.md"
    with zipfile.ZipFile(io.BytesIO(page.files["07_masks-homework.zip"])) as archive:
        inside = {name.removeprefix("07_masks/"): archive.read(name) for name in archive.namelist()}
    assert set(inside) == set(page.files) - {"07_masks-homework.zip"}
    everything = b"".join([page.text.encode(), *inside.values()])
    assert b"jnp.maximum(count" not in everything and b"edges" not in everything
    assert page == homework_pages(course)[0]
