"""The teaching code of the lecture on trees."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt

from snippets.trees_diff import by_address, tree_diff
from snippets.trees_figures import children, draw_trees, drawn

PARAMS = {"hidden": {"kernel": jnp.ones((1, 3)), "bias": jnp.zeros(3)}, "out": [2.0, None]}


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    yield
    plt.close("all")


def test_an_address_leads_through_every_level_and_none_has_no_address():
    assert list(by_address(PARAMS)) == ["hidden/bias", "hidden/kernel", "out/0"]
    assert by_address(PARAMS)["out/0"] == 2.0


def test_equal_trees_have_no_difference():
    assert tree_diff(PARAMS, jax.tree.map(lambda leaf: leaf, PARAMS)) == []


def test_the_same_number_in_another_type_is_a_difference():
    assert tree_diff({"w": 2.0}, {"w": jnp.array(2.0)}) == ["~ w  float64() → float32()"]


def test_a_missing_an_added_and_a_reshaped_leaf_are_all_named_at_once():
    other = {"hidden": {"kernel": jnp.ones((1, 4))}, "out": [2.0, None], "head": jnp.ones(2)}
    assert tree_diff(PARAMS, other) == [
        "- hidden/bias  float32(3,)",
        "+ head  float32(2,)",
        "~ hidden/kernel  float32(1, 3) → float32(1, 4)",
    ]


def test_a_difference_in_values_says_how_many_and_how_far():
    old, new = {"w": jnp.zeros(4)}, {"w": jnp.array([0.0, 0.5, 0.0, -2.0])}
    assert tree_diff(old, new) == ["~ w  float32(4,)  2 of 4 differ, by up to 2"]


@pytest.mark.parametrize("kind", ["bfloat16", "int8", "bool", "complex64"])
def test_values_of_every_kind_are_compared(kind: str):
    old, new = jnp.array([1, 1], kind), jnp.array([1, 0], kind)
    assert tree_diff(old, old) == []
    assert tree_diff(old, new)[0].endswith("1 of 2 differ, by up to 1")


def test_infinite_values_are_equal_to_themselves_and_nan_is_not():
    assert tree_diff(np.array([np.inf]), np.array([np.inf])) == []
    assert "1 of 1 differ" in tree_diff(np.array([np.nan]), np.array([np.nan]))[0]


def test_words_among_the_leaves_are_compared_too():
    assert tree_diff({"name": "a"}, {"name": "a"}) == []
    assert tree_diff({"name": "a"}, {"name": "b"}) == ["~ name  'a' → 'b'"]


@pytest.mark.parametrize(("old", "new"), [([1, 2], (1, 2)), ({"a": None}, {}), ({"a": 1}, OrderedDict(a=1))])
def test_equal_leaves_in_other_containers_are_a_difference(old: Any, new: Any):
    assert [line.split("  ")[0] for line in tree_diff(old, new)] == ["~ the containers"]


def test_children_are_those_one_level_down_with_none_among_them():
    assert children({"b": [1, 2], "a": None}) == [("a", None), ("b", [1, 2])]
    assert children(None) == children(3.0) == children("text") == []


def test_a_drawing_has_a_box_for_each_node_leaf_and_none_and_puts_parents_in_the_middle():
    boxes = {text: (place, kind) for place, text, kind in drawn([None, 7, {"a": "word"}]).boxes}
    assert boxes["None"] == ((0.0, -1.0), "empty")
    assert boxes["7"] == ((1.0, -1.0), "leaf")
    assert boxes["'word'"] == ((2.0, -2.0), "leaf")
    assert boxes["list"] == ((1.0, 0.0), "node")


def test_an_unregistered_class_is_one_leaf_under_its_name():
    @dataclass
    class Closed:
        inside: float

    assert [box[1:] for box in drawn(Closed(1.0)).boxes] == [("Closed", "leaf")]


def test_what_stands_in_two_places_is_drawn_twice_unless_drawn_as_built():
    table = {"w": jnp.ones((4, 2))}
    tied = {"read": table, "write": table, "one": 1, "again": 1}
    assert [text for _, text, _ in drawn(tied).boxes].count("(4, 2)") == 2
    shared = drawn(tied, by_identity=True)
    assert [text for _, text, _ in shared.boxes].count("(4, 2)") == 1
    assert [text for _, text, _ in shared.boxes].count("1") == 2  # Python's only 1 is not shared weights
    assert len([line for line in shared.lines if line[2] in ("read", "write")]) == 2


def test_each_panel_says_its_number_of_leaves_and_twin_lines_part_from_each_other():
    table = {"w": 1.0}
    draw_trees({"built": {"a": table, "b": table}, "seen": [1, 2]}, "A conclusion", as_built=("built",))
    left, right = plt.gcf().axes
    assert (left.get_title(), right.get_title()) == ("built: 1 leaf", "seen: 2 leaves")
    assert plt.gcf().get_suptitle() == "A conclusion"
    middles = sorted(line.get_xdata()[10] for line in left.lines)
    assert middles[0] < middles[1] < middles[2]
    plt.gcf().canvas.draw()
