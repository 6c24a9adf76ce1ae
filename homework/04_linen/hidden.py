"""Hidden checks of homework 04: noise, many steps, and the library beside it."""

import numpy as np

from jaxstudy.homework.checks import fail, flax_module, function, key, normal, part, points, under_jit, value

MISFIT = "lambda params, X, y: jnp.mean((jnp.tanh(X @ params['in'][0]) @ params['out'] - y) ** 2)"
SHARED = "lambda get, x: x @ get('w', (3, 3)) @ get('w', (3, 3)) + get('b', (3,)) + get('c', (3,))"


@points(2, reread="04_linen#predict-what-will-the-misses-look-like-1")
def test_closed_form_with_noise(student, rng):
    """closed_form gives the best line where no line fits, also far from zero."""
    X, y = normal(rng, 30, 3) + np.float32(2), normal(rng, 30) + np.float32(5)
    value(student.closed_form, X, y, tolerance=1e-3)


@points(2, reread="04_linen#one-loop-for-any-tree-1")
def test_sgd_step_on_any_tree(student, rng):
    """sgd_step takes any tree of parameters, and one step lowers the loss."""
    params = {"in": [normal(rng, 2, 3)], "out": normal(rng, 3)}
    X, y = normal(rng, 9, 2), normal(rng, 9)
    value(student.sgd_step, function(MISFIT), params, X, y, 0.05)


@points(3, reread="04_linen#one-loop-for-any-tree-1")
def test_adam_from_scratch_step_after_step(student, rng):
    """adam_from_scratch does what optax.adam does for several steps."""
    import optax

    zeros = {"w": np.zeros(3, np.float32), "b": [np.zeros((2, 2), np.float32)]}
    optimizer = optax.adam(0.02, eps=0.1)
    state, right = {"t": 0, "m": zeros, "v": zeros}, optimizer.init(zeros)
    for _ in range(4):
        slopes = {"w": normal(rng, 3), "b": [normal(rng, 2, 2)]}
        wanted, right = optimizer.update(slopes, right)
        updates, state = student.adam_from_scratch(slopes, state, 0.02, eps=0.1)
        pairs = [(updates["w"], wanted["w"]), (updates["b"][0], wanted["b"][0])]
        if not all(np.allclose(one, np.asarray(other), rtol=1e-3, atol=1e-6) for one, other in pairs):
            fail("the updates are not those of optax.adam")
            return


@points(3, reread="04_linen#predict-why-keys-and-not-one-number-for-all-1")
def test_my_transform_draws_and_shares(student, rng):
    """my_transform draws every parameter from its own key, and a name met twice is one parameter."""
    x = normal(rng, 2, 3)
    init, apply = student.my_transform(function(SHARED))
    seed = int(rng.integers(2**31))
    params = init(key(seed), x)
    with part(1, "each parameter has its own numbers"):
        if set(params) != {"w", "b", "c"} or np.allclose(params["b"], params["c"]):
            fail("two parameters of one shape are equal, or one is missing")
    with part(1, "the key decides, and nothing else"):
        again, other = init(key(seed), x), init(key(seed + 1), x)
        if not np.array_equal(again["w"], params["w"]) or np.array_equal(other["w"], params["w"]):
            fail("init does not depend on its key alone")
    with part(1, "a name met twice is shared"):
        value(apply, params, x, like=x @ params["w"] @ params["w"] + params["b"] + params["c"])


@points(2, reread="04_linen#predict-close-or-equal-to-the-last-bit-1")
def test_simple_dense_equals_linen(student, rng):
    """SimpleDense takes any leading axes, and under one key its kernel is nn.Dense's to the last bit."""
    flax_module(student.SimpleDense, normal(rng, 2, 3, 4), make={"features": 2})
    import flax.linen as nn
    import jax

    x = normal(rng, 1, 4)
    ours = student.SimpleDense(features=3).init(key(5), x)["params"]
    theirs = nn.Dense(3).init(jax.random.key(5), x)["params"]
    if not np.array_equal(ours["kernel"], np.asarray(theirs["kernel"])):
        fail("the kernel is not nn.Dense's under the same key")
    if np.any(ours["bias"]):
        fail("the bias does not start at 0")


@points(2, reread="04_linen#a-layer-is-a-tree-of-arrays-1")
def test_mlp_pure_with_many_layers(student, rng):
    """mlp_pure keeps the order of eleven layers, and works under jit."""
    params = {f"Dense_{i}": {"kernel": normal(rng, 3, 3, scale=0.7), "bias": normal(rng, 3)} for i in range(12)}
    value(student.mlp_pure, params, normal(rng, 2, 3))
    under_jit(student.mlp_pure, params, normal(rng, 2, 3))


@points(2, reread="04_linen#predict-will-linen-take-our-tree-1")
def test_mlp_is_mlp_pure(student, rng):
    """MLP calculates with its parameters what the pure network does, and has Linen's names."""
    flax_module(student.MLP, normal(rng, 4, 3), make={"features": (5, 2)})
    flax_module(student.MLP, normal(rng, 4, 3), make={"features": (1,)})
