"""Pictures for the lecture on trees: any pytree as boxes and lines, the way `jax.tree` takes it apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from matplotlib.axes import Axes

from snippets.figures import slide_figure

Place = tuple[float, float]
LOOKS = {"node": ("#d9e8fb", "-"), "leaf": ("#fff3d6", "-"), "empty": ("0.94", ":")}
"""Kind of box → its colour and the style of its border."""


@dataclass
class Drawing:
    """Boxes and lines of one tree; x counts leaves from the left, y is minus the depth."""

    boxes: list[tuple[Place, str, str]] = field(default_factory=list)  # place, label, kind: node, leaf or empty
    lines: list[tuple[Place, Place, str]] = field(default_factory=list)  # from, to, the key beside it
    columns: int = 0
    met: dict[int, Place] = field(default_factory=dict)  # by identity: where each object stands


def draw_trees(panels: Mapping[str, Any], title: str, as_built: tuple[str, ...] = ()) -> None:
    """Trees side by side, root on top, each under its name and its number of leaves.

    Args:
        panels: name → tree.
        title: what the reader should conclude.
        as_built: names of panels that show objects as Python holds them: what stands in two places is one box.
    """
    drawings = {name: drawn(tree, name in as_built) for name, tree in panels.items()}
    widths = [max(drawing.columns, 2) for drawing in drawings.values()]
    figure, axes = slide_figure(2.7, columns=len(panels), width_ratios=widths)
    for axis, (name, drawing) in zip(axes[0], drawings.items(), strict=True):
        show(axis, drawing)
        leaves = sum(kind == "leaf" for _, _, kind in drawing.boxes)
        axis.set_title(f"{name}: {leaves} lea{'f' if leaves == 1 else 'ves'}")
    figure.suptitle(title)


def drawn(tree: Any, by_identity: bool = False) -> Drawing:
    """Where the boxes and lines of one tree stand. With `by_identity` an object met again gets no second box."""
    drawing = Drawing()
    _place(tree, 0, drawing, by_identity)
    return drawing


def children(tree: Any) -> list[tuple[str, Any]]:
    """Key and value of every child, `None` included; nothing for a leaf and for `None` itself."""
    inside = jax.tree.leaves_with_path(tree, is_leaf=lambda value: value is not tree)
    return [(jax.tree_util.keystr(path, simple=True), child) for path, child in inside if path]


def label(tree: Any) -> tuple[str, str]:
    """What a box says, and its kind: a node says its type, an array its shape, any other leaf itself."""
    if tree is None:
        return "None", "empty"
    if not jax.tree_util.all_leaves([tree]):
        return type(tree).__name__, "node"
    if hasattr(tree, "shape"):
        return str(tuple(tree.shape)), "leaf"
    plain = isinstance(tree, bool | int | float | str)
    return repr(tree) if plain else type(tree).__name__, "leaf"


def _place(tree: Any, depth: int, drawing: Drawing, by_identity: bool) -> Place:
    """Puts the tree's boxes and lines into the drawing; returns the place of its root."""
    # Python keeps one object for every None, True or 1, wherever it stands: that is no sharing.
    if by_identity and id(tree) in drawing.met and not isinstance(tree, None | bool | int | float | str):
        return drawing.met[id(tree)]
    below = [(key, _place(child, depth + 1, drawing, by_identity)) for key, child in children(tree)]
    if below:
        x = sum(place[0] for _, place in below) / len(below)
    else:
        x = float(drawing.columns)
        drawing.columns += 1
    place = drawing.met[id(tree)] = (x, -float(depth))
    drawing.boxes.append((place, *label(tree)))
    drawing.lines += [(place, child, key) for key, child in below]
    return place


def show(axis: Axes, drawing: Drawing) -> None:
    """Draws it on axes without ticks; a line that has a twin bends away from it."""
    pairs = [line[:2] for line in drawing.lines]
    along = np.linspace(0, 1, 21)
    for number, (start, end, key) in enumerate(drawing.lines):
        alone = pairs.count((start, end)) == 1
        bend = 0.0 if alone else 0.22 if (start, end) in pairs[:number] else -0.22  # in columns, at the middle
        x = start[0] + (end[0] - start[0]) * along + 4 * bend * along * (1 - along)
        y = start[1] + (end[1] - start[1]) * along
        axis.plot(x, y, color="0.5", linewidth=1, zorder=1)
        paper = {"facecolor": "white", "linewidth": 0, "pad": 1.5}
        axis.text(x[10], y[10], key, ha="center", va="center", fontsize=10, bbox=paper)
    for place, text, kind in drawing.boxes:
        face, border = LOOKS[kind]
        box = {"boxstyle": "round,pad=0.4", "facecolor": face, "edgecolor": "0.4", "linestyle": border}
        axis.text(*place, text, ha="center", va="center", fontsize=11, bbox=box)
    deepest = min(place[1] for place, _, _ in drawing.boxes)
    axis.set(xlim=(-0.6, max(drawing.columns, 1) - 0.4), ylim=(deepest - 0.35, 0.35))
    axis.axis("off")
