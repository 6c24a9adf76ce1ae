"""A network drawn from itself: each part with the shape that leaves it, and which part's output reaches which.

Nothing is computed and no parameter is made: the module is traced once with shapes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor, log2
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax.ad_checkpoint import checkpoint_name
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from snippets.figures import slide_figure

INPUT = "input"
COLOURS = {"encoder": "#9db8d6", "decoder": "#f0c27b", "skip": "#c0392b"}


@dataclass(frozen=True)
class Stage:
    """A part of the network that the module itself calls."""

    name: str
    shape: tuple[int, ...]
    """Of its output, without the batch: (H, W, C)."""
    sources: tuple[str, ...]
    """The parts whose outputs reach this one without passing through a third."""


def stages(model: nn.Module, shape: tuple[int, ...]) -> list[Stage]:
    """The direct parts of a Linen module, in the order of their calls; the first is the input.

    Args:
        model: called with one array.
        shape: of the input, with the batch: (B, H, W, C).
    """

    def marked(x: jax.Array) -> Any:
        with nn.intercept_methods(_mark):
            return model.init_with_output(jax.random.key(0), checkpoint_name(x, INPUT))[0]

    traced = jax.make_jaxpr(marked)(jax.ShapeDtypeStruct(shape, jnp.float32)).jaxpr
    found: list[Stage] = []
    reaches: dict[Any, frozenset[str]] = {}  # variable → names that it depends on directly
    for equation in traced.eqns:
        read = [variable for variable in equation.invars if not hasattr(variable, "val")]
        names = frozenset().union(*(reaches.get(variable, frozenset()) for variable in read))
        if equation.primitive.name == "name":
            order = [stage.name for stage in found]
            sources = tuple(sorted(names, key=order.index))
            found.append(Stage(equation.params["name"], tuple(equation.outvars[0].aval.shape[1:]), sources))
            names = frozenset([found[-1].name])
        reaches.update(dict.fromkeys(equation.outvars, names))
    return found


def _mark(call: Any, args: Any, kwargs: Any, context: Any) -> Any:
    """Puts the part's name on what it returns; parts of parts stay unmarked."""
    out = call(*args, **kwargs)
    return checkpoint_name(out, context.module.name) if len(context.module.path) == 1 else out


def skips(found: list[Stage]) -> list[tuple[str, str]]:
    """From and to, for every output that also reaches a part further on than the next one."""
    before = {after.name: stage.name for stage, after in pairwise(found)}
    return [(source, stage.name) for stage in found for source in stage.sources if source != before[stage.name]]


def draw_stages(found: list[Stage], title: str) -> None:
    """One box a part, lower where the picture is smaller, higher with more channels; skips as red arrows.

    Over each box stands its side in pixels (height only: the pictures are square), inside it the channels.
    """
    axes: Axes = slide_figure(2.95)[1][0, 0]
    side = found[0].shape[0]
    level = {stage.name: floor(log2(side / stage.shape[0]) + 1e-6) for stage in found}
    joined = {target for _, target in skips(found)}
    # What meets a skip in the next part stands lower: the skip's arrow has a free way.
    lower = {stage.name: 0.8 * (after.name in joined) for stage, after in pairwise(found)}
    places = {s.name: (float(x), -1.4 * level[s.name] - lower.get(s.name, 0.0)) for x, s in enumerate(found)}
    deepest = max(level.values())
    turn = next(x for x, stage in enumerate(found) if level[stage.name] == deepest)
    for x, stage in enumerate(found):
        _draw_box(axes, places[stage.name], stage, "encoder" if x <= turn else "decoder")
    for stage, after in pairwise(found):
        _draw_arrow(axes, places[stage.name], places[after.name], "0.4")
    for source, target in skips(found):
        _draw_arrow(axes, places[source], places[target], COLOURS["skip"])
    axes.set(xlim=(-0.5, len(found) - 0.5), ylim=(-1.4 * deepest - 0.75, 0.75), title=title)
    axes.axis("off")


def _draw_box(axes: Axes, place: tuple[float, float], stage: Stage, part: str) -> None:
    x, y = place
    axes.add_patch(Rectangle((x - 0.36, y - 0.32), 0.72, 0.64, facecolor=COLOURS[part], edgecolor="0.3", zorder=2))
    axes.text(x, y + 0.01, f"{stage.shape[-1]}", ha="center", va="center", fontsize=11, zorder=3)
    axes.text(x, y + 0.36, f"{stage.shape[0]}²", ha="center", va="bottom", fontsize=9, zorder=3)
    axes.text(x, y - 0.38, stage.name, ha="center", va="top", fontsize=8, zorder=3)


def _draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    gap = 0.37
    arrow = {"arrowstyle": "->", "color": colour, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (end[0] - gap, end[1]), (start[0] + gap, start[1]), arrowprops=arrow, zorder=1)
