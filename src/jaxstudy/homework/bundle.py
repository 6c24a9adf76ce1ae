"""What a student hands in: one zip that holds the work and a list of what it holds, and nothing else."""

from __future__ import annotations

import ast
import datetime
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.release import FACTS
from jaxstudy.homework.sources import Unreadable, read_source

LIST = "bundle.json"
_PACKAGES = ("jaxstudy", "jax", "flax", "optax", "torch")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A zip that was written."""

    path: Path
    entries: tuple[tuple[str, int], ...]
    """Name and bytes of everything in it."""
    waiting: tuple[str, ...]
    """Functions that are still the starter."""
    other: Path | None
    """The same homework in the other format, which was left out."""


def bundle(file: Path, out: Path | None = None) -> Bundle:
    """Write `NAME.zip` beside the file.

    Args:
        file: the script or notebook, in the folder it was handed out in.
        out: where to write instead.

    Raises:
        InputError: no homework lies around the file, its checks were edited, or the file is no such work or is too
            large (all problems).
    """
    facts = _facts(file)
    problems = list(_problems(file, facts))
    if problems:
        raise InputError(*problems)
    data = file.read_bytes()
    entries = {file.name: data, LIST: _list(file, data, str(facts["homework"])).encode()}
    path = out or file.with_suffix(".zip")
    write_atomically(path, _zipped(entries))
    waiting = tuple(name for name in facts["functions"] if f'"{name}: your turn"' in _code(file))
    other = file.with_suffix(".py" if file.suffix == ".ipynb" else ".ipynb")
    sizes = tuple((name, len(content)) for name, content in entries.items())
    return Bundle(path, sizes, waiting, other if other.is_file() else None)


def _facts(file: Path) -> dict[str, str | list[str]]:
    path = file.parent / FACTS
    try:
        facts: dict[str, str | list[str]] = json.loads(path.read_text(encoding="utf-8"))
        return {key: facts[key] for key in ("homework", "checks", "functions")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        do = "go to the folder that you downloaded; if this file is gone, download it again beside your work"
        raise InputError(Problem(f"{FACTS} beside {file.name}", "none that can be read", do, file.parent)) from error


def _problems(file: Path, facts: dict[str, str | list[str]]) -> Iterator[Problem]:
    name = facts["homework"]
    if file.suffix not in (".py", ".ipynb") or file.stem != name:
        yield Problem(f"{name}.ipynb or {name}.py", file.name, "hand in the file that you were given, filled in", file)
        return
    checks = file.parent / "checks.py"
    if not checks.is_file() or hashlib.sha256(checks.read_bytes()).hexdigest() != facts["checks"]:
        do = "download checks.py again and check once more: you may have checked something else than was asked"
        yield Problem("checks.py as it was handed out", "another", do, checks)
    if not file.is_file():
        yield Problem("a file", "none", "check the name", file)
        return
    try:
        _code(file)
    except Unreadable as error:
        do = "open it, clear the outputs if there are many, save it, and try again"
        yield Problem("a script or notebook that can be graded", f"one that {error}", do, file)


def _code(file: Path) -> str:
    """The code of the work; what is no Python is no reason to refuse it: the rest may earn points."""
    source = read_source(file)
    text = source.text if source.cells is None else "\n\n".join(source.cells)
    try:
        return ast.unparse(ast.parse(text)).replace("'", '"')
    except (SyntaxError, ValueError, RecursionError):
        return text


def _list(file: Path, data: bytes, name: str) -> str:
    facts = {
        "homework": name,
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "files": {file.name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}},
        "versions": {name: version for name in _PACKAGES if (version := _version(name))},
    }
    return json.dumps(facts, indent=1) + "\n"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _zipped(entries: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return memory.getvalue()
