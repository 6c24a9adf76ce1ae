"""The teaching code of the lecture on Linen."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from snippets.linen_figures import FALLING, RISING, draw_network

LAYERS = {
    "first": {"kernel": np.array([[1.0, -4.0, 0.0], [2.0, 0.5, -1.0]]), "bias": np.array([0.0, 3.0, -1.0])},
    "second": {"kernel": np.array([[1.0], [-2.0], [0.5]]), "bias": np.array([-1.0])},
}


@pytest.fixture
def drawn() -> Iterator[Axes]:
    """The picture of two layers: 2 inputs, 3 units, 1 output."""
    plt.close("all")
    draw_network(LAYERS, "A conclusion")
    yield plt.gcf().axes[0]
    plt.close("all")


def test_every_number_of_a_kernel_is_one_line(drawn: Axes) -> None:
    assert len(drawn.lines) == 2 * 3 + 3 * 1
    ends = {tuple(line.get_xdata()) for line in drawn.lines}
    assert ends == {(0, 1), (1, 2)}


def test_a_line_has_the_sign_as_its_colour_and_the_size_as_its_width(drawn: Axes) -> None:
    by_number = dict(zip(LAYERS["first"]["kernel"].ravel().tolist(), drawn.lines[:6], strict=True))
    assert by_number[2.0].get_color() == RISING
    assert by_number[-4.0].get_color() == FALLING
    assert by_number[0.0].get_color() not in (RISING, FALLING)
    widths = [by_number[number].get_linewidth() for number in (0.0, 0.5, -1.0, 2.0, -4.0)]
    assert widths == sorted(set(widths))


def test_every_number_of_a_bias_is_one_filled_circle(drawn: Axes) -> None:
    filled = [dots for dots in drawn.collections if tuple(dots.get_facecolor()[0][:3]) != (1.0, 1.0, 1.0)]
    assert [len(dots.get_offsets()) for dots in filled] == [3, 1]
    grey, blue, red = filled[0].get_facecolor()[:, :3].tolist()
    assert tuple(blue) == to_rgb(RISING)
    assert tuple(red) == to_rgb(FALLING)
    assert len(set(grey)) == 1


def test_each_layer_is_named_with_its_shapes_under_the_title(drawn: Axes) -> None:
    assert drawn.get_title() == "A conclusion"
    assert [text.get_text() for text in drawn.texts] == [
        "first: kernel (2, 3), bias (3,)",
        "second: kernel (3, 1), bias (1,)",
    ]


def test_a_network_of_zeros_can_be_drawn() -> None:
    plt.close("all")
    draw_network({"only": {"kernel": np.zeros((1, 2)), "bias": np.zeros(2)}}, "Nothing yet")
    assert len(plt.gcf().axes[0].lines) == 2
    plt.close("all")
