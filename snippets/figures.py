"""One look for all figures of the course: as wide as a slide, with letters that can be read from the last row."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

WIDTH = 8.0
"""Inches. At 140 dots an inch that is 1120 pixels, and the text of a slide is 1150 wide."""
STYLE: dict[Any, float | bool] = {
    "figure.dpi": 140,
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.titlesize": 13,
    "figure.titlesize": 13,
    "legend.frameon": False,
    "lines.linewidth": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
}


def slide_figure(height: float = 2.8, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, NDArray[Any]]:
    """A figure as wide as a slide, and its axes: (rows, columns).

    Args:
        height: in inches; 2.8 fills a slide with a line of prose above and two below, 1.8 leaves room for code.
        rows: of axes.
        columns: of axes.
        options: for `plt.subplots`.
    """
    plt.rcParams.update(STYLE)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, layout="constrained", **options)
    return figure, np.asarray(axes)


def slide_axes(title: str, x: str, y: str, height: float = 2.8) -> Axes:
    """One pair of axes as wide as a slide; `x` and `y` are the axis labels, units included."""
    _, axes = slide_figure(height)
    axes[0, 0].set(title=title, xlabel=x, ylabel=y)
    only: Axes = axes[0, 0]
    return only
