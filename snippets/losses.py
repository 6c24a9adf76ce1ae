"""Cross-entropy, once for each way to write a label."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def cross_entropy_one_hot(logits: jax.Array, one_hot: jax.Array) -> jax.Array:
    """Mean over examples of minus the log probability of the true class: (B, C), (B, C) -> ().

    Args:
        logits: one score a class, any real numbers; log probabilities serve as well.
        one_hot: 1.0 at the true class, 0.0 elsewhere.
    """
    return -(one_hot * jax.nn.log_softmax(logits)).sum(axis=-1).mean()


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """The same with labels as numbers: (B, C), (B,) int in [0, C) -> ().

    A label outside [0, C) raises nothing; it makes the loss NaN.
    """
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=-1)  # (B, 1)
    return -chosen.mean()
