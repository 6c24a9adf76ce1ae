"""The teaching code of lecture 01."""

import jax
import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")  # no window on a test machine

import matplotlib.pyplot as plt

from snippets.arrays_devices import normal_over_devices
from snippets.arrays_figures import letter_j, show_pictures, worst_rounding

MANTISSA_BITS = {"float32": 23, "float16": 10, "bfloat16": 7}


@pytest.fixture
def figure():
    plt.close("all")
    with matplotlib.rc_context():  # figures set the course's style; it is for this test only
        yield plt.gcf
    plt.close("all")


def test_the_letter_changes_under_every_move_of_its_axes():
    letter = np.asarray(letter_j())
    assert letter.shape == (7, 5)
    assert letter.dtype == np.float32
    assert set(np.unique(letter)) == {0.0, 1.0}
    moved = [letter[::-1], letter[:, ::-1], letter[::-1, ::-1]]
    assert not any(np.array_equal(letter, other) for other in moved)
    assert not np.array_equal(letter.T, letter.reshape(5, 7))


def test_pictures_are_drawn_side_by_side_under_name_and_shape(figure):
    letter = letter_j()
    show_pictures({"as it is": letter, "turned": letter.T}, "A conclusion")
    left, right = figure().axes
    assert left.get_title() == "as it is  (7, 5)"
    assert right.get_title() == "turned  (5, 7)"
    assert figure().get_suptitle() == "A conclusion"
    assert "pixels" in left.get_xlabel() and "pixels" in left.get_ylabel()
    assert np.array_equal(right.images[0].get_array(), np.asarray(letter).T)


@pytest.mark.parametrize(("dtype", "bits"), MANTISSA_BITS.items())
def test_rounding_is_off_by_at_most_half_a_gap(dtype, bits):
    worst = worst_rounding([1.0, 3.7, 1000.0], dtype)
    half_gap = 2.0 ** -(bits + 1)
    assert (worst <= half_gap).all()
    assert (worst >= half_gap / 2).all()  # samples seldom hit the worst place exactly


def test_rounding_has_no_answer_where_the_format_ends():
    far = [1e-50, 1e5, 1e20, 1e39]
    assert np.isnan(worst_rounding(far, "float16")).all()
    assert np.isnan(worst_rounding(far, "bfloat16")).tolist() == [True, False, False, True]
    assert np.isnan(worst_rounding(far, "float32")).tolist() == [True, False, False, True]


def test_a_draw_does_not_depend_on_the_number_of_devices():
    one, four = (normal_over_devices(devices, seed=3, size=8) for devices in (1, 4))
    assert one.shape == (8,)
    assert np.array_equal(one, four)
    assert np.array_equal(one, jax.random.normal(jax.random.key(3), (8,)))
    assert not np.array_equal(one, normal_over_devices(1, seed=4, size=8))
