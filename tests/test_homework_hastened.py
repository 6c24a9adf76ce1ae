"""What makes small programs start sooner in a worker changes no number, and is sound in the JAX that is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import jax
import jax.numpy as jnp
import jaxlib
import pytest

from graders import small_homework
from jaxstudy.homework.grading import Grader
from jaxstudy.homework.sandbox import context, spawning


def said_by(code: str) -> Any:
    """What a fresh process, in which no JAX backend has started, prints as JSON in its last line."""
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_installed_jax_has_been_tried_and_all_of_it_is_sound() -> None:
    tried = said_by("""
        import json, jax
        from jaxstudy.homework.sandbox.context import Fitted
        print(json.dumps(Fitted().tried()))
    """)
    assert tried == [True, True, True]
    assert {jax.__version__, jaxlib.__version__} <= set(context._TRIED)


def test_programs_that_differ_in_anything_have_names_of_their_own() -> None:
    names = said_by("""
        import json, jax, jax.numpy as jnp, numpy as np
        from jaxstudy.homework.sandbox.remembered import Memory
        memory, names, x, table = Memory(lambda text: True), [], np.ones((3, 3), np.float32), jax.device_put(np.arange(3.0))
        def find(name):
            names.append(name)
        memory.use(find, None)
        def asked(function, *args):
            names.clear()
            jax.block_until_ready(jax.jit(function)(*args))
            return list(names)
        def bodied(step):
            return lambda x: jax.lax.fori_loop(0, 3, lambda i, y: y * step, x)
        functions = [
            lambda x: x + 1, lambda x: x + 1.0000001, lambda x: x - 1, lambda x: 1 - x, lambda x: x.sum(0),
            lambda x: x.sum(1), lambda x: x @ x, lambda x: x @ x.T, lambda x: jnp.sort(x, 0), lambda x: -jnp.sort(-x),
            bodied(2.0), bodied(3.0), lambda x: (x, x + 1), lambda x: (x + 1, x), lambda x: jax.random.normal(jax.random.key(0), (3,)),
            lambda x: jax.random.normal(jax.random.key(1), (3,)),
        ]
        told = [asked(function, x) for function in functions]
        told.append(asked(functions[0], x.astype(np.int32)))
        told.append(asked(functions[0], x[:2]))
        with jax.default_matmul_precision("highest"):
            told.append(asked(functions[6], x))
        again = [asked(lambda x: x + 1, x), asked(lambda other: other + 1, x)]
        with_table = asked(lambda x: x + table, x)
        printing = asked(lambda x: jax.debug.print("{}", x), x)
        print(json.dumps([told, again, with_table, printing]))
    """)
    told, again, with_table, printing = names
    assert all(len(one) <= 1 for one in told)
    known = [one[0] for one in told if one]
    assert len(known) == len(set(known)) >= 17
    assert again == [told[0], told[0]]
    assert with_table == [] and printing == [], "an array from outside, or an effect: lowered as ever"


@pytest.mark.parametrize(
    ("function", "little"),
    [
        (lambda x: jnp.exp(x - x.max()) @ x.T, True),
        (lambda x: jax.lax.scan(lambda c, row: (c + row.sum(), row), 0.0, x), False),
        (lambda x: jnp.ones((5000,)) * x.sum(), False),
        (jnp.sort, False),
        (lambda x: x + jax.random.normal(jax.random.key(0), x.shape), True),
        (lambda x: jax.random.permutation(jax.random.key(0), x), False),
        (
            lambda x: jax.lax.scan(lambda c, row: (c + jax.random.normal(jax.random.key(0)), row), 0.0, x),
            False,
        ),
    ],
)
def test_only_programs_that_calculate_little_are_compiled_quickly(function: Any, little: bool) -> None:
    assert context.calculates_little(jax.jit(function).lower(jnp.ones((3, 5))).as_text()) is little


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    with Grader(small_homework(tmp_path_factory.mktemp("one") / "07_three"), seed=3) as started:
        yield started


def test_a_student_still_sees_the_text_of_a_program_that_was_found(grader: Grader) -> None:
    source = """
        import jax
        import jax.numpy as jnp

        doubled = jax.jit(lambda x: 2 * x)

        def double(x):
            answer = doubled(x)
            lowered = doubled.lower(x)
            assert "stablehlo.multiply" in lowered.as_text() and lowered.compile().as_text()
            assert (lowered.compile()(x) == answer).all()
            return answer

        def total(x):
            return jnp.sum(x)

        def third(x):
            return x / 3
    """
    result = grader.grade(dedent(source), "ada")
    assert result.earned == result.total, [check.message for check in result.checks]


def test_programs_that_call_lapack_or_come_from_a_cache_are_found_whole(tmp_path: Path) -> None:
    assignment = small_homework(tmp_path / "07_three")
    body = "    return jnp.linalg.solve(jnp.eye(4) * 2, jnp.outer(x, x))[0] @ x * 0 + 2 * x\n"
    text = assignment.script.read_text().replace("    return 2 * x\n", body)
    assignment.script.write_text(text)
    checks = assignment.checks.read_text()
    for number in range(3):  # the two workers of the reference compile the same, and find it in each other's cache
        again = f"\ndef test_again_{number}(student, rng):\n    'Again.'\n    value(student.double, normal(rng, 4))\n"
        checks += again
    assignment.checks.write_text(checks)
    with Grader(assignment, seed=4, programs=tmp_path / "kept") as grader:
        first = grader.grade(text, "ada")
    with Grader(assignment, seed=4, programs=tmp_path / "kept") as grader:
        second = grader.grade(text, "ada")
    for result in (first, second):
        assert result.earned == result.total, [check.message for check in result.checks]
    (kept,) = (tmp_path / "kept").iterdir()
    ours = {path.name for path in kept.glob("known-*")}
    others = {path.name.partition("-")[0] for path in kept.iterdir() if path.name not in ours}
    # What calls LAPACK is kept by JAX's cache, what we can name by ours, nothing by both.
    assert ours and others == {"jit_solve"}


# As in a JAX whose private names are gone, or mean something else: no trial holds.
NO_TRIAL_HOLDS = """
import jaxstudy.homework.sandbox.context as context
context._TRIED, context._in_a_trial = (), lambda *questions: [False] * len(questions)
from jaxstudy.homework.sandbox.zygote import main
"""


def test_a_run_says_which_speed_ups_are_off_and_gives_the_same_marks(
    tmp_path: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = "import jax.numpy as jnp\ndef double(x):\n    return 2 * x\ndef third(x):\n    return x\n"
    usual = grader.grade(work, "ada")
    assert "without" not in usual.environment
    plain = "from jaxstudy.homework.sandbox.zygote import main\n"
    monkeypatch.setattr(spawning, "_START_CODE", spawning._START_CODE.replace(plain, NO_TRIAL_HOLDS))
    with Grader(small_homework(tmp_path / "07_three"), seed=3) as slower:
        result = slower.grade(work, "ada")
    assert "one context" in result.environment["without"] and "quick compiling" in result.environment["without"]
    assert [check.earned for check in result.checks] == [check.earned for check in usual.checks]
