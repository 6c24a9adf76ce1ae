"""`verify`: solutions earn all, starters nothing, and each wrong answer fails the checks that it names."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from conftest import REPOSITORY
from jaxstudy.course import Course, read_lecture
from jaxstudy.errors import FoundWanting, InputError
from jaxstudy.homework.assignment import load_assignment
from jaxstudy.homework.starting import new_homework
from jaxstudy.homework.trying import OwnProcess, Sandboxed, all_checks
from jaxstudy.homework.verify import Verified, affected, verify

ALL = sorted(path.parent for path in (REPOSITORY / "homework").glob("*/assignment.toml"))
# Training and compiling make these two slow; the others are tried on three seeds.
ROUNDS = {"05_mnist": 1, "06_unet": 1}


@pytest.fixture
def homework(course: Course) -> Path:
    """A fresh homework from the template."""
    return new_homework(course.root, "07_masks")


def verified(folder: Path, rounds: int = 1, runner: type[OwnProcess] | type[Sandboxed] = OwnProcess) -> Verified:
    assignment = load_assignment(folder)
    with runner(assignment) as running:
        checks = [(check.id, check.functions) for check in running.checks]
        return verify(assignment, running, checks, rounds=rounds)


@cache
def steps_of(lecture: str) -> frozenset[str]:
    """The ids of a lecture's steps."""
    return frozenset(step.id for step in read_lecture(REPOSITORY / "lectures" / f"{lecture}.py"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("folder", ALL, ids=lambda path: path.name)
def test_every_homework_verifies(folder: Path) -> None:
    found = verified(folder, ROUNDS.get(folder.name, 3))
    assert found.points >= 10 and len(found.wrong) >= 3


def test_a_new_homework_verifies_as_it_is(homework: Path) -> None:
    found = verified(homework, rounds=3)
    assert (found.checks, found.points, len(found.wrong), len(set(found.seeds))) == (2, 4, 3, 3)


def test_a_homework_verifies_in_the_sandbox_that_grades(homework: Path) -> None:
    assert verified(homework, runner=Sandboxed).points == 4


def test_a_solution_that_loses_points_is_told_with_its_check_and_seed(homework: Path) -> None:
    replace(homework / "assignment.py", "jnp.maximum(count, 1)", "jnp.maximum(count, 2) + 1")
    with pytest.raises(FoundWanting, match=r"(?s)checks.py:\d+: expected 2 points for the solution, got 0.*--seed \d+"):
        verified(homework)


def test_a_starter_that_earns_points_is_found(homework: Path) -> None:
    replace(
        homework / "assignment.py",
        "    # END SOLUTION",
        "    # STARTER\n    # return x[mask].sum() / max(mask.sum(), 1)\n    # END SOLUTION",
    )
    replace(homework / "checks.py", "    under_jit(student.masked_mean, x, mask, like=x[mask].mean())\n", "")
    with pytest.raises(FoundWanting, match="expected 0 points for the bare release, got 2"):
        verified(homework)


def test_a_starter_that_fails_unkindly_is_found(homework: Path) -> None:
    replace(homework / "assignment.py", "    # END SOLUTION", "    # STARTER\n    # return 1 / 0\n    # END SOLUTION")
    with pytest.raises(FoundWanting, match="expected a kind word for the bare release, got error"):
        verified(homework)


def test_a_wrong_answer_that_gets_away_and_one_that_fails_more_are_both_told(homework: Path) -> None:
    wrong = homework / "wrong.py"
    replace(wrong, "# caught by: test_masked_mean_at_the_edges\n", "# caught by: test_masked_mean\n")
    with pytest.raises(FoundWanting) as caught:
        verified(homework)
    text = str(caught.value)
    assert "expected test_masked_mean to catch this answer, got all its points" in text
    assert "got test_masked_mean_at_the_edges too" in text
    assert all(problem.path == wrong and problem.line for problem in caught.value.problems)


def test_a_wrong_answer_needs_a_belief_a_known_function_and_known_checks(homework: Path) -> None:
    (homework / "wrong.py").write_text("# caught by: test_masked_meen\ndef other(x):\n    return x\n")
    with pytest.raises(InputError) as caught:
        verified(homework)
    text = str(caught.value)
    for words in (
        "a sentence on the wrong answer",
        "did you mean 'test_masked_mean'?",
        "got other",
        "at least 3 wrong",
    ):
        assert words in text


def test_only_checks_that_an_answer_can_touch_are_asked_for_it() -> None:
    text = "def a(x):\n    return x\ndef b(x):\n    return a(x)\nc = b\ndef d(x):\n    return x\n"
    assert affected(text, ["a"]) == {"a", "b", "c"} and affected(text, ["d"]) == {"d"}


@pytest.mark.parametrize("folder", ALL, ids=lambda path: path.name)
def test_what_a_check_tells_to_reread_is_there_to_be_read(folder: Path) -> None:
    for check in all_checks(load_assignment(folder)):
        name, _, step = check.worth.reread.partition("#")
        assert not name or step in steps_of(name), f"{check.id}: {check.worth.reread}"
