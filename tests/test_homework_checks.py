"""What checks say of right and wrong answers; the student's own check in a terminal and in a notebook."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from graders import small_homework
from hostile import HONEST, RIGHT
from jaxstudy.errors import FoundWanting, InputError
from jaxstudy.homework.answering.cells import cells_of, python_of, run_cells
from jaxstudy.homework.checks.here import Here
from jaxstudy.homework.checks.running import load_checks, run_check
from jaxstudy.homework.recorded import FILE, record
from jaxstudy.homework.results import CheckResult

REFERENCE = """
import flax.linen as nn
import jax
import jax.numpy as jnp
import torch

def softmax(x):
    e = jnp.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def mse(w, x, y):
    return jnp.mean((x @ w - y) ** 2)

def mse_grad(w, x, y):
    return jax.grad(mse)(w, x, y)

def third_powers(f, x):
    return jnp.diag(jax.hessian(f)(x))

def keys(key, n):
    return jax.random.split(key, n)

def running_sum(x):
    return jax.lax.scan(lambda total, row: (total + row, total + row), jnp.zeros(()), x)[1]

def batches(x):
    for start in range(0, len(x), 2):
        yield x[start : start + 2]

def make_step(rate):
    return lambda w, g: w - rate * g

def tree(x):
    return {"sum": x.sum(), "parts": [x, None]}

class MLP(nn.Module):
    features: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(8, name="first")(x))
        return nn.Dense(self.features, name="second")(x)

class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(3))

    def forward(self, x):
        return x @ self.w
"""
Judge = Callable[[str, str], CheckResult]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """One check (its body), and the student's file that differs from the reference by the given code."""

    def run(body: str, change: str = "", hidden: bool = False) -> CheckResult:
        path = tmp_path / "checks.py"
        head = (
            "from jaxstudy.homework.checks import *\nimport numpy as np\n\n@points(2, reread='02_functions#grad-1')\n"
        )
        test = head + 'def test_it(student, reference, rng):\n    """It holds."""\n' + _indented(body)
        path.write_text(test, encoding="utf-8")
        student = Here(vars(run_cells(cells_of(REFERENCE + dedent(change)))[0]), 2.0)
        reference = Here(vars(run_cells(cells_of(REFERENCE))[0]), 20.0)
        (check,) = load_checks(path, hidden=hidden)
        return run_check(check, student, reference, 1)

    return run


def _indented(body: str) -> str:
    return "".join(f"    {line}\n" for line in dedent(body).strip().splitlines())


