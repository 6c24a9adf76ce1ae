"""Training steps that keep the cores busy: many steps in one compiled program, each on parts of the batch at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from flax.training.train_state import TrainState
from jax import lax
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from snippets.training import graded_in_parts

Loss = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""Parameters, inputs (B, ...), targets (B, ...) -> the mean loss: ()."""
Steps = Callable[[TrainState, jax.Array, jax.Array], tuple[TrainState, jax.Array]]
"""State, inputs (K, B, ...), targets (K, B, ...) -> the state K steps later, losses (K,)."""


def steps(loss: Loss, parts: int = 2) -> Steps:
    """A compiled function that takes K steps, each on `parts` of its batch side by side on one device.

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


def steps_by_device(loss: Loss, devices: Sequence[Any]) -> Steps:
    """As `steps`, with the parts on devices of their own, which tell each other their gradients after each step.

    The cores of a CPU are several devices after `jax.config.update("jax_num_cpu_devices", 2)`, said before JAX is used
    for the first time. Each then runs its part from end to end, where `steps` leaves it to XLA which core takes what.

    The state may come from one device or from an earlier call, and lies on every device afterwards. `loss` must be a
    mean over examples or pixels.

    Raises:
        ValueError: the batch does not split into as many equal parts as there are devices (raised by the call).
    """
    mesh = Mesh(np.array(devices), ("part",))
    everywhere, by_part = NamedSharding(mesh, P()), P(None, "part")

    def step(state: TrainState, batch: tuple[jax.Array, jax.Array]) -> tuple[TrainState, jax.Array]:
        told, back = ravel_pytree(jax.value_and_grad(loss)(state.params, *batch))  # one long message, not one a leaf
        value, gradient = back(lax.pmean(told, "part"))
        return state.apply_gradients(grads=gradient), value

    def run(state: TrainState, inputs: jax.Array, targets: jax.Array) -> tuple[TrainState, jax.Array]:
        return lax.scan(step, state, (inputs, targets))

    # Unchecked: the checker would have JAX add up the gradients by itself, leaf by leaf.
    spread = jax.shard_map(run, mesh=mesh, in_specs=(P(), by_part, by_part), out_specs=(P(), P()), check_vma=False)
    many = jax.jit(spread, donate_argnums=0)

    def take(state: TrainState, inputs: jax.Array, targets: jax.Array) -> tuple[TrainState, jax.Array]:
        # Waited for: XLA's CPU devices can wait for each other for ever when dozens of such programs are queued.
        done: tuple[TrainState, jax.Array] = many(jax.device_put(state, everywhere), inputs, targets)
        return jax.block_until_ready(done)

    return take
