"""The teaching code of the lecture on U-Net, beside PyTorch or a closed form."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import optax
import pytest
import torch
from flax import linen as nn
from flax.training.train_state import TrainState

matplotlib.use("agg")

import matplotlib.pyplot as plt

from snippets import unet_torch
from snippets.porting import CONV_TRANSPOSE, into_torch
from snippets.segmentation import Overlap, cross_entropy, dice_loss, iou_loss, overlap
from snippets.segmentation_figures import EXTRA, MISSED, coloured, show_errors, show_masks
from snippets.shape_diagram import draw_stages, skips, stages
from snippets.unet_linen import Shuffle, UNet, centre_crop, max_pool
from snippets.unet_scenic import ScenicUNet
from snippets.unet_training import steps

ROOT = Path(__file__).parents[1]
RNG = np.random.default_rng(6)
PICTURES = RNG.normal(size=(2, 16, 16, 3)).astype(np.float32)
LOGITS = RNG.normal(size=(4, 5, 6, 1)).astype(np.float32)
MASKS = (RNG.random((4, 5, 6, 1)) > 0.6).astype(np.float32)
DEPTH = 2
UP = {f"up_{level}": CONV_TRANSPOSE for level in range(DEPTH)}


@pytest.fixture(scope="module")
def variables() -> dict[str, dict[str, object]]:
    """Of a small U-Net; biases moved away from zero, or a lost one would not show."""
    return biased(jax.jit(UNet(4, DEPTH).init)(jax.random.key(0), PICTURES))


def biased(variables: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Only the biases: kernels of one sign make logits of hundreds, which no two orders of summing agree on to 1e-5."""
    return jax.tree.map(lambda leaf: leaf + 0.05 if leaf.ndim == 1 else leaf, variables)


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    yield
    plt.close("all")


def test_pytorch_with_the_same_weights_gives_the_same_logits(variables) -> None:
    twin = into_torch(variables, unet_torch.UNet(3, 4, DEPTH), unet_torch.linen_names(DEPTH), UP)
    with torch.no_grad():
        theirs = twin(torch.from_numpy(PICTURES).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(UNet(4, DEPTH).apply(variables, PICTURES), theirs, rtol=1e-5, atol=1e-5)


def test_without_padding_both_crop_the_same_pixels() -> None:
    pictures = RNG.normal(size=(1, 28, 28, 1)).astype(np.float32)
    model = UNet(2, 1, padding="VALID")
    weights = jax.jit(model.init)(jax.random.key(1), pictures)
    twin = into_torch(weights, unet_torch.UNet(1, 2, 1, padding=0), unet_torch.linen_names(1), UP)
    with torch.no_grad():
        theirs = twin(torch.from_numpy(pictures).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    ours = model.apply(weights, pictures)
    assert ours.shape == (1, 12, 12, 1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_the_fast_network_has_the_same_tree_the_same_start_and_the_same_gradient(variables) -> None:
    plain, fast = UNet(4, DEPTH), UNet(4, DEPTH, fast=True)
    start = jax.jit(fast.init)(jax.random.key(0), PICTURES)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, biased(start), variables))
    target = jnp.ones((2, 16, 16, 1))

    def loss(model, params):
        return jnp.mean((model.apply(params, PICTURES) - target) ** 2)

    for ours, theirs in zip(
        *(jax.tree.leaves(jax.jit(jax.grad(lambda p, m=m: loss(m, p)))(variables)) for m in (fast, plain)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * float(jnp.abs(theirs).max()))


def test_a_shuffle_is_a_transpose_convolution() -> None:
    theirs = nn.ConvTranspose(5, (2, 2), (2, 2))
    params = theirs.init(jax.random.key(2), PICTURES)
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(jnp.shape, Shuffle(5).init(jax.random.key(2), PICTURES))
    np.testing.assert_allclose(Shuffle(5).apply(params, PICTURES), theirs.apply(params, PICTURES), rtol=1e-5, atol=1e-6)


def test_max_pool_is_the_librarys() -> None:
    assert jnp.array_equal(max_pool(jnp.asarray(PICTURES)), nn.max_pool(PICTURES, (2, 2), (2, 2)))


def test_a_crop_is_the_middle_and_refuses_to_leave_the_picture() -> None:
    picture = jnp.arange(36.0).reshape(1, 6, 6, 1)
    assert centre_crop(picture, 2, 4)[0, :, :, 0].tolist() == [[13, 14, 15, 16], [19, 20, 21, 22]]
    with pytest.raises(ValueError, match="at least 8 x 4, got 6 x 6"):
        centre_crop(picture, 8, 4)


def test_the_parameters_of_the_published_networks_are_counted_without_being_made() -> None:
    def count(model, channels):
        one = jax.ShapeDtypeStruct((1, 128, 128, channels), jnp.float32)
        return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(model.init, jax.random.key(0), one)["params"]))

    assert count(ScenicUNet(), 5) == 34_491_599
    assert count(ScenicUNet(fourth_skip=True), 5) == 34_528_463
    assert count(UNet(64, 4), 3) == 31_031_745
    with torch.device("meta"):
        blog = unet_torch.UNet(3, 64, 4, padding=0)
    assert sum(parameter.numel() for parameter in blog.parameters()) == 31_031_745
    assert blog(torch.zeros(1, 3, 572, 572, device="meta")).shape == (1, 1, 388, 388)


