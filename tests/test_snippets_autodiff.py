"""The teaching code of the lecture on autodiff."""

from __future__ import annotations

import time
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt

from snippets.autodiff_devices import on_devices
from snippets.autodiff_figures import draw_jaxprs, jaxpr_graph, layered
from snippets.autodiff_measure import operations, seconds


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    with matplotlib.rc_context():  # figures set the course's style; it is for this test only
        yield
    plt.close("all")


def product(x, y):
    return x * y


def test_operations_count_the_unread_forward_line_of_a_gradient():
    assert operations(product, 3.0, 4.0) == {"mul": 1}
    assert operations(jax.grad(product), 3.0, 4.0) == {"mul": 2}


def test_operations_look_inside_jit_and_both_sides_of_cond():
    assert operations(jax.jit(product), 3.0, 4.0) == {"mul": 1}
    both_sides = operations(lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x), 1.0)
    assert both_sides["sin"] == 1
    assert both_sides["cos"] == 1
    assert "cond" not in both_sides


def test_vmap_of_a_dot_product_is_still_one_dot_general():
    batched = jax.vmap(jnp.matmul, in_axes=(None, 0))
    assert operations(batched, jnp.ones(3), jnp.ones((5, 3))) == {"dot_general": 1}


def test_seconds_last_until_the_call_is_done():
    assert seconds(time.sleep, 0.02) >= 0.02


def test_a_program_sees_the_devices_it_was_promised_and_the_arrays_it_was_given():
    program = """
from jax.sharding import NamedSharding, PartitionSpec
rows = NamedSharding(jax.make_mesh((jax.device_count(),), ("data",)), PartitionSpec("data"))
X = jax.device_put(X, rows)
assert len(X.addressable_shards) == 2
result = jax.jit(lambda X, w: X @ w)(X, w)
"""
    X, w = np.arange(8.0, dtype=np.float32).reshape(4, 2), np.array([1.0, 10.0], np.float32)
    result, devices = on_devices(2, program, X=X, w=w)
    assert devices == 2
    np.testing.assert_array_equal(result, X @ w)


def test_a_graph_names_its_constants_and_knows_what_nobody_reads():
    names, edges, unread = jaxpr_graph(jax.grad(product), 3.0, 4.0)
    assert names == ["in x", "in y", "mul", "mul 1", "out"]
    assert edges == [(0, 2), (1, 2), (1, 3), (3, 4)]
    assert unread == {2}


def test_nodes_stand_to_the_right_of_all_they_read_and_never_on_each_other():
    edges = [(0, 2), (1, 2), (2, 3), (0, 3), (3, 4)]
    places = layered(5, edges)
    assert all(places[start][0] < places[end][0] for start, end in edges)
    assert len(set(places)) == 5


def test_a_node_alone_in_its_column_stands_level_with_the_node_it_reads():
    places = layered(4, [(0, 1), (0, 2), (1, 3)])
    assert places[3] == (2.0, places[1][1])
    assert places[1][1] != places[2][1]


def test_each_jaxpr_gets_a_titled_panel_with_a_box_for_each_node_and_an_arrow_for_each_edge():
    draw_jaxprs({"product": (product, 3.0, 4.0), "its slope": (jax.grad(product), 3.0, 4.0)})
    above, below = plt.gcf().axes
    assert (above.get_title(), below.get_title()) == ("product", "its slope")
    boxes = [text.get_text() for text in below.texts if text.get_text()]
    arrows = [text for text in below.texts if not text.get_text()]
    assert boxes == ["in x", "in y", "mul", "mul 1", "out"]
    assert len(arrows) == 4
    plt.gcf().canvas.draw()
