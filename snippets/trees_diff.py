"""What two trees disagree on, address by address: for weights that came from a file, or from another program."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np


def by_address(tree: Any) -> dict[str, Any]:
    """Address → leaf, such as `out/bias`; `None` has no leaf, so it has no address."""
    found = jax.tree.leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in found}


def tree_diff(old: Any, new: Any) -> list[str]:
    """One line for each address where the trees differ; nothing when they are equal, containers included.

    A line starts with `-` (only in `old`), `+` (only in `new`) or `~` (in both, with another shape, type or value).
    """
    olds, news = by_address(old), by_address(new)
    lines = [f"- {address}  {_kind(leaf)}" for address, leaf in olds.items() if address not in news]
    lines += [f"+ {address}  {_kind(leaf)}" for address, leaf in news.items() if address not in olds]
    both = [(address, leaf, news[address]) for address, leaf in olds.items() if address in news]
    lines += [f"~ {address}  {change}" for address, a, b in both if (change := _change(a, b))]
    if not lines and jax.tree.structure(old) != jax.tree.structure(new):
        lines = [f"~ the containers  {jax.tree.structure(old)} → {jax.tree.structure(new)}"]
    return lines


def _is_number(leaf: Any) -> bool:
    return bool(np.asarray(leaf).dtype.kind in "biufcV")  # V: bfloat16 and its kind


def _kind(leaf: Any) -> str:
    """Type and shape of a number or array; any other leaf as it is."""
    plain = np.asarray(leaf)
    return f"{plain.dtype}{plain.shape}" if _is_number(leaf) else repr(leaf)


def _change(a: Any, b: Any) -> str:
    """How two leaves of one address differ, or an empty text."""
    if _kind(a) != _kind(b):
        return f"{_kind(a)} → {_kind(b)}"
    if not _is_number(a):
        return ""
    left, right = np.asarray(a, np.complex128), np.asarray(b, np.complex128)
    unequal = left != right  # nan counts: it equals nothing, not even itself
    if not unequal.any():
        return ""
    apart = np.abs(left[unequal] - right[unequal])
    return f"{_kind(a)}  {unequal.sum()} of {unequal.size} differ, by up to {apart.max():.3g}"
