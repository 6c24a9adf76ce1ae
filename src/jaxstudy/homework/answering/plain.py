"""Objects of a student's process → plain data, and back."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import Kept, Key, KeyArray, Missing, Numpy, Source, Target, Tensor, Unusable

MAX_NODES = 20_000
MAX_DEPTH = 64
MAX_BYTES = 256 << 20
"""Of all arrays of one answer."""
MAX_TEXT = 1 << 20
_NUMBERS = (bool, int, float, complex)

Keep = Callable[[Any], int]


class Plainly:
    """Turns one answer into arrays, numbers, strings, lists, tuples and dicts; `keep` numbers what is none of these."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._nodes = self._bytes = 0

    def of(self, value: Any, depth: int = 0) -> Any:
        """The plain form of `value`.

        Raises:
            Unusable: it is too large, or nested too deep.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Unusable(f"an answer with more than {MAX_NODES} parts or {MAX_DEPTH} levels")
        kind = type(value)
        if value is None or kind in _NUMBERS:
            return value if kind is not int else _whole(value)
        if kind in (str, bytes):
            return value[:MAX_TEXT]
        if kind in (list, tuple):
            return kind(self.of(item, depth + 1) for item in value)
        if kind in (dict, OrderedDict) or kind.__name__ == "FrozenDict":
            return self._dictionary(value, depth)
        array = as_array(value)
        if array is None:
            return self._kept(value)
        return self._sized(array)

    def _sized(self, array: np.ndarray | KeyArray) -> np.ndarray | KeyArray:
        self._bytes += (array.words if isinstance(array, KeyArray) else array).nbytes
        if self._bytes > MAX_BYTES:
            raise Unusable(f"an answer of more than {MAX_BYTES >> 20} MB")
        return array

    def _dictionary(self, value: Mapping[Any, Any], depth: int) -> Any:
        if not all(type(key) in (str, int) for key in value):
            return self._kept(value)
        return {key: self.of(item, depth + 1) for key, item in value.items()}

    def _kept(self, value: Any) -> Kept:
        leaves: dict[str, Any] = {}
        jax = sys.modules.get("jax")
        # An iterator has no leaves to look at, and JAX warns of one.
        if jax is not None and not isinstance(value, Iterator) and not jax.tree_util.all_leaves([value]):
            found, _ = jax.tree_util.tree_flatten_with_path(value)
            for path, leaf in found[:MAX_NODES]:
                array = as_array(leaf) if type(leaf) not in _NUMBERS else leaf
                if array is not None:
                    name = jax.tree_util.keystr(path)
                    leaves[name] = array if type(array) in _NUMBERS else self._sized(array)
        return Kept(self._keep(value), type(value).__name__[:200], leaves)


def _whole(value: int) -> int | float:
    if -(1 << 63) <= value < 1 << 64:
        return value
    return math.inf if value > 0 else -math.inf  # no array can hold it, and no check asks for one


def as_array(value: Any) -> np.ndarray | KeyArray | None:
    """The NumPy array that a NumPy, JAX or PyTorch array holds, or a key's words; None: it is no array."""
    kind = type(value)
    if kind is np.ndarray or isinstance(value, np.generic):
        array = np.asarray(value)
        return None if array.dtype.hasobject or array.dtype.names else array
    module = kind.__module__ or ""
    jax = sys.modules.get("jax")
    if jax is not None and isinstance(value, jax.Array):
        if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
            return KeyArray(np.asarray(jax.random.key_data(value)), str(value.dtype).partition("<")[2].rstrip(">"))
        return np.asarray(value)
    if module.startswith("torch") and hasattr(value, "detach"):
        value = value.detach().cpu().resolve_conj().resolve_neg()
        return np.asarray((value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy())
    return None


class Lively:
    """Plain data → what the student's function gets: JAX arrays, keys, functions, the kept objects."""

    def __init__(self, kept: Mapping[int, Any], find: Callable[[Target], Any]) -> None:
        self._kept, self._find = kept, find

    def of(self, value: Any) -> Any:
        """Each call makes new arrays: nothing that a function does to its arguments is seen by the next."""
        if isinstance(value, np.ndarray):
            import jax

            return jax.device_put(value)
        if isinstance(value, (list, tuple)):
            return type(value)(self.of(item) for item in value)
        if isinstance(value, dict):
            return {key: self.of(item) for key, item in value.items()}
        return self._special(value)

    def _special(self, value: Any) -> Any:
        import jax

        match value:
            case Key(seed, legacy):
                return jax.random.PRNGKey(seed) if legacy else jax.random.key(seed)
            case KeyArray(words, _):
                return jax.random.wrap_key_data(jax.numpy.asarray(words))
            case Numpy(array):
                return np.array(array)
            case Tensor(array):
                import torch

                return torch.from_numpy(np.array(array))
            case Source(text):
                return function_from(text)
            case Target():
                return self._find(value)
            case Kept(number):
                if number not in self._kept:
                    raise Missing(f"kept {value.kind}", untouched=False)
                return self._kept[number]
        return value


def function_from(text: str) -> Any:
    """The function that source text gives: an expression, or a file whose last `def` it is."""
    import jax
    import jax.numpy as jnp

    names: dict[str, Any] = {"jax": jax, "jnp": jnp, "np": np, "lax": jax.lax}
    try:
        return eval(compile(text.strip(), "<the check>", "eval"), names)
    except SyntaxError:
        exec(compile(text, "<the check>", "exec"), names)
        return [value for value in names.values() if getattr(value, "__code__", None)][-1]
