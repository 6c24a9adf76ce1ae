# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Homework 06: a U-Net, and the same in PyTorch
#
# You count shapes, crop, build the network from one block, judge its masks, train it, and carry PyTorch's weights over
# until both frameworks agree to five digits.
# Letters: `B` pictures, `H` rows, `W` columns, `C` channels, last as Flax has them.

# %%
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

# %% [markdown]
# ## 1. How large is what comes out?
#
# For a convolution over `n` pixels with `p` added on both sides: the kernel, spread out by the dilation, covers
# $d(k - 1) + 1$ pixels. It starts at 0, moves by the stride, and stops before it falls off. If it never fits, raise a
# `ValueError`.


# %%
def conv_out_shape(shape, kernel, stride=1, padding=0, dilation=1):
    """Rows and columns after a convolution. shape: (H, W), all else one int for both -> a tuple of two ints"""
    # BEGIN SOLUTION
    covers = dilation * (kernel - 1) + 1
    out = tuple((n + 2 * padding - covers) // stride + 1 for n in shape)
    if min(out) < 1:
        raise ValueError(f"a kernel that covers {covers} pixels does not fit into {shape}")
    return out
    # END SOLUTION


# %% [markdown]
# ## 2. The middle of a picture
#
# An unpadded U-Net crops the encoder's pictures before it joins them. If the margin is odd, the larger half is at the
# bottom and right. A crop that is larger than the picture is a mistake: raise a `ValueError`. (A slice that starts
# at −1, and `jax.lax.dynamic_slice`, would both give *something*.)


# %%
def center_crop(x, height, width):
    """The middle of each picture. x: (B, H, W, C), height and width: ints -> (B, height, width, C)"""
    # BEGIN SOLUTION
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    if top < 0 or left < 0:
        raise ValueError(f"a crop of {height} x {width} does not fit into {x.shape[1:3]}")
    return x[:, top : top + height, left : left + width]
    # END SOLUTION


# %% [markdown]
# ## 3. The block
#
# Twice: a 3 × 3 convolution that keeps the size (`padding="SAME"`, Flax's default), then `relu`. The published listings
# of the U-Net disagree about the second `relu`; ours has both. The layers keep the names that Flax gives: `Conv_0`,
# `Conv_1`.


# %%
class DoubleConv(nn.Module):
    """Two convolutions: (B, H, W, C) -> (B, H, W, features)"""

    features: int

    @nn.compact
    def __call__(self, x):
        """(B, H, W, C) -> (B, H, W, features)"""
        # BEGIN SOLUTION
        for _ in range(2):
            x = nn.relu(nn.Conv(self.features, (3, 3))(x))
        return x
        # END SOLUTION


# %% [markdown]
# ## 4. The network
#
# `depth` times: a block (`name="down_0"`, `"down_1"`, …) of `base`, then `2 * base`, … features; its output is kept;
# then `nn.max_pool` by 2. At the bottom a block (`"bottom"`) with `base * 2**depth` features. Then back up, from the
# last level to the first: `nn.ConvTranspose` with a 2 × 2 kernel and stride 2 to the features of that level
# (`"up_1"`, `"up_0"`), joined with what was kept there as `[kept, up]` along the channels, and a block (`"join_1"`,
# `"join_0"`). At the end a 1 × 1 convolution to one channel (`"head"`), no sigmoid.
#
# Count the parameters when you are done. A well-known implementation keeps its finest pictures and never uses them: it
# runs, it trains, and only the number of parameters tells.


# %%
class UNet(nn.Module):
    """Pictures to a mask's logits: (B, H, W, C) -> (B, H, W, 1); H and W divisible by 2**depth"""

    base: int = 4
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        """(B, H, W, C) -> (B, H, W, 1)"""
        # BEGIN SOLUTION
        kept = []
        for level in range(self.depth):
            x = DoubleConv(self.base * 2**level, name=f"down_{level}")(x)
            kept.append(x)
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = DoubleConv(self.base * 2**self.depth, name="bottom")(x)
        for level in reversed(range(self.depth)):
            features = self.base * 2**level
            x = nn.ConvTranspose(features, (2, 2), strides=(2, 2), name=f"up_{level}")(x)
            x = jnp.concatenate([kept[level], x], axis=-1)
            x = DoubleConv(features, name=f"join_{level}")(x)
        return nn.Conv(1, (1, 1), name="head")(x)
        # END SOLUTION


# %% [markdown]
# ## 5. How good is a mask?
#
# Intersection over union, for each picture, then the mean over pictures. A picture with nothing in it, where nothing
# was found either, is right: 1 (and not 0/0).


# %%
def iou(found, mask):
    """The mean intersection over union. found, mask: (B, H, W) bool -> ()"""
    # BEGIN SOLUTION
    both = jnp.sum(found & mask, axis=(1, 2))
    either = jnp.sum(found | mask, axis=(1, 2))
    return jnp.mean(jnp.where(either == 0, 1.0, both / jnp.maximum(either, 1)))
    # END SOLUTION


# %% [markdown]
# ## 6. Train it
#
# Return the parameters of a `UNet(4, 1)` that finds bright shapes on noise. 100 steps on all pictures at once are
# plenty with Adam. Put the step under `jit`, and give it the pictures as arguments: those that it finds around it are
# compiled in, and other pictures mean compiling again. So small a network can be dead from the start (all `relu`s of a
# block at 0): look at the loss, and try another key. The check wants a mean IoU of 0.8 on pictures it has not shown
# you, within a minute.


# %%
def fit_unet(key, x, masks):
    """Train from a key. x: (B, 16, 16, 1), masks: (B, 16, 16, 1) float32, 0 or 1 -> params"""
    # BEGIN SOLUTION
    net, optimizer = UNet(4, 1), optax.adam(0.02)

    def loss(params, x, masks):
        return optax.sigmoid_binary_cross_entropy(net.apply({"params": params}, x), masks).mean()

    @jax.jit
    def step(params, state, x, masks):
        value, slopes = jax.value_and_grad(loss)(params, x, masks)
        updates, state = optimizer.update(slopes, state)
        return optax.apply_updates(params, updates), state, value

    for attempt in jax.random.split(key, 5):
        params = net.init(attempt, x[:1])["params"]
        state = optimizer.init(params)
        for _ in range(100):
            params, state, value = step(params, state, x, masks)
        if value < 0.15:  # a dead network stays near 0.5
            break
    return params
    # END SOLUTION


# %% [markdown]
# ## 7. The same network in PyTorch
#
# Given: the same U-Net, its random weights as a dictionary of NumPy arrays, and its outputs. Look at the names and
# shapes that `torch_weights(0, 4, 2)` gives before you go on.


# %%
def torch_unet(base, depth):
    """The U-Net as a torch.nn.Module: (B, 1, H, W) -> (B, 1, H, W)"""
    import torch
    from torch import nn as tnn

    def block(inputs, features):
        first, second = tnn.Conv2d(inputs, features, 3, padding=1), tnn.Conv2d(features, features, 3, padding=1)
        return tnn.Sequential(first, tnn.ReLU(), second, tnn.ReLU())

    class TorchUNet(tnn.Module):
        def __init__(self):
            super().__init__()
            sizes = [base * 2**level for level in range(depth + 1)]
            for level in range(depth):
                self.add_module(f"down_{level}", block(sizes[level - 1] if level else 1, sizes[level]))
                self.add_module(f"up_{level}", tnn.ConvTranspose2d(sizes[level + 1], sizes[level], 2, stride=2))
                self.add_module(f"join_{level}", block(2 * sizes[level], sizes[level]))
            self.bottom, self.head = block(sizes[-2], sizes[-1]), tnn.Conv2d(base, 1, 1)

        def forward(self, x):
            kept = []
            for level in range(depth):
                kept.append(getattr(self, f"down_{level}")(x))
                x = tnn.functional.max_pool2d(kept[-1], 2)
            x = self.bottom(x)
            for level in reversed(range(depth)):
                x = torch.cat([kept[level], getattr(self, f"up_{level}")(x)], dim=1)
                x = getattr(self, f"join_{level}")(x)
            return self.head(x)

    return TorchUNet()


def torch_weights(seed, base, depth):
    """Random weights of that network: a dictionary, PyTorch's name -> NumPy array"""
    import torch

    torch.manual_seed(seed)
    return {name: value.numpy().copy() for name, value in torch_unet(base, depth).state_dict().items()}


def torch_outputs(weights, x, base, depth):
    """What that network gives with these weights. x: (B, H, W, 1) -> (B, H, W, 1)"""
    import torch

    net = torch_unet(base, depth)
    net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    with torch.no_grad():
        out = net(torch.from_numpy(np.array(x)).permute(0, 3, 1, 2))
    return out.permute(0, 2, 3, 1).numpy()


# %% [markdown]
# ## 8. Carry the weights over
#
# Return the parameters for *your* `UNet`, so that it gives what PyTorch's gives.
#
# | PyTorch | Flax |
# |---|---|
# | `down_0.0.weight`, `down_0.2.weight` | `down_0` / `Conv_0`, `Conv_1` / `kernel` |
# | a convolution's weight (out, in, h, w) | kernel (h, w, in, out) |
# | a transposed convolution's weight (in, out, h, w) | kernel (h, w, in, out), *turned by 180°* |
#
# The last line is where ports go wrong: the shapes fit without the turn.


# %%
def port_unet(weights):
    """Flax's parameters from PyTorch's. weights: a dictionary, PyTorch's name -> array -> a tree for UNet.apply"""
    # BEGIN SOLUTION
    params = {}
    for name, value in weights.items():
        layer, *place, kind = name.split(".")
        node = params.setdefault(layer, {})
        if place:
            node = node.setdefault({"0": "Conv_0", "2": "Conv_1"}[place[0]], {})
        if kind == "weight" and layer.startswith("up_"):
            value = jnp.transpose(jnp.asarray(value), (2, 3, 0, 1))[::-1, ::-1]
        elif kind == "weight":
            value = jnp.transpose(jnp.asarray(value), (2, 3, 1, 0))
        node["kernel" if kind == "weight" else "bias"] = jnp.asarray(value)
    return params
    # END SOLUTION
