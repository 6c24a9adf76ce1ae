"""A convolution whose gradients stay fast inside `lax.scan` on a CPU, and the pooling beside it.

XLA's CPU compiler brings convolutions into its own layout only in a program's outermost part. The gradients that JAX
derives are not in that layout, so inside `scan`, `while` or `cond` they run on a slow path (jax-ml/jax issue 12868).
Here both gradients are written down as convolutions that are in that layout already.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from snippets import winograd
from snippets.winograd import LAYOUT, Pads

PIECE = 8
"""Pictures whose kernel gradient is taken at a time: their part of the batch then stays in the processor's cache."""
NARROW = 16
"""XLA's fast convolution on a CPU is for more channels than so many, in or out; for fewer it takes twice the time."""
LARGE = 2**23
"""Products with each tap of a kernel from which on `winograd` saves more than its own sums and their compiling cost."""


def canonical_conv(x: jax.Array, kernel: jax.Array, strides: Any, padding: Any, **options: Any) -> jax.Array:
    """What `lax.conv_general_dilated` gives, up to rounding, with gradients of our own.

    In Linen: `nn.Conv(…, conv_general_dilated=canonical_conv)`.

    Args:
        x: (B, H, W, I).
        kernel: (kh, kw, I, O).
        strides: all 1.
        padding: "SAME", "VALID" or two pairs of rows and columns to add.
        options: as Linen passes them; only their defaults are served.

    Returns:
        (B, H', W', O).

    Raises:
        ValueError: strides, dilation, groups or a layout that the gradients below are not written for.
    """
    plain = {"lhs_dilation": 1, "rhs_dilation": 1, "feature_group_count": 1, "batch_group_count": 1}
    set_otherwise = [name for name, one in plain.items() if {*_flat(options.get(name) or one)} != {one}]
    if x.ndim != 4 or {*_flat(strides)} != {1} or set_otherwise:
        what = ", ".join(set_otherwise) or f"strides {strides}, {x.ndim} axes"
        raise ValueError(f"canonical_conv is for pictures (B, H, W, I) and strides of 1, got {what}; use lax's own")
    pads = lax.padtype_to_pads(x.shape[1:3], kernel.shape[:2], (1, 1), padding) if isinstance(padding, str) else padding
    return _conv(x, kernel, tuple((int(low), int(high)) for low, high in pads), options.get("precision"))


def _plain(x: jax.Array, kernel: jax.Array, pads: Pads, precision: Any, step: int = 1) -> jax.Array:
    return lax.conv_general_dilated(x, kernel, (1, step), pads, dimension_numbers=LAYOUT, precision=precision)


def _fast(x: jax.Array, kernel: jax.Array, pads: Pads, precision: Any, tile: winograd.Tile) -> jax.Array:
    """As `_plain`, by the way that takes the least time."""
    rows, columns = (x.shape[1 + axis] + sum(pads[axis]) - kernel.shape[axis] + 1 for axis in (0, 1))  # H', W'
    if max(kernel.shape[2:]) > NARROW:
        tiled = _large(kernel, len(x) * rows * columns)
        return winograd.conv(x, kernel, pads, precision, tile) if tiled else _plain(x, kernel, pads, precision)
    m = 4 if kernel.shape[2] <= 4 else 2
    if kernel.shape[:2] == (1, 1) or columns % m:
        return _plain(x, kernel, pads, precision)
    return _widened(x, kernel, pads, precision, m)


def _large(kernel: jax.Array, pixels: int) -> bool:
    """Whether a convolution with so many pixels of output is worth `winograd`."""
    channels, features = kernel.shape[2:]
    return kernel.shape[0] == 3 and min(channels, features) >= NARROW and pixels * channels * features >= LARGE


