"""Seconds an epoch of MNIST takes, the same network and batches in JAX and PyTorch; then how accurate it gets.

python benchmarks/mnist_epoch.py            # both parts
python benchmarks/mnist_epoch.py speed      # or accuracy
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from flax import linen as nn
from rich.console import Console
from rich.table import Table

from jaxstudy.data import load
from snippets.batching import shuffled_batches
from snippets.conv import canonical_conv, halve
from snippets.porting import flattened, into_torch
from snippets.training import TrainState, epoch_by_scan, evaluate, new_state, train_step

BATCH, STEPS, ROUNDS, EPOCH_STEPS, EPOCHS = 128, 10, 20, 468, 10
"""A short run is STEPS steps; the fastest of ROUNDS counts, taken in turns so that a busy moment hits all alike."""
NAMES = {"Conv_0": "0", "Conv_1": "3", "hidden": "7", "Dense_0": "9"}
PARTS = 2
Short = Callable[[], float]
"""Trains for STEPS steps and returns the last loss, which must be ready by then."""


class Net(nn.Module):
    """conv32 - pool - conv64 - pool - 256 - 10, the network of Flax's MNIST example."""

    conv: Any = None
    pool: Any = partial(nn.avg_pool, window_shape=(2, 2), strides=(2, 2))

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, 28, 28, 1) -> (B, 10)"""
        for features in (32, 64):
            x = self.pool(nn.relu(nn.Conv(features, (3, 3), conv_general_dilated=self.conv)(x)))
        x = x.reshape(len(x), -1)
        return nn.Dense(10)(nn.relu(nn.Dense(256, name="hidden")(x)))


OURS = Net(conv=canonical_conv, pool=halve)


def start(model: Net, optimizer: optax.GradientTransformation, pictures: jax.Array) -> TrainState:
    return new_state(model, jax.random.key(0), pictures, optimizer)


def sgd() -> optax.GradientTransformation:
    return optax.sgd(0.1, momentum=0.9)


def official_loop(pictures: jax.Array, labels: jax.Array, rows: jax.Array) -> Short:
    """A compiled step from Python, its numbers fetched after every step, as Flax's example does."""
    state, host = start(Net(), sgd(), pictures), (np.asarray(pictures), np.asarray(labels))
    step = jax.jit(train_step)
    batches = [(host[0][row], host[1][row]) for row in np.asarray(rows)]

    def short() -> float:
        nonlocal state
        for batch in batches:
            state, metrics = step(state, *batch)
            got = jax.device_get(metrics)
        return float(got["loss"])

    return short


def loop_cured(pictures: jax.Array, labels: jax.Array, rows: jax.Array) -> Short:
    """Our layers and parts, stepped from Python, nothing fetched before the end."""
    state = start(OURS, sgd(), pictures)
    step = jax.jit(partial(train_step, parts=PARTS), donate_argnums=0)
    batches = [(pictures[row], labels[row]) for row in rows]

    def short() -> float:
        nonlocal state
        for batch in batches:
            state, metrics = step(state, *batch)
        return float(metrics["loss"])

    return short


def our_epoch(parts: int, pictures: jax.Array, labels: jax.Array, rows: jax.Array) -> Short:
    """All steps as one program."""
    state = start(OURS, sgd(), pictures)
    run = jax.jit(partial(epoch_by_scan, partial(train_step, parts=parts)), donate_argnums=0)

    def short() -> float:
        nonlocal state
        state, metrics = run(state, pictures, labels, rows)
        return float(metrics["loss"][-1])

    return short


def torch_net(pictures: jax.Array) -> torch.nn.Module:
    from torch.nn import AvgPool2d, Conv2d, Flatten, Linear, ReLU, Sequential

    convs = [Conv2d(1, 32, 3, padding=1), ReLU(), AvgPool2d(2), Conv2d(32, 64, 3, padding=1), ReLU(), AvgPool2d(2)]
    net = Sequential(*convs, Flatten(), Linear(3136, 256), ReLU(), Linear(256, 10))
    params = start(OURS, sgd(), pictures).params
    return into_torch({"params": params}, net, NAMES, {"hidden": flattened(7, 7)})


def torch_epoch(kind: str, pictures: jax.Array, labels: jax.Array, rows: jax.Array) -> Short:
    """PyTorch on the same batches: `eager`, `channels_last` or `compile`."""
    net, order = torch_net(pictures), np.asarray(rows)
    layout = torch.channels_last if kind == "channels_last" else torch.contiguous_format
    net = net.to(memory_format=layout)
    images = torch.from_numpy(np.array(pictures).transpose(0, 3, 1, 2).copy())
    batches = [
        (images[torch.tensor(row)].contiguous(memory_format=layout), torch.tensor(np.array(labels)[row]).long())
        for row in order
    ]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    model = torch.compile(net) if kind == "compile" else net

    def short() -> float:
        for x, y in batches:
            loss = torch.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return float(loss.item())

    return short


