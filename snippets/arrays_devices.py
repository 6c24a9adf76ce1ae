"""Random draws of lecture 01, made in a fresh process that pretends to have several devices."""

import os
import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

# A process of its own: JAX fixes the number of devices when it first computes, so a running kernel cannot change it.
DRAW = """
import sys, jax, numpy as np
from jax.sharding import NamedSharding, PartitionSpec
devices, seed, size = map(int, sys.argv[1:])
jax.config.update("jax_num_cpu_devices", devices)
rows = NamedSharding(jax.make_mesh((devices,), ("device",)), PartitionSpec("device"))
draw = jax.jit(lambda key: jax.random.normal(key, (size,)), out_shardings=rows)(jax.random.key(seed))
assert len(draw.addressable_shards) == devices
sys.stdout.buffer.write(np.asarray(draw).tobytes())
"""


def normal_over_devices(devices: int, seed: int, size: int) -> NDArray[np.float32]:
    """`jax.random.normal` of one key with its result split over `devices` pretended CPUs: -> (size,).

    Args:
        devices: how many CPU devices the process shall see; must divide `size`.
        seed: what the key is made of.
        size: how many numbers to draw.

    Raises:
        subprocess.CalledProcessError: the process failed; its own message is on standard error.
    """
    command = [sys.executable, "-c", DRAW, str(devices), str(seed), str(size)]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=120)
    return np.frombuffer(done.stdout, np.float32)
