"""Hidden checks of homework 03: other containers, corners, and jit."""

import json

import numpy as np

from jaxstudy.homework.checks import fail, gradient, normal, one_trace, part, points, pure, under_jit, value


def nested(rng):
    """A tree with every container that a student may forget."""
    return {"z": [normal(rng, 2), (normal(rng, 1, 3), None)], "a": {"deep": {"er": normal(rng)}}, "empty": ()}


@points(2, reread="03_trees#predict-which-of-these-are-trees-in-which-order-1")
def test_tree_add_in_any_nesting(student, rng):
    """tree_add works in lists, tuples, None and under jit, and changes neither tree."""
    a, b = nested(rng), nested(rng)
    under_jit(student.tree_add, a, b)
    pure(student.tree_add, a, b)


@points(2, reread="03_trees#one-function-many-trees-1")
def test_tree_norm_is_one_number(student, rng):
    """tree_norm works for any tree, the empty one too, and has the right gradient."""
    with part(1, "any tree, also an empty one"):
        under_jit(student.tree_norm, nested(rng))
        value(student.tree_norm, {}, like=np.float32(0))
    with part(1, "its gradient"):
        gradient(student.tree_norm, {"w": normal(rng, 3), "b": [normal(rng, 2)]})


@points(2, reread="03_trees#none-is-the-empty-tree-1")
def test_freeze_and_thaw_are_inverse(student, rng):
    """freeze_with_none keeps any nesting below a layer, and thaw undoes it, under jit too."""
    params = {name: {"kernel": normal(rng, 2, 2), "norm": {"scale": normal(rng, 2)}} for name in ("a", "b", "c")}
    for frozen in (("b",), ("a", "c"), ()):
        value(student.freeze_with_none, params, frozen)
        trains, stays = student.freeze_with_none(params, frozen)
        under_jit(student.thaw, trains, stays, like=params)


@points(2, reread="03_trees#json-is-a-tree-1")
def test_json_scale_knows_what_is_a_number(student, rng):
    """json_scale leaves true, false, null and the order of keys as they are."""
    number = float(np.round(normal(rng), 3))
    text = json.dumps({"z": True, "m": None, "a": [False, number, {"x": "1", "b": 3}]})
    scaled = student.json_scale(text, 3)
    got = json.loads(scaled) if isinstance(scaled, str) else {}
    with part(1, "true, false and null are no numbers"):
        kept = got.get("a") if isinstance(got.get("a"), list) else [None]
        if got.get("z") is not True or got.get("m", 0) is not None or kept[0] is not False:
            fail("true, false or null was changed")
    with part(1, "numbers in any depth, keys in their order"):
        if got != {"z": True, "m": None, "a": [False, 3 * number, {"x": "1", "b": 9}]}:
            fail("not every number three times as large")
        if list(got) != ["z", "m", "a"]:
            fail("the keys are in another order")


@points(3, reread="03_trees#the-short-way-with-a-word-inside-1")
def test_affine_works_in_transforms(student, rng):
    """An Affine passes through jit and grad; its word is part of the structure."""
    scale, shift, x = normal(rng), normal(rng), normal(rng, 4)
    value(student.Affine(scale, shift, "cos"), x, like=np.cos(scale * x + shift))
    leaves = getattr(student.Affine(scale, shift, "cos"), "leaves", {})
    if len(leaves) != 2 or not all(isinstance(leaf, np.ndarray) for leaf in leaves.values()):
        fail("an Affine has other leaves than two arrays")
        return
    tree = (student.Affine(scale, shift, "sin"), student.Affine(shift, scale, "cos"))
    under_jit(student.tree_norm, tree, like=np.sqrt(2 * (scale**2 + shift**2)))


@points(2, reread="03_trees#predict-a-word-among-the-numbers-1")
def test_ema_keeps_dtypes(student, rng):
    """ema keeps each leaf's dtype, takes the new counter, and is traced once."""
    import ml_dtypes

    low = normal(rng, 4).astype(ml_dtypes.bfloat16)
    old = {"w": normal(rng, 3), "low": low, "steps": np.array(7, np.int32)}
    new = {"w": normal(rng, 3), "low": 2 * low, "steps": np.array(8, np.int32)}
    with part(1, "dtypes and counters"):
        got = student.ema(old, new, 0.5)
        if str(np.asarray(got["low"]).dtype) != "bfloat16":
            fail("a bfloat16 leaf does not stay bfloat16")
        if np.asarray(got["steps"]).dtype.kind != "i" or int(got["steps"]) != 8:
            fail("the step counter is not the new one")
    with part(1, "one trace"):
        few = {"w": normal(rng, 3)}
        one_trace(student.ema, (few, few, np.float32(0.5)), (few, {"w": normal(rng, 3)}, np.float32(0.9)))
        value(student.ema, few, {"w": normal(rng, 3)}, 0.99)


@points(2, reread="03_trees#leaves-and-structure-1")
def test_flatten_to_vector_of_any_tree(student, rng):
    """flatten_to_vector takes any nesting and scalars, and its way back takes other numbers."""
    tree = {"z": [normal(rng, 2, 2), (normal(rng), None)], "a": normal(rng, 3)}
    vector, back = student.flatten_to_vector(tree)
    numbers = np.concatenate([tree["a"], tree["z"][0].ravel(), tree["z"][1][0].ravel()])
    if np.shape(vector) != (8,) or not np.allclose(vector, numbers):
        fail("not all numbers in JAX's order")
    doubled = {"z": [2 * tree["z"][0], (2 * tree["z"][1][0], None)], "a": 2 * tree["a"]}
    value(back, 2 * numbers, like=doubled)