def test_the_stages_and_skips_are_read_off_the_module() -> None:
    found = stages(UNet(4, DEPTH), (1, 16, 16, 3))
    names = "input down_0 down_1 bottom up_1 merge_1 up_0 merge_0 head"
    assert [stage.name for stage in found] == names.split()
    assert [stage.shape for stage in found][:4] == [(16, 16, 3), (16, 16, 4), (8, 8, 8), (4, 4, 16)]
    assert skips(found) == [("down_1", "merge_1"), ("down_0", "merge_0")]
    lost = skips(stages(ScenicUNet(), (1, 128, 128, 5)))
    assert [source for source, _ in lost] == ["down_3", "down_2", "down_1"]


def test_a_stage_is_one_box_and_a_skip_one_arrow() -> None:
    found = stages(UNet(4, DEPTH), (1, 16, 16, 3))
    draw_stages(found, "A conclusion")
    axes = plt.gcf().axes[0]
    assert axes.get_title() == "A conclusion"
    assert len(axes.patches) == len(found)
    written = {text.get_text() for text in axes.texts}
    assert {"16²", "8²", "4²", "bottom", "merge_0"} <= written
    arrows = [text.arrow_patch for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == len(found) - 1 + 2


def test_overlap_counts_pixels_and_adds_up_over_batches() -> None:
    predicted, masked = LOGITS > 0, MASKS > 0.5
    both, union = (predicted & masked).sum(), (predicted | masked).sum()
    whole = overlap(LOGITS, MASKS)
    assert float(whole.iou) == pytest.approx(both / union)
    assert float(whole.dice) == pytest.approx(2 * both / (predicted.sum() + masked.sum()))
    halves = overlap(LOGITS[:1], MASKS[:1]) + overlap(LOGITS[1:], MASKS[1:])
    assert jax.tree.map(int, halves) == jax.tree.map(int, whole)


def test_two_empty_masks_agree() -> None:
    nothing = Overlap(jnp.array(0), jnp.array(0), jnp.array(0))
    assert (float(nothing.iou), float(nothing.dice)) == (1.0, 1.0)


def test_cross_entropy_is_pytorchs_and_survives_large_logits() -> None:
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(torch.from_numpy(LOGITS), torch.from_numpy(MASKS))
    assert float(cross_entropy(LOGITS, MASKS)) == pytest.approx(theirs.item(), rel=1e-5)
    assert float(cross_entropy(jnp.array([[1e4]]), jnp.array([[0.0]]))) == 1e4


def test_the_overlap_losses_are_one_minus_the_scores_when_the_network_is_sure() -> None:
    sure, counted = 1e3 * LOGITS, overlap(LOGITS, MASKS)
    union = float(counted.predicted + counted.masked - counted.both)
    assert float(dice_loss(sure, MASKS)) == pytest.approx(
        1 - (2 * float(counted.both) + 1) / (float(counted.predicted + counted.masked) + 1), abs=1e-4
    )
    assert float(iou_loss(sure, MASKS)) == pytest.approx(1 - (float(counted.both) + 1) / (union + 1), abs=1e-4)


@pytest.mark.parametrize("function", [overlap, cross_entropy, dice_loss, iou_loss])
def test_a_mask_without_its_last_axis_is_refused(function) -> None:
    with pytest.raises(ValueError, match="one shape"):
        function(jnp.asarray(LOGITS), jnp.asarray(MASKS[..., 0]))


def _line(params, inputs, targets):
    return jnp.mean((inputs @ params - targets) ** 2)


def test_many_steps_in_one_program_are_the_same_steps_and_the_old_state_is_given_up() -> None:
    x, y = jnp.asarray(RNG.normal(size=(5, 8, 3))), jnp.asarray(RNG.normal(size=(5, 8)))
    state = TrainState.create(apply_fn=_line, params={"w": jnp.arange(3.0)}, tx=optax.sgd(0.1))
    w = jnp.arange(3.0)
    for inputs, targets in zip(x, y, strict=True):
        w = w - 0.1 * jax.grad(_line)(w, inputs, targets)  # the whole batch at once, where `steps` takes halves
    after, losses = steps(lambda params, *batch: _line(params["w"], *batch))(state, x, y)
    assert losses.shape == (5,)
    assert int(after.step) == 5
    np.testing.assert_allclose(after.params["w"], w, atol=1e-5)
    assert state.params["w"].is_deleted()


BY_DEVICE = """
import jax, jax.numpy as jnp, numpy as np, optax
jax.config.update("jax_num_cpu_devices", 2)
from snippets.segmentation import cross_entropy
from snippets.training import new_state
from snippets.unet_linen import UNet
from snippets.unet_training import steps, steps_by_device
rng = np.random.default_rng(6)
x, y = rng.normal(size=(3, 4, 8, 8, 3)).astype("f"), (rng.random((3, 4, 8, 8, 1)) > 0.6).astype("f")
net = UNet(4, 1, fast=True)
loss = lambda params, x, y: cross_entropy(net.apply({"params": params}, x), y)
fresh = lambda: new_state(net, jax.random.key(0), x[0], optax.sgd(0.1))
one, losses = steps(loss, parts=1)(fresh(), x, y)
run = steps_by_device(loss, jax.devices())
many, told = run(fresh(), x, y)
np.testing.assert_allclose(told, losses, atol=1e-5)
jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), many.params, one.params)
for _ in range(50):  # as many programs as hang if nobody waits for them
    many, told = run(many, x, y)
assert int(many.step) == 153 and len(many.params["head"]["bias"].devices()) == 2
try:
    run(many, x[:, :3], y[:, :3])
except ValueError as error:
    print(error)
"""


def test_two_devices_of_one_processor_take_the_same_steps_as_one() -> None:
    done = subprocess.run([sys.executable, "-c", BY_DEVICE], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "evenly divisible" in done.stdout, "three pictures do not fit two devices"


def test_wrong_pixels_are_red_where_there_are_too_many_and_yellow_where_they_lack() -> None:
    picture = np.full((1, 3, 3), 0.5)
    mask, guess = np.array([[True, True, False]]), np.array([[True, False, True]])
    _, missed, extra = coloured(picture, mask, guess)[0]
    assert np.allclose(missed, 0.05 * 0.5 + 0.95 * np.array(matplotlib.colors.to_rgb(MISSED)))
    assert np.allclose(extra, 0.05 * 0.5 + 0.95 * np.array(matplotlib.colors.to_rgb(EXTRA)))


def test_every_picture_gets_its_mask_below_and_every_error_picture_its_name() -> None:
    pictures, masks = np.zeros((3, 4, 4, 3)), np.ones((3, 4, 4, 1))
    show_masks(pictures, masks, "A conclusion")
    assert len(plt.gcf().axes) == 6
    show_errors(pictures, masks, masks, ["a", "b", "c"], "Another")
    assert [axis.get_title() for axis in plt.gcf().axes] == ["a", "b", "c"]
    assert plt.gcf().get_suptitle() == "Another"
