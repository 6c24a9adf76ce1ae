"""A virtual environment beside the course's own, with other versions in it, and kernels that run there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from jaxstudy.build.kernels import Kernels
from jaxstudy.errors import InputError, Problem

WATCHED = ("jax", "flax", "optax")
"""Packages that are taken as new as they come, or as asked for; the others as they are here."""
_FREE = {*WATCHED, "jaxlib", "numpy", "ipykernel"}


class ThrowawayKernels(Kernels):
    """Plain kernels of another interpreter, which see the course's modules and a copy of this toolkit."""

    def __init__(self, root: Path, folder: Path, size: str, python: Path) -> None:
        super().__init__(root, folder, size, warm=False)
        path = Path(self._specs.name) / "plain" / "kernels" / "python3" / "kernel.json"
        spec = json.loads(path.read_text(encoding="utf-8"))
        spec["argv"][0] = str(python)
        path.write_text(json.dumps(spec), encoding="utf-8")
        self._toolkit = folder / "toolkit"
        package = Path(__file__).resolve().parents[1]
        ignore = shutil.ignore_patterns("__pycache__", "assets")
        # A copy: the folder that jaxstudy is installed in has this environment's packages in it as well.
        shutil.copytree(package, self._toolkit / "jaxstudy", ignore=ignore, dirs_exist_ok=True)

    def environment(self) -> dict[str, str]:
        """As here, but nothing of this environment's packages is on the path."""
        return {**super().environment(), "PYTHONPATH": os.pathsep.join([str(self.root), str(self._toolkit)])}


def wanted(needs: Sequence[str], asked: dict[str, str]) -> list[str]:
    """What to install for lectures that need `needs` (`jax>=0.10`): watched packages free or as `asked`, others as
    they are here."""
    names = {need.split(">=")[0] for need in needs} | {"jax", "ipykernel", "matplotlib", "cloudpickle"}
    found = []
    for name in sorted(names | {name for name, version in asked.items() if version}):
        if version := asked.get(name):
            found.append(f"{name}=={version}")
        else:
            found.append(name if name in _FREE else f"{name}{_pin(name)}")
    return found


def make_environment(
    folder: Path, requirements: Sequence[str], on_line: Callable[[str], None], base: Path = Path(sys.executable)
) -> Path:
    """A new environment with these packages; returns its interpreter. pip's lines go to `on_line` as they come.

    Args:
        folder: where it is made.
        requirements: what pip installs.
        on_line: told what pip prints.
        base: the Python it is made with.

    Raises:
        InputError: it could not be made; pip's last words are in the details.
    """
    on_line("making the environment")
    spare = folder.parent / f"{folder.name}-tmp"  # where pip unpacks: thrown away with the rest, also if it is killed
    spare.mkdir(parents=True, exist_ok=True)
    _run([str(base), "-m", "venv", str(folder)], on_line, spare)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _run(
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off", *requirements],
        on_line,
        spare,
    )
    return python


def versions_in(python: Path) -> dict[str, str]:
    """Version of each watched package there."""
    code = "from importlib.metadata import distributions as d; [print(x.name.lower(), x.version) for x in d()]"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    found = dict(line.split() for line in done.stdout.splitlines())
    return {name: found[name] for name in WATCHED if name in found}


def _run(command: list[str], on_line: Callable[[str], None], spare: Path) -> None:
    lines: list[str] = []
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(spare)}, **pipes) as process:  # type: ignore[call-overload]
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                on_line(lines[-1])
        except BaseException:
            _kill_group(process)  # venv and pip start processes of their own, which would go on writing
            raise
    if process.returncode:
        do = "check the versions asked for and the network, then run it again"
        problem = Problem("an environment with the versions asked for", f"pip ended with {process.returncode}", do)
        raise InputError(problem, details=["\n".join(lines[-12:])])


def _kill_group(process: subprocess.Popen[str]) -> None:
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _pin(name: str) -> str:
    try:
        return f"=={metadata.version(name).split('+')[0]}"
    except metadata.PackageNotFoundError:
        return ""
