"""The Pythons of this machine: the newest JAX may need a newer one than ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from jaxstudy.errors import InputError, Problem

_SECONDS = 20
_NAME = re.compile(r"python3\.\d+$")
_ASK = "import sys, venv, ensurepip; print(*sys.version_info[:2])"


def newest_python() -> tuple[Path, str]:
    """The newest interpreter here that can make environments, and its version; our own where none is newer.

    On the PATH, and where pyenv and uv keep theirs. Each is asked: a version manager's names may lead nowhere.
    """
    best, version = Path(sys.executable), sys.version_info[:2]
    for path in dict.fromkeys(_candidates()):
        if _minor(path) > version[1] and (said := _version(path)) is not None and said > version:
            best, version = path, said
    return best, ".".join(map(str, version))


def checked_python(path: Path) -> tuple[Path, str]:
    """The interpreter that somebody named, and its version.

    Raises:
        InputError: it is no Python 3.11 or newer that can make environments.
    """
    said = _version(path)
    if said is None or said < (3, 11):
        got = "one that does not run" if said is None else f"Python {said[0]}.{said[1]}"
        raise InputError(Problem("a Python 3.11 or newer, with venv and pip", got, "name another, or none", path))
    return path, ".".join(map(str, said))


def _candidates() -> Iterator[Path]:
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    folders = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    folders += [folder / "bin" for place in (pyenv, uv) if place.is_dir() for folder in sorted(place.iterdir())]
    for folder in folders:
        try:
            names = sorted(name for name in os.listdir(folder) if _NAME.match(name))  # noqa: PTH208
        except OSError:
            continue
        yield from (folder / name for name in names)


def _minor(path: Path) -> int:
    return int(path.name.rpartition(".")[2])


def _version(path: Path) -> tuple[int, int] | None:
    try:
        command = [str(path), "-c", _ASK]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
        major, minor = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return major, minor
