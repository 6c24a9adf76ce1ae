"""A convolution with three rows of taps by fewer products (Winograd, 1980; Lavin and Gray, 2016, section 4.1).

Two rows of output need 2 · 3 products with the three taps, row by row. They are also the product of two polynomials,
which four of its values tell: 4 products, and a few sums before and after. Four rows need 6 in the place of 12.

Those sums round. `PAIRS` rounds no more than the plain sum does, and gives 0 where all that it sees is 0: ReLU's kink
stays where it was. `FOURS` rounds about three times as much, and a 0 may come out as 1e-8: it is for gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

Pads = tuple[tuple[int, int], ...]
Matrix = tuple[tuple[float, ...], ...]
LAYOUT = ("NHWC", "HWIO", "NHWC")


class Tile(NamedTuple):
    """What the products take of the rows of input and of the taps, and what the rows of output take of the products."""

    from_input: Matrix
    from_taps: Matrix
    to_output: Matrix

    @property
    def rows(self) -> int:
        """Rows of output; a tile takes two more of input, and as many products."""
        return len(self.to_output)


PAIRS = Tile(
    from_input=((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
    from_taps=((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)),
    to_output=((1, 1, 1, 0), (0, 1, -1, -1)),
)
"""Values at 0, 1, -1 and infinity."""
FOURS = Tile(
    from_input=(
        (1, -3 / 2, -2, 3 / 2, 1, 0),
        (0, -1, 1 / 2, 5 / 2, 1, 0),
        (0, 1, -5 / 2, 1 / 2, 1, 0),
        (0, -2, -1, 2, 1, 0),
        (0, 1 / 2, -1, -1 / 2, 1, 0),
        (0, 1, -3 / 2, -2, 3 / 2, 1),
    ),
    from_taps=(
        (1, 0, 0),
        (1 / 3, 1 / 3, 1 / 3),
        (-1 / 3, 1 / 3, -1 / 3),
        (-16 / 15, -8 / 15, -4 / 15),
        (1 / 15, -2 / 15, 4 / 15),
        (0, 0, 1),
    ),
    to_output=((1, 1, 1, 1, 1, 0), (0, 1, -1, 1 / 2, -2, 0), (0, 1, 1, 1 / 4, 4, 0), (0, 1, -1, 1 / 8, -8, 1)),
)
"""Values at 0, 1, -1, 1/2, -2 and infinity; 2 in the place of 1/2 would round more (Barabasz and others, 2020)."""


def conv(x: jax.Array, kernel: jax.Array, pads: Pads, precision: Any = None, tile: Tile = PAIRS) -> jax.Array:
    """`lax.conv_general_dilated` with strides of 1: (B, H, W, I), (3, kw, I, O) -> (B, H', W', O)."""
    rows = x.shape[1] + sum(pads[0]) - 2  # H'
    x = _padded(x, pads[0][0], -(-rows // tile.rows) * tile.rows + 2)  # to whole tiles
    parts = _rows_of_tiles(x, 1, tile.rows + 2, tile)
    inputs = [_mixed(weights, parts) for weights in tile.from_input]  # each (B, tiles, W, I)
    taps = [_mixed(weights, list(kernel))[None] for weights in tile.from_taps]  # each (1, kw, I, O)
    products = [_conv(one, tap, pads[1], precision) for one, tap in zip(inputs, taps, strict=True)]
    out = jnp.stack([_mixed(weights, products) for weights in tile.to_output], axis=2)  # (B, tiles, rows, W', O)
    return out.reshape(len(x), -1, *out.shape[3:])[:, :rows]


def kernel_gradient(pads: Pads, x: jax.Array, g: jax.Array, precision: Any = None, tile: Tile = FOURS) -> jax.Array:
    """From x (B, H, W, I) and dL/dy (B, H', W', O), whole tiles of it, to dL/dkernel (3, kw, I, O).

    `conv` in reverse: what gathered the products for the output spreads dL/dy over them, and what spread the taps
    gathers their gradient. The sum over pictures becomes one over channels, with pictures in the place of channels.
    Whichever of x and dL/dy has more channels stands as the kernel, whose channels come out side by side.
    """
    columns = pads[1]
    x = _padded(x, pads[0][0], g.shape[1] + 2)
    swapped = x.shape[3] >= g.shape[3]
    if swapped:  # x slides over dL/dy, so that its padding is the other's overhang, and the taps come in reverse
        more = x.shape[2] - g.shape[2]
        columns = (more + columns[1], more + columns[0])
    x_axis, g_axis = (0, 1) if swapped else (1, 0)
    x, g = (_as_kernel(x), _as_picture(g)) if swapped else (_as_picture(x), _as_kernel(g))

    def product(weights: tuple[jax.Array, jax.Array]) -> jax.Array:
        """-> (I, kw, O); swapped (O, kw, I)."""
        seen = _mixed(weights[0], _rows_of_tiles(x, x_axis, tile.rows + 2, tile))
        told = _mixed(weights[1], _rows_of_tiles(g, g_axis, tile.rows, tile))
        return _conv(*((told, seen) if swapped else (seen, told)), columns, precision)[:, 0]

    # A loop: what it takes is an array in memory. Written out, XLA would transpose anew for every product.
    each = jnp.asarray(tile.from_input, x.dtype), jnp.asarray(tile.to_output, x.dtype).T
    products = lax.map(product, each)
    products = products[:, :, ::-1].transpose(0, 2, 3, 1) if swapped else products.transpose(0, 2, 1, 3)
    return jnp.stack([_mixed(weights, list(products)) for weights in zip(*tile.from_taps, strict=True)])


def _conv(x: jax.Array, kernel: jax.Array, columns: tuple[int, int], precision: Any) -> jax.Array:
    """Padded at the sides alone."""
    return lax.conv_general_dilated(x, kernel, (1, 1), ((0, 0), columns), dimension_numbers=LAYOUT, precision=precision)


def _padded(x: jax.Array, above: int, rows: int) -> jax.Array:
    """(B, H, W, C) -> (B, rows, W, C)"""
    return jnp.pad(x, ((0, 0), (above, rows - above - x.shape[1]), (0, 0), (0, 0)))


def _rows_of_tiles(x: jax.Array, axis: int, taken: int, tile: Tile) -> list[jax.Array]:
    """The first row that each tile takes, the second that each takes, and so on."""
    last = x.shape[axis] - taken
    return [lax.slice_in_dim(x, row, last + row + 1, tile.rows, axis) for row in range(taken)]


def _mixed(weights: Sequence[float] | jax.Array, arrays: Sequence[jax.Array]) -> jax.Array:
    """The weighted sum, term by term: XLA fuses it with its neighbours, which it does not do with a `tensordot`."""
    if isinstance(weights, jax.Array):
        return sum((w * array for w, array in zip(weights, arrays, strict=True)), jnp.zeros((), weights.dtype))
    terms = [array if w == 1 else w * array for w, array in zip(weights, arrays, strict=True) if w]
    return sum(terms[1:], terms[0])


def _as_picture(x: jax.Array) -> jax.Array:
    """(B, H, W, C) -> (C, H, W, B)"""
    return x.transpose(3, 1, 2, 0)


def _as_kernel(x: jax.Array) -> jax.Array:
    """(B, H, W, C) -> (H, W, B, C)"""
    return x.transpose(1, 2, 0, 3)
