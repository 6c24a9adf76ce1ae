"""Checks of the 27 days, one a day. Nothing is hidden: all checks are here."""

import json

import numpy as np

from jaxstudy.homework.checks import fail, function, integers, key, normal, points, pure, uniform, value


@points(1, reread="01_arrays#the-cure-ask-for-a-new-array-1")
def test_day_01(student, rng):
    """Day 1: a copy whose first element is another."""
    x, v = normal(rng, 4), normal(rng)
    value(student.day_01, x, v, like=np.append(v, x[1:]))


@points(1, reread="01_arrays#new-numbers-need-a-new-key-1")
def test_day_02(student, rng):
    """Day 2: two draws that are unrelated, and the same again for the same key."""
    seed = int(rng.integers(2**31))
    one, two = student.day_02(key(seed))
    assert one != two, "the two draws are equal: one key was used twice"
    value(student.day_02, key(seed), like=(one, two), expected="the same two for the same key")


@points(1, reread="01_arrays#four-workers-any-order-1")
def test_day_03(student, rng):
    """Day 3: every worker has a number of its own, whenever it asks."""
    seed = int(rng.integers(2**31))
    first = [float(student.day_03(key(seed), n)) for n in (0, 1, 2)]
    again = [float(student.day_03(key(seed), n)) for n in (2, 1, 0)][::-1]
    assert first == again, "the order of asking changes the numbers"
    assert len(set(first)) == 3, "two workers drew the same number"


@points(1, reread="01_arrays#who-copies-who-shares-1")
def test_day_04(student, rng):
    """Day 4: a slice is a view, an index list copies."""
    from jaxstudy.homework.checks import numpy_array

    value(student.day_04, numpy_array(normal(rng, 5, 2)), like=(True, False))


@points(1, reread="01_arrays#by-library-the-same-gaps-and-where-each-format-ends-1")
def test_day_05(student):
    """Day 5: bfloat16 has the range, float16 the digits."""
    value(student.day_05, "float16", like=(65504.0, 2.0**-10), tolerance=1e-6)
    most, gap = student.day_05("bfloat16")
    assert most > 3e38 and gap == 2.0**-7, (
        f"bfloat16 reaches 3.39e38 in steps of 2**-7 after 1, not {most:g} and {gap:g}"
    )


@points(1, reread="02_functions#vectors-in-one-number-out-1")
def test_day_06(student, rng):
    """Day 6: a slope for every element."""
    x = normal(rng, 6)
    value(student.day_06, x, like=np.sin(x) + x * np.cos(x))


@points(1, reread="02_functions#write-for-one-run-for-many-1")
def test_day_07(student, rng):
    """Day 7: a function of one row, on all rows."""
    X = normal(rng, 5, 3)
    value(student.day_07, function("lambda x: x @ x + x[0]"), X, like=(X * X).sum(1) + X[:, 0])


@points(1, reread="02_functions#tell-grad-to-look-away-1")
def test_day_08(student, rng):
    """Day 8: the slope with one factor held constant."""
    x = uniform(rng, low=1, high=4)
    value(student.day_08, x, like=x)


@points(1, reread="02_functions#the-three-compose-1")
def test_day_09(student, rng):
    """Day 9: a second derivative, batched and compiled."""
    x = normal(rng, 4)
    second = student.day_09(function("lambda t: t ** 3"))
    value(second, x, like=6 * x)


@points(1, reread="03_trees#predict-the-gradient-of-a-dictionary-1")
def test_day_10(student, rng):
    """Day 10: the gradient has the tree's structure."""
    w, b = normal(rng, 2, 2), normal(rng, 2)
    value(student.day_10, {"w": w, "rest": [b, (w,)]}, like={"w": 2 * w, "rest": [2 * b, (2 * w,)]})


@points(1, reread="03_trees#predict-which-of-these-are-trees-in-which-order-1")
def test_day_11(student, rng):
    """Day 11: a string is a leaf, None is none."""
    count = int(rng.integers(1, 5))
    value(student.day_11, {"a": [1.0] * count, "b": None, "c": ("word", {"d": normal(rng, 3)})}, like=count + 2)


@points(1, reread="03_trees#none-is-the-empty-tree-1")
def test_day_12(student, rng):
    """Day 12: matrices stay, vectors and numbers become None."""
    kernel = normal(rng, 2, 3)
    value(
        student.day_12,
        {"kernel": kernel, "bias": normal(rng, 3), "scale": normal(rng)},
        like={"kernel": kernel, "bias": None, "scale": None},
    )


@points(1, reread="03_trees#a-shared-node-comes-back-twice-1")
def test_day_13(student, rng):
    """Day 13: one array in, two different ones out."""
    w = normal(rng, 3)
    value(student.day_13, w, np.float32(0.1), like={"read": w - np.float32(0.2), "write": w - np.float32(0.5)})


