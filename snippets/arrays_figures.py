"""Pictures for lecture 01: a letter that shows where its axes went, and how far a float format rounds."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from snippets.figures import slide_figure

LETTER_J = ("..###", "...#.", "...#.", "...#.", "#..#.", "#..#.", ".##..")
"""One string a row. A J is its own mirror image in no direction, so every move of its axes shows."""


def letter_j() -> jax.Array:
    """The letter J as a picture: () -> (H, W) = (7, 5), float32, ink 1 and paper 0."""
    return jnp.array([[float(mark == "#") for mark in row] for row in LETTER_J])


def show_pictures(panels: Mapping[str, ArrayLike], title: str) -> None:
    """Draw pictures side by side, each under its name and shape; axes count pixels.

    Args:
        panels: name -> picture (H, W); sizes may differ.
        title: what the reader should conclude.
    """
    figure, axes = slide_figure(columns=len(panels))
    for axis, (name, picture) in zip(axes[0], panels.items(), strict=True):
        pixels = np.asarray(picture)
        axis.imshow(pixels, cmap="Greys", vmin=0, vmax=1.3)
        axis.set(title=f"{name}  {pixels.shape}", xlabel="column (pixels)", ylabel="row (pixels)")
        axis.set(xticks=range(pixels.shape[1]), yticks=range(pixels.shape[0]))
        axis.grid(visible=False)
    figure.suptitle(title)


def worst_rounding(sizes: ArrayLike, dtype: str) -> NDArray[np.float64]:
    """Largest relative error of storing numbers of each size in `dtype`: (S,) -> (S,).

    For each size s, 257 numbers from s to 2s are rounded to `dtype` and compared with the float64 original.
    NaN where the format has no such numbers: the value became infinite, or was rounded to zero.
    """
    # Equal ratios, not equal steps: steps of 1/64 are exact in every format when a size is a power of two.
    values = np.asarray(sizes, np.float64)[:, None] * np.geomspace(1, 2, 257)[None, :]  # (S, 257)
    with np.errstate(over="ignore", under="ignore"):
        rounded = values.astype(jnp.dtype(dtype)).astype(np.float64)  # (S, 257)
    worst = (np.abs(rounded - values) / values).max(axis=1)  # (S,)
    return np.where(worst < 1, worst, np.nan)
