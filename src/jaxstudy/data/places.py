"""Where a data set's files are: the folder JAXSTUDY_DATA names, the user's cache, or the machine's own package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.data.sets import File, Recipe
from jaxstudy.errors import InputError, Problem

FOLDER_VARIABLE = "JAXSTUDY_DATA"
ALLOWED_VARIABLE = "JAXSTUDY_DOWNLOAD"
CACHE_SAYS = "the user's cache"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that has every file of a set."""

    kind: str
    """`folder` (the person's own), `cache` or `system`."""
    says: str
    """Where that is, in words that are the same on every machine."""
    files: tuple[tuple[File, Path], ...]


def allowed(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether JAXSTUDY_DOWNLOAD says that loading may download."""
    return environment.get(ALLOWED_VARIABLE, "").lower() in ("1", "yes", "true", "on")


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's cache: `$XDG_CACHE_HOME/jaxstudy` or `~/.cache/jaxstudy`."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "jaxstudy"


def find(recipe: Recipe, environment: Mapping[str, str] = os.environ) -> Place | None:
    """The first place that has the set's files, or None; nothing is read yet.

    Raises:
        InputError: JAXSTUDY_DATA names no folder, or one with a part of the files.
    """
    own = environment.get(FOLDER_VARIABLE, "")
    if own and (place := _in_own_folder(recipe, Path(own).expanduser())):
        return place
    candidates = [("cache", CACHE_SAYS, cache_folder(environment) / recipe.below)]
    if recipe.system_folder:
        says = f"the machine's package {recipe.system_package}"
        candidates.append(("system", says, Path(recipe.system_folder)))
    for kind, says, folder in candidates:
        files = files_in(recipe, folder)
        if files and len(files) == len(recipe.files):
            return Place(kind, says, files)
    return None


def _in_own_folder(recipe: Recipe, folder: Path) -> Place | None:
    """What the person pointed at must be right: a part of a set there is a mistake, not a reason to look elsewhere."""
    if not folder.is_dir():
        do = f"mend or unset {FOLDER_VARIABLE}"
        raise InputError(Problem(f"a folder that {FOLDER_VARIABLE} names", f"no folder {folder}", do))
    for place in (folder / recipe.below, folder):
        files = files_in(recipe, place)
        if not files:
            continue
        if len(files) < len(recipe.files):
            there = {file.name for file, _ in files}
            missing = ", ".join(file.name for file in recipe.files if file.name not in there)
            do = f"put the missing files there, or unset {FOLDER_VARIABLE}"
            raise InputError(Problem(f"all {len(recipe.files)} files of {recipe.name}", f"no {missing}", do, place))
        return Place("folder", f"the folder that {FOLDER_VARIABLE} names", files)
    return None


def files_in(recipe: Recipe, folder: Path) -> tuple[tuple[File, Path], ...]:
    """Those of the set's files that lie in the folder, gzipped or not."""
    found = []
    for file in recipe.files:
        for path in (folder / file.name, folder / f"{file.name}.gz"):
            if path.is_file():
                found.append((file, path))
                break
    return tuple(found)