@points(1, reread="03_trees#json-is-a-tree-1")
def test_day_14(student, rng):
    """Day 14: the largest number in a JSON text."""
    numbers = [float(number) for number in normal(rng, 4)]
    value(student.day_14, json.dumps({"a": numbers[:2], "b": {"c": numbers[2:]}}), like=max(numbers))


@points(1, reread="04_linen#what-init-looks-at-1")
def test_day_15(student, rng):
    """Day 15: features are the outputs; the inputs are seen."""
    features, inputs = (int(number) for number in integers(rng, 2, low=2, high=9))
    value(student.day_15, features, inputs, like=(inputs, features))


@points(1, reread="04_linen#predict-does-the-example-s-content-matter-1")
def test_day_16(student, rng):
    """Day 16: init looks at the example's shape, not at its numbers."""
    value(student.day_16, key(rng), normal(rng, 1, 4), normal(rng, 1, 4), like=True)


@points(1, reread="04_linen#predict-one-apply-two-sets-of-parameters-1")
def test_day_17(student, rng):
    """Day 17: one model, two sets of parameters."""
    a, b, x = normal(rng, 3, 2), normal(rng, 3, 2), normal(rng, 4, 3)
    sets = [{"params": {"kernel": kernel, "bias": np.ones(2, np.float32)}} for kernel in (a, b)]
    value(student.day_17, *sets, x, like=(x @ a + 1, x @ b + 1))


@points(1, reread="05_mnist#predict-log-softmax-at-the-end-of-the-network-1")
def test_day_18(student, rng):
    """Day 18: log_softmax twice is log_softmax once."""
    logits = normal(rng, 3, 4)
    once = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    value(student.day_18, logits, like=(once, once))


@points(1, reread="01_arrays#same-shape-same-picture-1")
def test_day_19(student, rng):
    """Day 19: channels last, flattened channels first."""
    x = normal(rng, 2, 3, 4)
    value(student.day_19, x, like=np.moveaxis(x, -1, 0).ravel())


@points(1, reread="02_functions#predict-the-global-that-moved-1")
def test_day_20(student, rng):
    """Day 20: what jit has seen once it does not look at again."""
    x, first = normal(rng), float(normal(rng))
    value(student.day_20, x, first, first + 5.0, like=(x + np.float32(first), x + np.float32(first)))


@points(1, reread="06_unet#asked-of-both-frameworks-for-nothing-1")
def test_day_21(student):
    """Day 21: 572 pixels become 32 in four levels, and 284 in one."""
    value(student.day_21, 572, 4, like=32)
    value(student.day_21, 572, 1, like=284)


@points(1, reread="06_unet#and-one-from-dice-1")
def test_day_22(student, rng):
    """Day 22: Dice's score, also of nothing."""
    a, b = rng.random((4, 5)) < 0.5, rng.random((4, 5)) < 0.5
    a[0, 0] = True
    value(student.day_22, a, b, like=np.float32(2 * (a & b).sum() / (a.sum() + b.sum())))
    value(student.day_22, np.zeros((2, 2), bool), np.zeros((2, 2), bool), like=np.float32(1))


@points(1, reread="06_unet#count-the-parameters-1")
def test_day_23(student, rng):
    """Day 23: how many numbers a model has."""
    n = int(rng.integers(2, 6))
    value(student.day_23, {"kernel": normal(rng, n, 3), "bias": normal(rng, 3)}, like=3 * n + 3)


def write_up(asked, found, others):
    """What can be checked of a finding: sentences of its own, and a finite number that comes back."""
    claim, surprise, measured = (found.get(name) for name in ("claim", "surprise", "measured"))
    if not isinstance(claim, str) or len(claim.split()) < 6:
        fail("the claim is no sentence of at least six words")
    if not isinstance(surprise, str) or len(surprise.split()) < 8:
        fail("the surprise is no sentence of at least eight words")
    numbers = np.asarray(measured if isinstance(measured, int | float | np.ndarray) else np.nan, np.float64)
    if numbers.size == 0 or not np.isfinite(numbers).all():
        fail("what was measured is no finite number")
    if claim in [other.get("claim") for other in others]:
        fail("this claim is that of another day")
    pure(asked, key(1))


@points(1)
def test_day_24(student):
    """Day 24: a claim, a number that decides it, and what surprised you."""
    write_up(student.day_24, student.day_24(key(1)), [])


@points(1)
def test_day_25(student):
    """Day 25: another one."""
    write_up(student.day_25, student.day_25(key(1)), [])


@points(1)
def test_day_26(student):
    """Day 26: a third one."""
    write_up(student.day_26, student.day_26(key(1)), [])


@points(1)
def test_day_27(student):
    """Day 27: the last one, not a claim of the days before."""
    found = [student.day_24(key(1)), student.day_25(key(1)), student.day_26(key(1))]
    write_up(student.day_27, student.day_27(key(1)), found)
