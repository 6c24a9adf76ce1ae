"""The drift guard: the same lecture in another environment, step by step; nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import io
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from jaxstudy.build.alike import difference, same_text
from jaxstudy.build.drift import drift
from jaxstudy.build.interpreters import checked_python, newest_python
from jaxstudy.build.throwaway import make_environment, wanted
from jaxstudy.course import Course, Lecture
from jaxstudy.errors import InputError
from test_build import processes_in, wait_for

LECTURE = """
# %% [markdown]
# ## Drift

# %%
import time
import measured
print(f"{measured.VALUE:.4f} after {time.perf_counter():.2f} s at", object())

# %%
print(measured.WORD)

# %%
print(measured.old_name())

# %%
import secrets
print("still asked, restless:", secrets.token_hex(4))

# %% tags=["raises-exception"]
measured.gone()
"""
HERE = "VALUE, WORD = 1.0, 'warm'\ndef old_name(): return 1\n"
THERE = "VALUE, WORD = 1.00001, 'cold'\ndef gone(): pass\n"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """An interpreter with this environment's packages, but its own version of `measured`."""
    folder = tmp_path / "other"
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "measured.py").write_text(THERE)
    (site / "here.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def test_steps_that_broke_or_changed_are_named_and_noise_is_not(
    course: Course, lecture: Callable[..., Lecture], other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "measured.py").write_text(HERE)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    findings = drift(course, [lecture(LECTURE)], other, tmp_path / "build-there", "smoke")
    told = {finding.step: (finding.broke, finding.what) for finding in findings}
    assert told == {
        "drift-3": (False, "'cold' instead of 'warm'"),
        "drift-4": (True, "AttributeError: module 'measured' has no attribute 'old_name'"),
        "drift-6": (True, "no error"),
    }
    assert "expected step drift-4 to run there" in str(findings[1].problem()) and findings[1].line > 0


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("loss 0.12345", "loss 0.12349", True),
        ("loss 0.12345", "loss 0.1300", False),
        ("[1.  2.5]", "[ 1. 2.5001]", True),
        ("138,550 GFLOP/s", "105,544 GFLOP/s", True),
        ("3 traces", "4 traces", False),
        ("took 1.2 s, 3.4x faster", "took 9 ms, 1.1x faster", True),
        ("<object at 0x7f01>", "<object at 0x7fff>", True),
        ("in /a/b/c.py", "in /x/y/z.py", True),
        ("jax.Array", "jaxlib.Array", False),
        ("nan 1.0", "nan 1.0", True),
    ],
)
def test_texts_are_compared_as_a_reader_would(before: str, after: str, same: bool) -> None:
    assert same_text(before, after) is same


def test_pictures_are_compared_by_their_pixels() -> None:
    from PIL import Image

    def picture(side: int, spot: int) -> list[dict[str, object]]:
        image = Image.new("RGB", (100, 100), "white")
        image.paste((0, 0, 0), (spot, 0, spot + side, side))
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        data = {"image/png": base64.b64encode(buffer.getvalue()).decode()}
        return [{"output_type": "display_data", "data": data}]

    assert difference(picture(40, 0), picture(40, 0)) == ""
    assert difference(picture(5, 0), picture(5, 2)) == ""
    assert difference(picture(40, 0), picture(40, 50)) == "a picture with 32.0% other pixels"
    assert difference(picture(40, 0), []) == "0 outputs instead of 1"


def test_versions_asked_for_are_pinned_the_watched_ones_free_and_others_as_they_are_here() -> None:
    found = wanted(["jax>=0.10", "flax>=0.12", "matplotlib>=3.10"], {"jax": "0.10.0", "flax": ""})
    assert "jax==0.10.0" in found and "flax" in found and "ipykernel" in found
    assert any(need.startswith("matplotlib==") for need in found)


def test_an_environment_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    lines: list[str] = []
    with pytest.raises(InputError, match="check the versions asked for") as caught:
        make_environment(tmp_path / "env", [str(tmp_path / "no-such.whl")], lines.append)
    assert "no-such.whl" in caught.value.details[0] and len(lines) > 1
    assert sys.executable not in caught.value.details[0]


