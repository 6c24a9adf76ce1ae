"""A tree of arrays and a few words about it, in one file that is whole or not there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jax
import numpy as np

from snippets.trees_diff import by_address, tree_diff

ABOUT = "about.json"
"""The entry for the words; an address has no dot before `json`, since Linen's names have none."""


def save(path: str | Path, tree: Any, **about: Any) -> None:
    """Write every leaf under its address, and `about` (what JSON can hold) beside them.

    Written to a second file that is renamed when it is complete: who reads `path` never meets half a checkpoint.
    """
    path = Path(path)
    arrays = {address: np.asarray(leaf) for address, leaf in by_address(tree).items()}
    words = np.frombuffer(json.dumps(about).encode(), np.uint8)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            np.savez(file, **arrays, **{ABOUT: words})
            file.flush()
            os.fsync(file.fileno())  # the rename must not reach the disk before the numbers
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def restore(path: str | Path, like: Any) -> tuple[Any, dict[str, Any]]:
    """The tree, with the structure of `like`, and the words.

    Raises:
        ValueError: an address, a shape or a dtype differs from `like`; all of them are listed.
    """
    with np.load(Path(path)) as file:
        about = json.loads(file[ABOUT].tobytes())
        found = {name: file[name] for name in file.files if name != ABOUT}
    differ = [line for line in tree_diff(_shapes(by_address(like)), _shapes(found)) if line]
    if differ:
        raise ValueError(f"{Path(path).name} does not fit:\n  " + "\n  ".join(differ))
    leaves = [jax.numpy.asarray(found[address]) for address in by_address(like)]
    return jax.tree.unflatten(jax.tree.structure(like), leaves), about


def _shapes(leaves: dict[str, Any]) -> dict[str, str]:
    return {address: f"{np.asarray(leaf).dtype}{np.shape(leaf)}" for address, leaf in leaves.items()}