RIGHT_AND_WRONG = {
    "value": (
        "value(student.softmax, normal(rng, 2, 3), expected='rows that sum to 1')",
        "def softmax(x):\n    return jnp.exp(x) / jnp.exp(x).sum()",
        ["softmax([[", "expected [[", "got [[", "numbers differ", "rows that sum to 1"],
    ),
    "value of a tree": (
        "value(student.tree, normal(rng, 3))",
        "def tree(x):\n    return {'sum': x.sum(), 'parts': [x, x]}",
        ["expected None at ['parts'][1]"],
    ),
    "no return": (
        "value(student.mse, normal(rng, 3), normal(rng, 4, 3), normal(rng, 4))",
        "def mse(w, x, y):\n    1",
        ["return` missing"],
    ),
    "whole numbers": (
        "value(student.softmax, normal(rng, 2))",
        "def softmax(x):\n    return x.astype(int)",
        ["expected floating point"],
    ),
    "shape": (
        "shape(student.softmax, normal(rng, 2, 3))",
        "def softmax(x):\n    return x.astype(jnp.float16)",
        ["expected float32[2, 3], got float16[2, 3]"],
    ),
    "jit": (
        "under_jit(student.softmax, normal(rng, 3))",
        "def softmax(x):\n    if x[0] > 0: pass\n    return jax.nn.softmax(x)",
        ["jit(softmax)", "jnp.where or jax.lax.cond", "(line", "if x[0] > 0: pass"],
    ),
    "vmap": (
        "under_vmap(student.softmax, normal(rng, 4, 3))",
        "def softmax(x):\n    return jnp.exp(x) / float(jnp.exp(x).sum())",
        ["vmap(softmax)"],
    ),
    "gradient": (
        "gradient(student.mse, normal(rng, 3), normal(rng, 5, 3), normal(rng, 5))",
        "def mse(w, x, y):\n    return jax.lax.stop_gradient(jnp.mean((x @ w - y) ** 2))",
        ["grad(mse)", "got [0., 0., 0.]"],
    ),
    "gradient of its own": (
        "gradient(student.mse_grad, normal(rng, 3), normal(rng, 5, 3), normal(rng, 5), of=reference.mse)",
        "def mse_grad(w, x, y):\n    return 2 * x.T @ (x @ w - y)",
        ["mse_grad", "expected"],
    ),
    "state": (
        "pure(student.softmax, normal(rng, 3))",
        "seen = []\ndef softmax(x):\n    seen.append(1)\n    return x * len(seen)",
        ["the second time"],
    ),
    "changed argument": (
        "pure(student.softmax, numpy_array(normal(rng, 3)))",
        "def softmax(x):\n    x -= 1\n    return jnp.asarray(x)",
        ["changed its argument 1"],
    ),
    "captured batch": (
        "pure(student.mse, normal(rng, 3), normal(rng, 5, 3), normal(rng, 5))",
        "batch = jnp.ones(5)\ndef mse(w, x, y):\n    return jnp.mean((x @ w - batch) ** 2)",
        ["uses `batch` of the file around it, an array of shape (5,)"],
    ),
    "unrolled": (
        "no_unrolled_loop(student.running_sum, (normal(rng, 3),), (normal(rng, 6),))",
        "def running_sum(x):\n    out = [x[0]]\n    for v in x[1:]: out.append(out[-1] + v)\n    return jnp.stack(out)",
        ["a Python loop is written out"],
    ),
    "callback": (
        "no_host_callback(student.softmax, normal(rng, 3))",
        "def softmax(x):\n    jax.debug.print('{}', x)\n    return x",
        ["calls back into Python (debug_"],
    ),
    "primitive": (
        "uses(student.running_sum, normal(rng, 3), primitive='scan')",
        "def running_sum(x):\n    return jnp.cumsum(x)",
        ["expected scan"],
    ),
    "parameters": (
        "parameters(student.MLP, normal(rng, 2, 3), make={})",
        "class MLP(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(4)(x)",
        ["makes 16 parameters; expected 68"],
    ),
    "module": (
        "flax_module(student.MLP, normal(rng, 2, 3), make={'features': 5})",
        "class MLP(MLP):\n    @nn.compact\n    def __call__(self, x):\n"
        "        return nn.Dense(self.features, name='second')(nn.Dense(8, name='first')(x))",
        ["MLP(features=5).apply(variables"],
    ),
    "module's tree": (
        "flax_module(student.MLP, normal(rng, 2, 3))",
        "class MLP(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(4)(x)",
        ["MLP.init", "(8, 4)"],
    ),
    "torch": (
        "torch_module(student.Line, normal(rng, 2, 3))",
        "class Line(Line):\n    def forward(self, x):\n        return x @ self.w + 1",
        ["Line()(torch.tensor("],
    ),
    "bar": (
        "x = normal(rng, 50, 3)\nreaches(lambda: np.mean(student.softmax(x).sum(-1) > 0.99), bar=0.9, seconds=2, what='rows that sum to 1')",
        "def softmax(x):\n    return x / 9",
        ["rows that sum to 1 is", "expected at least 0.9"],
    ),
    "function as argument": (
        "value(student.third_powers, function('lambda x: (x ** 3).sum()'), normal(rng, 3))",
        "def third_powers(f, x):\n    return jax.grad(f)(x)",
        ["third_powers(lambda x: (x ** 3).sum(), ["],
    ),
    "keys": (
        "value(student.keys, key(rng), 3)",
        "def keys(key, n):\n    return jnp.stack([key] * n)",
        ["keys(jax.random.key("],
    ),
    "closure": (
        "step = student.make_step(0.5)\nassert np.allclose(step(normal(rng, 2) * 0 + 1, 1.0), 0.5), 'one step of 0.5'",
        "def make_step(rate):\n    return lambda w, g: w + rate * g",
        ["one step of 0.5"],
    ),
    "generator": (
        "got = [len(b) for b in listed(student.batches(normal(rng, 5)))]\nassert got == [2, 2, 1], f'batches of 2, 2, 1; got {got}'",
        "def batches(x):\n    while True: yield x",
        ["got [5, 5"],
    ),
    "error": (
        "raises(student.softmax, 'word', error='TypeError')",
        "def softmax(x):\n    return x",
        ["expected TypeError"],
    ),
}


