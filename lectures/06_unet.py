# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   rise:
#     autolaunch: true
#     theme: simple
#     transition: none
#     slideNumber: c/t
#   jaxstudy:
#     week: 6
#     title: U-Net, twice
#     minutes: 60
#     outcomes:
#       - write a U-Net in PyTorch and in Flax Linen, and say where each skip goes
#       - predict sizes, crops and numbers of parameters with a pencil, and find a lost skip by counting
#       - carry weights from one framework to the other, and know when it went wrong
#       - score a mask by IoU and Dice, and train for it
#     introduces: [segmentation-mask, iou, receptive-field, skip-connection, transpose-convolution, crop,
#       parameter-arithmetic]
#     revisits: [at-update, out-of-bounds, broadcasting, dtypes, async-dispatch, buffer-donation, grad, jaxpr, jit,
#       value-and-grad, pytree, tree-map, tree-path, registration, shared-node, freezing, gradient-descent, optimizer,
#       linen-module, init-apply, self-param, variable-collections, nnx, minibatch, convolution, cross-entropy, train-state,
#       scan, custom-vjp, evaluation, checkpoint, weight-port]
#     terms:
#       Asked before, needed today: [pytree, leaf, convolution, kernel, batch, uint8, overflow]
#       A class for every pixel: [segmentation, mask, exact mask, intersection over union, IoU, Jaccard, Dice, pixel]
#       'A U, drawn from the model': [U-Net, encoder, decoder, bottom, skip, receptive field, max pool, logit]
#       Block by block: [double convolution, ReLU, ModuleList, setup, concatenate, channels last, ResNet, residual]
#       'Up again: transpose or dilated': [transpose convolution, stride, input dilation, pixel shuffle, checkerboard]
#       Crop and concat: [padding, VALID, SAME, centre crop, clamp, Scenic, dropout, docstring]
#       Count the parameters: [parameter count, eval shape, BatchNorm, meta device, lost skip, by hand]
#       Weights carried over: [port, weights, tree path, state dict, flipped kernel, layout]
#       Train it: [cross-entropy, Dice loss, train state, scan, donate, Adam, threshold]
#       'Step time, side by side': [milliseconds, ratio, warm up, eager, block until ready]
#       Where it errs: [border, false positive, missed, cut a skip, freeze, mask]
#     resources:
#       - title: 'Ronneberger, Fischer, Brox: U-Net (2015)'
#         url: https://arxiv.org/abs/1505.04597
#         release: before
#       - title: 'Dumoulin, Visin: a guide to convolution arithmetic'
#         url: https://arxiv.org/abs/1603.07285
#         release: before
#       - title: 'Flax Linen: layers'
#         url: https://flax-linen.readthedocs.io/en/latest/api_reference/flax.linen/layers.html
#         release: before
#       - title: 'Scenic: the U-Net baseline'
#         url: https://github.com/google-research/scenic/blob/main/scenic/projects/baselines/unet.py
#         release: after
#       - title: 'Odena, Dumoulin, Olah: deconvolution and checkerboard artifacts'
#         url: https://distill.pub/2016/deconv-checkerboard/
#         release: after
#       - title: 'PyTorch: ConvTranspose2d'
#         url: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
#         release: after
# ---

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# # U-Net, twice
#
# One network, written in PyTorch and in Flax Linen, with the same numbers inside. Whatever differs, we find out why.
#
# **60 minutes. You need** lectures 01 to 05. **After this you can**
#
# - write a U-Net in both frameworks, and say where each skip goes
# - predict sizes, crops and parameter counts with a pencil, and find a lost skip by counting
# - carry weights across, and know when it went wrong
# - score a mask by IoU and Dice, and train for it

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "who has used a U-Net?" and "who has drawn one?" The second group will be larger after today.
# - Say what is proved how: every size, count and equality today is an assert in a cell.
# - If you lose time, drop in this order: the NNX cell (1 min), "How many inputs reach each output?" (1), "Which of the
#   two sizes comes out?" (1), "Only the decoder learns" (1), "By how many?" in Count (1). Never drop the flipped kernel.
# - Time mark: leave this slide at 0:02.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Asked before, needed today
#
# New is the data set `shapes`: drawn by a program, so its masks are exact. Letters: `B` pictures of `H` × `W` pixels
# with `C` channels · `K` steps in one program.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Answers aloud before each cell. Question 1 splits the room; it is lecture 03's registration.
# - Question 3 is a real bug of real segmentation code: masks are kept as bytes, and bytes don't go below zero.
# - Late? Questions 1 and 3.
# - Time mark: 0:06 at the end of this section.

# %% slideshow={"slide_type": "-"}
import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from flax import linen as nn
from flax import nnx
from torch import nn as tnn

from jaxstudy.data import by_size, load
from snippets.figures import slide_axes, slide_figure
from snippets.segmentation_figures import show_errors, show_masks

