"""Compiled programs of the reference, kept between graders: compiling them is most of what starting one costs.

Only what the reference compiled is kept, and a grader works on a copy of its own: a student's worker can neither write
nor replace what another one runs. They are kept in the user's cache: whoever grades the same assignment again, some of
a class or another class, starts with them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

_KEPT = 16  # assignments, of the latest used


def programs_home() -> Path:
    """Where the user's graders keep programs."""
    from jaxstudy.data.places import cache_folder  # NumPy comes with it

    return cache_folder() / "graders"


def programs_key(environment: Mapping[str, str]) -> str:
    """Names programs that may serve again: the same assignment, versions and kind of processor."""
    parts = [*(f"{name}={value}" for name, value in sorted(environment.items())), _processor()]
    return sha256("\0".join(parts).encode()).hexdigest()[:24]


def borrow(kept: Path, key: str, folder: Path) -> bool:
    """Copy the kept programs into `folder`; False when there are none."""
    try:
        shutil.copytree(kept / key, folder, dirs_exist_ok=True)
        os.utime(kept / key)
    except OSError:
        return False
    return True


def keep(kept: Path, key: str, folder: Path) -> None:
    """Keep a copy of `folder` for the next grader, whole or not at all; what can't be kept is compiled again."""
    with contextlib.suppress(OSError):
        kept.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".programs-", dir=kept))
        try:
            shutil.copytree(folder, beside, dirs_exist_ok=True)
            beside.chmod(0o700)  # the grader's own may be written by its workers, who are other users
            os.rename(beside, kept / key)  # noqa: PTH104 - fails where another grader was first, which is as good
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        os.utime(kept / key)
        latest = sorted(kept.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in latest[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)


def _processor() -> str:
    """What the processor can do: code compiled for more does not run on less."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return ""