@pytest.mark.parametrize("kind", RIGHT_AND_WRONG)
def test_the_right_answer_earns_all_and_the_wrong_one_is_told_why(kind: str, judge: Judge) -> None:
    body, wrong, words = RIGHT_AND_WRONG[kind]
    right = "def softmax(x):\n    raise TypeError('no word')" if kind == "error" else ""
    held = judge(body, right)
    assert (held.status, held.earned, held.message) == ("passed", 2.0, ""), held.message
    lost = judge(body, wrong)
    assert lost.earned == 0 and lost.status in ("failed", "error"), lost
    assert all(word in lost.message for word in words), lost.message
    assert lost.reread == "02_functions#grad-1"


def test_a_check_tells_all_that_it_found_at_once(judge: Judge) -> None:
    body = "value(student.softmax, normal(rng, 3))\nvalue(student.mse, *[normal(rng, 3)] * 2, 1.0)\nunder_jit(student.tree, normal(rng, 2))"
    result = judge(body, "def softmax(x):\n    return x\ndef mse(w, x, y):\n    raise ValueError('odd')")
    assert "softmax(" in result.message and "raised ValueError: odd (line" in result.message
    assert "tree" not in result.message


def test_a_starter_and_a_missing_function_are_told_kindly(judge: Judge) -> None:
    untouched = judge(
        "value(student.softmax, normal(rng, 3))", "def softmax(x):\n    raise NotImplementedError('softmax: your turn')"
    )
    assert (untouched.status, untouched.message) == ("missing", "`softmax` is still to be written")
    inside = judge(
        "flax_module(student.MLP, normal(rng, 2, 3))",
        "class MLP(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        raise NotImplementedError('MLP: your turn')",
    )
    assert (inside.status, inside.message) == ("missing", "`MLP` is still to be written")
    gone = judge("value(student.softmax, normal(rng, 3))", "del softmax")
    assert (gone.status, gone.message) == ("missing", "there is no `softmax` in the file")


def test_parts_earn_their_points_alone(judge: Judge) -> None:
    body = "with part(0.5):\n    value(student.softmax, normal(rng, 3))\nwith part(1.5, 'the loss'):\n    value(student.mse, *[normal(rng, 3)] * 2, 1.0)"
    assert judge(body).earned == 2
    result = judge(body, "def mse(w, x, y):\n    return 1 / 0")
    assert (result.earned, result.status) == (0.5, "partial")
    assert "ZeroDivisionError" in result.message


def test_a_bare_assert_tells_what_it_compared(judge: Judge) -> None:
    body = "x = normal(rng, 2)\ngot = student.softmax(x)\nassert got.shape == (3,)"
    told = judge(body).message.splitlines()
    assert told == ["expected: got.shape == (3,)", "    got.shape is (2,)", told[-1]]
    assert told[-1].startswith("    got is [")
    plain = judge("wrong = [n for n in range(3) if n]\nassert not any(n > 1 for n in wrong)").message
    assert plain == "expected: not any((n > 1 for n in wrong))\n    wrong is [1, 2]"
    counts = "seen = []\ndef asked():\n    seen.append(1)\n    return len(seen)\nassert asked() == 2"
    assert judge(counts).message == "expected: asked() == 2\n    asked() is 1"
    assert judge("assert 1 == 2, 'its own words'").message == "its own words"
    assert judge("with part(1, 'sums'):\n    assert sum([1]) == 3").message.startswith("sums\nexpected: sum([1]) == 3")


