"""The pictures of the MNIST lecture."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt
from IPython.utils.capture import capture_output

from snippets.mnist_figures import LossPlot, show_digits


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def test_every_digit_has_its_words_above_and_all_a_conclusion():
    pictures = np.random.default_rng(0).uniform(size=(3, 28, 28, 1))
    show_digits(pictures, ["4 as 9", "1", "2"], "Three of them")
    figure = plt.gcf()
    assert figure.get_suptitle() == "Three of them"
    assert [axes.get_title() for axes in figure.axes] == ["4 as 9", "1", "2"]
    assert np.array_equal(figure.axes[1].images[0].get_array(), pictures[1, :, :, 0])


def test_digits_break_into_rows_and_an_empty_place_stays_empty():
    show_digits(np.zeros((5, 28, 28, 1)), list("01234"), "Five", rows=2)
    places = plt.gcf().axes
    assert [axes.get_title() for axes in places] == ["0", "1", "2", "3", "4", ""]
    assert [axes.get_subplotspec().rowspan.start for axes in places] == [0, 0, 0, 1, 1, 1]
    assert not any(axes.axison for axes in places)


def test_a_loss_plot_redraws_one_line_and_is_no_second_figure_at_the_end_of_the_cell():
    with capture_output():
        plot = LossPlot("training")
        plot.update([2.0, 1.0])
        plot.update([2.0, 1.0, 0.5], "done")
    (line,) = plot.axes.lines
    assert line.get_xdata().tolist() == [1, 2, 3]
    assert line.get_ydata().tolist() == [2.0, 1.0, 0.5]
    assert (plot.axes.get_title(), plot.axes.get_yscale()) == ("done", "log")
    assert plt.get_fignums() == []
