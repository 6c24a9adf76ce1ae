"""How workers are held: the layers, weaker machines, ordinary users, what crosses, and what happens on kill -9."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import REPOSITORY
from graders import small_homework
from hostile import HONEST, HOSTILE, RIGHT
from jaxstudy.homework.answering.data import Kept, Key, KeyArray, Missing, Raised, Request, Source, Target
from jaxstudy.homework.grading import Grader
from jaxstudy.homework.reports.feedback import feedback_page
from jaxstudy.homework.sandbox import wire

SOME = (
    "os_exit",
    "loop_deaf",
    "forks",
    "network",
    "unix_socket",
    "hidden_checks",
    "passwords",
    "kill_everybody",
    "write_library",
)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may write to."""
    folder = Path(tempfile.mkdtemp(prefix="jaxstudy-test-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def graded_as(words: list[str], folder: Path, *arguments: str) -> dict[str, Any]:
    tests = REPOSITORY / "tests"
    command = [sys.executable, str(tests / "as_somebody.py"), *words, "--"]
    command += [sys.executable, str(tests / "grade_some.py"), str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": f"{tests}:{REPOSITORY / 'src'}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["left"] == []
    return said


def marks_of(names: tuple[str, ...]) -> dict[str, float]:
    return {"honest": 4, **{name: HOSTILE[name][1] for name in names}, "honest again": 4}


def test_an_ordinary_user_grades_in_namespaces_of_his_own(shared: Path) -> None:
    said = graded_as(["nobody"], shared, *SOME)
    assert said["uid"] != 0
    assert said["tier"] == "namespaces" and {"user-ns", "mount-ns", "pid-ns", "net-ns", "rlimits"} <= set(
        said["layers"]
    )
    assert said["marks"] == marks_of(SOME)


def test_an_environment_that_lies_in_tmp_is_no_hindrance(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = Path(tempfile.mkdtemp(dir="/tmp")) / "site-packages"
    packages.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(packages)])
    homework = small_homework(shared / "07_three")
    writes = "import tempfile\nwith tempfile.NamedTemporaryFile() as file:\n    file.write(b'x')\n"
    with Grader(homework, seed=3) as grader:
        result = grader.grade(writes + HONEST + RIGHT, "ada")
    shutil.rmtree(packages.parent)
    assert result.earned == 4 and result.sandbox is not None and result.sandbox.tier == "namespaces"
    monkeypatch.undo()
    with Grader(homework, seed=3) as grader:  # gone, it is not missed
        assert grader.grade(HONEST + RIGHT, "ada").earned == 4


@pytest.mark.parametrize("how", ["no-namespaces", "none-left"])
def test_where_namespaces_are_refused_grading_is_refused_in_one_sentence(how: str, shared: Path) -> None:
    said = graded_as(["nobody", how], shared)
    assert "marks" not in said
    assert said["refused"].startswith("expected a sandbox with namespaces of its own, got")
    assert "--allow-weak-sandbox" in said["refused"] and "\n" not in said["refused"]
    assert ("max_user_namespaces" if how == "none-left" else "not permitted") in said["refused"]


def test_with_the_flag_it_grades_there_and_says_how_weakly(shared: Path) -> None:
    said = graded_as(["nobody", "no-namespaces"], shared, "weak", *SOME)
    assert said["tier"] == "landlock" and {"landlock", "seccomp", "rlimits"} <= set(said["layers"])
    assert not any(layer.endswith("-ns") for layer in said["layers"])
    assert said["marks"] == marks_of(SOME)


def test_root_without_namespaces_grades_with_the_flag_too(shared: Path) -> None:
    said = graded_as(["no-namespaces"], shared, "weak", "os_exit", "network", "passwords")
    assert said["tier"] == "landlock"
    assert said["marks"] == marks_of(("os_exit", "network", "passwords"))


def test_a_killed_grader_leaves_no_process_and_no_file(shared: Path) -> None:
    script = (
        "import sys, tempfile; from pathlib import Path; from graders import small_homework, descendants\n"
        "from jaxstudy.homework.grading import Grader; folder = Path(sys.argv[1]); tempfile.tempdir = sys.argv[1]\n"
        "with Grader(small_homework(folder / '07_three'), seed=1) as grader:\n"
        "    print(*descendants(), flush=True)\n"
        "    grader.grade('def third(x):\\n    while True: pass\\n')\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'tests'}:{REPOSITORY / 'src'}"}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(shared)], stdout=subprocess.PIPE, text=True, env=environment
    ) as grader:
        assert grader.stdout is not None
        pids = [int(word) for word in grader.stdout.readline().split()]
        assert pids
        time.sleep(0.5)  # into the endless call
        grader.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while time.monotonic() < until and (any(map(_alive, pids)) or len(list(shared.iterdir())) > 1):
        time.sleep(0.05)
    assert not any(map(_alive, pids))
    assert [path.name for path in shared.iterdir()] == ["07_three"]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    with Grader(small_homework(tmp_path_factory.mktemp("one") / "07_three"), seed=3) as started:
        yield started


def test_every_result_names_the_layers(grader: Grader) -> None:
    result = grader.grade(HONEST + RIGHT, "ada")
    assert result.sandbox is not None and result.sandbox.tier == "namespaces"
    assert {"mount-ns", "pid-ns", "net-ns", "ipc-ns", "rlimits", "no-new-privileges"} <= set(result.sandbox.layers)
    assert result.earned == result.total == 4 and result.cpu_seconds > 0 and result.peak_mb > 0