jax.config.update("jax_numpy_rank_promotion", "raise")
np.set_printoptions(precision=3, suppress=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The data
#
# Colour pictures from a seed: discs, boxes and triangles.

# %% slideshow={"slide_type": "-"}
data = load("shapes", train=by_size(smoke=500, full=2_000), test=100)
print(data)
assert data.test.inputs.shape[1:] == (64, 64, 3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Channels come last, as JAX likes them. Everything lies between 0 and 1, and is float32.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: trees, kernels, batches
#
# **1.** `data` is a plain dataclass, `data.train` a named tuple of two arrays. How many leaves has each?
#
# **2.** How many numbers does `nn.Conv(8, (3, 3))` keep for pictures with 3 channels?

# %% slideshow={"slide_type": "fragment"}
leaves = [len(jax.tree.leaves(tree)) for tree in (data, data.train)]
layer = nn.Conv(8, (3, 3)).init(jax.random.key(0), jnp.ones((1, 64, 64, 3)))
numbers = sum(leaf.size for leaf in jax.tree.leaves(layer))
print(leaves, numbers)
assert leaves == [1, 2] and numbers == 3 * 3 * 3 * 8 + 8

# %% [markdown] slideshow={"slide_type": "fragment"}
# 1 and 2: nobody registered the dataclass, so it is a leaf. 224: a kernel `(3, 3, C, features)` and a bias; height
# and width of the picture do not count.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: bytes
#
# **3.** Two masks are kept as `uint8`. A pixel is 0 in ours and 1 in theirs. What is `ours - theirs`?

# %% slideshow={"slide_type": "fragment"} tags=["live"]
ours, theirs = jnp.uint8(0), jnp.uint8(1)
print(ours - theirs, ours.astype(float) - theirs)
for make in (jnp.array, np.array, torch.tensor):
    ours, theirs = (make(np.full(1, pixel, np.uint8)) for pixel in (0, 1))
    assert ours - theirs == 255

# %% [markdown] slideshow={"slide_type": "fragment"}
# 255: a byte wraps around, in NumPy and PyTorch as well. A mean of such differences is nonsense that looks like a
# number. Our masks are float32, or `bool`.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## A class for every pixel
#
# A classifier gives a picture one answer. **Segmentation** answers for each pixel: is it part of a shape? The answer,
# 0 or 1 a pixel, is a **mask**.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask before the picture: "where do masks come from?" Usually from tired people; ours from a program, so they are exact.
# - The thin lines are not in the masks, and a shape may be darker or brighter than its ground: colour alone won't do.
# - People get wrong: accuracy. Let them guess the accuracy of the lazy mask.
# - Late? Skip Dice.
# - Time mark: 0:11 at the end of this section.

# %% alt="Six pictures with discs, boxes and triangles on coloured grounds crossed by thin lines; below each its white mask without the lines" slideshow={"slide_type": "-"} tags=["hide-input"]
pictures, masks = data.test  # (B, H, W, C), (B, H, W, 1)
show_masks(pictures[:6], masks[:6], "Shapes count, lines and noise do not")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What is in a mask?
#
# Which numbers, and how many of them are 1?

# %% slideshow={"slide_type": "-"} tags=["live"]
print(pictures.shape, masks.shape, np.unique(masks), f"{masks.mean():.0%} shape")
assert set(np.unique(masks)) == {0, 1} and pictures.shape[:3] == masks.shape[:3]
assert masks.mean() < 0.5

# %% [markdown] slideshow={"slide_type": "fragment"}
# One answer for each pixel, and most of them are "no".

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how good is a network that always says no?
#
# It finds nothing. Which part of the pixels does it get right?

# %% slideshow={"slide_type": "-"} tags=["live"]
lazy = jnp.zeros(masks.shape, bool)
accuracy = (lazy == masks).mean()
print(f"accuracy {accuracy:.0%}")
assert accuracy > 0.8

# %% [markdown] slideshow={"slide_type": "fragment"}
# More than four fifths. We need a score that the ground does not pay into.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### By hand: intersection over union
#
# Pixels in both masks, over pixels in either: **IoU**. A square of 4 × 4, and the same square moved by 2. Guess.
#
# $$\text{IoU} = \frac{|P \cap M|}{|P \cup M|} \qquad\qquad \text{Dice} = \frac{2\,|P \cap M|}{|P| + |M|}$$

# %% slideshow={"slide_type": "-"} tags=["live"]
M = jnp.zeros((8, 8), bool).at[2:6, 1:5].set(True)
P = jnp.zeros((8, 8), bool).at[2:6, 3:7].set(True)
iou = (P & M).sum() / (P | M).sum()
dice = 2 * (P & M).sum() / (P.sum() + M.sum())
print(f"IoU {iou:.3f}, Dice {dice:.3f}")
assert jnp.isclose(iou, 8 / 24) and jnp.isclose(dice, 2 * iou / (1 + iou))

# %% [markdown] slideshow={"slide_type": "fragment"}
# 8 pixels in both, 24 in either: a third, though half of each square is right. Dice is one half. Each follows from
# the other, and grows with it: they rank networks alike.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The library, and the lazy network
#
# `overlap` counts pixels of a whole batch, from logits: above 0 means "shape". What does the lazy network score now?

# %% slideshow={"slide_type": "-"}
from snippets.segmentation import overlap

said = overlap(jnp.where(P, 5.0, -5.0), M.astype(float))
print(jax.tree.map(int, said))
assert said.iou == iou and said.dice == dice
lazy_score = overlap(jnp.where(lazy, 5.0, -5.0), masks)
print(f"lazy: IoU {lazy_score.iou:.2f}")
assert lazy_score.iou == 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# 0, as it should. The counts can be added up over batches before we divide, so a small last batch weighs what its
# pixels weigh.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a mask that lost its last axis
#
# Logits are `(B, H, W, 1)`, these masks `(B, H, W)`. NumPy would subtract them. Shape of the result? And with us?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
flat = masks[..., 0]  # (B, H, W)
jnp.zeros(masks.shape) - flat

# %% [markdown] slideshow={"slide_type": "fragment"}
# Our flag refuses. NumPy aligns from the right and would try `(B, H, W, 1)` with `(1, B, H, W)`; for square batches
# that works, and every picture meets every mask. The cure is the axis: `flat[..., None]`.

# %% slideshow={"slide_type": "fragment"}
assert jnp.array_equal(jnp.zeros(masks.shape) - flat[..., None], -masks)
four = np.zeros((4, 4, 4, 1)) - np.zeros((4, 4, 4))
assert four.shape == (4, 4, 4, 4)  # no error in NumPy

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## A U, drawn from the model
#
# Nobody drew this picture: the module is traced once with shapes alone, and every part reports what leaves it. Over
# each box the side in pixels, inside it the channels.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them read it: "what doubles when the side halves?" and "what do the red arrows carry?"
# - Say why there are two ways: the deep one knows what it is, the short one knows where it is.
# - People get wrong: they take the receptive field for the size of the kernel.
# - Late? Skip the formula, keep the picture.
# - Time mark: 0:17 at the end of this section.

# %% alt="The U-Net as a U of boxes: 64, 32, 16 and 8 pixels on the way down, the same up again, three red skips across" slideshow={"slide_type": "-"} tags=["hide-input"]
from snippets import unet_linen
from snippets.shape_diagram import draw_stages, skips, stages

model = unet_linen.UNet(base=8, depth=3)
parts = stages(model, (1, 64, 64, 3))
draw_stages(parts, "Half the side, twice the channels; skips carry the detail across")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: from where to where?
#
# The red arrows were read off the program that JAX writes down: whose output reaches a part further on than the next?

# %% slideshow={"slide_type": "-"}
for source, target in skips(parts):
    print(source, "→", target)
assert len(skips(parts)) == 3 and parts[-1].shape == (64, 64, 1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Left the **encoder**, right the **decoder**, in red the skips. Out comes one logit for each pixel.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how far does one output pixel see?
#
# Two 3 × 3 convolutions see 5 × 5 input pixels: the **receptive field**. Ask `grad`: for which inputs is the slope of
# one output not zero? How wide with one, two, three levels?

# %% slideshow={"slide_type": "-"}
def seen_from_the_middle(depth, side=128):
    net = unet_linen.UNet(base=1, depth=depth, fast=True)
    x = jnp.ones((1, side, side, 1))
    even = lambda leaf: jnp.full(leaf.shape, 0.1)  # no two ways can cancel
    weights = jax.tree.map(even, jax.eval_shape(net.init, jax.random.key(0), x))
    middle = lambda x: net.apply(weights, x)[0, side // 2, side // 2, 0]
    return jax.jit(jax.grad(middle))(x)[0, :, :, 0]

fields = [seen_from_the_middle(depth) for depth in range(4)]
widths = [int((field > 0).any(axis=0).sum()) for field in fields]
print(widths)
assert widths[0] == 5 and all(b > 2 * a for a, b in zip(widths, widths[1:]))

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-2"></span><span class="fragment hl-4 hl-5"></span>
# <span class="fragment hl-6 hl-7"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# With three levels more than our 64 pixels: each level more than doubles the field.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What one pixel sees
#
# The same four fields. Which pixels matter most?

# %% alt="Four squares: what reaches the middle pixel, 5 pixels wide without levels and ever wider with one, two and three levels" slideshow={"slide_type": "-"} tags=["hide-input"]
figure, axes = slide_figure(2.6, columns=4)
for axis, field, width, depth in zip(axes[0], fields, widths, range(4)):
    axis.imshow(np.log10(np.asarray(field) / field.max() + 1e-9), vmin=-6, cmap="magma")
    axis.set(title=f"{depth} levels: {width} px", xticks=[], yticks=[])
    axis.grid(False)
_ = figure.suptitle("Each level more than doubles what a pixel sees")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The near ones, by orders of magnitude (the colours are logarithms). So the net can judge a pixel by its
# surroundings, and most strongly by its neighbours.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## Block by block
#
# First the brick, twice convolution and ReLU. PyTorch is told the channels that come in, Linen finds out.
# <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Point left and right in turn; the lines stand opposite each other on purpose.
# - Ask: "what does Linen know here that PyTorch had to be told?" The channels coming in.
# - The lecture that we follow called skips "ResNet's secret sauce". The cells say what is right about it.
# - People get wrong: the axis. Channels are axis 1 in PyTorch, the last one in Linen.
# - Late? Skip NNX.
# - Time mark: 0:24 at the end of this section.

# %% slideshow={"slide_type": "-"}
# PyTorch
class TorchDouble(tnn.Module):
    def __init__(self, c, w):
        super().__init__()
        self.conv1 = tnn.Conv2d(
            c, w, 3, padding=1)
        self.conv2 = tnn.Conv2d(
            w, w, 3, padding=1)

    def forward(self, x):
        x = self.conv1(x).relu()
        return self.conv2(x).relu()

# %% slideshow={"slide_type": "-"}
# Linen
class Double(nn.Module):
    w: int

    def setup(self):
        self.conv1 = nn.Conv(
            self.w, (3, 3))
        self.conv2 = nn.Conv(
            self.w, (3, 3))

    def __call__(self, x):
        x = nn.relu(self.conv1(x))
        return nn.relu(self.conv2(x))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# Linen pads by default so that the size stays ("SAME"), PyTorch does not: hence `padding=1`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The parts
#
# Three levels, so three of everything but the bottom and the head. <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
# PyTorch
W, List = (8, 16, 32), tnn.ModuleList
class TorchParts(tnn.Module):
    def __init__(self):
        super().__init__()
        self.down = List(map(
            TorchDouble, (3, 8, 16), W))
        self.bottom = TorchDouble(32, 64)
        self.up = List(
            tnn.ConvTranspose2d(
                2 * w, w, 2, 2) for w in W)
        self.merge = List(
            TorchDouble(2 * w, w)
            for w in W)
        self.head = tnn.Conv2d(8, 1, 1)

# %% slideshow={"slide_type": "-"}
# Linen
W, two = (8, 16, 32), (2, 2)
class Parts(nn.Module):
    def setup(self):

        self.down = [
            Double(w) for w in W]
        self.bottom = Double(64)
        self.up = [
            nn.ConvTranspose(w, two, two)
            for w in W]
        self.merge = [
            Double(w)
            for w in W]
        self.head = nn.Conv(1, (1, 1))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# `merge` gets `2 * w` channels: `w` from below, `w` from the skip. In Linen nobody had to say so.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The way through
#
# Where do the two differ? Only the axis of the channels, and who holds the numbers. <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
# PyTorch
class TorchUNet(TorchParts):
    def forward(self, x):
        skips = []
        for down in self.down:
            skips.append(down(x))
            x = tnn.functional.max_pool2d(
                skips[-1], 2)
        x = self.bottom(x)
        for i in (2, 1, 0):
            both = skips[i], self.up[i](x)
            x = torch.cat(both, 1)
            x = self.merge[i](x)
        return self.head(x)

# %% slideshow={"slide_type": "-"}
# Linen
class UNet(Parts):
    def __call__(self, x):
        skips = []
        for down in self.down:
            skips.append(down(x))
            x = nn.max_pool(
                skips[-1], two, two)
        x = self.bottom(x)
        for i in (2, 1, 0):
            both = skips[i], self.up[i](x)
            x = jnp.concatenate(both, -1)
            x = self.merge[i](x)
        return self.head(x)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# Line for line the same network. `skips` is an ordinary Python list in both: tracing sees through it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what is the tree called?
#
# `self.down` is a list of three modules. Linen's trees have names only. Which?

# %% slideshow={"slide_type": "-"} tags=["live"]
shown = jnp.asarray(pictures[:4])  # (4, 64, 64, 3)
hurry = {"xla_backend_optimization_level": 0}  # runs once: polishing pays for nothing
variables = jax.jit(UNet().init, compiler_options=hurry)(jax.random.key(0), shown)
print(*variables["params"], sep=" ")
named = jax.eval_shape(model.init, jax.random.key(0), shown)
assert jax.tree.structure(variables) == jax.tree.structure(named)
assert jax.tree.map(jnp.shape, variables) == jax.tree.map(jnp.shape, named)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `down_0`, `down_1`, … The snippet `unet_linen`, which drew the U, is the same network with settings: same structure,
# same shapes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### "ResNet's secret sauce", first in U-Net?
#
# A talk said that U-Net had skips before ResNet. An arXiv number starts with year and month. But is it the same skip?
# Predict: what becomes of two maps with 8 channels each?

# %% slideshow={"slide_type": "-"} tags=["live"]
unet, resnet = 1505.04597, 1512.03385
skip, below = jax.random.normal(jax.random.key(1), (2, 1, 16, 16, 8))  # (1, 16, 16, 8)
print("U-Net ", jnp.concatenate([skip, below], axis=-1).shape)
print("ResNet", (skip + below).shape)
assert unet < resnet

# %% [markdown] slideshow={"slide_type": "fragment"}
# May before December 2015: earlier, yes. The same, no: U-Net puts the maps *beside* each other, ResNet *adds* them.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How far apart are concat and add?
#
# A convolution is linear in its channels. So cut the kernel in two: what does its upper half see, what its lower?

# %% slideshow={"slide_type": "-"}
conv = nn.Conv(8, (3, 3), use_bias=False)
kernel = jax.random.normal(jax.random.key(2), (3, 3, 16, 8))
run = lambda x, kernel: conv.apply({"params": {"kernel": kernel}}, x)
concat = run(jnp.concatenate([skip, below], axis=-1), kernel)
apart = run(skip, kernel[:, :, :8]) + run(below, kernel[:, :, 8:])
assert jnp.allclose(concat, apart, atol=1e-4)
twin = jnp.concatenate([kernel[:, :, :8]] * 2, axis=2)  # both halves equal
tied = run(jnp.concatenate([skip, below], axis=-1), twin)
assert jnp.allclose(tied, run(skip + below, kernel[:, :, :8]), atol=1e-4)
print("concat:", kernel.size, "numbers; add:", kernel[:, :, :8].size)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Concat is a sum as well, but each side has a kernel of its own. Adding first is the special case that both are equal:
# half the parameters, and no say about which side counts.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### And in NNX?
#
# Predict: what must `nnx.ConvTranspose` be told that Linen's was not? And is the kernel's shape the same?

# %% slideshow={"slide_type": "-"}
up = nnx.ConvTranspose(16, 8, (2, 2), (2, 2), rngs=nnx.Rngs(0))
in_linen = variables["params"]["up_0"]["kernel"]
print(up.kernel.shape, in_linen.shape)
assert up.kernel.shape == in_linen.shape == (2, 2, 16, 8)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The channels coming in, and a key: NNX makes its numbers at once, as PyTorch does. The kernel is the same.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## Up again: transpose or dilated
#
# Google's Scenic has a U-Net in Linen, too. It calls one layer `DeConv3x3`; a talk said: "that is `ConvTranspose2d`".
# Is it? Both make `18²` of `9²`.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Draw the stretched input: pixels with zeros between. Everything here follows from it.
# - People get wrong: "deconvolution undoes a convolution". It undoes the shape.
# - The flip is the thing to remember; it comes back when we carry weights over.
# - Late? Skip "How many inputs reach each output?".
# - Time mark: 0:30 at the end of this section.

# %% slideshow={"slide_type": "-"}
nine = jax.random.normal(jax.random.key(3), (1, 9, 9, 4))
scenic = nn.Conv(5, (3, 3), input_dilation=(2, 2), padding=((1, 2), (1, 2)))
weights = jax.jit(scenic.init)(jax.random.key(4), nine)
ours = scenic.apply(weights, nine)  # (1, 18, 18, 5)

options = {"stride": 2, "padding": 1, "output_padding": 1}
theirs = tnn.ConvTranspose2d(4, 5, 3, **options)
there = lambda x: torch.tensor(np.asarray(x)).permute(0, 3, 1, 2)  # NHWC to NCHW
print(ours.shape, tuple(theirs(there(nine)).shape))
assert ours.shape[1:3] == theirs(there(nine)).shape[2:] == (18, 18)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal sizes. `input_dilation=(2, 2)` puts a zero between neighbours: 9 pixels become 17, padding makes them 20, a
# 3 × 3 kernel leaves 18. It is an ordinary convolution of a stretched picture.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the same kernel, the same numbers?
#
# Copy Scenic's kernel `(kh, kw, I, O)` into PyTorch's `(I, O, kh, kw)`. Equal? And if we turn it upside down?

# %% slideshow={"slide_type": "-"} tags=["live"]
kernel = np.asarray(weights["params"]["kernel"])  # (3, 3, 4, 5)
gaps = []
for placed in (kernel, kernel[::-1, ::-1]):
    weight = torch.tensor(placed.transpose(2, 3, 0, 1).copy())
    out = torch.conv_transpose2d(there(nine), weight, **options)
    gaps.append(float(abs(out.permute(0, 2, 3, 1).numpy() - ours).max()))
print(f"as it is {gaps[0]:.1f}, turned by 180 degrees {gaps[1]:.0e}")
assert gaps[0] > 0.1 and gaps[1] < 1e-5
slope = torch.nn.grad.conv2d_input((1, 5, 18, 18), weight, there(nine), 2, 1)
assert torch.allclose(out, slope, atol=1e-5)  # the gradient of a convolution

# %% [markdown] slideshow={"slide_type": "fragment"}
# Turned by 180°, they are equal. So `DeConv3x3` is an ordinary `nn.Conv`, and *can be made* PyTorch's transpose
# convolution, if kernel and padding are chosen to fit. PyTorch's layer is the gradient of a convolution, says the last
# line; that turns the kernel.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What JAX writes down
#
# `nn.ConvTranspose` next to it. Which primitive will the jaxpr show, and with which dilation?

# %% slideshow={"slide_type": "-"}
from snippets.autodiff_measure import operations

two_by_two = nn.ConvTranspose(5, (2, 2), (2, 2))
for layer in (scenic, two_by_two):
    made = jax.make_jaxpr(layer.init_with_output)(jax.random.key(0), nine)
    [eqn] = [e for e in made.eqns if e.primitive.name == "conv_general_dilated"]
    print(eqn.primitive.name, "lhs_dilation", eqn.params["lhs_dilation"])
    assert eqn.params["lhs_dilation"] == (2, 2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same primitive, the same stretched input. In JAX a transpose convolution is not an operation of its own.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How many inputs reach each output?
#
# Kernel of ones, picture of ones: then every output counts what reaches it. Kernel 3 or kernel 2, stride 2 in both.

# %% alt="Two grids of counts: kernel 3 gives a checkerboard of 1, 2 and 4, kernel 2 gives 1 everywhere" slideshow={"slide_type": "-"} tags=["hide-input"]
figure, axes = slide_figure(2.4, columns=2)
for axis, size in zip(axes[0], (3, 2)):
    up = nn.ConvTranspose(1, (size, size), (2, 2), use_bias=False)
    ones = {"params": {"kernel": jnp.ones((size, size, 1, 1))}}
    count = up.apply(ones, jnp.ones((1, 6, 6, 1)))[0, 2:10, 2:10, 0]
    axis.imshow(count, vmin=0, vmax=4, cmap="Blues")
    seen = sorted({int(number) for number in count.ravel()})
    axis.set(title=f"kernel {size}: {seen}", xticks=[], yticks=[])
_ = figure.suptitle("Kernel 3 at stride 2 prints a checkerboard, kernel 2 does not")

# %% [markdown] slideshow={"slide_type": "fragment"}
# With kernel 3 some outputs hear of four inputs, some of one: a checkerboard that training must unlearn. With kernel
# 2 each hears of exactly one.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### By hand: a matrix product and a reshape
#
# If no two outputs overlap, every pixel becomes its own 2 × 2 block: one product, then sort.

# %% slideshow={"slide_type": "-"}
class Shuffle(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        b, h, w, c = x.shape
        shape = (2, 2, c, self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros, shape[3:])
        matrix = kernel[::-1, ::-1].transpose(2, 0, 1, 3).reshape(c, -1)  # (C, 4 F)
        blocks = (x @ matrix).reshape(b, h, w, 2, 2, self.features)
        picture = blocks.transpose(0, 1, 3, 2, 4, 5)  # (B, H, 2, W, 2, F)
        return picture.reshape(b, 2 * h, 2 * w, self.features) + bias[None, None, None]

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-10"></span><span class="fragment hl-11"></span>
# <span class="fragment hl-12 hl-13"></span>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: will `nn.ConvTranspose` take this tree?
#
# The parameters come from `Shuffle`, the layer is the library's.

# %% slideshow={"slide_type": "-"} tags=["live"]
weights = Shuffle(5).init(jax.random.key(4), nine)
same = two_by_two.apply(weights, nine)
print(f"{jnp.abs(Shuffle(5).apply(weights, nine) - same).max():.0e}")
assert jnp.allclose(Shuffle(5).apply(weights, nine), same, atol=1e-5)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It takes it, and agrees. Nothing was stretched: no zeros to multiply.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## Crop and concat
#
# The paper pads nothing: a 3 × 3 convolution loses a pixel on each side. Then a skip is larger than what comes from
# below, and is cropped. From 572², what comes out? With a pencil:

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them do one level with a pencil: 572, 570, 568, pool 284.
# - The docstring is a kind lesson: text is not run by anybody, so it goes stale. Ours would, too; hence asserts.
# - People get wrong: they believe that an index past the edge raises an error. Lecture 01: it is clamped.
# - Late? Skip "Predict: a picture of 60 pixels".
# - Time mark: 0:35 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
def side_by_hand(side, depth):
    for _ in range(depth):
        side = (side - 4) // 2  # two convolutions, one pool
    side = side - 4
    for _ in range(depth):
        side = 2 * side - 4  # up, two convolutions
    return side

print(side_by_hand(572, 4))
assert side_by_hand(572, 4) == 388 == 572 - 2 * 92

# %% [markdown] slideshow={"slide_type": "fragment"}
# 388, as in the paper's figure. 92 pixels on each side get no answer.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Asked of both frameworks, for nothing
#
# The paper's net has 31 million numbers. We want its shapes only: `eval_shape` in JAX, the device `"meta"` in PyTorch.

# %% slideshow={"slide_type": "-"}
from snippets import unet_torch

paper = unet_linen.UNet(base=64, depth=4, padding="VALID")
large = jax.ShapeDtypeStruct((1, 572, 572, 3), jnp.float32)
out, tree = jax.eval_shape(paper.init_with_output, jax.random.key(0), large)
with torch.device("meta"):
    blog = unet_torch.UNet(channels=3, base=64, depth=4, padding=0)
    also = blog(torch.zeros(1, 3, 572, 572))
print(out.shape, tuple(also.shape))
assert out.shape[1:3] == also.shape[2:] == (388, 388)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both say 388, and neither has allocated a byte of it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a crop that leaves the picture
#
# Of a row of 6 we take 4 from place 4 on. Three ways, and one writes. What does each give?

# %% slideshow={"slide_type": "-"} tags=["live"]
row, places = jnp.arange(6.0), jnp.arange(4, 8)
print("slice   ", jax.lax.dynamic_slice(row, (4,), (4,)))
print("indices ", row[places])
print("at, set ", row.at[places].set(-1.0))
assert jax.lax.dynamic_slice(row, (4,), (4,))[0] == 2
assert (row[places] == jnp.array([4, 5, 5, 5])).all()

# %% [markdown] slideshow={"slide_type": "fragment"}
# No error anywhere: the slice moves back inside, the indices stick to the edge, the write outside is dropped. A
# wrong crop would train, a little worse, and nobody would know.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: check sizes in Python
#
# Shapes are plain numbers, also under `jit`. So a crop can refuse. Predict what ours says to 8 of 6 pixels, traced only.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
jax.eval_shape(lambda x: unet_linen.centre_crop(x, 8, 8), jnp.zeros((1, 6, 6, 1)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# It says so while tracing, before anything is computed. In the compiled program no check is left.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a picture of 60 pixels
#
# With padding, 64 gives 64. What gives a picture of 60?

# %% slideshow={"slide_type": "-"} tags=["live"]
def out_side(side):
    x = jax.ShapeDtypeStruct((1, side, side, 3), jnp.float32)
    return jax.eval_shape(model.init_with_output, jax.random.key(0), x)[0].shape[1]

print({side: out_side(side) for side in (56, 60, 64, 72)})
assert out_side(64) == 64 and out_side(60) == 56

# %% [markdown] slideshow={"slide_type": "fragment"}
# 56: 60 halves to 30, 15 and 7, and 7 doubles to 14; the crop makes the rest fit. Sides must be multiples of $2^3$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### "The bottom block has dropout, convolutions are unpadded"
#
# So says Scenic's docstring. Our copy `ScenicUNet` was written from the *code*. Sizes? Any random number drawn?

# %% slideshow={"slide_type": "-"}
from snippets.unet_scenic import ScenicUNet

one = jax.ShapeDtypeStruct((1, 128, 128, 5), jnp.float32)
out, scenic = jax.eval_shape(ScenicUNet().init_with_output, jax.random.key(0), one)
used = operations(ScenicUNet().apply, scenic, one)
print(out.shape, [name for name in used if "random" in name])
assert out.shape == (1, 128, 128, 5)
assert not any("random" in name or "threefry" in name for name in used)

# %% [markdown] slideshow={"slide_type": "fragment"}
# 128 in, 128 out: our copy pads; and it has no dropout. Words and code have drifted apart, if the copy is right. How
# sure can we be? We count.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## Count the parameters
#
# A convolution of `k` × `k` from `i` to `o` channels keeps $k^2\,i\,o + o$ numbers. So count our U-Net with a pencil:

# %% [markdown] slideshow={"slide_type": "notes"}
# - Do the first block aloud: 9·3·8 + 8 = 224, then 584.
# - Ask before the diagram: "34,491,599 is what Scenic's own test says. What could be missing?" Let them look.
# - People get wrong: they count the running statistics of BatchNorm as parameters.
# - Late? Skip "By how many?".
# - Time mark: 0:40 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
def conv(i, o, k=3):
    return k * k * i * o + o
def double(i, o):
    return conv(i, o) + conv(o, o)
encoder = double(3, 8) + double(8, 16) + double(16, 32) + double(32, 64)
ups = conv(64, 32, 2) + conv(32, 16, 2) + conv(16, 8, 2)
merges = double(64, 32) + double(32, 16) + double(16, 8)
by_hand = encoder + ups + merges + conv(8, 1, 1)
size = lambda tree: sum(leaf.size for leaf in jax.tree.leaves(tree))
print(by_hand, size(variables["params"]))
assert by_hand == size(variables["params"]) == 120_825

# %% [markdown] slideshow={"slide_type": "fragment"}
# The tree agrees with the pencil. If not, one of them would have misunderstood the network.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The paper's size, in both frameworks
#
# `tree` and `blog` are those 572² networks that hold no numbers. Can one count what is not there?

# %% slideshow={"slide_type": "-"}
in_torch = sum(weight.numel() for weight in blog.parameters())
print(f"{size(tree['params']):,} and {in_torch:,}")
assert size(tree["params"]) == in_torch == 31_031_745
where = jax.tree.map(lambda leaf: type(leaf).__name__, tree["params"]["head"])
print(where, blog.head.weight.device)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A shape has a size: 31,031,745 numbers in both frameworks, and none of them was ever made.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Find the lost skip
#
# Scenic's test expects 34,491,599 parameters, and our copy agrees. Here it is, drawn from itself:

# %% alt="Scenic's U-Net as a U: three red skips, and none from the first level" slideshow={"slide_type": "-"} tags=["hide-input"]
assert size(scenic["params"]) == 34_491_599
parts = stages(ScenicUNet(), (1, 128, 128, 5))
draw_stages(parts, "Four levels down, three skips across: the finest is lost")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nobody takes the map of `down_0`: four are put on the list, three are taken off.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### By how many?
#
# With the fourth skip, `merge_0` would read 128 channels, not 64. How many parameters more? Pencil first.

# %% slideshow={"slide_type": "-"} tags=["live"]
repaired = ScenicUNet(fourth_skip=True)
whole = jax.eval_shape(repaired.init, jax.random.key(0), one)
missing = size(whole["params"]) - size(scenic["params"])
print(f"{size(whole['params']):,} - {size(scenic['params']):,} = {missing:,}")
assert missing == 3 * 3 * 64 * 64 and size(whole["params"]) == 34_528_463

# %% [markdown] slideshow={"slide_type": "fragment"}
# One kernel of 3 × 3 × 64 × 64. A test that pins 34,491,599 pinned the bug with it: a count proves something when it
# was made *before* looking.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Two more questions for the counter
#
# **1.** Scenic has BatchNorm. Are its running means in that count?
#
# **2.** One `Double(8)` called twice on 8 channels: how many numbers, `double(8, 8)` or twice that?

# %% slideshow={"slide_type": "fragment"}
class Again(nn.Module):
    def setup(self):
        self.block = Double(8)

    def __call__(self, x):
        return self.block(self.block(x))

tied = jax.eval_shape(Again().init, jax.random.key(0), jnp.ones((1, 8, 8, 8)))
print({name: size(part) for name, part in scenic.items()}, size(tied))
assert size(tied) == double(8, 8) and set(scenic) == {"params", "batch_stats"}

# %% [markdown] slideshow={"slide_type": "fragment"}
# No: they lie in a collection of their own, `batch_stats`. And once: a module that is called twice has one place in
# the tree, which is how Linen shares.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Weights carried over
#
# Same network, same numbers? Then the same answer. `porting`, from the last lecture, finds PyTorch's name for each
# address of the tree; we say what is called differently.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask before the first try: "which layer will give trouble?" Somebody remembers the flip.
# - The silent failure is the point of this section: shapes fit, nothing complains, the answer is wrong.
# - People get wrong: they test a port on shapes, or on one all-zero picture.
# - Late? Skip the gradients.
# - Time mark: 0:44 at the end of this section.

# %% slideshow={"slide_type": "-"}
from snippets.porting import CONV_TRANSPOSE, Layout, into_torch, torch_name

names = unet_torch.linen_names(depth=3)
for path, leaf in jax.tree.leaves_with_path(variables["params"])[::9]:
    address = jax.tree_util.keystr(path, simple=True, separator="/")
    print(f"{address:20} {leaf.shape!s:15} {torch_name(address, names)}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# `down_1/conv1/kernel` is `down.1.conv1.weight` there, with `(kh, kw, I, O)` turned into `(O, I, kh, kw)`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: does everything fit?
#
# Every name is found. Every shape? Think of the layer that goes up.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
into_torch(variables, TorchUNet(), names)

# %% [markdown] slideshow={"slide_type": "fragment"}
# PyTorch's transpose convolution keeps `(I, O, kh, kw)`, the channels in the other order. The first cure that comes
# to mind: swap them.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: now it fits. Is it right?
#
# We say how the kernels of `up` lie, and nothing complains any more. Are the logits equal?

# %% slideshow={"slide_type": "-"} tags=["live"]
def apart(twin):
    """Largest difference of a logit between Linen and its PyTorch twin"""
    with torch.no_grad():
        theirs = twin(there(shown)).permute(0, 2, 3, 1).numpy()
    return float(abs(UNet().apply(variables, shown) - theirs).max())

swap = Layout(*[lambda kernel: kernel.transpose(2, 3, 0, 1)] * 2)
swapped = {f"up_{level}": swap for level in range(3)}
wrong = apart(into_torch(variables, TorchUNet(), names, swapped))
print(f"{wrong:.2f}")
assert wrong > 1e-2

# %% [markdown] slideshow={"slide_type": "fragment"}
# No! The 2 × 2 kernels of `up` stand on their heads. No error, just wrong: a shape cannot tell.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: say that these are transposed
#
# `CONV_TRANSPOSE` turns the kernel, as we did by hand for 9² → 18².

# %% slideshow={"slide_type": "-"} tags=["live"]
turned = {f"up_{level}": CONV_TRANSPOSE for level in range(3)}
twin = into_torch(variables, TorchUNet(), names, turned)
right = apart(twin)
print(f"{right:.0e}, not {wrong:.0e}")
assert right < 1e-5

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal to float32's rounding. Two frameworks, two layouts, one function.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Are the gradients equal, too?
#
# Equal values could hide a wrong backward pass. One loss, two frameworks, the slope of the very first kernel:

# %% slideshow={"slide_type": "-"}
answers = jnp.asarray(masks[:4])
def loss(params, x, y):
    logits = UNet().apply({"params": params}, x)
    return optax.sigmoid_binary_cross_entropy(logits, y).mean()

slope = jax.jit(jax.grad(loss), compiler_options=hurry)
slopes = slope(variables["params"], shown, answers)
entropy = tnn.functional.binary_cross_entropy_with_logits
entropy(twin(there(shown)), there(answers)).backward()
theirs = twin.down[0].conv1.weight.grad.permute(2, 3, 1, 0).numpy()
print(f"{abs(slopes['down_0']['conv1']['kernel'] - theirs).max():.0e}")
assert jnp.allclose(slopes["down_0"]["conv1"]["kernel"], theirs, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "fragment"}
# They are, all the way back to the first layer. Now a difference in training can only come from training.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## Train it
#
# A shape's colour only *differs* from the ground's. So give the network that difference: subtract each picture's
# median colour. (Lecture 04: units decide how fast we get there.)

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "why the median, not the mean?" Shapes cover a small part, the median is ground.
# - While it trains: "which loss would punish a forgotten small shape more?" Dice.
# - People get wrong: they average the IoU of batches. Add up pixels, divide once.
# - Late? Skip Dice's loss.
# - Time mark: 0:51 at the end of this section.

# %% slideshow={"slide_type": "-"}
def centred(pictures):
    """Distance from each picture's median colour, in quarters: (B, H, W, C)"""
    ground = np.median(pictures, axis=(1, 2), keepdims=True)  # (B, 1, 1, C)
    return (pictures - ground) * 4

x, y = centred(data.train.inputs), data.train.targets
x_test, y_test = centred(data.test.inputs), data.test.targets
assert np.abs(np.median(x, axis=(1, 2))).max() < 1e-6
print(x.shape, f"{x.mean():.2f} ± {x.std():.2f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The ground is 0 now, in every picture.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A loss by hand: cross-entropy
#
# Of a pixel with logit $z$ and mask $m$ it is $\log(1 + e^z) - z\,m$. At $z = 1000$ and $m = 0$, what does that give in
# float32?

# %% slideshow={"slide_type": "-"}
from snippets.segmentation import cross_entropy, dice_loss

z, m = jnp.linspace(-5, 5, 12), jnp.arange(12.0) % 2
naive = jnp.mean(jnp.log(1 + jnp.exp(z)) - z * m)
print(naive, cross_entropy(z, m), jnp.log(1 + jnp.exp(1000.0)))
by_optax = optax.sigmoid_binary_cross_entropy(z, m).mean()
assert jnp.allclose(naive, by_optax, rtol=1e-4)
assert jnp.allclose(cross_entropy(z, m), by_optax, rtol=1e-4)
assert cross_entropy(jnp.array([1000.0]), jnp.zeros(1)) == 1000

# %% [markdown] slideshow={"slide_type": "fragment"}
# Infinity. The snippet writes $\max(z, 0) - z\,m + \log(1 + e^{-|z|})$: the same function, and $e$ never overflows.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### And one from Dice
#
# Counts have no slope; probabilities in their place have one. Is Dice's loss of a batch the mean of its halves'?

# %% slideshow={"slide_type": "-"}
p = jax.nn.sigmoid(z)
by_hand = 1 - (2 * (p * m).sum() + 1) / (p.sum() + m.sum() + 1)  # + 1: for empty masks
assert jnp.isclose(dice_loss(z, m), by_hand) and (jax.grad(dice_loss)(z, m) != 0).all()
for loss in (cross_entropy, dice_loss):
    halves = (loss(z[:6], m[:6]) + loss(z[6:], m[6:])) / 2
    print(loss.__name__, f"whole {loss(z, m):.3f}, halves {halves:.3f}")
    assert jnp.isclose(halves, loss(z, m)) == (loss is cross_entropy)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Of cross-entropy, a mean over pixels, it is. Of Dice it is not: there a half is a batch of its own.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Many steps in one program
#
# `fast=True`: the same tree, with `Shuffle`, a pool by reshape, and lecture 05's convolution. JAX knows every gradient;
# why did that one bring its own, by `custom_vjp`? `steps` scans over `K` batches, each cut in halves.

# %% slideshow={"slide_type": "-"}
from flax.training.train_state import TrainState
from snippets.unet_training import steps
K, B, CHUNKS = 25, 16, by_size(smoke=4, full=20)
fast = unet_linen.UNet(base=8, depth=3, fast=True)

def objective(params, x, y):
    logits = fast.apply({"params": params}, x)
    return cross_entropy(logits, y) + dice_loss(logits, y)

run = steps(objective, parts=2)
fresh = jax.tree.map(jnp.copy, variables["params"])  # `run` will use up what it gets
state = TrainState.create(apply_fn=fast.apply, params=fresh, tx=optax.adam(3e-3))

# %% [markdown] slideshow={"slide_type": "fragment"}
# JAX's own runs on a slow path inside `scan`, as lecture 05 timed. And halves that do not wait for each other may run
# on two cores.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: IoU after a hundred steps?
#
# And before the first? Each chunk draws pictures in a new order, none twice.

# %% slideshow={"slide_type": "-"} tags=["live", "expensive"]
predict = jax.jit(lambda params, x: fast.apply({"params": params}, x))
score = lambda params: float(overlap(predict(params, x_test), y_test).iou)
rng, losses, ious = np.random.default_rng(0), [], [score(state.params)]
for _ in range(CHUNKS):
    chosen = rng.permutation(len(x))[: K * B].reshape(K, B)
    state, values = run(state, x[chosen], y[chosen])  # values (K,)
    losses.append(np.asarray(values))
    ious.append(score(state.params))
print(f"{int(state.step)} steps, IoU from {ious[0]:.3f} to {ious[-1]:.3f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Good masks, from a CPU. The study page says which size of run it shows.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How it rose
#
# The dotted line is the bar that this lecture must pass, lower for a short run. Was it near?

# %% alt="IoU on test pictures rises with the steps towards 1" slideshow={"slide_type": "-"} tags=["hide-input"]
BAR = by_size(smoke=0.8, full=0.93)
assert ious[-1] >= BAR and np.mean(losses[-1]) < np.mean(losses[0])
assert ious[CHUNKS // 4] - ious[0] > (ious[-1] - ious[0]) / 2
title = f"After {int(state.step)} steps the masks overlap by {ious[-1]:.1%}"
ax = slide_axes(title, "step", "IoU, test", 2.6)
ax.plot(K * np.arange(CHUNKS + 1), ious, "o-")
_ = ax.axhline(BAR, color="0.4", linestyle=":")

# %% [markdown] slideshow={"slide_type": "fragment"}
# More than half of the way is made in the first quarter of the steps; the rest is slow.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What became of the state we put in?
#
# `run` donates it. And is the mean of two halves' gradients really the whole's?

# %% slideshow={"slide_type": "-"}
before = jax.tree.map(jnp.copy, state)  # we still need `state`
_ = run(before, x[chosen], y[chosen])
gone = [leaf.is_deleted() for leaf in jax.tree.leaves(before)]
print("given up:", all(gone), " leaves of the state:", len(jax.tree.leaves(state)))
assert all(gone)
one, other = (slope(state.params, x[i : i + 4], y[i : i + 4]) for i in (0, 4))
halves = jax.tree.map(lambda *two: np.mean(two, axis=0), one, other)
whole = slope(state.params, x[:8], y[:8])  # `slope` is the one compared with PyTorch
near = lambda a, b: np.allclose(a, b, atol=1e-5)
assert jax.tree.all(jax.tree.map(near, halves, whole))

# %% [markdown] slideshow={"slide_type": "fragment"}
# A `TrainState` is registered, so `jit` sees its leaves, and reuses each. And of a mean over pixels, halves add up.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Save what was expensive
#
# A checkpoint keeps leaves by address, and wants a tree to compare with. Is one of another U-Net, the one from our
# columns, good enough?

# %% slideshow={"slide_type": "-"}
import tempfile
from pathlib import Path

from snippets.checkpoint import restore, save

file = Path(tempfile.mkdtemp()) / "unet.npz"
save(file, state.params, step=int(state.step))
restored, about = restore(file, like=variables["params"])
print(about)
assert jax.tree.all(jax.tree.map(np.array_equal, restored, state.params))

# %% [markdown] slideshow={"slide_type": "fragment"}
# It is: addresses, shapes and dtypes are the same, and only they are compared. The numbers come from the file, to the
# last bit.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Step time, side by side
#
# Pictures of one size, one loss, one Adam, the same cores. We take turns and keep each one's best: other programs only
# ever slow us down.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Take bets before the cell. Say that it is a small network on a CPU, and says nothing about a GPU.
# - People get wrong: they time the first call, or forget to wait. Ask what `block_until_ready` is for.
# - If PyTorch wins on your machine: say so, the slide prints what it measured. If the load is far above the number of
#   cores, say that the ratio flatters JAX.
# - Late? Read the title of the picture and go on.
# - Time mark: 0:54 at the end of this section.

# %% slideshow={"slide_type": "-"}
import os
import time
adam = torch.optim.Adam(twin.parameters(), 3e-3)
tx, ty = there(x[chosen[0]]).contiguous(), there(y[chosen[0]]).contiguous()

def torch_steps(count):
    for _ in range(count):
        adam.zero_grad()
        logits = twin(tx)
        soft = logits.sigmoid()
        dice = (2 * (soft * ty).sum() + 1) / (soft.sum() + ty.sum() + 1)
        (entropy(logits, ty) + 1 - dice).backward()
        adam.step()
torch_steps(2)  # warm up; ours ran before

# %% [markdown] slideshow={"slide_type": "fragment"}
# PyTorch starts each operation as Python reaches it; ours is one program of `K` steps.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Bets, please
#
# Milliseconds for each step, best of a few turns.

# %% slideshow={"slide_type": "-"} tags=["live"]
batches, few = (x[chosen], y[chosen]), by_size(smoke=3, full=K)
best = {"JAX": np.inf, "PyTorch": np.inf}
for _ in range(by_size(smoke=2, full=3)):
    start = time.perf_counter()
    jax.block_until_ready(run(jax.tree.map(jnp.copy, state), *batches))
    middle = time.perf_counter()
    torch_steps(few)
    end = time.perf_counter()
    best["JAX"] = min(best["JAX"], 1e3 * (middle - start) / K)
    best["PyTorch"] = min(best["PyTorch"], 1e3 * (end - middle) / few)
load = os.getloadavg()[0] / os.cpu_count()
print({name: f"{ms:.1f} ms" for name, ms in best.items()}, f"load {load:.1f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Without `block_until_ready` we had timed how fast JAX *takes orders*. The load: programs that want a core, for each core.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Who won, here and today
#
# A small network, a CPU, this machine. Whose time would change most on yours?

# %% alt="Two bars: milliseconds of a training step in JAX and in PyTorch" slideshow={"slide_type": "-"} tags=["hide-input"]
faster, slower = sorted(best, key=best.get)
factor = best[slower] / best[faster]
title = f"Here {faster} takes a step {factor:.2f} times as fast as {slower}"
if load > 1.5:
    title = f"A busy machine, load {load:.1f} a core: believe neither bar"
ax = slide_axes(title, "ms", "", 2.0)
_ = ax.barh(list(best), list(best.values()), color=["#1b4f9c", "#c0392b"])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nobody knows before measuring. And look at the load first: believe a ratio only from a quiet machine. `make bench`
# measures again.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Where it errs
#
# Green is right, red is too much, yellow is missed. Before you look: where will the errors be?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Collect guesses: borders, thin lines, touching shapes, faint colours.
# - Cutting a skip in a trained network is surgery on one kernel; nothing is trained again. Ask which skip hurts most.
# - People get wrong: "freeze" means gradient zero. The gradient is there; the update is zero.
# - Late? Skip "Only the decoder learns".
# - Time mark: 0:58 at the end of this section.

# %% alt="Four test pictures with predictions painted over: shapes green, thin red and yellow pixels along their borders" slideshow={"slide_type": "-"} tags=["hide-input"]
logits = predict(state.params, x_test)  # (B, H, W, 1)
each = np.array(jax.vmap(overlap)(logits, y_test).iou)  # (B,)
order = np.argsort(each)[[0, 1, len(each) // 2, -1]]
ranks = ("worst", "second", "middle", "best")
labels = [f"{rank}: {each[i]:.2f}" for rank, i in zip(ranks, order)]
title = "Worst, middle and best by IoU"
show_errors(pictures[order], y_test[order], logits[order] > 0, labels, title)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The seams are red and yellow. And what did the worst one take for a shape, or miss?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how much worse at the borders?
#
# A border pixel has a neighbour of the other kind. Which part of them is wrong, and which part of all others?

# %% slideshow={"slide_type": "-"}
m = jnp.asarray(y_test) > 0.5
moved = jnp.stack([jnp.roll(m, step, axis) for step in (-1, 1) for axis in (1, 2)])
border = (moved != m[None]).any(axis=0)  # (B, H, W, 1)
wrong = (logits > 0) != m
at, off = wrong[border].mean(), wrong[~border].mean()
print(f"{border.mean():.0%} of the pixels are border")
print(f"wrong: {at:.1%} of them, {off:.1%} of the others")
assert at > 2 * off

# %% [markdown] slideshow={"slide_type": "fragment"}
# Much worse. Which of the maps knows where exactly a shape ends?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Cut a skip
#
# The first half of `merge_0/conv1`'s input is the finest skip. Set that half of the kernel to 0. And a deeper one?

# %% slideshow={"slide_type": "-"}
def without_skip(params, level):
    merge = params[f"merge_{level}"]
    half = merge["conv1"]["kernel"].shape[2] // 2
    cut = merge["conv1"]["kernel"].at[:, :, :half].set(0.0)
    conv1 = {**merge["conv1"], "kernel": cut}
    return {**params, f"merge_{level}": {**merge, "conv1": conv1}}

full = score(state.params)
cuts = [score(without_skip(state.params, level)) for level in range(3)]
print(f"whole {full:.2f}; cut at level 0, 1, 2:", np.array(cuts))
assert min(cuts) < full - 0.05 and cuts[0] < full

# %% [markdown] slideshow={"slide_type": "fragment"}
# `.at[].set` made a new kernel; the trained tree is untouched. The network leans on its skips.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Only the decoder learns
#
# Keep the encoder, train the rest. Which leaves does a label by tree path freeze?

# %% slideshow={"slide_type": "-"}
def label(path, leaf):
    return "keep" if path[0].key.startswith(("down", "bottom")) else "train"

labels = jax.tree.map_with_path(label, state.params)
kinds = {"train": optax.adam(1e-3), "keep": optax.set_to_zero()}
tx = optax.multi_transform(kinds, labels)
assert whole["down_0"]["conv1"]["kernel"].any()  # it has a gradient
updates, _ = jax.jit(tx.update)(whole, tx.init(state.params))
after = jax.jit(optax.apply_updates)(state.params, updates)
still = jax.tree.map(np.array_equal, after, state.params)
kept = jax.tree.map(lambda label: label == "keep", labels)
assert still == kept
print(f"frozen: {sum(jax.tree.leaves(kept))} of {len(jax.tree.leaves(kept))} leaves")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Everything called `down` or `bottom`, to the last bit. Its gradient was computed all the same: the *update* is zero.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## Recap: answers first, cell second
#
# **1.** Two masks of 10 pixels share 5. IoU and Dice?
#
# **2.** A `VALID` U-Net with one level gets 28². What comes out?
#
# **3.** `nn.Conv(4, (1, 1))` on 16 channels: how many numbers?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Everybody writes the answers down, then the cell. Most missed: 1, people say one half for IoU.
# - Late? Ask 1 only.
# - Time mark: 0:59 at the end of this section.

# %% slideshow={"slide_type": "fragment"}
print(5 / 15, 2 * 5 / 20, side_by_hand(28, 1), 16 * 4 + 4)
ten = overlap(jnp.where(jnp.arange(15) < 10, 1.0, -1.0), (jnp.arange(15) >= 5) * 1.0)
assert jnp.isclose(ten.iou, 5 / 15) and jnp.isclose(ten.dice, 0.5)
tiny = unet_linen.UNet(2, 1, padding="VALID")
x28 = jnp.ones((1, 28, 28, 1))
assert jax.eval_shape(tiny.init_with_output, jax.random.key(0), x28)[0].shape[1] == 12
assert size(nn.Conv(4, (1, 1)).init(jax.random.key(0), jnp.ones((1, 1, 16)))) == 68

# %% [markdown] slideshow={"slide_type": "fragment"}
# A third and a half, 12², and 68: 64 for the kernel, 4 for the biases.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## What to carry home
#
# **You saw** one network in two frameworks, its picture drawn from itself, its parameters counted before they were
# made, its weights carried across, a kernel that had to be turned, and a skip that nobody missed.
#
# **Open question:** train without `centred`, on the raw pictures: how far does the IoU fall? Which layer inside the
# network could do what `centred` does?
#
# **Next:** deeper networks: residuals and norms.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Leave the open question open. (It falls far. A norm over each picture's pixels; BatchNorm mixes pictures, and can't.)
# - Who wants more: add Scenic's fourth skip, pad the crop, or give the classes disc, box and triangle a logit each.
# - Time mark: 1:00.