def _widened(x: jax.Array, kernel: jax.Array, pads: Pads, precision: Any, m: int) -> jax.Array:
    """As `_plain`, for few channels: a window steps over m pixels of a row and gives m pixels at once.

    Its kernel is the given one m times, each a pixel further right: (kh, kw + m - 1, I, m · O). A few products with 0
    are added, but there are m times as many channels out, and (B, H', W'/m, m · O) is (B, H', W', O) in memory.
    """
    shifted = [jnp.pad(kernel, ((0, 0), (right, m - 1 - right), (0, 0), (0, 0))) for right in range(m)]
    wide = _plain(x, jnp.concatenate(shifted, axis=-1), pads, precision, m)
    return wide.reshape(*wide.shape[:2], wide.shape[2] * m, kernel.shape[3])


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _conv(x: jax.Array, kernel: jax.Array, pads: Pads, precision: Any) -> jax.Array:
    return _fast(x, kernel, pads, precision, winograd.PAIRS)


def _forward(
    x: jax.Array, kernel: jax.Array, pads: Pads, precision: Any
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _conv(x, kernel, pads, precision), (x, kernel)


def _backward(
    pads: Pads, precision: Any, kept: tuple[jax.Array, jax.Array], g: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """From dL/dy (B, H', W', O) to dL/dx (B, H, W, I) and dL/dkernel (kh, kw, I, O)."""
    x, kernel = kept
    turned = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)  # (kh, kw, O, I)
    rests = tuple((size - 1 - low, size - 1 - high) for size, (low, high) in zip(kernel.shape, pads, strict=False))
    grad_x = _fast(g, turned, rests, precision, winograd.FOURS)
    pieces = [slice(start, start + PIECE) for start in range(0, len(x), PIECE)]
    gradient = partial(_kernel_gradient, pads)
    if g.shape[1] % winograd.FOURS.rows == 0 and _large(kernel, min(len(x), PIECE) * g.shape[1] * g.shape[2]):
        gradient = partial(winograd.kernel_gradient, pads)
    elif kernel.shape[2] > NARROW >= kernel.shape[3]:
        gradient = partial(_swapped, rests)
    return grad_x, sum((gradient(x[piece], g[piece], precision) for piece in pieces), jnp.zeros_like(kernel))


def _kernel_gradient(pads: Pads, x: jax.Array, g: jax.Array, precision: Any) -> jax.Array:
    """The sum over examples becomes the sum over channels of a convolution of x with g: -> (kh, kw, I, O)."""
    pictures = x.transpose(3, 1, 2, 0)  # (I, H, W, B): channels as examples, examples as channels
    as_kernel = g.transpose(1, 2, 0, 3)  # (H', W', B, O)
    return _plain(pictures, as_kernel, pads, precision).transpose(1, 2, 0, 3)


def _swapped(rests: Pads, x: jax.Array, g: jax.Array, precision: Any) -> jax.Array:
    """The same with x as the kernel: the many channels come out, and the taps come in reverse: -> (kh, kw, I, O)."""
    pictures = g.transpose(3, 1, 2, 0)  # (O, H', W', B)
    as_kernel = x.transpose(1, 2, 0, 3)  # (H, W, B, I)
    return jnp.flip(_plain(pictures, as_kernel, rests, precision), (1, 2)).transpose(1, 2, 3, 0)


_conv.defvjp(_forward, _backward)


def halve(x: jax.Array) -> jax.Array:
    """Mean of every 2 × 2 square, as `nn.avg_pool(x, (2, 2), (2, 2))`: (B, H, W, C) -> (B, H/2, W/2, C)."""
    return _halve(x)  # a plain function: what `jax.custom_vjp` gives can be pickled, but not put back


@jax.custom_vjp
def _halve(x: jax.Array) -> jax.Array:
    return 0.25 * (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2])


def _spread(_: None, g: jax.Array) -> tuple[jax.Array]:
    """A quarter of the gradient to each of the four: (B, H/2, W/2, C) -> (B, H, W, C)."""
    batch, height, width, channels = g.shape
    squares = jnp.broadcast_to(0.25 * g[:, :, None, :, None, :], (batch, height, 2, width, 2, channels))
    return (squares.reshape(batch, 2 * height, 2 * width, channels),)


# JAX's own gradient of the four slices pads and adds four times; this one is a single copy.
_halve.defvjp(lambda x: (_halve(x), None), _spread)


def _flat(value: int | Sequence[int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)
