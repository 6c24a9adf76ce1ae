"""Losses and scores of a segmentation: one logit a pixel against an exact mask of 0 and 1.

`logits` and `masks` have one shape, (B, H, W, 1). The scores count pixels over the whole batch, and can be added up
over batches: an average of the batches' scores would weigh a small last batch too much.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax.struct import dataclass


@dataclass
class Overlap:
    """Pixels of a batch, counted: a pytree, so it may leave a compiled function."""

    both: jax.Array
    """Pixels that mask and prediction have in common: ()."""
    predicted: jax.Array
    masked: jax.Array

    def __add__(self, other: Overlap) -> Overlap:
        """The counts of two batches."""
        return Overlap(self.both + other.both, self.predicted + other.predicted, self.masked + other.masked)

    @property
    def iou(self) -> jax.Array:
        """Intersection over union (Jaccard's index); 1 where both are empty: ()."""
        union = self.predicted + self.masked - self.both
        return jnp.where(union > 0, self.both / jnp.maximum(union, 1), 1.0)

    @property
    def dice(self) -> jax.Array:
        """Twice the intersection over the sum of both (Dice's coefficient, F1): ()."""
        total = self.predicted + self.masked
        return jnp.where(total > 0, 2 * self.both / jnp.maximum(total, 1), 1.0)


def overlap(logits: jax.Array, masks: jax.Array) -> Overlap:
    """Counts of a batch, a pixel being predicted when its logit is above 0, its probability above a half."""
    same_shape(logits, masks)
    predicted, masked = logits > 0, masks > 0.5
    # Whole numbers: float32 counts one by one up to 2^24 only, 4,096 masks of 64 x 64.
    return Overlap(*(pixels.sum(dtype=jnp.int32) for pixels in (predicted & masked, predicted, masked)))


def cross_entropy(logits: jax.Array, masks: jax.Array) -> jax.Array:
    """Mean binary cross-entropy of a pixel, in nats: -> ().

    log(1 + exp(z)) - z·m, in a form that never overflows.
    """
    same_shape(logits, masks)
    return jnp.mean(jnp.maximum(logits, 0) - logits * masks + jnp.log1p(jnp.exp(-jnp.abs(logits))))


def dice_loss(logits: jax.Array, masks: jax.Array) -> jax.Array:
    """1 - Dice's coefficient with probabilities in place of counts, over the whole batch: -> ().

    (Milletari and others, V-Net, 2016, with plain sums below the line.) The 1 keeps it defined for empty masks.
    """
    same_shape(logits, masks)
    soft = jax.nn.sigmoid(logits)
    return 1 - (2 * jnp.sum(soft * masks) + 1) / (jnp.sum(soft) + jnp.sum(masks) + 1)


def iou_loss(logits: jax.Array, masks: jax.Array) -> jax.Array:
    """1 - intersection over union with probabilities in place of counts, over the whole batch: -> ()."""
    same_shape(logits, masks)
    soft = jax.nn.sigmoid(logits)
    both = jnp.sum(soft * masks)
    return 1 - (both + 1) / (jnp.sum(soft) + jnp.sum(masks) - both + 1)


def same_shape(logits: jax.Array, masks: jax.Array) -> None:
    """Raises ValueError unless the shapes are equal: (B, H, W) against (B, H, W, 1) would be broadcast."""
    if logits.shape != masks.shape:
        raise ValueError(f"expected logits and masks of one shape, got {logits.shape} and {masks.shape}")
