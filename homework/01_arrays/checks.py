"""Shown checks of homework 01: each function on small random inputs."""

import numpy as np

from jaxstudy.homework.checks import integers, key, normal, numpy_array, points, pure, shape, under_jit, value


@points(1, reread="01_arrays#the-cure-ask-for-a-new-array-1")
def test_set_row(student, rng):
    """set_row gives a copy with one row replaced."""
    x, row, i = normal(rng, 4, 3), normal(rng, 3), integers(rng, low=0, high=4)
    wanted = x.copy()
    wanted[i] = row
    value(student.set_row, x, i, row, like=wanted, expected="x, with the new row at i")


@points(1, reread="02_functions#predict-an-if-on-a-number-1")
def test_set_row_under_jit(student, rng):
    """set_row works under jit, where nobody knows i yet."""
    x, row, i = normal(rng, 5, 2), normal(rng, 2), integers(rng, low=0, high=5)
    wanted = x.copy()
    wanted[i] = row
    under_jit(student.set_row, x, i, row, like=wanted, expected="the same as without jit")


@points(2, reread="01_arrays#predict-two-votes-for-one-bin-1")
def test_scatter_hist(student, rng):
    """scatter_hist counts every vote, also the second one for a bin."""
    ids = np.append(integers(rng, 9, low=0, high=4), np.array([2, 2, 2], np.int32))
    counts = np.bincount(ids, minlength=5)
    value(student.scatter_hist, ids, 5, like=counts, expected="three votes for bin 2 count three times")


@points(2, reread="01_arrays#predict-the-loss-of-a-perfect-model-1")
def test_mse_column(student, rng):
    """mse_column compares each prediction with its own target."""
    pred, y = normal(rng, 6, 1), normal(rng, 6)
    value(student.mse_column, pred, y, like=np.mean((pred[:, 0] - y) ** 2), expected="N differences, not N x N")
    value(student.mse_column, y[:, None], y, like=np.float32(0), expected="0 for a perfect model")


@points(2, reread="01_arrays#new-numbers-need-a-new-key-1")
def test_split_n(student, rng):
    """split_n gives n keys, no two of them equal."""
    root = key(rng)
    keys = student.split_n(root, 5)
    assert hasattr(keys, "words"), "split_n gives no random keys: split or fold in, and return the keys as one array"
    words = keys.words
    assert words.shape[:-1] == (5,), f"5 keys are asked for; the answer has the shape {words.shape[:-1]}"
    assert len(np.unique(words, axis=0)) == 5, "two of the keys are equal: their owners would draw the same numbers"


@points(2, reread="01_arrays#who-copies-who-shares-1")
def test_shuffle_with_key(student, rng):
    """shuffle_with_key keeps each row with its label."""
    y = rng.permutation(12).astype(np.int32)
    X = np.stack([y, 10 * y], axis=1).astype(np.float32)
    got_X, got_y = student.shuffle_with_key(key(rng), X, y)
    assert sorted(got_y.tolist()) == list(range(12)), "every label must come back, each once"
    assert (got_X[:, 0] == got_y).all(), "a row and its label were torn apart: use one order for both"
    assert not np.array_equal(got_y, y), "nothing was shuffled"


@points(1, reread="01_arrays#you-cannot-write-into-it-1")
def test_shuffle_with_key_leaves_its_arguments_alone(student, rng):
    """shuffle_with_key returns new arrays, and the same ones for the same key."""
    X, y = normal(rng, 9, 2), rng.permutation(9).astype(np.int32)
    pure(student.shuffle_with_key, key(rng), numpy_array(X), numpy_array(y))


@points(2, reread="01_arrays#by-hand-halve-the-gap-until-it-vanishes-1")
def test_bf16_error(student, rng):
    """bf16_error is the largest relative error, in float32."""
    x = normal(rng, 200)
    error = student.bf16_error(x)
    assert 0.0005 < error <= 2.0**-8, f"bfloat16 keeps 8 digits of the binary number: not {error:.6f}"
    shape(student.bf16_error, x, like=np.float32(0))