def speed() -> None:
    """The table of seconds an epoch."""
    console = Console(width=120)
    data = load("mnist")
    pictures, labels = (jnp.asarray(part[: BATCH * STEPS]) for part in data.train)
    rows = shuffled_batches(jax.random.key(1), len(pictures), BATCH)
    makers: dict[str, Callable[..., Short]] = {
        "Flax, official loop": official_loop,
        "ours, loop": loop_cured,
        "ours, scan": partial(our_epoch, 1),
        f"ours, scan, {PARTS} parts": partial(our_epoch, PARTS),
        "PyTorch eager": partial(torch_epoch, "eager"),
        "PyTorch channels_last": partial(torch_epoch, "channels_last"),
        "PyTorch compile": partial(torch_epoch, "compile"),
    }
    torch.set_num_threads(len(os.sched_getaffinity(0)))  # as many as XLA takes
    shorts, losses, first, best, absent = {}, {}, {}, {}, []
    for name, maker in makers.items():
        try:
            begun = time.perf_counter()
            shorts[name] = maker(pictures, labels, rows)
            losses[name] = shorts[name]()  # the same steps from the same start: the same loss, or it is another network
            first[name] = time.perf_counter() - begun
        except Exception as error:  # torch.compile needs a C++ compiler
            absent.append(f"{name} can't run here: {str(error).splitlines()[0][:90]}")
    for _ in range(ROUNDS):
        for name, short in shorts.items():
            begun = time.perf_counter()
            short()
            best[name] = min(best.get(name, np.inf), (time.perf_counter() - begun) / STEPS)
    title = f"An epoch of {EPOCH_STEPS} steps of {BATCH} pictures, {torch.get_num_threads()} threads, {data.source}"
    table = Table("", "s an epoch", "ms a step", "/ Flax", "/ eager", "first run s", f"loss after {STEPS}", title=title)
    for name, seconds in best.items():
        ratios = (f"{seconds / best[peer]:.2f}" for peer in ("Flax, official loop", "PyTorch eager"))
        numbers = f"{seconds * EPOCH_STEPS:.1f}", f"{1e3 * seconds:.1f}", *ratios, f"{first[name]:.1f}"
        table.add_row(name, *numbers, f"{losses[name]:.4f}")
    console.print(table, *absent, sep="\n")
    if (load_now := os.getloadavg()[0]) > 1.5 * torch.get_num_threads():
        console.print(
            f"Others were busy here (load {load_now:.1f}): PyTorch's threads wait for each other then, and the ratios"
            " to it mean little. Measure again on a quiet machine."
        )


def shifted(key: jax.Array, pictures: jax.Array) -> jax.Array:
    """Each picture moved by up to two pixels either way: (B, 28, 28, 1) -> the same."""
    padded = jnp.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)))
    places = jax.random.randint(key, (len(pictures), 2), 0, 5)

    def cut(picture: jax.Array, place: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(picture, (*place, 0), (28, 28, 1))

    return jax.vmap(cut)(padded, places)


def accuracy() -> None:
    """MNIST's official test set after at most ten epochs, with seconds and memory."""
    data = load("mnist")
    if (len(data.train.targets), len(data.test.targets)) != (60_000, 10_000):
        Console().print(f"No accuracy table: it needs the official 60,000 and 10,000, and here is {data.source}")
        Console().print("Set JAXSTUDY_DATA, or `jaxstudy data fetch mnist`.")
        return
    pictures, labels = map(jnp.asarray, data.train)
    rate = optax.cosine_decay_schedule(0.1, EPOCHS * EPOCH_STEPS)
    state = start(OURS, optax.sgd(rate, momentum=0.9), pictures)

    def step(state: TrainState, pictures: jax.Array, labels: jax.Array) -> Any:
        key = jax.random.fold_in(jax.random.key(2), state.step)
        return train_step(state, shifted(key, pictures), labels, PARTS)

    run = jax.jit(partial(epoch_by_scan, step), donate_argnums=0)
    measure = jax.jit(partial(evaluate, OURS.apply))
    table = Table("epoch", "seconds", "train loss", "test accuracy", title="MNIST 60,000 / 10,000, shifts by 2 pixels")
    begun = time.perf_counter()
    for epoch in range(EPOCHS):
        state, metrics = run(state, pictures, labels, shuffled_batches(jax.random.key(epoch), 60_000, BATCH))
        found = measure(state.params, *map(jnp.asarray, data.test))
        loss, right = float(metrics["loss"].mean()), float(found["accuracy"])  # waits for both
        seconds = time.perf_counter() - begun
        table.add_row(str(epoch + 1), f"{seconds:.0f}", f"{loss:.4f}", f"{right:.2%}")
        print(f"epoch {epoch + 1}: {seconds:.0f} s, test {right:.2%}", file=sys.stderr, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    Console(width=120).print(table, f"peak memory {peak:,.0f} MB; Flax's example reports 99.17 % after 10 epochs")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["speed", "accuracy"]
    for part in wanted:
        {"speed": speed, "accuracy": accuracy}[part]()
