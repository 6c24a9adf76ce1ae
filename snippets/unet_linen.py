"""The U-Net of lecture 06 in Flax Linen: encoder, bottom, decoder, and the skips across (Ronneberger and others, 2015).

Pictures are (B, H, W, C). `fast=True` computes the same function of the same tree of parameters in ways that XLA runs
faster on a CPU: only the rounding differs.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import lax

from snippets.conv import canonical_conv


class DoubleConv(nn.Module):
    """Twice a 3 x 3 convolution and ReLU: (B, H, W, C) -> (B, H, W, features); "VALID" loses 2 pixels at each side.

    The kernels start as He and others (2015) draw them: ReLU halves the mean square, so the start doubles it.
    """

    features: int
    padding: str = "SAME"
    fast: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, H, W, features)."""
        way: dict[str, Any] = {"kernel_init": nn.initializers.he_normal()}
        if self.fast:
            way["conv_general_dilated"] = canonical_conv
        for name in ("conv1", "conv2"):
            x = nn.relu(nn.Conv(self.features, (3, 3), padding=self.padding, name=name, **way)(x))
        return x


class Shuffle(nn.Module):
    """`nn.ConvTranspose(features, (2, 2), (2, 2))` as one matrix product: every pixel becomes a 2 x 2 block.

    With kernel and stride equal no two outputs overlap, so nothing has to be added up. Same parameters, same output.
    """

    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, 2 H, 2 W, features)."""
        batch, height, width, channels = x.shape
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (2, 2, channels, self.features))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        turned = jnp.flip(kernel, (0, 1))  # Linen correlates with the stretched input: its kernel stands on its head
        matrix = turned.transpose(2, 0, 1, 3).reshape(channels, -1)  # (C, 2 · 2 · features)
        # The barrier's own gradient is a barrier: dL/dblocks becomes one array in row order, which both products read.
        blocks = lax.optimization_barrier(x.reshape(-1, channels) @ matrix)
        blocks = blocks.reshape(batch, height, width, 2, 2, self.features)
        picture = blocks.transpose(0, 1, 3, 2, 4, 5).reshape(batch, 2 * height, 2 * width, self.features)
        return picture + bias[None, None, None, :]


class UNet(nn.Module):
    """A picture in, one logit a pixel and class out.

    Level l of the encoder has base · 2^l channels and half the pixels of the one above it along each side. With "SAME"
    the picture's sides must be divisible by 2^depth; with "VALID" the output is smaller than the input, and the skips
    are cropped.
    """

    base: int = 8
    depth: int = 3
    classes: int = 1
    padding: str = "SAME"
    fast: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, H, W, C) -> (B, H, W, classes); smaller with "VALID"."""
        widths = [self.base * 2**level for level in range(self.depth)]
        skips = []
        for level, width in enumerate(widths):
            x = DoubleConv(width, self.padding, self.fast, name=f"down_{level}")(x)
            skips.append(x)
            x = max_pool(x) if self.fast else nn.max_pool(x, (2, 2), (2, 2))
        x = DoubleConv(self.base * 2**self.depth, self.padding, self.fast, name="bottom")(x)
        for level in reversed(range(self.depth)):
            name = f"up_{level}"
            plain = nn.ConvTranspose(widths[level], (2, 2), (2, 2), name=name) if not self.fast else None
            x = (plain or Shuffle(widths[level], name=name))(x)
            x = jnp.concatenate([centre_crop(skips[level], *x.shape[1:3]), x], axis=-1)
            x = DoubleConv(widths[level], self.padding, self.fast, name=f"merge_{level}")(x)
        return nn.Conv(self.classes, (1, 1), name="head")(x)


def max_pool(x: jax.Array) -> jax.Array:
    """The largest of each 2 x 2 block: (B, H, W, C) -> (B, H / 2, W / 2, C).

    As `nn.max_pool`, but a reshape and a maximum, whose gradient is cheap; a block's gradient is shared by equal
    maxima, where `nn.max_pool` gives it to the first. After ReLU it makes no difference: what is equal is 0.
    """
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def centre_crop(x: jax.Array, height: int, width: int) -> jax.Array:
    """The middle of a picture: (B, H, W, C) -> (B, height, width, C).

    Raises:
        ValueError: the picture is smaller than the crop. (An index past the edge would be clamped in silence.)
    """
    if x.shape[1] < height or x.shape[2] < width:
        raise ValueError(f"expected a picture of at least {height} x {width}, got {x.shape[1]} x {x.shape[2]}")
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    return x[:, top : top + height, left : left + width]
