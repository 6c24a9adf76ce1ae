"""Our own gradients of a convolution are those of lax, and of the numbers themselves."""

from __future__ import annotations

import pickle
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax import lax
from jax.test_util import check_grads

from snippets import winograd
from snippets.conv import LAYOUT, canonical_conv, halve

CASES = [
    ((3, 3), "SAME", 11),  # a whole piece of the batch, and a rest
    ((3, 3), "SAME", 16),
    ((3, 3), "VALID", 1),
    ((1, 1), "SAME", 3),
    ((4, 2), "SAME", 3),
    ((3, 5), ((1, 0), (3, 2)), 3),
]


def lax_conv(x: jax.Array, kernel: jax.Array, padding: object) -> jax.Array:
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=LAYOUT)


@pytest.mark.parametrize(("channels", "features", "width"), [(3, 4, 8), (3, 4, 9), (16, 16, 10), (20, 5, 9)])
@pytest.mark.parametrize(("size", "padding", "batch"), CASES)
def test_output_and_gradients_are_those_of_lax(size, padding, batch, channels, features, width):
    key_x, key_k, key_g = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(key_x, (batch, 7, width, channels))
    kernel = jax.random.normal(key_k, (*size, channels, features))
    theirs, back = jax.vjp(lambda x, k: lax_conv(x, k, padding), x, kernel)
    ours, our_back = jax.vjp(lambda x, k: canonical_conv(x, k, (1, 1), padding), x, kernel)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-4)
    g = jax.random.normal(key_g, ours.shape)
    for mine, other in zip(our_back(g), back(g), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("channels", "features"), [(16, 16), (16, 48), (48, 16), (32, 32)])
@pytest.mark.parametrize(("side", "padding"), [(64, "SAME"), (66, "VALID"), (61, ((1, 2), (0, 1)))])
def test_large_convolutions_are_those_of_lax_and_round_hardly_more(side, padding, channels, features):
    rng = np.random.default_rng(0)
    x, kernel = (
        rng.normal(size=shape).astype(np.float32) for shape in ((9, side, side, channels), (3, 3, channels, features))
    )
    ours, our_back = jax.vjp(jax.jit(lambda x, k: canonical_conv(x, k, (1, 1), padding)), x, kernel)
    theirs, back = jax.vjp(jax.jit(lambda x, k: lax_conv(x, k, padding)), x, kernel)
    g = rng.normal(size=ours.shape).astype(np.float32)
    for mine, other, rounding in zip((ours, *our_back(g)), (theirs, *back(g)), (4e-6, 2e-5, 5e-5), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=rounding * float(jnp.abs(other).max()))


@pytest.mark.parametrize("tile", [winograd.PAIRS, winograd.FOURS])
@pytest.mark.parametrize(("channels", "features"), [(3, 5), (5, 3)])
@pytest.mark.parametrize(
    ("size", "width", "pads"), [(8, 3, ((1, 1), (1, 1))), (6, 3, ((0, 0), (0, 0))), (7, 4, ((2, 1), (1, 3)))]
)
def test_a_convolution_by_fewer_products_is_exact_but_for_rounding(tile, size, width, pads, channels, features):
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        x, kernel = rng.normal(size=(2, size, 5, channels)), rng.normal(size=(3, width, channels, features))
        theirs, back = jax.vjp(lambda x, k: lax_conv(x, k, pads), x, kernel)
        np.testing.assert_allclose(winograd.conv(x, kernel, pads, tile=tile), theirs, atol=1e-12)
        g = rng.normal(size=theirs.shape)  # (2, 8 or 4, …)
        np.testing.assert_allclose(winograd.kernel_gradient(pads, x, g, tile=tile), back(g)[1], atol=1e-12)


def test_a_large_convolution_gives_exactly_0_where_it_sees_only_0():
    """Else ReLU's kink moves: a bias that starts at 0 gets the gradient of half of an empty background."""
    picture = np.zeros((8, 32, 32, 32), np.float32)
    picture[:, 5:13, 7:9] = np.random.default_rng(0).normal(size=(8, 8, 2, 32))
    kernel = jax.random.normal(jax.random.key(0), (3, 3, 32, 32))
    out = np.array(jax.jit(lambda x: canonical_conv(x, kernel, (1, 1), "SAME"))(picture))
    assert out[:, 4:14, 6:10].all()
    out[:, 4:14, 6:10] = 0
    assert not out.any()


def test_gradients_are_the_finite_differences():
    key_x, key_k = jax.random.split(jax.random.key(1))
    x, kernel = jax.random.normal(key_x, (3, 5, 6, 2)), jax.random.normal(key_k, (3, 3, 2, 4))
    check_grads(
        lambda x, k: canonical_conv(x, k, (1, 1), "SAME"), (x, kernel), order=1, modes=["rev"], atol=1e-2, rtol=1e-2
    )
    check_grads(halve, (x[:, :4],), order=1, modes=["rev"])


def test_linen_takes_it_and_draws_the_same_parameters():
    x = jax.random.normal(jax.random.key(2), (2, 8, 8, 3))
    ours = nn.Conv(5, (3, 3), conv_general_dilated=canonical_conv)
    theirs = nn.Conv(5, (3, 3))
    variables = theirs.init(jax.random.key(3), x)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, ours.init(jax.random.key(3), x), variables))
    np.testing.assert_allclose(ours.apply(variables, x), theirs.apply(variables, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{"strides": 2}, {"kernel_dilation": 2}, {"input_dilation": 2}, {"feature_group_count": 2}]
)
def test_what_the_gradients_are_not_written_for_is_refused(options):
    layer = nn.Conv(4, (3, 3), conv_general_dilated=canonical_conv, **options)
    with pytest.raises(ValueError, match="strides of 1"):
        layer.init(jax.random.key(0), jnp.ones((1, 8, 8, 2)))


def test_halving_is_average_pooling_with_its_gradient():
    x = jax.random.normal(jax.random.key(4), (3, 6, 8, 5))
    pool = partial(nn.avg_pool, window_shape=(2, 2), strides=(2, 2))
    theirs, back = jax.vjp(pool, x)
    ours, our_back = jax.vjp(halve, x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(our_back(ours)[0], back(ours)[0], rtol=1e-5, atol=1e-6)


def test_what_a_model_is_made_of_can_be_kept_between_builds_and_put_back():
    for function in (canonical_conv, halve):
        assert pickle.loads(pickle.dumps(function)) is function
