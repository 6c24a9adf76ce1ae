"""Pictures for lecture 02: a jaxpr drawn as a graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from typing import Any

import jax
from matplotlib.axes import Axes

from snippets.figures import slide_figure


def draw_jaxprs(panels: dict[str, tuple[Any, ...]]) -> None:
    """One picture of several jaxprs below each other: title → (function, its arguments …)."""
    graphs = {title: jaxpr_graph(function, *args) for title, (function, *args) in panels.items()}
    places = {title: layered(len(names), edges) for title, (names, edges, _) in graphs.items()}
    heights = [1 + max(y for _, y in spots) - min(y for _, y in spots) for spots in places.values()]
    _, rows = slide_figure(2.7, rows=len(panels), height_ratios=heights)
    for axes, (title, (names, edges, unread)) in zip(rows[:, 0], graphs.items(), strict=True):
        axes.set_title(title)
        draw_graph(axes, names, edges, places[title], unread)


def draw_graph(
    axes: Axes, names: list[str], edges: list[tuple[int, int]], places: list[tuple[float, float]], unread: set[int]
) -> None:
    """Boxes at `places`, an arrow for each edge; a node whose result nobody reads is grey and dotted."""
    boxes = []
    for node, (name, (x, y)) in enumerate(zip(names, places, strict=True)):
        ends = name == "out" or name.startswith("in ")
        face = "0.93" if node in unread else "#fff3d6" if ends else "#d9e8fb"
        line = ":" if node in unread else "-"
        box = {"boxstyle": "round,pad=0.4", "facecolor": face, "edgecolor": "0.4", "linestyle": line}
        ink = "0.45" if node in unread else "black"
        boxes.append(axes.text(x, y, name, ha="center", va="center", fontsize=11, color=ink, bbox=box))
    for start, end in edges:
        arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 1, "shrinkB": 1}
        arrow |= {"patchA": boxes[start].get_bbox_patch(), "patchB": boxes[end].get_bbox_patch()}
        axes.annotate("", places[end], places[start], arrowprops=arrow)
    axes.set_xlim(-0.4, max(x for x, _ in places) + 0.4)
    axes.set_ylim(min(y for _, y in places) - 0.5, max(y for _, y in places) + 0.5)
    axes.axis("off")


def jaxpr_graph(function: Callable[..., Any], *args: Any) -> tuple[list[str], list[tuple[int, int]], set[int]]:
    """Nodes, edges and unread nodes of the (flat) jaxpr of `function(*args)`.

    Node names are `in x`, a primitive (with its constant, as `mul 2`), or `out`; edges point from producer to consumer.
    """
    jaxpr = jax.make_jaxpr(function)(*args).jaxpr
    names = [f"in {letter}" for letter, _ in zip("xyzuvw", jaxpr.invars, strict=False)]
    maker: dict[Any, int] = {var: i for i, var in enumerate(jaxpr.invars)}
    edges: list[tuple[int, int]] = []
    for equation in jaxpr.eqns:
        variables = [atom for atom in equation.invars if not hasattr(atom, "val")]  # a literal has a value
        constants = [f"{atom.val:g}" for atom in equation.invars if hasattr(atom, "val")]
        names.append(" ".join([equation.primitive.name, *constants]))
        edges += [(maker[variable], len(names) - 1) for variable in variables]
        maker.update(dict.fromkeys(equation.outvars, len(names) - 1))
    read = {start for start, _ in edges} | {maker[var] for var in jaxpr.outvars}
    unread = set(range(len(jaxpr.invars), len(names))) - read
    names.append("out")
    edges += [(maker[var], len(names) - 1) for var in jaxpr.outvars]
    return names, edges, unread


def layered(count: int, edges: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """A place for each of `count` nodes: x is the longest way from an input, y is near the nodes it reads from.

    Edges must point from a lower to a higher number, as the equations of a jaxpr do.
    """
    sources: defaultdict[int, list[int]] = defaultdict(list)
    for start, end in edges:
        sources[end].append(start)
    columns: defaultdict[int, list[int]] = defaultdict(list)
    depth = [0] * count
    for node in range(count):
        depth[node] = max((depth[source] + 1 for source in sources[node]), default=0)
        columns[depth[node]].append(node)
    places = [(0.0, 0.0)] * count
    for x in sorted(columns):
        wanted = {node: fmean([places[source][1] for source in sources[node]] or [0.0]) for node in columns[x]}
        middle = fmean(wanted.values())
        for row, node in enumerate(sorted(wanted, key=lambda node: -wanted[node])):
            places[node] = (float(x), middle + (len(wanted) - 1) / 2 - row)
    return places
