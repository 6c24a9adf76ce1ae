"""Shown checks of homework 04: each function on small random inputs."""

import numpy as np

from jaxstudy.homework.checks import fail, function, key, normal, parameters, points, value

LINE = "lambda params, X, y: jnp.mean((X @ params['w'] + params['b'] - y) ** 2)"
DENSE = "lambda get, x: x @ get('w', (x.shape[-1], 3)) + get('b', (3,))"


def two_layers(rng):
    """Parameters of a network (2,) -> (4,) -> (1,)."""
    first = {"kernel": normal(rng, 2, 4), "bias": normal(rng, 4)}
    return {"Dense_0": first, "Dense_1": {"kernel": normal(rng, 4, 1), "bias": normal(rng, 1)}}


@points(2, reread="04_linen#by-hand-where-the-slope-is-zero-1")
def test_closed_form(student, rng):
    """closed_form finds the line that the data lie on."""
    X, w, b = normal(rng, 8, 2), normal(rng, 2), normal(rng)
    value(student.closed_form, X, X @ w + b, like=(w, b), tolerance=1e-3, expected="the weights and the start")


@points(2, reread="04_linen#downhill-one-step-at-a-time-1")
def test_sgd_step(student, rng):
    """sgd_step moves against the gradient, and tells the loss before the step."""
    X, y, w, b = normal(rng, 6, 2), normal(rng, 6), normal(rng, 2), normal(rng)
    miss = X @ w + b - y
    new = {"w": w - 0.1 * 2 / 6 * X.T @ miss, "b": b - 0.1 * 2 * miss.mean()}
    got = {"w": w, "b": b}
    value(
        student.sgd_step,
        function(LINE),
        got,
        X,
        y,
        0.1,
        like=(new, np.mean(miss**2)),
        expected="(new params, old loss)",
    )


@points(2, reread="04_linen#what-is-in-the-state-1")
def test_adam_from_scratch(student, rng):
    """adam_from_scratch's first step has the size of the rate, whatever the gradient."""
    slopes = {"w": normal(rng, 3) + np.float32(3)}
    state = {"t": 0, "m": {"w": np.zeros(3, np.float32)}, "v": {"w": np.zeros(3, np.float32)}}
    updates, state = student.adam_from_scratch(slopes, state, 0.01)
    if not np.allclose(updates["w"], -0.01 * np.sign(slopes["w"]), rtol=1e-3):
        fail(
            "the first update is not ± the rate",
            f"the first update should be -0.01 in each place; it is {updates['w']}",
        )
    if int(state["t"]) != 1:
        fail("the next state does not count one step")


@points(2, reread="04_linen#a-start-for-every-number-1")
def test_my_transform(student, rng):
    """my_transform gives init and apply for a function that asks for its parameters."""
    x = normal(rng, 5, 2)
    init, apply = student.my_transform(function(DENSE))
    params = init(key(rng), x)
    shapes = {name: np.shape(leaf) for name, leaf in params.items()}
    assert shapes == {"w": (2, 3), "b": (3,)}, f"init should give w (2, 3) and b (3,); it gave {shapes}"
    value(apply, params, x, like=x @ params["w"] + params["b"])


@points(2, reread="04_linen#a-layer-of-your-own-1")
def test_simple_dense(student, rng):
    """SimpleDense has a kernel and a bias, and calculates x @ kernel + bias."""
    x, kernel, bias = normal(rng, 4, 3), normal(rng, 3, 5), normal(rng, 5)
    model = student.SimpleDense(features=5)
    parameters(student.SimpleDense, x, make={"features": 5}, count=3 * 5 + 5)
    value(model.apply, {"params": {"kernel": kernel, "bias": bias}}, x, like=x @ kernel + bias)


@points(2, reread="04_linen#a-layer-is-a-tree-of-arrays-1")
def test_mlp_pure(student, rng):
    """mlp_pure has tanh between the layers, and nothing after the last."""
    params, x = two_layers(rng), normal(rng, 3, 2)
    hidden = np.tanh(x @ params["Dense_0"]["kernel"] + params["Dense_0"]["bias"])
    wanted = hidden @ params["Dense_1"]["kernel"] + params["Dense_1"]["bias"]
    value(student.mlp_pure, params, x, like=wanted)


@points(2, reread="04_linen#the-same-network-in-linen-1")
def test_mlp(student, rng):
    """MLP has one Dense layer for each of features."""
    parameters(student.MLP, normal(rng, 3, 2), make={"features": (4, 6, 1)}, count=12 + 30 + 7)
