"""Hidden checks of homework 01: the corners, on fresh inputs."""

import numpy as np

from jaxstudy.homework.checks import fail, integers, key, normal, part, points, under_jit, value


@points(2, reread="01_arrays#out-of-bounds-without-an-error-1")
def test_set_row_at_the_edges(student, rng):
    """set_row counts negative indices from the end, and gives nan where there is no such row."""
    rows = int(rng.integers(3, 7))
    x, row = normal(rng, rows, 2), normal(rng, 2)
    with part(1, "a negative index"):
        value(student.set_row, x, np.asarray(-1, np.int32), row)
        value(student.set_row, x, np.asarray(-rows, np.int32), row)
    with part(1, "an index that is no row"):
        for i in (rows, -rows - 1, rows + 3):
            value(student.set_row, x, np.asarray(i, np.int32), row, expected="nan everywhere, so that it is seen")
        under_jit(student.set_row, x, np.asarray(rows, np.int32), row)


@points(2, reread="01_arrays#predict-and-writing-at-index-10-1")
def test_scatter_hist_counts_no_strangers(student, rng):
    """scatter_hist does not count numbers that are no bin."""
    ids = integers(rng, 40, low=-3, high=9)
    with part(1, "numbers that are too large"):
        value(student.scatter_hist, np.abs(ids), 4, expected="K and above are not counted")
    with part(1, "negative numbers"):
        value(student.scatter_hist, np.minimum(ids, 3), 4, expected="negative numbers are not counted")


@points(2, reread="01_arrays#four-workers-any-order-1")
def test_split_n_serves_any_number_of_workers(student, rng):
    """split_n's keys don't depend on how many there are, do depend on the root, and are not the root."""
    seed = int(rng.integers(2**31))
    few, many = student.split_n(key(seed), 3).words, student.split_n(key(seed), 9).words
    if not np.array_equal(few, many[:3]):
        fail("a worker gets another key when more workers take part")
    if np.array_equal(few, student.split_n(key(seed + 1), 3).words):
        fail("another root key gives the same keys")
    root = np.array([seed >> 32, seed & 0xFFFFFFFF], np.uint32)
    if (many == root).all(axis=-1).any():
        fail("one of the keys is the root key itself")


@points(2, reread="01_arrays#randomness-is-an-argument-1")
def test_shuffle_with_key_listens_to_its_key(student, rng):
    """shuffle_with_key gives another order for another key, and every order is a permutation."""
    y = np.arange(50, dtype=np.int32)
    X = np.stack([y, -y], axis=1).astype(np.float32)
    orders = [student.shuffle_with_key(key(rng), X, y) for _ in range(3)]
    for got_X, got_y in orders:
        if sorted(got_y.tolist()) != y.tolist():
            fail("some labels are gone, others came twice")
        if not np.array_equal(got_X[:, 0], got_y):
            fail("rows and labels are torn apart")
    if np.array_equal(orders[0][1], orders[1][1]):
        fail("two keys gave one order")


@points(2, reread="01_arrays#by-library-the-same-gaps-and-where-each-format-ends-1")
def test_bf16_error_far_from_one(student, rng):
    """bf16_error is relative: as large for huge and tiny numbers, and 0 at 0."""
    x = normal(rng, 64)
    for scale in (1e30, 1.0, 1e-30):
        value(student.bf16_error, np.asarray(x * scale, np.float32), tolerance=1e-3)
    value(student.bf16_error, np.append(x, np.float32(0)), expected="a zero is stored exactly", tolerance=1e-3)
    value(student.bf16_error, np.zeros(3, np.float32), expected="0 for zeros")
