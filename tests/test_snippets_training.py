"""The teaching code of the MNIST loop: losses, metrics, batches, steps, epochs, evaluation."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
from flax import linen as nn

from snippets.batching import padded_batches, shuffled_batches
from snippets.losses import cross_entropy, cross_entropy_one_hot
from snippets.metrics import accuracy, confusion
from snippets.training import epoch_by_loop, epoch_by_scan, evaluate, graded_in_parts, new_state, train_step

LOGITS = np.random.default_rng(1).normal(size=(50, 7)).astype(np.float32) * 4
LABELS = np.random.default_rng(2).integers(0, 7, size=50).astype(np.int32)


class Small(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, 4, 4, 1) -> (B, 3)"""
        h = nn.relu(nn.Dense(8)(x.reshape(len(x), -1)))
        return nn.Dense(3)(h)


@pytest.fixture
def pictures() -> jax.Array:
    return jax.random.normal(jax.random.key(0), (45, 4, 4, 1))


@pytest.fixture
def labels() -> jax.Array:
    return jax.random.randint(jax.random.key(1), (45,), 0, 3)


@pytest.fixture
def state(pictures: jax.Array) -> Any:
    return new_state(Small(), jax.random.key(2), pictures, optax.sgd(0.1, momentum=0.9))


def test_both_cross_entropies_are_pytorchs():
    theirs = torch.nn.functional.cross_entropy(torch.tensor(LOGITS), torch.tensor(LABELS).long()).item()
    assert np.isclose(cross_entropy(LOGITS, LABELS), theirs, rtol=1e-6)
    assert np.isclose(cross_entropy_one_hot(LOGITS, jax.nn.one_hot(LABELS, 7)), theirs, rtol=1e-6)


def test_a_label_outside_the_classes_gives_nan():
    assert jnp.isnan(cross_entropy(LOGITS, jnp.array(LABELS).at[3].set(7)))


def test_accuracy_and_confusion_count_the_same_hits():
    table = confusion(LABELS, LOGITS.argmax(axis=1), 7)
    assert table.sum() == 50
    assert np.array_equal(table.sum(axis=1), np.bincount(LABELS, minlength=7))
    assert np.isclose(accuracy(LOGITS, LABELS), np.trace(table) / 50)


def test_an_epoch_of_batches_has_no_index_twice_and_another_key_another_order():
    rows = shuffled_batches(jax.random.key(0), 45, 10)
    assert rows.shape == (4, 10)
    assert len(set(rows.ravel().tolist())) == 40
    assert set(rows.ravel().tolist()) <= set(range(45))
    assert sorted(shuffled_batches(jax.random.key(0), 40, 10).ravel().tolist()) == list(range(40))
    assert not jnp.array_equal(rows, shuffled_batches(jax.random.key(1), 45, 10))


def test_padded_batches_keep_every_example_once_and_in_order():
    data = {"x": np.arange(90.0).reshape(45, 2), "y": np.arange(45)}
    batches, real = padded_batches(data, 10)
    assert batches["x"].shape == (5, 10, 2)
    assert real.sum() == 45
    assert np.array_equal(batches["y"][real > 0], data["y"])
    assert padded_batches(data, 9)[1].shape == (5, 9)


def test_the_mean_of_the_parts_is_the_whole():
    def loss(w: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jnp.mean((x @ w - y) ** 2), jnp.mean(y)

    w, x, y = jnp.ones(3), jax.random.normal(jax.random.key(0), (12, 3)), jnp.arange(12.0)
    whole, parts = (graded_in_parts(loss, count)(w, x, y) for count in (1, 4))
    assert jax.tree.structure(whole) == jax.tree.structure(parts)
    assert jax.tree.all(jax.tree.map(partial(jnp.allclose, rtol=1e-5), whole, parts))


def test_a_step_is_pytorchs_step(state, pictures, labels):
    """Three steps of SGD with momentum, on the same numbers."""
    dense = [state.params[name] for name in ("Dense_0", "Dense_1")]
    module = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    for layer, ours in zip((module[0], module[2]), dense, strict=True):
        layer.weight.data = torch.tensor(np.array(ours["kernel"]).T.copy())
        layer.bias.data = torch.tensor(np.array(ours["bias"]))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    x, y = torch.tensor(np.array(pictures)).flatten(1), torch.tensor(np.array(labels)).long()
    for _ in range(3):
        state, metrics = train_step(state, pictures, labels)
        loss = torch.nn.functional.cross_entropy(module(x), y)
        assert np.isclose(metrics["loss"], loss.item(), rtol=1e-5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(
        state.params["Dense_1"]["kernel"], module[2].weight.detach().numpy().T, rtol=1e-4, atol=1e-6
    )
    assert state.step == 3


def test_loop_and_scan_are_the_same_epoch(state, pictures, labels):
    rows = shuffled_batches(jax.random.key(5), 45, 10)
    looped = epoch_by_loop(jax.jit(train_step), state, pictures, labels, rows)
    scanned = jax.jit(partial(epoch_by_scan, partial(train_step, parts=2)))(state, pictures, labels, rows)
    assert looped[1]["loss"].shape == (4,)
    close = jax.tree.map(
        partial(jnp.allclose, atol=1e-5), (looped[0].params, looped[1]), (scanned[0].params, scanned[1])
    )
    assert jax.tree.all(close)


@pytest.mark.parametrize("size", [10, 45, 100])
def test_evaluation_counts_every_example_once_whatever_the_batch(state, pictures, labels, size):
    logits = state.apply_fn({"params": state.params}, pictures)
    found = jax.jit(partial(evaluate, state.apply_fn, size=size))(state.params, pictures, labels)
    assert np.isclose(found["accuracy"], accuracy(logits, labels))
    assert np.isclose(found["loss"], cross_entropy(logits, labels), rtol=1e-5)
