"""The execution cache's keys: a step's key names everything its outputs depend on, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from jaxstudy.build.datasets import fingerprints, loaded_sets, own_sources
from jaxstudy.build.modules import project_modules
from jaxstudy.build.names import imported_modules, normal
from jaxstudy.build.versions import jax_environment, versions
from jaxstudy.course import Lecture
from jaxstudy.errors import InputError, Problem

FORMAT = "3"
"""Raised when what is stored under a key changes its meaning."""


def step_keys(lecture: Lecture, root: Path, size: str) -> dict[str, str]:
    """Step id → key, for every step that runs, in order.

    A key covers the code of all steps up to and including its own, the sources of the course's
    modules they import, the data sets they load, the declared data files, versions, JAX's environment and the size
    switch.
    Prose, comments, tags and slide metadata are not in it.

    Raises:
        InputError: a declared data file is missing.
    """
    digest = _start(lecture, size)
    keys: dict[str, str] = {}
    modules: dict[str, Path] = {}
    loaded: set[str] = set()
    for step in lecture:
        if not step.runs:
            continue
        _add(digest, normal(step.source))
        reached = project_modules(imported_modules(step.source), search_roots(lecture.path, root))
        new = {name: path for name, path in reached.items() if path not in modules.values()}
        modules |= new
        for name, path in new.items():
            _add(digest, name, path.read_bytes())
        sets = {name for source in (step.source, *own_sources(new)) for name in loaded_sets(source)} - loaded
        loaded |= sets
        for name, fingerprint in fingerprints(sets).items():
            _add(digest, "data set", name, fingerprint)
        keys[step.id] = digest.hexdigest()[:40]
    return keys


def search_roots(lecture: Path, root: Path) -> tuple[Path, ...]:
    """Where a lecture's imports are looked for: beside it, then in the course's folder."""
    return (lecture.parent, root)


def _start(lecture: Lecture, size: str) -> hashlib._Hash:
    digest = hashlib.sha256()
    surroundings: Mapping[str, object] = {"versions": versions(), "jax": jax_environment(), "size": size}
    _add(digest, FORMAT, json.dumps(surroundings, sort_keys=True))
    for name, content in _data(lecture):
        _add(digest, name, content)
    return digest


def _data(lecture: Lecture) -> list[tuple[str, bytes]]:
    missing = [name for name in lecture.header.data if not (lecture.path.parent / name).is_file()]
    if missing:
        do = "put the file there or take it out of the header's `data:`"
        raise InputError(
            *(Problem("the data file the header declares", f"no {name}", do, lecture.path) for name in missing)
        )
    return [(name, (lecture.path.parent / name).read_bytes()) for name in sorted(lecture.header.data)]


def _add(digest: hashlib._Hash, *parts: str | bytes) -> None:
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))  # "ab"+"c" must not look like "a"+"bc"
        digest.update(data)
