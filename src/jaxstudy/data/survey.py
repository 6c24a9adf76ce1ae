"""What `jaxstudy data list` says: for each set, what is here, whether it is right, and how to get the rest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from jaxstudy.data.origin import Origin, nowhere, origin_of
from jaxstudy.data.reading import contents_of
from jaxstudy.data.sets import SETS, Recipe
from jaxstudy.errors import InputError


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the survey."""

    name: str
    title: str
    state: str
    """`whole`, `part` (a subset), `absent`, or `wrong` (a file that is not the official one)."""
    says: str
    cure: str = ""
    """How to get the whole of it; empty when it is here."""


def survey(environment: Mapping[str, str] = os.environ) -> list[Found]:
    """Every set; files are read and their checksums compared."""
    return [_found(recipe, origin_of(recipe.name, environment)) for recipe in SETS.values()]


def _found(recipe: Recipe, origin: Origin) -> Found:
    fetch = f"the whole of it: jaxstudy data fetch {recipe.name}"
    if origin.kind == "broken":
        return Found(recipe.name, recipe.title, "wrong", origin.says)
    if origin.kind in ("nowhere", "download"):
        return Found(recipe.name, recipe.title, "absent", origin.says, nowhere(recipe).problems[0].do)
    if origin.place is not None:
        try:
            contents_of(origin.place, f"fetch it with `jaxstudy data fetch {recipe.name}`")
        except InputError as error:
            return Found(recipe.name, recipe.title, "wrong", str(error))
        return Found(recipe.name, recipe.title, "whole", f"{origin.says}, checked: {origin.place.files[0][1].parent}")
    subset = origin.kind == "package" and bool(recipe.files)
    return Found(recipe.name, recipe.title, "part" if subset else "whole", origin.says, fetch if subset else "")
