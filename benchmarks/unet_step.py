"""One training step of the U-Net of lecture 06, in JAX and in PyTorch, and the accuracy that training reaches."""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

SIDE, BATCH, BASE, DEPTH = 64, 16, 16, 3
CHUNK = 10
"""Steps in one program where there is a scan; every way is timed over so many steps."""
ROUNDS = 12
CORES = 2
"""As many as PyTorch gets threads: each is a device of its own for `steps_by_device`."""

Way = Callable[[], Any]
"""Runs `CHUNK` steps to their end."""


def times() -> dict[str, float]:
    """Milliseconds of a step, each way's best of `ROUNDS` turns: other programs only ever slow us down.

    JAX and PyTorch live in processes of their own, neither with the other's threads and memory, and take turns.
    """
    spawn, best = multiprocessing.get_context("spawn"), dict[str, float]()
    sides = []
    for make in (jax_ways, torch_ways):
        here, there = spawn.Pipe()
        worker = spawn.Process(target=take_turns, args=(make, there), daemon=True)
        worker.start()
        sides.append(here)
    for side in sides:
        side.recv()  # compiled
    for _ in range(ROUNDS):
        for side in sides:
            side.send("go")
            for name, milliseconds in side.recv().items():
                best[name] = min(best.get(name, milliseconds), milliseconds)
    for side in sides:
        side.send(None)
    return best


def take_turns(make: Callable[[Any, Any], dict[str, Way]], asked: Any) -> None:
    """In a process of its own: answers every message but None with milliseconds of a step, one number for each way."""
    rng = np.random.default_rng(0)
    pictures = rng.normal(size=(BATCH, SIDE, SIDE, 3)).astype(np.float32)
    masks = (rng.random((BATCH, SIDE, SIDE, 1)) > 0.7).astype(np.float32)
    ways = make(pictures, masks)
    for way in ways.values():
        way()  # compiles
    asked.send("ready")
    while asked.recv():
        took = {}
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            took[name] = 1e3 * (time.perf_counter() - start) / CHUNK
        asked.send(took)


def jax_ways(pictures: Any, masks: Any) -> dict[str, Way]:
    import jax

    jax.config.update("jax_num_cpu_devices", CORES)  # the first two ways use one, and it uses every core
    return {
        "Flax, plain layers, Python loop": plain_flax(pictures, masks),
        "ours: fast layers, scan, halves on one device": ours(pictures, masks),
        "ours: fast layers, scan, a device a core": ours(pictures, masks, by_device=True),
    }


def torch_ways(pictures: Any, masks: Any) -> dict[str, Way]:
    return {
        "PyTorch eager": pytorch(pictures, masks),
        "PyTorch channels_last": pytorch(pictures, masks, channels_last=True),
        "PyTorch compiled": pytorch(pictures, masks, compiled=True),
    }


def plain_flax(pictures: Any, masks: Any) -> Way:
    """`nn.Conv`, `nn.max_pool`, `nn.ConvTranspose`, one compiled step, a Python loop around it."""
    import jax
    import optax

    from snippets.segmentation import cross_entropy
    from snippets.training import new_state
    from snippets.unet_linen import UNet

    model = UNet(BASE, DEPTH)
    held = [new_state(model, jax.random.key(0), pictures, optax.adam(1e-3))]

    @jax.jit
    def step(state: Any) -> Any:
        slopes = jax.grad(lambda params: cross_entropy(model.apply({"params": params}, pictures), masks))(state.params)
        return state.apply_gradients(grads=slopes)

    def run() -> None:
        for _ in range(CHUNK):
            held[0] = step(held[0])
        jax.block_until_ready(held[0])

    return run


def ours(pictures: Any, masks: Any, by_device: bool = False) -> Way:
    """`snippets.unet_linen` with `fast=True`; `snippets.unet_training.steps`, as the lecture, or `steps_by_device`."""
    import jax
    import jax.numpy as jnp
    import optax

    from snippets.segmentation import cross_entropy
    from snippets.training import new_state
    from snippets.unet_linen import UNet
    from snippets.unet_training import steps, steps_by_device

    model = UNet(BASE, DEPTH, fast=True)
    held = [new_state(model, jax.random.key(0), pictures, optax.adam(1e-3))]

    def loss(params: Any, x: Any, y: Any) -> Any:
        return cross_entropy(model.apply({"params": params}, x), y)

    many = steps_by_device(loss, jax.devices()) if by_device else steps(loss, parts=2)
    batches = jnp.stack([pictures] * CHUNK), jnp.stack([masks] * CHUNK)

    def run() -> None:
        held[0], _ = many(held[0], *batches)
        jax.block_until_ready(held[0])

    return run


def pytorch(pictures: Any, masks: Any, channels_last: bool = False, compiled: bool = False) -> Way:
    """`snippets.unet_torch` with Adam, as PyTorch's own examples step."""
    import torch

    from snippets.unet_torch import UNet

    layout = torch.channels_last if channels_last else torch.contiguous_format
    inputs, targets = (
        torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=layout) for array in (pictures, masks)
    )
    module = UNet(3, BASE, DEPTH).to(memory_format=layout)
    adam = torch.optim.Adam(module.parameters(), 1e-3)
    forward = torch.compile(module) if compiled else module

    def run() -> None:
        for _ in range(CHUNK):
            adam.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(forward(inputs), targets).backward()
            adam.step()

    return run


def accuracy(count: int = 500) -> dict[str, float]:
    """Trains base 8 on 2,000 `shapes`, as lecture 06 does at full size: IoU on 200 others, seconds, peak memory."""
    import jax
    import optax

    from jaxstudy.data import load
    from snippets.segmentation import cross_entropy, dice_loss, overlap
    from snippets.training import new_state
    from snippets.unet_linen import UNet
    from snippets.unet_training import steps

    data = load("shapes", train=2_000, test=200)
    x, x_test = (4 * (p.inputs - np.median(p.inputs, axis=(1, 2), keepdims=True)) for p in (data.train, data.test))
    model, rng, chunk = UNet(8, DEPTH, fast=True), np.random.default_rng(0), 25
    start = time.perf_counter()
    state = new_state(model, jax.random.key(7), x, optax.adam(3e-3))

    def objective(params: Any, x: Any, y: Any) -> Any:
        logits = model.apply({"params": params}, x)
        return cross_entropy(logits, y) + dice_loss(logits, y)

    run = steps(objective)
    for _ in range(count // chunk):
        chosen = rng.permutation(len(x))[: chunk * BATCH].reshape(chunk, BATCH)
        state, _ = run(state, x[chosen], data.train.targets[chosen])
    jax.block_until_ready(state)
    seconds = time.perf_counter() - start
    score = overlap(jax.jit(model.apply)({"params": state.params}, x_test), data.test.targets)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"iou": float(score.iou), "seconds": seconds, "peak_mb": peak}


def main() -> None:
    """Prints one line of JSON: what is asked for as the first word, `times` or `accuracy`."""
    print(json.dumps({"times": times, "accuracy": accuracy}[sys.argv[1]]()))


if __name__ == "__main__":
    main()
