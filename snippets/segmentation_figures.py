"""Pictures with masks over them: what is asked, what a network says, where it errs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike, NDArray

from snippets.figures import slide_figure

RIGHT, EXTRA, MISSED = "#2e8b57", "#c0392b", "#e6b800"
"""Colours of a pixel that is in both masks, in the prediction alone, in the true mask alone."""


def show_masks(pictures: ArrayLike, masks: ArrayLike, title: str) -> None:
    """Pictures (N, H, W, 3) in the upper row, their masks (N, H, W, 1) below, white where a shape is."""
    figure, axes = slide_figure(3.3, rows=2, columns=len(np.asarray(pictures)))
    for column, (picture, mask) in enumerate(zip(np.asarray(pictures), np.asarray(masks), strict=True)):
        axes[0, column].imshow(picture)
        axes[1, column].imshow(mask[..., 0], cmap="gray", vmin=0, vmax=1)
    bare(axes)
    figure.suptitle(title)


def show_errors(pictures: ArrayLike, masks: ArrayLike, predicted: ArrayLike, names: Sequence[str], title: str) -> None:
    """Pictures (N, H, W, 3) in grey with every pixel of either mask (N, H, W, 1) in colour.

    Green is in both, red only in `predicted`, yellow only in `masks`. `names` stand over the pictures.
    """
    figure, axes = slide_figure(2.7, columns=len(names))
    rows = zip(axes[0], np.asarray(pictures), np.asarray(masks), np.asarray(predicted), names, strict=True)
    for axis, picture, mask, guess, name in rows:
        axis.imshow(coloured(picture, mask[..., 0] > 0.5, guess[..., 0] > 0.5))
        axis.set_title(name)
    bare(axes)
    figure.suptitle(title)


def coloured(picture: NDArray[Any], mask: NDArray[Any], guess: NDArray[Any]) -> NDArray[np.float64]:
    """One picture (H, W, 3) in grey, its masks (H, W) painted over it: -> (H, W, 3)."""
    painted = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.float64)
    for where, colour in ((mask & guess, RIGHT), (guess & ~mask, EXTRA), (mask & ~guess, MISSED)):
        share = 0.45 if colour == RIGHT else 0.95  # mistakes hide the picture, what is right lets it through
        painted[where] = (1 - share) * painted[where] + share * np.asarray(to_rgb(colour))
    return painted


def bare(axes: NDArray[Any]) -> None:
    """Pixels need no ticks and no grid."""
    for axis in axes.ravel():
        plain: Axes = axis
        plain.set(xticks=[], yticks=[])
        plain.grid(visible=False)
        plain.spines[:].set_visible(False)
