"""Shown checks of homework 02: each function on small random inputs."""

import numpy as np

from jaxstudy.homework.checks import function, normal, points, tensor, uniform, under_jit, under_vmap, value


@points(2, reread="02_functions#predict-slopes-with-respect-to-what-1")
def test_product_grads(student, rng):
    """product_grads gives both slopes of a product, also for whole numbers."""
    x, y = normal(rng), normal(rng)
    value(student.product_grads, x, y, like=(y, x), expected="dz/dx = y and dz/dy = x")
    value(student.product_grads, 3, 4, like=(np.float32(4), np.float32(3)), expected="floats, from whole numbers too")


@points(2, reread="02_functions#the-hessian-is-a-composition-not-a-new-tool-1")
def test_hessian_diag(student, rng):
    """hessian_diag gives the second derivative along each coordinate."""
    x = normal(rng, 3)
    value(
        student.hessian_diag, function("lambda x: (x ** 3).sum()"), x, like=6 * x, expected="6 x for the sum of cubes"
    )


@points(2, reread="02_functions#one-gradient-per-example-and-the-culprit-1")
def test_per_example_grads(student, rng):
    """per_example_grads has one row for each example."""
    w, X, y = normal(rng, 3), normal(rng, 4, 3), normal(rng, 4)
    wanted = 2 * (X @ w - y)[:, None] * X
    value(student.per_example_grads, w, X, y, like=wanted, expected="2 (w·x - y) x for every example")


@points(2, reread="02_functions#what-to-take-home-1")
def test_relu_where(student, rng):
    """relu_where is the root of what is above 0, and 0 elsewhere."""
    x = np.append(normal(rng, 6), np.float32(0))
    wanted = np.sqrt(np.maximum(x, 0))
    value(student.relu_where, x, like=wanted)
    under_jit(student.relu_where, x, like=wanted)


@points(2, reread="02_functions#three-how-many-traces-1")
def test_count_traces(student, rng):
    """count_traces counts one trace a shape, not one a call."""
    f = function("lambda x: x.sum()")
    long, short = [normal(rng, 4) for _ in range(3)], [normal(rng, 2) for _ in range(2)]
    value(student.count_traces, f, long, like=1, expected="three calls, one shape: one trace")
    value(student.count_traces, f, [*long, *short, long[0]], like=2, expected="two shapes: two traces")


@points(1, reread="02_functions#pytorch-asks-the-tensor-jax-asks-the-function-1")
def test_torch_grad_product(student, rng):
    """torch_grad_product gives what JAX gives."""
    x, y = normal(rng), normal(rng)
    value(student.torch_grad_product, tensor(x), tensor(y), like=(y, x))


@points(1, reread="02_functions#tell-grad-to-look-away-1")
def test_torch_stop_gradient(student, rng):
    """torch_stop_gradient takes one of the two factors for a constant."""
    x = uniform(rng, low=1.0, high=5.0)
    value(student.torch_stop_gradient, tensor(x), like=x, expected="x, not 2 x")


@points(1, reread="02_functions#the-cure-in-axes-1")
def test_relu_where_for_many(student, rng):
    """relu_where can be mapped over a batch."""
    x = normal(rng, 5, 3)
    under_vmap(student.relu_where, x, like=np.sqrt(np.maximum(x, 0)))
