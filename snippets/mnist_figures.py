"""Pictures for the MNIST lecture: digits in a row, and a loss curve that redraws while a run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from numpy.typing import ArrayLike

from snippets.figures import slide_axes, slide_figure


def show_digits(pictures: ArrayLike, captions: Sequence[str], title: str, height: float = 1.6, rows: int = 1) -> None:
    """Draw pictures (N, H, W, 1) side by side, ink dark, each with words above; `title` is what one should see.

    `rows` breaks them into as many lines: more than five beside each other are small on a slide.
    """
    drawn = np.asarray(pictures)
    figure, axes = slide_figure(height, rows=rows, columns=-(-len(drawn) // rows))
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, words in zip(axes.flat[: len(drawn)], drawn, captions, strict=True):
        axis.imshow(picture[:, :, 0], cmap="Greys")
        axis.set_title(words, fontsize=11)
    figure.suptitle(title)


class LossPlot:
    """A figure in the output of the cell that makes it; `update` draws it anew in the same place.

    Args:
        title: shown while the run goes on; the last `update` may give a better one.
        height: in inches.
    """

    def __init__(self, title: str, height: float = 2.2) -> None:
        self.axes = slide_axes(title, "step", "loss", height)
        self._line = self.axes.plot([], [], linewidth=1.5)[0]
        figure = self.axes.figure
        self._place = display(figure, display_id=True)
        plt.close(figure)  # or the notebook would show it a second time when the cell ends

    def update(self, losses: Sequence[Any], title: str | None = None) -> None:
        """Draw the loss after each step: (steps,), above 0."""
        self._line.set_data(np.arange(1, len(losses) + 1), np.asarray(losses, float))
        self.axes.set_yscale("log")
        self.axes.relim()
        self.axes.autoscale_view()
        if title:
            self.axes.set_title(title)
        if self._place is not None:  # outside a notebook there is no place to draw to
            self._place.update(self.axes.figure)
