"""What outputs depend on besides the lecture's own text: versions, the size switch, JAX's environment."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata

from jaxstudy.data.size import SIZE_VARIABLE as SIZE_VARIABLE
from jaxstudy.data.size import size_from as size_from

PACKAGES = ("jax", "jaxlib", "flax", "optax", "torch", "numpy", "matplotlib")
# They say where compiled code is kept, which no output shows.
_HARMLESS = ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS")


def versions() -> dict[str, str]:
    """Package → version of what is installed here, Python included; nothing is imported."""
    found = {"python": platform.python_version()}
    return found | {name: _installed(name) for name in PACKAGES}


@cache
def _installed(name: str) -> str:
    """Looked up once a process: it takes a few milliseconds, and is asked for each lecture."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def jax_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that change what JAX computes or how it shows it."""
    names = (name for name in environment if name.startswith(("JAX_", "XLA_")) and name not in _HARMLESS)
    return {name: environment[name] for name in sorted(names)}
