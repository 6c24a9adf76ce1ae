"""Executing lectures in real kernels: what runs, what does not, and what is said when a cell fails."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from conftest import HEADER
from jaxstudy.build.cache import StepCache
from jaxstudy.build.execute import Execution, execute, executed_notebook
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.keys import step_keys
from jaxstudy.build.names import names_of, normal
from jaxstudy.course import Course, Lecture
from jaxstudy.errors import InputError, KernelLost, StepFailed

Read = Callable[..., Lecture]
Run = Callable[..., Execution]


@pytest.fixture
def run(course: Course, kernels: Kernels) -> Run:
    """Execute a lecture of the test's course, cache and all."""

    def execute_it(lecture: Lecture, **options: Any) -> Execution:
        cache = StepCache(course.build / "cache")
        return execute(lecture, step_keys(lecture, course.root, "smoke"), cache, kernels, **options)

    return execute_it


def text_of(execution: Execution, step_id: str) -> str:
    outputs = execution.outputs[step_id].outputs
    return "".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs)


LOGGED = """
# %% [markdown]
# ## Log

# %%
from pathlib import Path
def log(word):
    with Path("runs.txt").open("a") as file:
        print(word, file=file)
log("first")

# %% tags=["expensive"]
import numpy as np
log("costly")
weights = np.arange(3.0)
history = []

# %% tags=["expensive"]
history.append(float(weights.sum()))
log("grown")

# %%
log("last")
print(weights.sum(), history)
"""


def test_unchanged_prose_and_tags_run_nothing_and_start_no_kernel(course: Course, lecture: Read, run: Run) -> None:
    first = run(lecture(LOGGED))
    assert len(first.ran) == 4
    with Kernels(course.root, course.build, "smoke") as untouched:
        reworded = LOGGED.replace("## Log", "## Log\n#\n# Said better.").replace('log("last")', "log('last')  # why")
        again = lecture(reworded.replace("# %%\nlog", '# %% tags=["live"]\nlog'))
        keys = step_keys(again, course.root, "smoke")
        second = execute(again, keys, StepCache(course.build / "cache"), untouched)
        assert second.ran == [] and not second.restored
        assert untouched._parent is None
    assert text_of(second, "log-5") == text_of(first, "log-5") == "3.0 [3.0]\n"


def test_an_edited_last_cell_keeps_earlier_outputs_and_no_expensive_step_runs_again(
    course: Course, lecture: Read, run: Run
) -> None:
    run(lecture(LOGGED))
    (course.root / "lectures" / "runs.txt").unlink()
    edited = run(lecture(LOGGED.replace("print(weights.sum(), history)", "print(weights.max(), history)")))
    assert edited.restored == ["log-3", "log-4"]
    assert (course.root / "lectures" / "runs.txt").read_text().split() == ["first", "last"]
    assert text_of(edited, "log-5") == "2.0 [3.0]\n"


def test_an_edited_middle_step_runs_what_follows_it(lecture: Read, run: Run) -> None:
    run(lecture(LOGGED))
    edited = run(lecture(LOGGED.replace("np.arange(3.0)", "np.arange(4.0)")))
    assert edited.ran == ["log-2", "log-3", "log-4", "log-5"]
    assert text_of(edited, "log-5") == "6.0 [6.0]\n"


def test_keys_arrays_train_states_and_functions_survive_being_kept(lecture: Read, run: Run) -> None:
    body = """
    # %% [markdown]
    # # Keep

    # %% tags=["expensive"]
    import jax, optax
    from flax.training.train_state import TrainState
    @jax.jit
    def step(x):
        return x + 1
    key = jax.random.key(7)
    noise = jax.random.normal(key, (2,))
    state = TrainState.create(apply_fn=step, params={"w": noise}, tx=optax.adam(1e-3))

    # %%
    print(key.dtype, noise.shape, step(1), state.step)
    """
    first = run(lecture(body))
    edited = run(
        lecture(body.replace("print(key.dtype,", "print(key.dtype, bool((state.params['w'] == noise).all()),"))
    )
    assert first.notes == edited.notes == []
    assert edited.restored == ["keep-2"]
    assert text_of(edited, "keep-3") == "key<fry> True (2,) 2 0\n"


def test_values_that_cannot_be_kept_are_said_and_the_step_runs_again(lecture: Read, run: Run) -> None:
    body = (
        '# %% [markdown]\n# # A\n# %% tags=["expensive"]\nrunning = (i for i in range(3))\n# %%\nprint(next(running))\n'
    )
    first = run(lecture(body))
    assert "can't be kept" in first.notes[0] and "generator" in first.notes[0]
    edited = run(lecture(body.replace("print(next", "print(1 + next")))
    assert edited.ran == ["a-2", "a-3"] and text_of(edited, "a-3") == "1\n"


