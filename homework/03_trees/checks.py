"""Shown checks of homework 03: each function on small random trees."""

import json

import numpy as np

from jaxstudy.homework.checks import fail, normal, points, uniform, value


def layers(rng):
    """Parameters of a small network."""
    hidden = {"kernel": normal(rng, 3, 2), "bias": normal(rng, 2)}
    return {"hidden": hidden, "out": {"kernel": normal(rng, 2, 1), "bias": normal(rng, 1)}}


@points(1, reread="03_trees#the-cure-the-same-step-at-every-leaf-1")
def test_tree_add(student, rng):
    """tree_add adds leaf by leaf, whatever the containers."""
    a, b = normal(rng, 2, 2), normal(rng, 2, 2)
    value(
        student.tree_add,
        {"w": a, "rest": [a, (b,)]},
        {"w": b, "rest": [b, (b,)]},
        like={"w": a + b, "rest": [a + b, (2 * b,)]},
    )


@points(1, reread="03_trees#flatten-change-put-together-1")
def test_tree_norm(student, rng):
    """tree_norm is the length of all numbers together."""
    tree = layers(rng)
    numbers = np.concatenate([leaf.ravel() for layer in tree.values() for leaf in layer.values()])
    value(student.tree_norm, tree, like=np.sqrt(np.sum(numbers**2)))


@points(2, reread="03_trees#predict-a-line-without-an-intercept-1")
def test_freeze_with_none(student, rng):
    """freeze_with_none gives two trees, each with None where the other has its leaf."""
    params = layers(rng)
    none = {"kernel": None, "bias": None}
    trains = {"hidden": none, "out": params["out"]}
    stays = {"hidden": params["hidden"], "out": none}
    value(student.freeze_with_none, params, ("hidden",), like=(trains, stays), expected="(what trains, what stays)")


@points(1, reread="03_trees#the-cure-let-none-be-a-leaf-for-once-1")
def test_thaw(student, rng):
    """thaw puts together what freeze_with_none took apart."""
    params = layers(rng)
    none = {"kernel": None, "bias": None}
    trains, stays = {"hidden": none, "out": params["out"]}, {"hidden": params["hidden"], "out": none}
    value(student.thaw, trains, stays, like=params)
    value(student.thaw, stays, trains, like=params)


@points(2, reread="03_trees#from-json-and-back-1")
def test_json_scale(student, rng):
    """json_scale multiplies the numbers of a JSON text and leaves the words alone."""
    number = int(rng.integers(2, 9))
    text = json.dumps({"rate": 0.5, "name": "adam", "sizes": [number, 2 * number]})
    got = json.loads(student.json_scale(text, 2))
    assert got == {"rate": 1.0, "name": "adam", "sizes": [2 * number, 4 * number]}, f"from {text} times 2 came {got}"


@points(2, reread="03_trees#the-cure-say-how-to-take-it-apart-and-how-to-build-it-1")
def test_affine(student, rng):
    """JAX sees an Affine as a tree with the leaves scale and shift, in this order."""
    scale, shift = normal(rng), normal(rng)
    seen = student.Affine(scale, shift, "sin")
    names = [path.strip(".[]'\"") for path in getattr(seen, "leaves", {})]
    if names != ["scale", "shift"]:
        got = ", ".join(names) or "no leaves: to JAX it is one unknown thing"
        fail(
            "an Affine does not have the leaves scale and shift",
            f"JAX's leaves of an Affine should be scale, shift; it has {got}",
        )


@points(1, reread="03_trees#momentum-a-training-step-with-a-memory-1")
def test_ema(student, rng):
    """ema moves each leaf a little towards the new one."""
    old, new = layers(rng), layers(rng)
    wanted = {name: {leaf: 0.9 * old[name][leaf] + 0.1 * new[name][leaf] for leaf in old[name]} for name in old}
    value(student.ema, old, new, 0.9, like=wanted, expected="decay * average + (1 - decay) * new")


@points(2, reread="03_trees#flatten-change-put-together-1")
def test_flatten_to_vector(student, rng):
    """flatten_to_vector gives one long vector, and the way back."""
    tree = {"b": normal(rng, 2, 3), "a": normal(rng, 2)}
    vector, back = student.flatten_to_vector(tree)
    wanted = np.concatenate([tree["a"], tree["b"].ravel()])
    if np.shape(vector) != (8,) or not np.allclose(vector, wanted):
        fail("not all numbers in one vector, leaves in JAX's order (keys sorted)")
    value(back, uniform(rng, 8) * 0 + wanted, like=tree, expected="the tree again")
