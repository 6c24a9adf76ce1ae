"""Code that makes a new kernel's first JAX cells, and its first figure, answer at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jaxstudy.course import Lecture

# Settings that JAX reads when it first touches a device: warming would touch it before the lecture has set them.
_BEFORE_THE_FIRST_DEVICE = re.compile(
    r"XLA_FLAGS|JAX_PLATFORMS|JAX_NUM_CPU_DEVICES|CUDA_VISIBLE_DEVICES|XLA_PYTHON_CLIENT"
    r"|jax_platforms|jax_platform_name|jax_num_cpu_devices|jax_cpu_|jax\.distributed"
)
_CELLS_WITH_SETTINGS = 3

# What first cells of lectures do: keys, small arrays, indexing, printing, comparing, grad, jit, vmap. It compiles, and
# it imports what JAX puts off. The settings of the lecture's first cells hold meanwhile, and are put back: they
# are part of the key under which JAX keeps what it has traced.
_JAX = """
import jax, jax.numpy as jnp
before = {{name: getattr(jax.config, name) for name in {settings!r}}}
threshold = jax.config.jax_persistent_cache_min_compile_time_secs
try:
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    for name, value in {settings!r}.items():
        jax.config.update(name, value)
    key, other = jax.random.split(jax.random.key(0))
    x, m = jax.random.normal(key, (3,)), jnp.arange(6.0).reshape(2, 3)
    v = jnp.linspace(0.0, 1.0, 3).at[0].set(2.0)
    str(x), str(m), str(key), float(x[0]), bool((x == v).all()), bool(jnp.allclose(m @ v, m.sum(axis=1)))
    loss = lambda w: jnp.mean((m @ w) ** 2)
    jax.value_and_grad(loss)(x), jax.grad(jnp.sin)(3.0), jax.vmap(jax.grad(lambda t: t * t))(x), jnp.zeros(3)
    jax.block_until_ready(jax.jit(jax.grad(loss))(x))
finally:
    jax.config.update("jax_persistent_cache_min_compile_time_secs", threshold)
    for name, value in before.items():
        jax.config.update(name, value)
"""

_FIGURE = """
import io
from matplotlib.figure import Figure
figure = Figure()
figure.subplots().plot([0, 1])
figure.savefig(io.BytesIO())
"""


def warm_up_code(lecture: Lecture) -> str:
    """Code to be run silently in a new kernel; it binds no name there and no error of it is seen.

    Nothing of JAX is run for a lecture that sets what must be set before JAX's first operation.
    """
    parts = [_FIGURE]
    if not _BEFORE_THE_FIRST_DEVICE.search(lecture.text):
        parts.insert(0, _JAX.format(settings=dict(_settings(lecture))))
    return "\n".join(f"try:\n    exec({part!r}, {{}})\nexcept Exception:\n    pass" for part in parts)


def _settings(lecture: Lecture) -> Iterator[tuple[str, object]]:
    """What the lecture's first cells pass to `jax.config.update`, where it is written out."""
    steps = [step for step in lecture if step.runs][:_CELLS_WITH_SETTINGS]
    for step in steps:
        try:
            tree = ast.parse(step.source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "jax.config.update" and len(node.args) == 2:
                name, value = node.args
                if isinstance(name, ast.Constant) and isinstance(value, ast.Constant):
                    yield str(name.value), value.value
