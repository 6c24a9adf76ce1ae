"""Batches: each example once an epoch, in an order that a key decides."""

from __future__ import annotations

from typing import Any, TypeVar

import jax
import jax.numpy as jnp

Tree = TypeVar("Tree")


def shuffled_batches(key: jax.Array, count: int, size: int) -> jax.Array:
    """One epoch of batches as rows of indices: -> (count // size, size) int32, no index twice.

    What does not fill a batch (`count % size` indices, other ones with every key) sits this epoch out.
    """
    steps = count // size
    return jax.random.permutation(key, count)[: steps * size].reshape(steps, size)


def padded_batches(data: Tree, size: int) -> tuple[Tree, jax.Array]:
    """All examples in order, in batches of one shape, and which of them are real.

    Args:
        data: tree of arrays (N, …).
        size: of a batch.

    Returns:
        The tree with leaves (steps, size, …), zeros at the end of the last batch; and (steps, size) float32, 1 for
        an example, 0 for padding.
    """
    count = len(jax.tree.leaves(data)[0])
    steps = -(-count // size)

    def cut(leaf: Any) -> jax.Array:
        """(N, …) -> (steps, size, …)"""
        rest = [(0, steps * size - count)] + [(0, 0)] * (leaf.ndim - 1)
        return jnp.pad(jnp.asarray(leaf), rest).reshape(steps, size, *leaf.shape[1:])

    return jax.tree.map(cut, data), cut(jnp.ones(count))
