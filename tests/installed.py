"""An installed kit: our wheel in an environment of its own, and calling it as people do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from conftest import REPOSITORY

OUTER = Path(sysconfig.get_path("purelib"))
SECONDS = 240


def build_wheel(folder: Path) -> Path:
    """The wheel that people install, built as they would build it."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(folder), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, environment: Path) -> Path:
    """A new environment with the wheel in it; returns the `jaxstudy` to call.

    What the wheel needs is read from the environment that runs the tests: a .pth file puts its packages behind the
    new one's own. Its editable jaxstudy is reached by a .pth file of its own, which is not followed from there.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, text=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "outer.pth").write_text(f"{OUTER}\n")
    asked = "import jaxstudy, importlib.metadata as m; print(jaxstudy.__file__, m.distribution('jaxstudy')._path, sep='\\n')"
    said = subprocess.run([str(python), "-I", "-c", asked], check=True, capture_output=True, text=True, cwd="/")
    assert all(Path(word).is_relative_to(packages) for word in said.stdout.splitlines()), said.stdout
    return environment / "bin" / "jaxstudy"


def surroundings(temporary: Path, home: Path | None = None) -> dict[str, str]:
    """Variables as in a fresh shell: no environment activated, nothing of ours on the PATH."""
    tools = [str(Path(found).parent) for tool in ("chromium", "node") if (found := shutil.which(tool))]
    temporary.mkdir(parents=True, exist_ok=True)
    variables = {
        "PATH": os.pathsep.join([*dict.fromkeys(tools), "/usr/bin", "/bin"]),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(temporary / "cache"),
        "JAXSTUDY_WEB": str(REPOSITORY / "node_modules"),
        # RISE's page parts lie where its packages were installed, which is not the new environment.
        "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
    }
    if home is not None:
        variables["HOME"] = str(home)
    variables |= {name: os.environ[name] for name in ("CHROME", "JAXSTUDY_WARM") if name in os.environ}
    return variables


@dataclass(frozen=True)
class Kit:
    """How to call an installed jaxstudy, where, and with which variables."""

    command: tuple[str, ...]
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, expected: int = 0, folder: Path | None = None) -> str:
        """What a command prints; it must end with `expected`, and never with a traceback."""
        done = subprocess.run(
            [*self.command, *words],
            cwd=folder or self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        said = done.stdout + done.stderr
        assert done.returncode == expected, f"jaxstudy {' '.join(words)}: {done.returncode}\n{said}"
        assert "Traceback" not in said, said
        return said

    def start(self, *words: str, until: str) -> tuple[subprocess.Popen[str], str]:
        """A running command, as soon as it prints `until`; and that line."""
        process = subprocess.Popen(
            [*self.command, *words],
            cwd=self.folder,
            env={**self.variables, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        said = ""
        for line in iter(process.stdout.readline, ""):
            said += line
            if until in line:
                return process, line
        raise AssertionError(f"jaxstudy {' '.join(words)} ended with {process.wait()}:\n{said}")
