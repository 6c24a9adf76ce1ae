"""Training steps that keep two cores busy: many steps in one compiled program, each on parts of the batch at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from flax.training.train_state import TrainState
from jax import lax

Loss = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""Parameters, inputs (B, ...), targets (B, ...) -> the mean loss: ()."""


def value_and_mean_grad(loss: Loss, parts: int) -> Callable[..., tuple[jax.Array, Any]]:
    """As `jax.value_and_grad(loss)`, the batch cut into equal parts, which do not wait for each other.

    The mean of the parts' gradients is the gradient of the mean, up to rounding, if `loss` is a mean over examples.
    XLA's CPU code runs most convolutions on one core; of two that are independent it runs both.
    """
    graded = jax.value_and_grad(loss)

    def of_parts(params: Any, inputs: jax.Array, targets: jax.Array) -> tuple[jax.Array, Any]:
        size, rest = divmod(len(inputs), parts)
        if rest:
            raise ValueError(f"expected a batch that {parts} divides, got {len(inputs)} examples")
        cuts = [slice(part * size, (part + 1) * size) for part in range(parts)]
        found = [graded(params, inputs[cut], targets[cut]) for cut in cuts]
        return jax.tree.map(lambda *each: sum(each) / parts, *found)  # type: ignore[no-any-return]

    return of_parts


def steps(loss: Loss, parts: int = 2) -> Callable[[TrainState, jax.Array, jax.Array], tuple[TrainState, jax.Array]]:
    """A compiled function: state, inputs (K, B, ...), targets (K, B, ...) -> the state K steps later, losses (K,).

    The state that goes in is donated: its buffers are used for the one that comes out.
    """
    graded = value_and_mean_grad(loss, parts)

    def step(state: TrainState, batch: tuple[jax.Array, jax.Array]) -> tuple[TrainState, jax.Array]:
        value, gradient = graded(state.params, *batch)
        return state.apply_gradients(grads=gradient), value

    def run(state: TrainState, inputs: jax.Array, targets: jax.Array) -> tuple[TrainState, jax.Array]:
        return lax.scan(step, state, (inputs, targets))

    return jax.jit(run, donate_argnums=0)