@pytest.mark.parametrize("kind", ["*.json", "*.pickle"])
@pytest.mark.parametrize("damage", [b"", b"half", b"{}"])
def test_damaged_cache_files_are_dropped_and_rebuilt(
    course: Course, lecture: Read, run: Run, kind: str, damage: bytes
) -> None:
    run(lecture(LOGGED))
    for path in (course.build / "cache" / "steps").rglob(kind):
        path.write_bytes(damage)
    edit = "" if kind == "*.json" else "\nlog('more')\n"  # values are only asked for when something must run
    again = run(lecture(LOGGED + edit))
    assert text_of(again, "log-5") == "3.0 [3.0]\n"
    assert all(path.read_bytes() != damage for path in (course.build / "cache" / "steps").rglob("*.*"))


def test_a_changed_module_or_data_file_runs_the_steps_that_depend_on_it(
    course: Course, lecture: Read, run: Run
) -> None:
    (course.root / "snippets").mkdir()
    inner, outer = course.root / "snippets" / "inner.py", course.root / "snippets" / "outer.py"
    inner.write_text("VALUE = 1\n")
    outer.write_text("from snippets.inner import VALUE\n\n\ndef value():\n    return VALUE\n")
    (course.root / "lectures" / "rows.csv").write_text("1\n")
    body = "# %% [markdown]\n# # M\n# %%\nx = 0\n# %%\nfrom snippets.outer import value\nprint(value(), open('rows.csv').read())\n"
    header = HEADER.replace("title: Small", "data: [rows.csv]")
    environment = {"PYTHONPATH": str(course.root)}
    with Kernels(course.root, course.build, "smoke") as own:

        def outcome() -> Execution:
            found = lecture(body, header=header)
            return execute(found, step_keys(found, course.root, "smoke"), StepCache(course.build / "cache"), own)

        assert own.environment()["PYTHONPATH"].split(os.pathsep)[0] == environment["PYTHONPATH"]
        assert text_of(outcome(), "m-3") == "1 1\n\n"
        inner.write_text("VALUE = 2\n")
        assert text_of(second := outcome(), "m-3") == "2 1\n\n"
        assert second.ran == ["m-2", "m-3"]  # the first one only for its state
        (course.root / "lectures" / "rows.csv").write_text("5\n")
        assert text_of(outcome(), "m-3") == "2 5\n\n"


def test_a_missing_data_file_is_named(course: Course, lecture: Read) -> None:
    found = lecture("# %%\n1\n", header=HEADER.replace("title: Small", "data: [absent.csv]"))
    with pytest.raises(InputError, match=r"no absent\.csv"):
        step_keys(found, course.root, "smoke")


