"""The U-Net of Google's Scenic, `projects/baselines/unet.py`, rebuilt from its description to count its parameters."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import linen as nn

WIDTHS = (64, 128, 256, 512)


class Double(nn.Module):
    """Twice convolution, BatchNorm, ReLU: (B, H, W, C) -> (B, H, W, features)."""

    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, H, W, features)."""
        for _ in range(2):
            x = nn.relu(norm(nn.Conv(self.features, (3, 3))(x)))
        return x


class Deconv(nn.Module):
    """An ordinary convolution over the input with zeros put between its pixels: twice H and W."""

    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, 2 H, 2 W, features)."""
        return norm(nn.Conv(self.features, (3, 3), input_dilation=(2, 2), padding=((1, 2), (1, 2)))(x))


class Head(nn.Module):
    """One logit a class: (B, H, W, C) -> (B, H, W, classes)."""

    classes: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, H, W, classes)."""
        return norm(nn.Conv(self.classes, (1, 1))(x))


class ScenicUNet(nn.Module):
    """Five channels in and five classes out in its own test; BatchNorm after every convolution.

    Its decoder takes three skips although the encoder leaves four. `fourth_skip=True` puts that right.
    """

    classes: int = 5
    fourth_skip: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, H, W, classes)."""
        skips = []
        for level, width in enumerate(WIDTHS):
            x = Double(width, name=f"down_{level}")(x)
            skips.append(x)
            x = nn.max_pool(x, (2, 2), (2, 2))
        x = Double(2 * WIDTHS[-1], name="bottom")(x)
        for level, width in reversed(list(enumerate(WIDTHS))):
            x = Deconv(width, name=f"up_{level}")(x)
            if level or self.fourth_skip:
                x = jnp.concatenate([skips[level], x], axis=-1)
            x = Double(width, name=f"merge_{level}")(x)
        return Head(self.classes, name="head")(x)


def norm(x: jax.Array) -> jax.Array:
    """BatchNorm as one evaluates with it."""
    normed: jax.Array = nn.BatchNorm(use_running_average=True)(x)
    return normed
