"""What checks pass to functions: fresh random arrays, keys, functions; and how an argument is shown to a student."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import Kept, Key, KeyArray, Numpy, Source, Target, Tensor

_SHOWN = 12  # elements of an array that is written out


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype: Any = np.float32) -> np.ndarray:
    """Normal numbers with mean 0 and standard deviation `scale`; shape `shape`, `()` if none is given."""
    return np.asarray(scale * rng.standard_normal(shape), dtype)


def uniform(
    rng: np.random.Generator, *shape: int, low: float = 0.0, high: float = 1.0, dtype: Any = np.float32
) -> np.ndarray:
    """Numbers from `low` (included) to `high` (not), all as likely."""
    return np.asarray(rng.uniform(low, high, shape), dtype)


def integers(rng: np.random.Generator, *shape: int, low: int = 0, high: int = 10, dtype: Any = np.int32) -> np.ndarray:
    """Whole numbers from `low` (included) to `high` (not); labels and indices."""
    return np.asarray(rng.integers(low, high, shape), dtype)


def key(seed: int | np.random.Generator, *, legacy: bool = False) -> Key:
    """A random key: `jax.random.key(seed)`, or with `legacy` `jax.random.PRNGKey(seed)`; a generator gives a seed."""
    return Key(int(seed.integers(0, 2**31)) if isinstance(seed, np.random.Generator) else seed, legacy)


def function(source: str) -> Source:
    """A function as an argument, from its source: `"lambda x: (x ** 3).sum()"`, or lines with a `def`.

    `jax`, `jnp`, `lax` and `np` are there.
    """
    return Source(source)


def numpy_array(array: Any) -> Numpy:
    """An array that arrives as a NumPy array (which a function could change in place)."""
    return Numpy(np.asarray(array))


def tensor(array: Any) -> Tensor:
    """An array that arrives as a `torch.Tensor` of the same dtype."""
    return Tensor(np.asarray(array))


def call_text(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The call as a student would type it, arrays cut short: `softmax([[0.12, -1.3]])`."""
    words = [shown(value) for value in args] + [f"{key}={shown(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(words)})"


def shown(value: Any) -> str:
    """A value in at most some 300 characters: small arrays in full, others by shape and dtype."""
    match value:
        case np.ndarray() | np.generic():
            return _array(np.asarray(value))
        case Key(seed, legacy):
            return f"jax.random.{'PRNGKey' if legacy else 'key'}({seed})"
        case KeyArray(words, kind):
            return f"key<{kind}>[{', '.join(map(str, words.shape[:-1]))}]"
        case Numpy(array):
            return f"np.array({_array(array)})"
        case Tensor(array):
            return f"torch.tensor({_array(array)})"
        case Source(text):
            return re.sub(r"\s+", " ", text.strip())[:120]
        case Target(root, attributes):
            return ".".join(["…" if isinstance(root, int) else root, *attributes])
        case Kept(_, kind):
            return f"<{kind}>"
        case float():
            return f"{value:.6g}"
    return _collection(value)


def _collection(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {shown(item)}" for key, item in list(value.items())[:8])
        return _cut("{" + inside + (", …" if len(value) > 8 else "") + "}")
    if isinstance(value, (list, tuple)):
        inside = ", ".join(shown(item) for item in value[:8]) + (", …" if len(value) > 8 else "")
        return _cut(f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})")
    return _cut(repr(value))


def _cut(text: str, length: int = 300) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _array(array: np.ndarray) -> str:
    if array.size > _SHOWN:
        return f"<{array.dtype}[{', '.join(map(str, array.shape))}]>"
    if array.dtype.kind in "biu?":
        return str(array.tolist())
    if array.dtype.kind == "c":
        return np.array2string(array, precision=4, separator=", ").replace("\n", "")
    text = np.array2string(array.astype(np.float64), precision=4, separator=", ", suppress_small=True)
    return re.sub(r"\s+", " ", text)
