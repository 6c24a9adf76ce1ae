"""A program of lecture 02, run in a fresh process that pretends to have several devices."""

import io
import os
import subprocess
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A process of its own: JAX fixes the number of devices when it first computes, so a running kernel cannot change it.
FRAME = """
import io, sys, jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_num_cpu_devices", int(sys.argv[1]))
given = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
names = {"jax": jax, "jnp": jnp, "np": np, **{name: jnp.asarray(given[name]) for name in given.files}}
exec(compile(sys.argv[2], "program", "exec"), names)
answer = io.BytesIO()
np.savez(answer, result=np.asarray(names["result"]), devices=jax.device_count())
sys.stdout.buffer.write(answer.getvalue())
"""


def on_devices(devices: int, program: str, **given: Any) -> tuple[NDArray[Any], int]:
    """What `program` calls `result` when it runs on so many pretended CPUs, and how many devices it saw.

    Args:
        devices: how many CPU devices the process shall see.
        program: Python that finds `jax`, `jnp`, `np` and the given arrays, and leaves an array called `result`.
        given: arrays by name.

    Raises:
        subprocess.CalledProcessError: the program failed; its own message is on standard error.
    """
    parcel = io.BytesIO()
    np.savez(parcel, **{name: np.asarray(array) for name, array in given.items()})
    command = [sys.executable, "-c", FRAME, str(devices), program]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        command, input=parcel.getvalue(), env=environment, stdout=subprocess.PIPE, check=True, timeout=120
    )
    answer = np.load(io.BytesIO(done.stdout), allow_pickle=False)
    return answer["result"], int(answer["devices"])
