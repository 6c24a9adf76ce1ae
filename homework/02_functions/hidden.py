"""Hidden checks of homework 02: the corners, on fresh inputs."""

import numpy as np

from jaxstudy.homework.checks import fail, function, grad, no_unrolled_loop, normal, one_trace, part, points, pure
from jaxstudy.homework.checks import tensor, under_jit, value

MIXED = """
def mixed(x):
    return jnp.sin(x[0] * x[1]) + x[0] ** 2 * x[2] + jnp.exp(x[1])
"""


@points(1, reread="02_functions#predict-what-does-grad-hand-back-1")
def test_product_grads_at_zero(student, rng):
    """product_grads is right where a factor is zero or negative, and under jit."""
    x = normal(rng)
    value(student.product_grads, np.float32(0), x)
    under_jit(student.product_grads, x, np.float32(-2))


@points(2, reread="02_functions#predict-is-the-jacobian-of-softmax-diagonal-1")
def test_hessian_diag_of_mixed_terms(student, rng):
    """hessian_diag is the diagonal, not the row sums, of a Hessian with off-diagonal terms."""
    value(student.hessian_diag, function(MIXED), normal(rng, 3, scale=0.5))
    value(student.hessian_diag, function("lambda x: x[0] * x[1]"), normal(rng, 2), expected="0 and 0 for x0 * x1")


@points(2, reread="02_functions#predict-a-loop-many-cores-or-neither-1")
def test_per_example_grads_without_a_loop(student, rng):
    """per_example_grads maps instead of looping, and uses only its arguments."""
    few = (normal(rng, 3), normal(rng, 2, 3), normal(rng, 2))
    many = (normal(rng, 3), normal(rng, 7, 3), normal(rng, 7))
    with part(1, "no loop over the examples"):
        no_unrolled_loop(student.per_example_grads, few, many)
    with part(1, "pure, and traced once"):
        pure(student.per_example_grads, *many)
        one_trace(student.per_example_grads, many, (normal(rng, 3), normal(rng, 7, 3), normal(rng, 7)))


@points(3, reread="02_functions#what-to-take-home-1")
def test_relu_where_has_a_slope_everywhere(student, rng):
    """relu_where's slope is 0 at and below 0, and that of the root above."""
    x = np.append(normal(rng, 5), np.array([0.0, -1.0, 4.0], np.float32))
    slopes = np.array([grad(student.relu_where)(number) for number in x])
    if np.isnan(slopes).any():
        fail("the slope is nan where x <= 0: the branch that is not taken is differentiated too")
    elif not np.allclose(slopes, np.where(x > 0, 0.5 / np.sqrt(np.where(x > 0, x, 1)), 0), rtol=1e-4):
        fail("the slope is not that of the root above 0 and 0 elsewhere")


@points(2, reread="02_functions#predict-the-global-that-moved-1")
def test_count_traces_of_every_kind(student, rng):
    """count_traces counts a new dtype too, and starts from 0 each time."""
    f = function("lambda x: x * 2")
    kinds = [normal(rng, 3), normal(rng, 3).astype(np.int32), normal(rng, 3), normal(rng, 3, 1)]
    with part(1, "a new dtype is a new trace"):
        value(student.count_traces, f, kinds)
    with part(1, "counted afresh at each call"):
        value(student.count_traces, f, kinds[:1])
        value(student.count_traces, f, [])
        pure(student.count_traces, f, kinds)


@points(1, reread="02_functions#pytorch-asks-the-tensor-jax-asks-the-function-1")
def test_torch_grad_product_leaves_tensors_alone(student, rng):
    """torch_grad_product gives the same the second time, and leaves no trace on its arguments."""
    x, y = normal(rng), normal(rng)
    pure(student.torch_grad_product, tensor(x), tensor(y))
    value(student.torch_grad_product, tensor(y), tensor(y), like=(y, y), expected="slopes for two equal numbers")


@points(1, reread="02_functions#tell-grad-to-look-away-1")
def test_torch_stop_gradient_of_an_array(student, rng):
    """torch_stop_gradient works on arrays of any shape."""
    x = normal(rng, 2, 3)
    value(student.torch_stop_gradient, tensor(x), like=x)
