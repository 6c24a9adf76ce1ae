"""Hidden checks of homework 05: uneven batches, sure networks, purity, files that don't fit."""

import numpy as np

from jaxstudy.homework.checks import fail, gradient, integers, key, normal, one_trace, part, points, pure, raises
from jaxstudy.homework.checks import under_jit, value


@points(2, reread="05_mnist#the-cure-shuffle-then-cut-1")
def test_batches_in_an_order_that_the_key_decides(student, rng):
    """batches gives another order for another key, the same for the same, and works for one batch only."""
    seed = int(rng.integers(2**31))
    one, again, other = (np.concatenate(student.batches(key(s), 37, 8)) for s in (seed, seed, seed + 1))
    if sorted(one.tolist()) != list(range(37)):
        fail("an index is missing, or comes twice")
    if not np.array_equal(one, again):
        fail("the same key gives another order")
    if np.array_equal(one, other):
        fail("another key gives the same order")
    if [len(np.atleast_1d(batch)) for batch in student.batches(key(seed), 5, 8)] != [5]:
        fail("fewer examples than a batch holds are one short batch")


@points(2, reread="05_mnist#from-scores-to-a-loss-1")
def test_cross_entropy_int_of_sure_networks(student, rng):
    """cross_entropy_int stays finite for huge logits, and so does its gradient."""
    logits, labels = normal(rng, 6, 4), integers(rng, 6, high=4)
    huge = np.asarray(logits * 1000 + 500, np.float32)
    with part(1, "logits in the thousands"):
        value(student.cross_entropy_int, huge, labels)
        under_jit(student.cross_entropy_int, huge, labels)
    with part(1, "the gradient"):
        gradient(student.cross_entropy_int, logits, labels)


@points(1, reread="05_mnist#the-cure-sums-and-one-division-1")
def test_mean_over_batches_of_many_sizes(student, rng):
    """mean_over_batches is right for any sizes, and under jit."""
    under_jit(student.mean_over_batches, normal(rng, 7), integers(rng, 7, low=1, high=40))


@points(3, reread="05_mnist#the-step-1")
def test_train_step_is_pure(student, reference, rng):
    """train_step does what the reference does, is traced once, and uses nothing but its arguments."""
    x, y, seed = normal(rng, 5, 8, 8, 1), integers(rng, 5), int(rng.integers(2**31))
    ours = student.create_state(key(seed))
    state, loss = student.train_step(ours, x, y)
    again, _ = student.train_step(ours, x, y)
    with part(1, "the loss and the next parameters"):
        wanted, right = reference.train_step(reference.create_state(key(seed)), x, y)
        if not np.allclose(loss, right, rtol=1e-3):
            fail("the loss is not the mean cross-entropy before the step")
        if any(not np.allclose(state.leaves[path], leaf, atol=1e-4) for path, leaf in wanted.leaves.items()):
            fail("the next state is not the one that the gradient of the loss gives")
    with part(1, "pure"):
        if any(not np.array_equal(state.leaves[path], again.leaves[path]) for path in state.leaves):
            fail("the same state and batch give another next state the second time")
        pure(student.train_step, ours, x, y)
    with part(1, "one trace"):
        one_trace(student.train_step, (ours, x, y), (state, normal(rng, 5, 8, 8, 1), integers(rng, 5)))


@points(2, reread="05_mnist#stop-and-go-on-1")
def test_restore_params_notices_what_does_not_fit(student, rng):
    """restore_params keeps dtypes, and raises a ValueError for other names and other shapes."""
    import ml_dtypes

    params = {"a": normal(rng, 2, 2), "low": normal(rng, 3).astype(ml_dtypes.bfloat16), "n": np.array(3, np.int32)}
    data = student.save_params(params)
    with part(1, "numbers and dtypes"):
        got = student.restore_params(data, params)
        if any(np.asarray(got[name]).dtype != params[name].dtype for name in params):
            fail("a dtype changed on the way")
        value(student.restore_params, data, params, like=params)
    with part(1, "what does not fit"):
        raises(student.restore_params, data, {**params, "a": normal(rng, 2, 3)}, error="ValueError")
        raises(
            student.restore_params, data, {"b": params["a"], "low": params["low"], "n": params["n"]}, error="ValueError"
        )


@points(1, reread="01_arrays#same-shape-same-picture-1")
def test_nchw_to_nhwc_under_jit(student, rng):
    """nchw_to_nhwc works for square pictures and under jit."""
    under_jit(student.nchw_to_nhwc, normal(rng, 1, 4, 4, 4))


@points(2, reread="05_mnist#predict-is-reshape-the-same-as-flatten-1")
def test_port_dense_of_other_sizes(student, rng):
    """port_dense is right where height and width differ."""
    value(student.port_dense, normal(rng, 5, 3 * 2 * 4), 3, 2, 4)
    value(student.port_dense, normal(rng, 2, 1 * 3 * 5), 1, 3, 5)