def test_size_and_jax_settings_are_part_of_the_key(
    course: Course, lecture: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lecture("# %% [markdown]\n# # K\n# %%\n1\n")
    smoke = step_keys(found, course.root, "smoke")
    assert smoke != step_keys(found, course.root, "full")
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    assert smoke != step_keys(found, course.root, "smoke")


def test_a_failing_cell_is_reported_with_line_slide_source_and_traceback(lecture: Read, run: Run) -> None:
    body = "# %% [markdown]\n# ## Sums\n# %%\nx = 1\n# %%\ny = 2\n\nx / 0\n"
    with pytest.raises(StepFailed) as caught:
        run(lecture(body))
    line = 1 + HEADER.count("\n") + body.split("x / 0")[0].count("\n") + 1
    assert str(caught.value).startswith(
        f"lectures/01_small.py:{line}: expected a cell that runs, got ZeroDivisionError"
    )
    detail = caught.value.details[0]
    assert "On the slide 'Sums'" in detail and "y = 2\n\nx / 0" in detail and "Traceback" in detail
    assert "\x1b" not in detail


def test_a_cell_meant_to_raise_must_raise_even_when_its_outputs_are_known(lecture: Read, run: Run) -> None:
    body = '# %% [markdown]\n# # R\n# %% tags=["raises-exception"]\n1 / 0\n# %%\nprint("after")\n'
    assert text_of(run(lecture(body)), "r-3") == "after\n"
    with pytest.raises(StepFailed, match="ZeroDivisionError"):
        run(lecture(body.replace(' tags=["raises-exception"]', "")))
    with pytest.raises(StepFailed, match="the error that the tag raises-exception announces, got none"):
        run(lecture(body.replace("1 / 0", "1 / 1")))


def test_a_dead_kernel_is_reported_with_its_step(lecture: Read, run: Run) -> None:
    with pytest.raises(KernelLost, match=r"01_small\.py:\d+: expected a living kernel, got it died"):
        run(lecture("# %%\nimport os\nos._exit(3)\n"))


def test_a_cell_over_its_time_is_stopped_and_named(lecture: Read, run: Run) -> None:
    with pytest.raises(StepFailed, match="expected the step done in 1 s, got still running"):
        run(lecture("# %%\nwhile True: pass\n"), cell_timeout=1)


def test_another_language_is_refused_in_one_line(lecture: Read, run: Run) -> None:
    header = "# ---\n# jupyter:\n#   kernelspec: {display_name: R, language: R, name: ir}\n# ---\n"
    with pytest.raises(KernelLost, match="expected a Python lecture, got a R kernel"):
        run(lecture("# %%\n1\n", header=header))


def test_warm_and_plain_kernels_give_the_same_outputs(course: Course, lecture: Read, kernels: Kernels) -> None:
    body = """
    # %% [markdown]
    # # Same
    # %%
    import jax.numpy as jnp, os
    print(jnp.arange(3), __name__, os.getcwd())
    # %%
    {"a": 1}
    # %%
    import matplotlib.pyplot as plt
    plt.plot([1, 2]);
    # %% tags=["raises-exception"]
    nowhere
    # %%
    from IPython.display import HTML, display
    handle = display("one", display_id=True)
    handle.update("two")
    HTML("<b>x</b>")
    """
    found = lecture(body)
    keys = step_keys(found, course.root, "smoke")
    results = []
    with Kernels(course.root, course.build, "smoke", warm=False) as plain:
        for folder, source in (("a", kernels), ("b", plain)):
            outputs = execute(found, keys, StepCache(course.root / folder), source).outputs
            shown = str(executed_notebook(found, outputs).cells)
            results.append(re.sub(r"'image/png': '[^']*'|0x[0-9a-f]+|'display_id': '[^']*'", "…", shown))
    assert results[0] == results[1]
    assert "'two'" in results[0] and "image/png" not in results[0]


def test_a_lecture_that_sets_jax_variables_itself_gets_a_kernel_that_heeds_them(lecture: Read, run: Run) -> None:
    body = "# %% [markdown]\n# # X\n# %%\nimport os\nos.environ['JAX_ENABLE_X64'] = '1'\n# %%\nimport jax.numpy as jnp\njnp.ones(1).dtype\n"
    assert text_of(run(lecture(body)), "x-3") == "dtype('float64')"


def test_the_notebook_numbers_cells_in_order_whatever_was_cached(lecture: Read, run: Run) -> None:
    body = "# %% [markdown]\n# # N\n# %%\n1\n# %%\n\n# %%\n2\n"
    run(lecture(body))
    found = lecture(body.replace("\n2\n", "\n3\n"))
    cells = executed_notebook(found, run(found).outputs).cells
    assert [cell.get("execution_count") for cell in cells] == [None, 1, None, 2]
    assert cells[3].outputs[0].execution_count == 2
    assert [cell.id for cell in cells] == [step.id for step in found]


def test_errors_and_warnings_name_no_folder_of_this_machine(course: Course, lecture: Read, run: Run) -> None:
    body = """
    # %% [markdown]
    # # E
    # %% tags=["raises-exception"]
    import jax
    jax.jit(lambda x: x if x > 0 else -x)(1.0)
    # %%
    import sys
    print("/tmp/ipykernel_77/123.py:4: UserWarning", file=sys.stderr)
    """
    outputs = run(lecture(body)).outputs
    error = outputs["e-2"].outputs[0]
    shown = error["evalue"] + "".join(error["traceback"])
    assert "<cell>" in shown and "site-packages/jax" in shown
    assert sys.prefix not in shown and str(course.root) not in shown
    assert outputs["e-3"].outputs[0]["text"] == "<cell>:4: UserWarning\n"


def test_solution_markers_are_for_authors_only(lecture: Read, run: Run) -> None:
    body = "# %%\ndef f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"
    found = lecture(body)
    assert executed_notebook(found, run(found).outputs).cells[0].source == "def f():\n    return 1"


def test_layout_and_comments_are_not_code_but_a_silencing_semicolon_is() -> None:
    assert normal("x = f( 1 )  # why") == normal("x=f(1)")
    assert normal("plot(x);") != normal("plot(x)")
    assert normal("plot(x);  # quiet") == normal("plot(x);")
    assert normal("'''doc'''\nx") != normal("x")
    assert normal("%time x  # a") != normal("%time x  # b")
    assert normal("import inspect\n# one") != normal("import inspect\n# two")


def test_magics_hide_neither_imports_nor_names_and_a_comment_is_no_magic() -> None:
    names = names_of("%%time\nimport jax\nfiles = !ls\nx?\n%time y = 1\nz = 2")
    assert names.definitions == "import jax"
    assert set(names.values) == {"files", "z"}
    assert normal("x = 1  # why?\n# what now?") == normal("x = 1")
    assert normal("files = !ls") != normal("files = !ls -a")


def test_names_of_a_step_tell_values_from_definitions() -> None:
    names = names_of("import jax\nx, (y, *z) = f()\nfor i in x:\n    q = i\ndef g(u):\n    v = u\n[k for k in x]")
    assert names.values == ("i", "q", "x", "y", "z")
    assert names.definitions == "import jax\ndef g(u):\n    v = u"


def test_the_cache_folder_of_a_build_holds_no_half_written_file(course: Course, lecture: Read, run: Run) -> None:
    run(lecture(LOGGED))
    names = [path.name for path in (course.build / "cache" / "steps").rglob("*") if path.is_file()]
    assert names and all(re.fullmatch(r"[0-9a-f]{40}\.(json|pickle)", name) for name in names)
