"""Where a data set would come from if it were loaded now: in words for people, in a digest for caches."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from jaxstudy.data.places import FOLDER_VARIABLE, Place, allowed, find
from jaxstudy.data.sets import Recipe, recipe_of
from jaxstudy.errors import InputError, Problem

DRAWN_SAYS = "drawn by jaxstudy from seed 0"
UNKEPT_SAYS = "the official files, downloaded; not kept, since the user's cache can't be written"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a set is."""

    kind: str
    """`folder`, `cache`, `system`, `package`, `drawn`, `download` (nowhere yet, but allowed), `nowhere`, `broken`."""
    says: str
    """In words that are the same on every machine, as in a data set's `source`."""
    fingerprint: str
    """Changes when another load would give other arrays. Files by size and time: nothing is read."""
    place: Place | None = None


def origin_of(name: str, environment: Mapping[str, str] = os.environ) -> Origin:
    """Where `load(name)` would take the set from; a place that can't be used gives the kind `broken`.

    Raises:
        InputError: there is no such set.
    """
    recipe = recipe_of(name)
    if recipe.kind == "drawn":
        return Origin("drawn", DRAWN_SAYS, "drawn")
    try:
        place = find(recipe, environment)
    except InputError as error:
        return Origin("broken", str(error), f"broken: {error}")
    if place is not None:
        return Origin(place.kind, files_say(place.says), _stamp(place), place)
    if recipe.files and allowed(environment):
        return Origin("download", "to be downloaded when it is loaded", "download")
    version = _version(recipe.package)
    if version:
        return Origin("package", package_says(recipe), f"{recipe.package} {version}")
    return Origin("nowhere", "not here", "nowhere")


def files_say(place: str) -> str:
    """The origin of official files, in words."""
    return f"the official files, from {place}"


def package_says(recipe: Recipe) -> str:
    """The origin of what a Python package carries, in words."""
    return f"{recipe.carries}, from the Python package {recipe.package}"


def nowhere(recipe: Recipe) -> InputError:
    """What to say when no place has the set: each cure there is."""
    cures = []
    if recipe.files:
        cures.append(f"fetch it with `jaxstudy data fetch {recipe.name}` (in a notebook: `%env JAXSTUDY_DOWNLOAD=1`)")
    if recipe.system_package:
        cures.append(f"install the Debian package {recipe.system_package}")
    if recipe.package:
        cures.append(f"`{sys.executable} -m pip install {recipe.package}`, which carries {recipe.carries}")
    if recipe.files:
        cures.append(f"point {FOLDER_VARIABLE} to a folder with its files ({recipe.files[0].name}, …)")
    return InputError(Problem(f"the data set {recipe.name}", "no place that has it", ", or ".join(cures)))


def _stamp(place: Place) -> str:
    """Paths, sizes and times of the files: what they hold is checked when they are loaded."""
    about = [(str(path.resolve()), path.stat()) for _, path in place.files]
    return "; ".join([place.kind, *(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in about)])


def _version(package: str) -> str:
    """The version of an installed package; empty when there is none."""
    from importlib import metadata  # takes 8 ms, and few ask

    try:
        return metadata.version(package) if package else ""
    except metadata.PackageNotFoundError:
        return ""
