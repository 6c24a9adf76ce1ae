"""A training step, an epoch of it in two ways, and evaluation, for any Linen model that gives logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

from snippets.batching import padded_batches
from snippets.losses import cross_entropy
from snippets.metrics import hits

Metrics = dict[str, jax.Array]
Step = Callable[[TrainState, jax.Array, jax.Array], tuple[TrainState, Metrics]]
Graded = Callable[..., tuple[tuple[jax.Array, Any], Any]]


def new_state(
    model: nn.Module, key: jax.Array, pictures: jax.Array, optimizer: optax.GradientTransformation
) -> TrainState:
    """Parameters drawn with `key` for pictures of this shape (B, H, W, C), and the optimizer's state beside them."""
    params = jax.jit(model.init)(key, pictures[:1])["params"]
    return TrainState.create(apply_fn=model.apply, params=params, tx=optimizer)


def graded_in_parts(loss: Callable[..., tuple[jax.Array, Any]], parts: int) -> Graded:
    """`jax.value_and_grad(loss, has_aux=True)`, taken of equal parts of the batch and averaged.

    The parts do not depend on each other, so XLA runs them side by side on the cores of a CPU.

    Args:
        loss: (params, pictures (B, …), labels (B,)) -> mean over examples (), and means to report.
        parts: how many; must divide B.
    """
    graded = jax.value_and_grad(loss, has_aux=True)

    def mean_of_parts(params: Any, pictures: jax.Array, labels: jax.Array) -> tuple[tuple[jax.Array, Any], Any]:
        cut = [jnp.split(whole, parts) for whole in (pictures, labels)]
        each = [graded(params, *part) for part in zip(*cut, strict=True)]
        mean: tuple[tuple[jax.Array, Any], Any] = jax.tree.map(lambda *leaves: sum(leaves) / parts, *each)
        return mean

    return mean_of_parts


def train_step(state: TrainState, pictures: jax.Array, labels: jax.Array, parts: int = 1) -> tuple[TrainState, Metrics]:
    """One step on one batch: (B, H, W, C), (B,) -> the next state, and loss and accuracy before the step."""

    def loss(params: Any, pictures: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits = state.apply_fn({"params": params}, pictures)  # (B, classes)
        return cross_entropy(logits, labels), jnp.mean(hits(logits, labels))

    (value, right), gradient = graded_in_parts(loss, parts)(state.params, pictures, labels)
    return state.apply_gradients(grads=gradient), {"loss": value, "accuracy": right}


def epoch_by_loop(
    step: Step, state: TrainState, pictures: jax.Array, labels: jax.Array, rows: jax.Array
) -> tuple[TrainState, Metrics]:
    """One compiled step for each row of indices: (N, …), (N,), (steps, B) -> the last state, metrics (steps,)."""
    met = []
    for row in rows:
        state, metrics = step(state, pictures[row], labels[row])
        met.append(metrics)  # left on the device: asking for a number here would wait for every step
    return state, jax.tree.map(lambda *leaves: jnp.stack(leaves), *met)


def epoch_by_scan(
    step: Step, state: TrainState, pictures: jax.Array, labels: jax.Array, rows: jax.Array
) -> tuple[TrainState, Metrics]:
    """The same as one program: compile with `jax.jit(partial(epoch_by_scan, step), donate_argnums=0)`."""

    def body(state: TrainState, row: jax.Array) -> tuple[TrainState, Metrics]:
        return step(state, pictures[row], labels[row])

    return jax.lax.scan(body, state, rows)


def evaluate(
    apply: Callable[..., jax.Array], params: Any, pictures: jax.Array, labels: jax.Array, size: int = 500
) -> Metrics:
    """Loss and accuracy over all examples, each counted once: (N, …), (N,) -> two numbers.

    Works under `jit`. The last batch is filled up with zeros, which get no weight.
    """
    (batches, answers), real = padded_batches((pictures, labels), size)

    def sums(batch: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        pictures, labels, real = batch
        logits = apply({"params": params}, pictures)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)  # (B,)
        return (losses * real).sum(), (hits(logits, labels) * real).sum()

    loss, right = jax.lax.map(sums, (batches, answers, real))  # (steps,) each
    return {"loss": loss.sum() / real.sum(), "accuracy": right.sum() / real.sum()}