def test_a_worker_is_like_any_forked_process_to_python_and_to_the_c_library(grader: Grader) -> None:
    tells = (
        "import ctypes, os, random\n"
        "c = ctypes.CDLL(None)\nc.pthread_self.restype = ctypes.c_ulong\n"
        "mask = ctypes.create_string_buffer(128)\n"
        "cores = c.pthread_getaffinity_np(ctypes.c_ulong(c.pthread_self()), 128, mask)\n"  # by the thread's number
        "print(os.getpid(), cores, random.random())\n"
    )
    ada, bob = (grader.grade(tells + HONEST + RIGHT).output.split() for _ in range(2))
    assert ada[:2] == bob[:2] == ["1", "0"]
    assert ada[2] != bob[2]


def test_the_same_seed_gives_the_same_result_in_any_order(grader: Grader) -> None:
    wrong = HONEST + "def third(x):\n    return x / 4\n"
    first, _, second = (grader.grade(source) for source in (wrong, HONEST + RIGHT, wrong))
    assert [check.message for check in first.checks] == [check.message for check in second.checks]


def test_a_function_that_hung_is_not_asked_again(grader: Grader) -> None:
    result = grader.grade(HONEST + "def third(x):\n    while True: pass\n")
    assert {check.id: check.status for check in result.checks} == {
        "test_third": "timeout",
        "test_double": "passed",
        "test_total": "passed",
    }
    hung = grader.grade("import jax.numpy as jnp\ndef double(x):\n    while True: pass\ntotal = third = double\n")
    assert [check.status for check in hung.checks] == ["timeout"] * 3 and len(hung.incidents) == 3


def test_a_loop_outside_of_functions_that_never_ends_costs_nothing_and_its_author_is_told(grader: Grader) -> None:
    result = grader.grade(HONEST + RIGHT + "\nimport time\nwhile True:\n    time.sleep(1)\n")
    assert result.earned == result.total
    line = (HONEST + RIGHT).count("\n") + 3
    assert f"The code at line {line} was not done after" in feedback_page(result, "x")


def test_a_notebook_is_graded_cell_by_cell_without_its_magics(grader: Grader, tmp_path: Path) -> None:
    cells = [
        "%load_ext jaxstudy\nimport jax.numpy as jnp\n!ls",
        "def double(x):\n    return 2 * x",
        "def total(x) return 1",
    ]
    cells += [
        "def total(x):\n    %time y = 1\n    return jnp.sum(x)",
        "1 / 0",
        "%%bash\nrm -rf /",
        "def third(x):\n    return x / 3",
    ]
    file = tmp_path / "ada.ipynb"
    notebook = {"nbformat": 4, "cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    file.write_text(json.dumps(notebook))
    assert grader.grade(file, "ada").earned == 4


@pytest.mark.parametrize("name", ["folder", "link", "fifo", "no notebook", "missing"])
def test_what_is_no_file_gets_zero_and_a_reason(name: str, grader: Grader, tmp_path: Path) -> None:
    path = tmp_path / "it.py"
    match name:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("/etc/passwd")
        case "fifo":
            os.mkfifo(path)
        case "no notebook":
            path = tmp_path / "it.ipynb"
            path.write_text("[" * 100_000)
    result = grader.grade(path, "ada")
    assert result.earned == 0 and result.total == 4 and result.unreadable
    assert {check.status for check in result.checks} == {"not_answered"}


def test_trees_cross_and_come_back_the_same() -> None:
    kept = Kept(3, "TrainState", {".params['w']": np.float32([1, 2])})
    tree = {"a": [np.arange(6, dtype=np.int8).reshape(2, 3), np.array(2.0)], 1: (None, True, "é", 2.5, 1j), "k": kept}
    sent = Request(
        "call", Target("f", ("a",), (("jit", {"static_argnums": (1,)}),)), (tree, Key(3), Source("lambda x: x"))
    )
    frame = wire.encode(sent, 7)
    header, payload, number = wire.sizes(frame[: wire.HEAD.size])
    body = frame[wire.HEAD.size :]
    back = wire.decode(body[:header], body[header : header + payload])
    assert number == 7 and repr(back) == repr(sent)
    keys = wire.encode(KeyArray(np.zeros((2, 2), np.uint32), "fry"))
    assert wire.sizes(keys[: wire.HEAD.size])[1] == 16
    for error in (Raised("ValueError", "no", 3, "x = 1"), Missing("f", untouched=True)):
        encoded = wire.encode(error)[wire.HEAD.size :]
        assert str(wire.decode(encoded, b"")) == str(error)


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ('{"a":["float32",[1000000000000]]}', b"1234"),
        ('{"a":["float32",[-1,-4]]}', b"1234" * 4),
        ('{"a":["float32",[true]]}', b"1234"),
        ('{"a":["object",[1]]}', b"12345678"),
        ('{"a":["float32",[1]]}', b"12345678"),
        ('{"kept":[-1,"x",{"d":[]}]}', b""),
        ('{"keys":[{"a":["float32",[1]]},"fry"]}', b"1234"),
        ('{"d":[[[1],2]]}', b""),
        ('{"no":["raised",1,2,3,4]}', b""),
        ('{"eval":["1"]}', b""),
        ("[" * 200 + "]" * 200, b""),
        ("[" * 100_000, b""),
        ('{"a":[]}', b""),
        ("{}", b""),
        ("é", b""),
        ("1" * 5000, b""),
    ],
)
def test_an_odd_frame_is_malformed_and_nothing_else(header: str, payload: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.decode(header.encode("utf-8"), payload)


def test_a_frame_that_announces_too_much_is_refused_before_anything_is_allocated() -> None:
    for header, payload in ((1 << 31, 0), (1, 1 << 40)):
        with pytest.raises(wire.Malformed):
            wire.sizes(wire.HEAD.pack(wire.MAGIC, header, payload, 0))
