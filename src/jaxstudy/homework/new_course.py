"""A new course: settings, a first lecture, its homework, and what publishes them. All of it works as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

from jaxstudy.atomic import write_atomically
from jaxstudy.course.starting import lecture_text
from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.own_wheel import own_wheel
from jaxstudy.homework.starting import homework_texts
from jaxstudy.installing import kit_source

_ASSETS = Path(__file__).parents[1] / "assets" / "new" / "course"
_FIRST, _FIRST_TITLE = "01_start", "A first look"
_EXTRAS = "present,site,replay,data"
_FILES = {
    "course.toml": "course.toml.txt",
    "mkdocs.yml": "mkdocs.yml.txt",
    "README.md": "README.md.txt",
    "requirements.txt": "requirements.txt",
    ".gitignore": "gitignore.txt",
    ".github/workflows/site.yml": "site.yml.txt",
    ".devcontainer/devcontainer.json": "devcontainer.json.txt",
}
"""Where a file goes → its template."""


def new_course(folder: Path, title: str = "") -> list[Path]:
    """Write a course into the folder, which may hold other things, and return the files.

    Where the kit came from a public git repository, the course's requirements name that, at this commit. Otherwise
    the course carries the kit with it, as a wheel: no index has a package of its name.

    Args:
        folder: made if need be.
        title: the course's; default: the folder's name, as words.

    Raises:
        InputError: any of the files is there already (all of them are named; nothing is written), or the folder can't
            be written.
    """
    folder = folder.resolve()
    files = _texts(" ".join(title.split()) or _words(folder.name))
    _refuse_clashes(folder, sorted(files))
    _write(folder, files)
    return [folder / name for name in sorted(files)]


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """All of them or none."""
    written: list[Path] = []
    try:
        for name, content in files.items():
            write_atomically(folder / name, content)
            written.append(folder / name)
    except OSError as error:
        for path in written:
            path.unlink()
        do = "take a folder that you may write, on a disk with room"
        raise InputError(Problem("a folder to write the course to", f"{error.strerror}", do, folder)) from error


def _texts(title: str) -> dict[str, bytes]:
    kit, carried = _kit()
    values = {
        "title": json.dumps(title, ensure_ascii=False),  # as TOML and JSON quote
        "words": title,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "kit": kit,
    }
    texts = {
        name: Template((_ASSETS / asset).read_text(encoding="utf-8")).safe_substitute(values)
        for name, asset in _FILES.items()
    }
    texts[f"lectures/{_FIRST}.py"] = lecture_text(_FIRST, _FIRST_TITLE)
    for name, text in homework_texts(_FIRST, _FIRST_TITLE).items():
        texts[f"homework/{_FIRST}/{name}"] = text
    return {**{name: text.encode() for name, text in texts.items()}, **carried}


def _kit() -> tuple[str, dict[str, bytes]]:
    """The line for requirements.txt, and the files that it needs."""
    source = kit_source()
    if source.startswith("git+https://"):
        return f"jaxstudy[{_EXTRAS}] @ {source}", {}
    name, wheel = own_wheel()
    return f"./kit/{name}[{_EXTRAS}]", {f"kit/{name}": wheel}


def _refuse_clashes(folder: Path, names: list[str]) -> None:
    problems = []
    for name in names:
        path = folder / name
        blocked = next((part for part in path.parents if part.exists() and not part.is_dir()), None)
        if path.exists() or path.is_symlink():
            problems.append(Problem(f"no {name} yet", "one that is there", "move it away, or take a new folder", path))
        elif blocked and all(problem.path != blocked for problem in problems):
            problems.append(Problem("a folder, or nothing", "a file", "move it away, or take a new folder", blocked))
    if problems:
        raise InputError(*problems)


def _words(name: str) -> str:
    words = " ".join(name.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:] or "A course"
