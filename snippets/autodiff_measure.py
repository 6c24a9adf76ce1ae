"""Measurements for the lecture on autodiff: what a function costs in operations and in seconds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import jax


def operations(function: Callable[..., Any], *args: Any) -> Counter[str]:
    """How often each primitive occurs in the jaxpr of `function(*args)`.

    A primitive that only wraps other jaxprs (`jit`, `cond`) is not counted; all that is inside it is.
    """
    counts: Counter[str] = Counter()

    def visit(jaxpr: Any) -> None:
        for equation in jaxpr.eqns:
            flat = jax.tree.leaves(list(equation.params.values()))
            inside = [value for value in flat if hasattr(value, "eqns")]
            counts.update([] if inside else [equation.primitive.name])
            for nested in inside:
                visit(nested)

    visit(jax.make_jaxpr(function)(*args).jaxpr)
    return counts


def seconds(function: Callable[..., Any], *args: Any) -> float:
    """How long one call takes, in seconds of wall-clock time, until its numbers are there."""
    start = time.perf_counter()
    jax.block_until_ready(function(*args))  # JAX returns early: without this only the start is timed
    return time.perf_counter() - start