def test_a_bare_assert_of_a_hidden_check_tells_its_line_and_no_more(judge: Judge) -> None:
    assert judge("secret = 31\nassert secret < 3, str(secret)", hidden=True).message.startswith("what line 8 of")
    body = "secret = 31\nassert student.softmax(normal(rng, 2)).sum() == secret"
    assert judge(body, hidden=True).message == "what line 8 of the check asserts does not hold"
    assert judge(f"with part(1, 'sums'):\n{_indented(body)}", hidden=True).message.startswith("sums: what line 9 of")


def test_an_endless_loop_is_stopped(judge: Judge) -> None:
    result = judge(
        "with within(0.2):\n    value(student.softmax, normal(rng, 3))", "def softmax(x):\n    while True: pass"
    )
    assert result.status == "timeout" and "does a loop never end?" in result.message


def test_a_call_that_waits_has_more_time_than_one_that_calculates_but_not_for_ever(judge: Judge) -> None:
    body = "with within(0.3):\n    value(student.wait, 1.0, like=1.0)"
    slow = "def wait(x):\n    import time\n    time.sleep({})\n    return x"
    assert judge(body, slow.format(0.6)).status == "passed"
    assert judge(body, slow.format(60)).status == "timeout"


def test_importing_torch_is_not_counted_as_the_students_time() -> None:
    code = """
        import jax
        import numpy as np
        from jaxstudy.homework.answering.data import Request, Target, Tensor
        from jaxstudy.homework.checks.here import Here
        print(Here({"double": lambda x: 2 * x}, 0.1).ask(Request("call", Target("double"), (Tensor(np.ones(2)),))))
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(code)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "[2. 2.]", done.stderr


def test_a_command_freezes_what_it_imports_and_a_notebook_nothing() -> None:
    code = """
        import gc
        from jaxstudy.homework.checks.here import uncollected
        before = gc.get_freeze_count()
        with uncollected():
            print(gc.isenabled())
        print(gc.isenabled(), gc.get_freeze_count() - before)
        with uncollected(freeze=True):
            pass
        frozen = gc.get_freeze_count()
        with uncollected():
            more = [[] for _ in range(1000)]
        print(gc.isenabled(), frozen > before, gc.get_freeze_count() >= frozen + 1000)
    """
    command = [sys.executable, "-c", dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["False", "True", "0", "True", "True", "True"]


def test_an_answer_of_another_form_is_the_students_not_the_graders_trouble(judge: Judge) -> None:
    result = judge("assert student.tree(normal(rng, 2))['parts'][0].shape == (2,)", "def tree(x):\n    return None")
    assert result.status == "failed" and "form that is expected" in result.message


def test_a_reference_without_an_answer_is_the_authors_trouble(judge: Judge) -> None:
    with pytest.raises(FoundWanting, match="reference's no_such_thing in test_it"):
        judge("reference.no_such_thing(1)")


def test_inputs_depend_on_seed_and_check_alone(judge: Judge) -> None:
    body = "fail('x', str(rng.integers(1 << 60)))"
    assert judge(body).message == judge(body).message


def test_checks_that_cannot_run_are_all_told(tmp_path: Path) -> None:
    path = tmp_path / "checks.py"
    path.write_text("def test_one(student, teacher):\n    pass\n\ndef test_two(students):\n    'Two.'\n")
    with pytest.raises(InputError) as caught:
        load_checks(path)
    assert len(caught.value.problems) == 3
    path.write_text("import no_such_module\n")
    with pytest.raises(InputError, match=r"checks\.py:1: expected checks that run"):
        load_checks(path)


def test_cells_that_fail_take_no_others_with_them() -> None:
    source = "a = 1\n\ndef f(:\n    pass\n\nb = a + 1\n\nraise SystemExit\n\nc = b + 1\n"
    module, failed = run_cells(cells_of(source))
    assert (module.a, module.b, module.c) == (1, 2, 3)
    assert [f.error.kind for f in failed] == ["SyntaxError", "SystemExit"]


def test_magics_and_shell_lines_do_nothing() -> None:
    assert (
        python_of("%matplotlib inline\nx = 3 % 2\nif x:\n    !ls\ny = %timeit f\nx?")
        == "pass\nx = 3 % 2\nif x:\n    pass\npass\npass"
    )
    assert python_of("%%bash\nrm -rf /") == ""
    assert "x = 1" in python_of("%%time\nx = 1")
    assert python_of("z = (5\n% 3)") == "z = (5\n% 3)"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """What a student gets, without the solutions."""
    assignment = small_homework(tmp_path / "homework" / "07_three")
    folder = tmp_path / "released"
    folder.mkdir()
    shutil.copy(assignment.checks, folder / "checks.py")
    (folder / FILE).write_bytes(record(assignment))
    return folder


def own_check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jaxstudy", "homework", "check", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_students_check_their_own_file_without_the_solutions(released: Path) -> None:
    (released / "07_three.py").write_text(HONEST + RIGHT)
    done = own_check(released)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ third gives a third." in done.stdout and "Next: hand in 07_three.py" in done.stdout
    (released / "07_three.py").write_text(HONEST + "def third(x):\n    return x / 4\n")
    wrong = own_check(released)
    assert wrong.returncode == 1 and "third([[" in wrong.stdout and "Next: mend third" in wrong.stdout
    only = own_check(released, "--only", "duoble")
    assert only.returncode == 2 and "did you mean 'double'" in only.stderr


@pytest.mark.parametrize("where", ["in a call", "at the top of the file"])
def test_ctrl_c_stops_a_check_also_where_whatever_is_raised_is_an_answer(released: Path, where: str) -> None:
    slow = "open('begun', 'w').close()\nimport time\ntime.sleep(60)\n"
    slow_call = "def third(x):\n    " + slow.strip().replace("\n", "\n    ") + "\n"
    (released / "07_three.py").write_text(HONEST + (slow_call if where == "in a call" else RIGHT + slow))
    command = [sys.executable, "-m", "jaxstudy", "homework", "check"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=released, **pipes)
    while not (released / "begun").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130 and error.strip().startswith("Stopped. "), error


def test_an_interrupt_that_the_code_raises_by_itself_is_an_answer(released: Path) -> None:
    (released / "07_three.py").write_text(HONEST + "def third(x):\n    raise KeyboardInterrupt\n")
    done = own_check(released)
    assert done.returncode == 1 and "raised KeyboardInterrupt" in done.stdout, done.stdout + done.stderr


def test_checks_that_train_come_last(released: Path) -> None:
    trains = "@points(1)\ndef test_bar(student):\n    'It learns.'\n    reaches(lambda: student.double(2.0), bar=1)\n"
    text = (released / "checks.py").read_text()
    head, _, rest = text.partition("@points")
    (released / "checks.py").write_text(f"{head.replace('import ', 'import reaches, ')}{trains}\n@points{rest}")
    (released / "07_three.py").write_text(HONEST + RIGHT)
    done = own_check(released)
    signs = [line for line in done.stdout.splitlines() if line.startswith("✓")]
    assert done.returncode == 0 and len(signs) == 3 and "It learns." in signs[-1], done.stdout + done.stderr


def test_a_notebook_checks_what_is_defined_in_it(released: Path) -> None:
    code = f"%load_ext jaxstudy\n{HONEST}{RIGHT}\n%check third\n%check double\n%check thrid\n"
    (released / "cells.ipy").write_text(code)
    command = [sys.executable, "-m", "IPython", "--no-banner", "cells.ipy"]
    done = subprocess.run(command, cwd=released, capture_output=True, text=True, timeout=120, check=False)
    assert "✓ third gives a third." in done.stdout and "✓ double doubles." in done.stdout, done.stdout + done.stderr
    assert "did you mean 'third'" in done.stderr
    assert "The check holds." in done.stdout and "hand in" not in done.stdout  # one function is not all
