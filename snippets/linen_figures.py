"""Pictures for the lecture on Linen: a network drawn from its own tree of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from snippets.figures import slide_figure

RISING, FALLING = "#1b4f9c", "#c0392b"
"""Colours of a positive and of a negative number."""


def draw_network(params: Mapping[str, Mapping[str, Any]], title: str) -> None:
    """Draw dense layers that follow each other, every number of their tree as one mark.

    Args:
        params: layer name -> {"kernel": (D, F), "bias": (F,)}, in the order of the calls.
        title: what the reader should conclude.

    A line is an entry of a kernel, a filled circle an entry of a bias, an open circle an input: blue above zero,
    red below, the stronger the further from zero.
    """
    axes: Axes = slide_figure(2.7)[1][0, 0]
    kernels = [np.asarray(layer["kernel"]) for layer in params.values()]
    columns = [kernels[0].shape[0], *(kernel.shape[1] for kernel in kernels)]
    spots = [_spread(count) for count in columns]
    for x, (name, layer) in enumerate(params.items()):
        _draw_layer(axes, x, spots[x], spots[x + 1], layer)
        shapes = ", ".join(f"{part} {np.shape(layer[part])}" for part in ("kernel", "bias"))
        axes.text(x + 0.5, 1.12, f"{name}: {shapes}", ha="center", va="bottom")
    axes.scatter(np.zeros(columns[0]), spots[0], s=260, facecolor="white", edgecolor="0.4", zorder=3)
    axes.set(xlim=(-0.2, len(kernels) + 0.2), ylim=(-1.2, 1.45), title=title)
    axes.axis("off")


def _spread(count: int) -> NDArray[np.float64]:
    """Heights of `count` circles around 0, at most 1 away: -> (count,)."""
    return np.linspace(1, -1, count) if count > 1 else np.zeros(1)


def _draw_layer(axes: Axes, x: int, left: NDArray[Any], right: NDArray[Any], layer: Mapping[str, Any]) -> None:
    kernel, bias = np.asarray(layer["kernel"]), np.asarray(layer["bias"])
    strength = np.abs(kernel) / max(float(np.abs(kernel).max()), 1e-12)  # (D, F), at most 1
    for d, f in np.ndindex(*kernel.shape):
        width = 0.5 + 4 * float(strength[d, f])
        axes.plot([x, x + 1], [left[d], right[f]], color=_colour(float(kernel[d, f])), linewidth=width, zorder=1)
    depth = 0.25 + 0.75 * np.abs(bias) / max(float(np.abs(bias).max()), 1e-12)  # (F,)
    axes.scatter(np.full(len(bias), x + 1), right, s=260, color="white", zorder=2)  # hides the lines' ends
    colours = [_colour(value) for value in bias]
    axes.scatter(np.full(len(bias), x + 1), right, s=260, color=colours, alpha=depth, edgecolor="0.4", zorder=3)


def _colour(value: float) -> str:
    return RISING if value > 0 else FALLING if value < 0 else "0.6"
