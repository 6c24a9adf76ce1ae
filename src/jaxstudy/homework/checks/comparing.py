"""Whether two plain answers are the same, and in words how they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import KeyArray
from jaxstudy.homework.checks.arguments import shown
from jaxstudy.homework.checks.asking import KeptAnswer

# Relative to the largest expected number. JAX on CPU keeps about 1e-7 in float32; sums in another order cost ten times
# that, exp and log of it a hundred times.
_TOLERANCE = {
    "float16": 1e-2,
    "bfloat16": 3e-2,
    "float32": 1e-4,
    "float64": 1e-8,
    "complex64": 1e-4,
    "complex128": 1e-8,
}


def difference(got: Any, wanted: Any, *, tolerance: float | None = None, at: str = "") -> tuple[str, str] | None:
    """None if they are the same; else what is wrong, first without numbers, then in full.

    Shapes must be the same; dtypes must be of one kind (whole numbers are no floats), whatever their size.

    Args:
        got: the student's answer, plain data.
        wanted: the right one.
        tolerance: relative to the largest number in `wanted`; by default as the coarser of the two dtypes allows.
        at: the path to here inside a tree.
    """
    where = f" at {at}" if at else ""
    if isinstance(wanted, KeptAnswer) or isinstance(got, KeptAnswer):
        return _kept_difference(got, wanted, tolerance, at)
    if isinstance(wanted, (dict, list, tuple)):
        return _tree_difference(got, wanted, tolerance, at)
    if wanted is None or isinstance(wanted, (str, bytes)):
        same = type(got) is type(wanted) and got == wanted
        return None if same else (f"not what is expected{where}", f"expected {shown(wanted)}{where}, got {shown(got)}")
    if isinstance(wanted, KeyArray):
        if not isinstance(got, KeyArray):
            return f"no random key{where}", f"expected a random key{where}, got {described(got)}"
        return _number_difference(got.words, wanted.words, 0.0, where)
    if not is_number(got):
        return f"no array or number{where}", f"expected {described(wanted)}{where}, got {described(got)}"
    return _number_difference(np.asarray(got), np.asarray(wanted), tolerance, where)


def is_number(value: Any) -> bool:
    """Whether it is an array or a number."""
    return isinstance(value, (np.ndarray, np.generic, bool, int, float, complex))


def described(value: Any) -> str:
    """What kind of thing it is: `float32[3, 4]`, `a tuple of 2`, `None`."""
    match value:
        case np.ndarray() | np.generic():
            return f"{value.dtype}[{', '.join(map(str, value.shape))}]"
        case KeyArray():
            return shown(value)
        case KeptAnswer():
            return f"a {value._name}"
        case dict():
            return f"a dict with the keys {', '.join(map(repr, list(value)[:8])) or 'none'}"
        case list() | tuple():
            return f"a {type(value).__name__} of {len(value)}"
        case None:
            return "None (is a `return` missing?)"
    return f"the {type(value).__name__} {shown(value)}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All that is in a plain tree, with its path."""
    if isinstance(value, KeptAnswer):
        for name, leaf in value.leaves.items():
            yield path + name, leaf
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def _tree_difference(got: Any, wanted: Any, tolerance: float | None, at: str) -> tuple[str, str] | None:
    where = f" at {at}" if at else ""
    kinds = (dict,) if isinstance(wanted, dict) else (list, tuple)  # a list for a tuple is forgiven, where it is equal
    if not isinstance(got, kinds):
        return f"not {described(wanted)}{where}", f"expected {described(wanted)}{where}, got {described(got)}"
    if isinstance(wanted, dict):
        if set(got) != set(wanted):
            return f"other keys{where}", f"expected {described(wanted)}{where}, got {described(got)}"
        pairs = [(f"[{key!r}]", got[key], wanted[key]) for key in wanted]
    else:
        if len(got) != len(wanted):
            return f"not {described(wanted)}{where}", f"expected {described(wanted)}{where}, got {described(got)}"
        pairs = [(f"[{i}]", a, b) for i, (a, b) in enumerate(zip(got, wanted, strict=True))]
    found = (difference(a, b, tolerance=tolerance, at=at + path) for path, a, b in pairs)
    return next((one for one in found if one is not None), None)


def _kept_difference(got: Any, wanted: Any, tolerance: float | None, at: str) -> tuple[str, str] | None:
    where = f" at {at}" if at else ""
    if not isinstance(got, KeptAnswer) or not isinstance(wanted, KeptAnswer):
        return f"not {described(wanted)}{where}", f"expected {described(wanted)}{where}, got {described(got)}"
    if not wanted.leaves:
        return f"can't be compared{where}", f"a {wanted._name}{where} holds no arrays to compare: check what it does"
    return _tree_difference(dict(got.leaves), dict(wanted.leaves), tolerance, at)


def _number_difference(
    got: np.ndarray, wanted: np.ndarray, tolerance: float | None, where: str
) -> tuple[str, str] | None:
    if got.shape != wanted.shape:
        told = f"expected shape {wanted.shape}{where}, got shape {got.shape}"
        return f"the wrong shape{where}", told
    if _kind(got) != _kind(wanted):
        return f"the wrong dtype{where}", f"expected {_kind(wanted)} ({wanted.dtype}){where}, got {got.dtype}"
    if wanted.size == 0:
        return None
    if _kind(wanted) != "floating point numbers":
        wrong = got != wanted
    else:
        wrong = ~_close(got, wanted, _tolerance(got, wanted) if tolerance is None else tolerance)
    if not np.any(wrong):
        return None
    return f"wrong values{where}", _worst(got, wanted, wrong, where)


def _kind(array: np.ndarray) -> str:
    if array.dtype.kind == "b":
        return "booleans"
    return "whole numbers" if array.dtype.kind in "iu" else "floating point numbers"


def _tolerance(got: np.ndarray, wanted: np.ndarray) -> float:
    coarse = [_TOLERANCE.get(array.dtype.name, 1e-1) for array in (got, wanted)]
    # A Python float counts as the other's dtype: it came from one array's element.
    return max(coarse)


def _close(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> np.ndarray:
    wide = np.complex128 if "c" in (got.dtype.kind, wanted.dtype.kind) else np.float64
    got, wanted = got.astype(wide), wanted.astype(wide)
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    with np.errstate(all="ignore"):
        close = np.abs(got - wanted) <= tolerance * max(size, 1e-6)
    close = close | (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    return np.asarray(close)


def _worst(got: np.ndarray, wanted: np.ndarray, wrong: np.ndarray, where: str) -> str:
    if wanted.ndim == 0:
        return f"expected {shown(wanted)}{where}, got {shown(got)}"
    count = int(wrong.sum())
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    index = "".join(f"[{i}]" for i in first)
    told = f"expected {shown(wanted)}{where}, got {shown(got)}" if wanted.size <= 12 else ""
    entry = f"{count} of {wanted.size} numbers differ{where if not told else ''}; the first is {index}: "
    entry += f"expected {shown(wanted[first])}, got {shown(got[first])}"
    if math.prod(got.shape) and got.dtype.kind == "f" and np.isnan(got.astype(np.float64)).any():
        entry += "; there are NaNs"
    return "\n".join(filter(None, (told, entry)))
