"""Runs inside a lecture's kernel: keeps what an `expensive` step bound, and hands it back later.

Only jaxstudy's own cache folder is ever read; its files are sealed with a checksum (see `cache`).
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jaxstudy.build.cache import sealed, unsealed
from jaxstudy.atomic import write_atomically

_fingerprints: dict[str, bytes | None] = {}


def watch(names: Iterable[str]) -> None:
    """Before the step: note the values it reads, so that one changed in place is kept too."""
    space = _namespace()
    _fingerprints.clear()
    _fingerprints.update({name: _fingerprint(space[name]) for name in names if name in space})


def store(path: str, bound: Iterable[str]) -> str:
    """After the step: write what it bound or changed in place. Returns "" or why it can't be kept."""
    space = _namespace()
    changed = [name for name, before in _fingerprints.items() if name in space and _fingerprint(space[name]) != before]
    wanted = {name: space[name] for name in sorted({*bound, *changed}) if name in space}
    try:
        body = _dumps(wanted)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    write_atomically(Path(path), sealed(body))
    return ""


def load(path: str, definitions: str) -> str:
    """Instead of the step: run its definitions, put its values back. Returns "" or why that failed."""
    space = _namespace()
    body = unsealed(Path(path).read_bytes())
    if body is None:
        return "the stored values are damaged"
    try:
        exec(compile(definitions, "<kept step>", "exec"), space)
        space.update(pickle.loads(body))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _namespace() -> dict[str, Any]:
    from IPython import get_ipython

    space: dict[str, Any] = get_ipython().user_ns
    return space


def _fingerprint(value: Any) -> bytes | None:
    """A digest that changes when the value does; None for what can't change, or can't be looked into."""
    import hashlib
    import types

    import jax

    if isinstance(value, jax.Array | types.ModuleType | types.FunctionType | type | str | int | float | bool):
        return None
    try:
        return hashlib.sha256(_dumps(value)).digest()
    except Exception:
        return None


def _dumps(value: Any) -> bytes:
    import cloudpickle
    import jax

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Knows typed PRNG keys, which have no pickle of their own."""

        def reducer_override(self, item: Any) -> Any:
            if isinstance(item, jax.Array) and jax.numpy.issubdtype(item.dtype, jax.dtypes.prng_key):
                data = jax.device_get(jax.random.key_data(item))
                return _wrap_key, (data, str(jax.random.key_impl(item)))
            return super().reducer_override(item)

    buffer = io.BytesIO()
    Pickler(buffer).dump(value)
    return buffer.getvalue()


def _wrap_key(data: Any, impl: str) -> Any:
    import jax

    return jax.random.wrap_key_data(data, impl=impl)
