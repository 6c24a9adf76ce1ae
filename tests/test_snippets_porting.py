"""Weights that cross between Linen and PyTorch: the same inputs give the same outputs, both ways."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from flax import linen as nn

from snippets.porting import CONV_TRANSPOSE, flattened, into_linen, into_torch, torch_name


class Net(nn.Module):
    """Every kind of layer: convolution, norm, transposed and stretched convolution, flatten, dense."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """(B, 6, 8, 2) -> (B, 3)"""
        x = nn.Conv(4, (3, 5))(x)
        x = nn.relu(nn.BatchNorm(use_running_average=True)(x))
        x = nn.ConvTranspose(5, (2, 2), (2, 2), padding="VALID")(x)  # (B, 12, 16, 5)
        x = nn.Conv(2, (3, 3), input_dilation=2, padding=((1, 2), (1, 2)), name="stretched")(x)  # (B, 24, 32, 2)
        x = x.reshape(len(x), -1)
        return nn.Dense(3, name="head")(x)


NAMES = {"Conv_0": "first.conv", "BatchNorm_0": "first.norm", "ConvTranspose_0": "up"}
LAYOUTS = {"ConvTranspose_0": CONV_TRANSPOSE, "stretched": CONV_TRANSPOSE, "head": flattened(24, 32)}


class TorchNet(torch.nn.Module):
    """The same layers in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        conv = torch.nn.Conv2d(2, 4, (3, 5), padding="same")
        self.first = torch.nn.ModuleDict({"conv": conv, "norm": torch.nn.BatchNorm2d(4)})
        self.up = torch.nn.ConvTranspose2d(4, 5, 2, 2)
        self.stretched = torch.nn.ConvTranspose2d(5, 2, 3, 2, padding=1, output_padding=1)
        self.head = torch.nn.Linear(2 * 24 * 32, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 2, 6, 8) -> (B, 3)"""
        x = torch.relu(self.first["norm"](self.first["conv"](x)))
        return self.head(self.stretched(self.up(x)).flatten(1))  # type: ignore[no-any-return]


@pytest.fixture
def inputs() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(size=(4, 6, 8, 2)).astype(np.float32)


@pytest.fixture
def variables(inputs: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    """Every leaf random, those that start at 0 or 1 included: a swapped pair must show."""
    start = Net().init(jax.random.key(0), jnp.asarray(inputs))
    keys = iter(jax.random.split(jax.random.key(1), 100))
    return jax.tree.map(lambda leaf: leaf + 0.1 * jax.random.uniform(next(keys), leaf.shape), start)


def torch_outputs(module: torch.nn.Module, inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    with torch.no_grad():
        return module.eval()(torch.from_numpy(inputs.transpose(0, 3, 1, 2).copy())).numpy()  # type: ignore[no-any-return]


def test_the_ported_network_computes_the_same(variables, inputs):
    ours = Net().apply(variables, inputs)
    theirs = torch_outputs(into_torch(variables, TorchNet(), NAMES, LAYOUTS), inputs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_there_and_back_is_the_same_tree(variables):
    back = into_linen(into_torch(variables, TorchNet(), NAMES, LAYOUTS), variables, NAMES, LAYOUTS)
    assert jax.tree.structure(back) == jax.tree.structure(variables)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, back, variables))


def test_pytorchs_own_start_computes_the_same_in_linen(variables, inputs):
    torch.manual_seed(3)
    module = TorchNet()
    ours = Net().apply(into_linen(module, variables, NAMES, LAYOUTS), inputs)
    np.testing.assert_allclose(ours, torch_outputs(module, inputs), rtol=1e-5, atol=1e-5)


def test_every_mismatch_is_listed_and_nothing_is_written(variables):
    module = TorchNet()
    before = module.up.bias.detach().clone()
    names = {**NAMES, "Conv_0": "wrong"}
    with pytest.raises(ValueError, match="do not match") as raised:
        into_torch(variables, module, names, {**LAYOUTS, "stretched": flattened(3, 3)})
    text = str(raised.value)
    assert "wrong.weight (4, 2, 3, 5): PyTorch has no such name" in text
    assert "first.conv.bias (4,): only PyTorch has it" in text
    assert "stretched.weight: (2, 45) here, (5, 2, 3, 3) in PyTorch" in text
    assert torch.equal(module.up.bias, before)


@pytest.mark.parametrize(
    ("address", "names", "expected"),
    [
        ("Dense_0/kernel", {}, "Dense_0.weight"),
        ("down/block_1/Conv_0/bias", {"down/block_1": "enc.1", "down": "never"}, "enc.1.Conv_0.bias"),
        ("norm/mean", {"norm": "bn"}, "bn.running_mean"),
        ("layers_10/kernel", {"layers_1": "x"}, "layers_10.weight"),
        ("scale", {}, "weight"),
        ("net/Conv_0/kernel", {"net": ""}, "Conv_0.weight"),
    ],
)
def test_a_name_is_changed_at_its_longest_known_beginning(address, names, expected):
    assert torch_name(address, names) == expected
