"""Training steps that keep two cores busy: many steps in one compiled program, each on parts of the batch at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from flax.training.train_state import TrainState
from jax import lax

from snippets.training import graded_in_parts

Loss = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""Parameters, inputs (B, ...), targets (B, ...) -> the mean loss: ()."""


def steps(loss: Loss, parts: int = 2) -> Callable[[TrainState, jax.Array, jax.Array], tuple[TrainState, jax.Array]]:
    """A compiled function: state, inputs (K, B, ...), targets (K, B, ...) -> the state K steps later, losses (K,).

    The state that goes in is donated: its buffers are used for the one that comes out. The mean of the `parts`'
    gradients is the gradient of the batch, up to rounding, if `loss` is a mean over examples or pixels.
    """
    graded = graded_in_parts(lambda params, inputs, targets: (loss(params, inputs, targets), ()), parts)

    def step(state: TrainState, batch: tuple[jax.Array, jax.Array]) -> tuple[TrainState, jax.Array]:
        (value, _), gradient = graded(state.params, *batch)
        return state.apply_gradients(grads=gradient), value

    def run(state: TrainState, inputs: jax.Array, targets: jax.Array) -> tuple[TrainState, jax.Array]:
        return lax.scan(step, state, (inputs, targets))

    return jax.jit(run, donate_argnums=0)