QUICK = """
# %% [markdown]
# ## Quick

# %%
import sys
print("jaxstudy-drift-" in sys.prefix)
"""
SLOW = """
# %% [markdown]
# ## Slow

# %%
import sys, time
from pathlib import Path
print("first")

# %%
if "jaxstudy-drift-" in sys.prefix:
    Path("reached").touch()
    time.sleep(600)

# %%
print("third")
"""


def wheels_of_here(folder: Path) -> Path:
    """Packages as `drift` asks for them, each of one line: it puts this environment's packages on the path."""
    folder.mkdir()
    for name in ("jax", "ipykernel", "matplotlib", "cloudpickle"):
        version = metadata.version(name)
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}_of_here.pth", sysconfig.get_path("purelib") + "\n")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture
def spare() -> Iterator[Path]:
    """A folder for temporary files, with a name that is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="drift-") as folder:
        yield Path(folder)


def start_drift(course: Course, spare: Path, **pip: str) -> subprocess.Popen[str]:
    """`jaxstudy drift` whose temporary files all go to `spare`, and whose pip is told where to look."""
    environment = {**os.environ, "TMPDIR": str(spare), **{f"PIP_{key.upper()}": value for key, value in pip.items()}}
    command = [sys.executable, "-m", "jaxstudy", "drift", "--python", sys.executable]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    return subprocess.Popen(command, cwd=course.root, start_new_session=True, **pipes)  # type: ignore[call-overload,no-any-return]


def test_ctrl_c_in_the_midst_of_a_lecture_tells_what_was_compared_and_leaves_nothing(
    course: Course, script: Callable[..., Path], tmp_path: Path, spare: Path
) -> None:
    script(QUICK, name="01_quick.py")
    script(SLOW, name="02_slow.py")
    script(QUICK, name="03_last.py")
    wheels = wheels_of_here(tmp_path / "wheels")
    with start_drift(course, spare, no_index="1", find_links=str(wheels)) as process:
        reached = course.root / "lectures" / "reached"
        wait_for(lambda: reached.exists() or process.poll() is not None, 90)
        assert process.poll() is None and len(processes_in(course.root)) >= 2, process.communicate()  # and a kernel
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "✗ 01_quick 0 steps broke, 1 changed" in lines and "– 03_last not compared" in lines
    assert "– 02_slow stopped after 1 of 3 steps: all as here" in lines
    assert "'True' instead of 'False'" in err and "died" not in out + err
    wait_for(lambda: processes_in(course.root) == [], 15)
    assert list(spare.iterdir()) == []


def test_a_drift_that_is_stopped_while_it_installs_leaves_nothing(
    course: Course, script: Callable[..., Path], spare: Path
) -> None:
    script(QUICK)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        asks = {"index_url": address, "find_links": "", "no_index": "0"}
        with start_drift(course, spare, **asks) as process, silent.accept()[0]:  # pip asks, and waits for an answer
            process.terminate()
            out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Stopped. Nothing was compared yet." in out and "expected" not in err
    wait_for(lambda: processes_in(course.root) == [], 15)
    assert list(spare.iterdir()) == []


def _interpreter(folder: Path, name: str, does: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def test_the_newest_python_that_runs_is_found_whatever_names_lie_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    shims = tmp_path / "shims"
    shims.mkdir()
    monkeypatch.setenv("PATH", f"{shims}:/usr/bin:/bin")
    own = ".".join(map(str, sys.version_info[:2]))
    _interpreter(shims, "python3.99", "exit 127")  # as a version manager's name that leads nowhere
    _interpreter(shims, "python3.97", "echo nothing of a version")
    before = newest_python()
    good = _interpreter(shims, "python3.98", "echo 3 98")
    assert newest_python() == (good, "3.98") and before[1] >= own
    versions = tmp_path / "pyenv" / "versions" / "3.99.1" / "bin"
    versions.mkdir(parents=True)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    newer = _interpreter(versions, "python3.99", "echo 3 99")
    assert newest_python() == (newer, "3.99")


def test_a_python_that_is_named_must_run_and_be_new_enough(tmp_path: Path) -> None:
    assert checked_python(Path(sys.executable))[1] == ".".join(map(str, sys.version_info[:2]))
    with pytest.raises(InputError, match="one that does not run"):
        checked_python(tmp_path / "none")
    with pytest.raises(InputError, match=r"got Python 3\.8"):
        checked_python(_interpreter(tmp_path, "python3.8", "echo 3 8"))
