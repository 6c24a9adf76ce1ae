"""A class in which most mean harm: honest marks stand, hostile ones are what honest answers earn, nothing is left."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from graders import descendants, mounts, small_homework
from hostile import HONEST, HOSTILE, RIGHT
from jaxstudy.homework.grading import Grader
from jaxstudy.homework.results import SubmissionResult, from_json, to_json

HONEST_ONES = 10


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SubmissionResult]]:
    """All of them graded, two at a time, and honest ones in between."""
    folder = tmp_path_factory.mktemp("class")
    assignment = small_homework(folder / "homework" / "07_three")
    before, others, scratch = mounts(), descendants(), folder / "scratch"  # others: processes of other tests
    scratch.mkdir()
    files = {}
    for number, (name, (source, _)) in enumerate(HOSTILE.items()):
        text = source if isinstance(source, bytes) else source.replace("CHECKS", str(assignment.hidden)).encode()
        files[name] = folder / f"{name}.py"
        files[name].write_bytes(text)
        if number % (len(HOSTILE) // HONEST_ONES) == 0:
            files[f"honest{number}"] = folder / f"honest{number}.py"
            files[f"honest{number}"].write_text(HONEST + RIGHT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        with Grader(assignment, seed=5) as grader, ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda name: grader.grade(files[name], name), files)
            yield dict(zip(files, results, strict=True))
            alive = descendants() - others
    assert len(alive) <= 3, "only the forking process and two references are left while the grader is open"
    assert descendants() <= others
    assert mounts() == before
    assert list(scratch.iterdir()) == []
    assert {path.name for path in assignment.folder.iterdir()} == {
        "assignment.toml",
        *("assignment.py", "checks.py", "hidden.py"),
    }


def test_there_are_at_least_sixty_hostile_ones_and_ten_honest(graded: dict[str, SubmissionResult]) -> None:
    assert len(HOSTILE) >= 60
    assert sum(name.startswith("honest") for name in graded) >= HONEST_ONES


def test_honest_marks_are_unchanged(graded: dict[str, SubmissionResult]) -> None:
    honest = {name: result for name, result in graded.items() if name.startswith("honest")}
    assert {name: (result.earned, result.incidents) for name, result in honest.items()} == dict.fromkeys(
        honest, (4.0, ())
    )


@pytest.mark.parametrize("name", [name for name, (_, marks) in HOSTILE.items() if marks is not None])
def test_a_hostile_one_gets_what_its_honest_answers_earn(name: str, graded: dict[str, SubmissionResult]) -> None:
    result = graded[name]
    told = [(check.id, check.status, check.message) for check in result.checks]
    assert result.earned == HOSTILE[name][1], (told, result.incidents)


def test_whatever_they_said_is_fit_to_be_shown_and_stored(graded: dict[str, SubmissionResult]) -> None:
    for result in graded.values():
        texts = [result.output, *result.incidents, *(check.message for check in result.checks)]
        assert all(c == "\n" or c.isprintable() for text in texts for c in text), result.student
        assert sum(map(len, texts)) < 60_000
        "".join(texts).encode("utf-8")
        assert from_json(to_json(result)) == result
        json.loads(to_json(result))


def test_no_message_of_a_hidden_check_tells_its_inputs(graded: dict[str, SubmissionResult]) -> None:
    hidden = [
        check for result in graded.values() for check in result.checks if check.hidden and check.status != "passed"
    ]
    assert hidden
    assert not [check.message for check in hidden if "[" in check.message]
