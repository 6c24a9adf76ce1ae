"""The drift guard: the same lecture in another environment, step by step; nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import io
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from jaxstudy.build.alike import difference, same_text
from jaxstudy.build.drift import drift
from jaxstudy.build.throwaway import make_environment, wanted
from jaxstudy.course import Course, Lecture
from jaxstudy.errors import InputError

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
