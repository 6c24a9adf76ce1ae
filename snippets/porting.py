"""Weights between Linen and PyTorch, address by address: what each parameter is called there, and how it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[Any]
LEAF_NAMES = {
    "kernel": "weight",
    "scale": "weight",
    "embedding": "weight",
    "mean": "running_mean",
    "var": "running_var",
}
"""Last word of a Linen address → PyTorch's; a word that is not here, such as `bias`, stays."""
NOT_IN_LINEN = "num_batches_tracked"
"""PyTorch's BatchNorm counts batches; Linen's does not."""


@dataclass(frozen=True)
class Layout:
    """How the numbers of one leaf lie in PyTorch (`there`), and how they lie in Linen again (`back`)."""

    there: Callable[[Array], Array]
    back: Callable[[Array], Array]


AS_IT_IS = Layout(lambda leaf: leaf, lambda leaf: leaf)
DENSE = Layout(lambda kernel: kernel.T, lambda weight: weight.T)
"""(D, F) and (F, D)."""
CONV = Layout(
    lambda kernel: np.moveaxis(kernel, (-1, -2), (0, 1)),
    lambda weight: np.moveaxis(weight, (0, 1), (-1, -2)),
)
"""(kh, kw, I, O) and (O, I, kh, kw), for any number of spatial axes."""
CONV_TRANSPOSE = Layout(
    lambda kernel: np.moveaxis(_turned(kernel, (-2, -1)), (-2, -1), (0, 1)),
    lambda weight: _turned(np.moveaxis(weight, (0, 1), (-2, -1)), (-2, -1)),
)
"""(kh, kw, I, O) and (I, O, kh, kw), the spatial axes reversed: PyTorch's is the gradient of a convolution, Linen's is
a convolution of a stretched input. Also for `nn.Conv` with `input_dilation`."""


def flattened(height: int, width: int) -> Layout:
    """The first dense layer after a flatten: Linen counts (H, W, C), PyTorch (C, H, W).

    Kernel (H·W·C, F) and weight (F, C·H·W), `height` and `width` being those of the last picture.
    """

    def there(kernel: Array) -> Array:
        pictures = kernel.reshape(height, width, -1, kernel.shape[-1])  # (H, W, C, F)
        return pictures.transpose(3, 2, 0, 1).reshape(kernel.shape[-1], -1)  # (F, C·H·W)

    def back(weight: Array) -> Array:
        pictures = weight.reshape(len(weight), -1, height, width)  # (F, C, H, W)
        return pictures.transpose(2, 3, 1, 0).reshape(-1, len(weight))  # (H·W·C, F)

    return Layout(there, back)


def torch_name(address: str, names: Mapping[str, str]) -> str:
    """PyTorch's name of a Linen leaf: `Conv_0/kernel` with {"Conv_0": "conv1"} → `conv1.weight`.

    Args:
        address: words joined by `/`, without the collection (`params`, `batch_stats`).
        names: first words of an address → first words of the name, `/` or `.` between them. The longest that fits
            counts; the words after it stay as they are.
    """
    *words, last = address.split("/")
    fits = [count for count in range(len(words), -1, -1) if "/".join(words[:count]) in names]
    if fits:
        words = [names["/".join(words[: fits[0]])], *words[fits[0] :]]
    return ".".join([*(word.replace("/", ".") for word in words if word), LEAF_NAMES.get(last, last)])


def into_torch(
    variables: Any, module: torch.nn.Module, names: Mapping[str, str], layouts: Mapping[str, Layout] | None = None
) -> torch.nn.Module:
    """Writes Linen's numbers into the PyTorch module, and hands it back.

    Args:
        variables: what `init` gave: collections of trees of arrays.
        module: with the same layers; its numbers are overwritten.
        names: Linen address → PyTorch name, for the layers that are called differently; see `torch_name`.
        layouts: Linen address of a layer → layout of its kernel, where the shape alone does not tell.

    Raises:
        ValueError: a name or a shape has no counterpart; all of them are listed, and nothing was written.
    """
    state = module.state_dict()
    given = {name: layout.there(leaf) for name, leaf, layout in _leaves(variables, names, layouts or {})}
    _check(given, {name: tuple(value.shape) for name, value in state.items()}, "PyTorch")
    for name, value in given.items():
        state[name] = torch.from_numpy(np.array(value)).to(state[name].dtype)  # np.array: a copy, rows in order
    module.load_state_dict(state)
    return module


def into_linen(
    module: torch.nn.Module, variables: Any, names: Mapping[str, str], layouts: Mapping[str, Layout] | None = None
) -> Any:
    """PyTorch's numbers as a Linen tree like `variables`, whose own numbers count for their shapes only.

    Arguments and errors as for `into_torch`.
    """
    state = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    leaves = _leaves(variables, names, layouts or {})
    _check(
        {name: layout.there(leaf) for name, leaf, layout in leaves}, {k: v.shape for k, v in state.items()}, "PyTorch"
    )
    found = [np.array(layout.back(state[name])) for name, _, layout in leaves]
    return jax.tree.unflatten(jax.tree.structure(variables), [jax.numpy.asarray(leaf) for leaf in found])


def _leaves(variables: Any, names: Mapping[str, str], layouts: Mapping[str, Layout]) -> list[tuple[str, Array, Layout]]:
    """PyTorch's name, the numbers and their layout, for every leaf in the tree's order."""
    found = []
    for path, leaf in jax.tree.leaves_with_path(variables):
        address = jax.tree_util.keystr(path[1:], simple=True, separator="/")  # path[0] is the collection
        layer, _, last = address.rpartition("/")
        array = np.asarray(leaf)
        usual = AS_IT_IS if last != "kernel" else DENSE if array.ndim == 2 else CONV
        layout = layouts.get(layer, usual) if last == "kernel" else AS_IT_IS
        found.append((torch_name(address, names), array, layout))
    return found


def _check(given: Mapping[str, Array], wanted: Mapping[str, tuple[int, ...]], where: str) -> None:
    wanted = {name: shape for name, shape in wanted.items() if not name.endswith(NOT_IN_LINEN)}
    wrong = [f"{name} {value.shape}: {where} has no such name" for name, value in given.items() if name not in wanted]
    wrong += [f"{name} {shape}: only {where} has it" for name, shape in wanted.items() if name not in given]
    shapes = [(name, given[name].shape, wanted[name]) for name in given if name in wanted]
    wrong += [f"{name}: {ours} here, {theirs} in {where}" for name, ours, theirs in shapes if ours != theirs]
    if wrong:
        raise ValueError("the two networks do not match:\n  " + "\n  ".join(wrong))


def _turned(kernel: Array, channels: tuple[int, int]) -> Array:
    """The kernel with its spatial axes reversed, all but the two of the channels."""
    axes = set(range(kernel.ndim)) - {axis % kernel.ndim for axis in channels}
    return np.flip(kernel, tuple(axes))
