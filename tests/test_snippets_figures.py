"""The look that all figures of the lectures share."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import pytest

matplotlib.use("agg")  # no window on a test machine

import matplotlib.pyplot as plt

from snippets.figures import WIDTH, slide_axes, slide_figure

TEXT_WIDTH, SMALLEST_LETTERS = 1150, 20
"""Pixels on a slide of 1280 × 720: how wide its text is, and what can be read from the last row."""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with matplotlib.rc_context():
        yield
    plt.close("all")


def test_a_figure_fills_the_width_of_a_slide_and_no_more():
    figure, _ = slide_figure()
    width = figure.get_size_inches()[0] * figure.dpi
    assert 0.95 * TEXT_WIDTH < width <= TEXT_WIDTH


def test_every_letter_can_be_read_from_the_last_row():
    axes = slide_axes("It rises", "time (s)", "height (m)")
    line = axes.plot([1, 2, 3], label="ball")[0]
    figure = axes.get_figure()
    letters = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.legend().get_texts()]
    pixels = [text.get_fontsize() / 72 * figure.dpi for text in letters]
    assert min(pixels) > SMALLEST_LETTERS
    assert line.get_linewidth() > 2


def test_slide_axes_carry_title_and_both_labels():
    axes = slide_axes("It rises", "time (s)", "height (m)", 2.0)
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("It rises", "time (s)", "height (m)")
    assert tuple(axes.figure.get_size_inches()) == (WIDTH, 2.0)


def test_several_axes_come_as_rows_and_columns():
    assert slide_figure(rows=2, columns=3, sharey=True)[1].shape == (2, 3)
    assert slide_figure()[1].shape == (1, 1)
