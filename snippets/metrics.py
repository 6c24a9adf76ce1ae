"""How good are the predictions: counts that add up over batches, and where the mistakes are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray


def hits(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Whether the largest logit is the true class: (B, C), (B,) -> (B,) bool."""
    return logits.argmax(axis=-1) == labels


def accuracy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Share of right answers: (B, C), (B,) -> () in [0, 1]."""
    return jnp.mean(hits(logits, labels))


def confusion(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """How often class i was taken for class j: (N,), (N,) -> (C, C), rows the truth."""
    table: NDArray[Any] = np.zeros((classes, classes), np.int64)
    np.add.at(table, (np.asarray(labels), np.asarray(predicted)), 1)  # unlike +=, counts repeated pairs
    return table
