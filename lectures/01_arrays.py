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
#     week: 1
#     title: Arrays that do not change
#     minutes: 60
#     outcomes:
#       - update an array without writing into it, and say when that costs memory
#       - choose a 16-bit float knowing what it rounds and where it ends
#       - draw random numbers that do not depend on the order of the draws or the number of devices
#       - time a JAX call without fooling yourself
#     introduces: [jax-array, immutability, at-update, buffer-donation, out-of-bounds, broadcasting, dtypes, prng-key,
#       async-dispatch]
#     revisits: []
#     terms:
#       Looks like NumPy: [NumPy, jax.numpy, jnp, jax.Array, DeviceArray, ArrayImpl, device]
#       You cannot write into it: [immutable, in place, at, set, add, out-of-place update, duplicates, bincount]
#       Who copies, who shares: [copy, view, shares memory, slice, augmentation, donate, buffer, out of memory, jit]
#       Out of bounds, without an error: [index, out of bounds, gather, scatter, clamp, drop, fill, nan]
#       Array gym: [transpose, reshape, permute, broadcast, axis, newaxis, rank promotion, pairwise distances]
#       Thirty-two bits unless you ask: [float32, float64, int32, int64, x64 flag, double precision, truncated]
#       'Sixteen bits: digits or range': [bfloat16, float16, epsilon, mantissa, exponent, range, precision, TPU]
#       Randomness is an argument: [key, PRNG key, split, fold in, seed, worker, reproducible, typed key]
#       The call returns before the answer: [asynchronous dispatch, block until ready, warm up, benchmark, seconds]
#     resources:
#       - title: Arrays and jax.numpy
#         url: https://docs.jax.dev/en/latest/101/arrays.html
#         release: before
#       - title: 'NumPy: copies and views'
#         url: https://numpy.org/doc/stable/user/basics.copies.html
#         release: before
#       - title: Everything .at can do
#         url: https://docs.jax.dev/en/latest/_autosummary/jax.numpy.ndarray.at.html
#         release: before
#       - title: Random numbers in JAX
#         url: https://docs.jax.dev/en/latest/jax.random.html
#         release: before
#       - title: Buffer donation
#         url: https://docs.jax.dev/en/latest/faq.html#buffer-donation
#         release: after
#       - title: Rank promotion
#         url: https://docs.jax.dev/en/latest/rank_promotion_warning.html
#         release: after
#       - title: Default dtypes and the x64 flag
#         url: https://docs.jax.dev/en/latest/default_dtypes.html
#         release: after
#       - title: Asynchronous dispatch
#         url: https://docs.jax.dev/en/latest/async_dispatch.html
#         release: after
#       - title: 'Refs: a box whose content changes'
#         url: https://docs.jax.dev/en/latest/array_refs.html
#         release: after
#       - title: 'PyTorch: randomness and reproducibility'
#         url: https://docs.pytorch.org/docs/stable/notes/randomness.html
#         release: after
#       - title: 'Kalamkar et al.: training with bfloat16'
#         url: https://arxiv.org/abs/1905.12322
#         release: after
# ---

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# # Arrays that do not change
#
# JAX arrays never change: what that costs, and what it buys.
#
# **60 minutes. You need** NumPy indexing and some PyTorch. **After this you can**
#
# - update an array without writing into it, and say when that costs memory
# - choose a 16-bit float knowing what it rounds and where it ends
# - draw random numbers that do not depend on the order of the draws or the number of devices
# - time a JAX call without fooling yourself

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "who has lost an afternoon to an array that changed behind their back?" Wait for one story.
# - Say how today works: a question, a guess aloud, then the cell. A wrong guess is the useful kind.
# - Each note says what to drop when you are late. In all: the exercise (2 min), the crop (1), typed keys (1), the
#   picture of the two times (1). Never drop the errors: they are what people remember.
# - Time mark: leave this slide at 0:02.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Looks like NumPy
#
# How much of NumPy must you unlearn? `jax.numpy`, `jnp` for short, keeps most of its names; we shall count. `jax`
# itself holds what NumPy does not have: random keys, devices, compiling, derivatives.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Run this one yourself, before anybody arrives if you can: the first import is the slow part.
# - The flag is on for the whole course. Promise the reason for the array gym and move on.
# - Ask at the first prediction: "who says float32?" People get wrong: they expect NumPy's float64.
# - Late? Skip the list of letters, it is there for readers.
# - Time mark: 0:06 at the end of this section.

# %% slideshow={"slide_type": "-"}
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np

from snippets.figures import slide_axes, slide_figure

jax.config.update("jax_numpy_rank_promotion", "raise")  # why: see "Array gym"

# %% [markdown] slideshow={"slide_type": "-"}
# Letters used all hour: `N`, `M` examples · `D` features · `K` bins · `V` words · `B` images ·
# `H`, `W` rows and columns of pixels · `C` channels · `S` sizes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what differs besides the name?
# Five numbers from 0 to 1, once by each library. Same values? Same type? Same number of bits?

# %% slideshow={"slide_type": "-"} tags=["live"]
a = np.linspace(0.0, 1.0, 5)  # (N,)
x = jnp.linspace(0.0, 1.0, 5)  # (N,)
print("NumPy", type(a).__name__, a.dtype)
print("JAX  ", type(x).__name__, x.dtype, "on", x.device)
assert np.allclose(a, x)
kept = set(np.__all__) & set(dir(jnp))
print(f"jax.numpy has {len(kept)} of NumPy's {len(np.__all__)} names")
assert len(kept) > 0.7 * len(np.__all__)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same values, but another type, half the bits, and a device: every JAX array lives *on a device*.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: is it a `DeviceArray`?
# Older talks and answers call it that. Will this print `True`, `False`, or neither?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
print(isinstance(x, jnp.DeviceArray))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Neither: the name is gone. One public type replaced it, for checks and for type hints:

# %% slideshow={"slide_type": "fragment"} tags=["live"]
assert isinstance(x, jax.Array)
assert not isinstance(a, jax.Array)
assert not hasattr(jax, "ArrayImpl") and not hasattr(jnp, "ArrayImpl")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Write `jax.Array`. The class that printed above, `ArrayImpl`, is in neither module: it is private, and may be renamed.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## You cannot write into it
#
# PyTorch writes into the tensor. Will JAX write, quietly copy, or refuse? <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for hands: write, copy, refuse. Then run the right-hand cell.
# - People get wrong: they call `x.at[0].set(9.0)` on a line of its own and wonder why `x` is unchanged.
#   Show that on purpose if there is a quiet moment.
# - Someone will know `jax.new_ref`: yes, it is a box whose content can be replaced. The arrays inside it
#   still never change. Link in the resources.
# - If asked: `x[[0, 1]]` with a plain list raises a TypeError that says so; `x[jnp.array([0, 1])]` is fine.
# - If asked for NumPy's own cure for the lost vote: `np.add.at(counts, votes, 1)`.
# - Late? Skip the table of `.at` operations; keep the counting example.
# - Time mark: 0:13 at the end of this section.

# %% slideshow={"slide_type": "-"}
import torch  # PyTorch

x = torch.arange(4.0)
x[0] = 9.0
print(x)
assert x[0] == 9.0

# %% slideshow={"slide_type": "-"} tags=["raises-exception", "live"]
# JAX
x = jnp.arange(4.0)
x[0] = 9.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# PyTorch wrote. JAX refuses, and the message names the cure: `.at[…]`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: ask for a new array
# Read `x.at[0].set(9.0)` as "the array like `x`, with 9 at index 0". What does `x` hold afterwards?

# %% slideshow={"slide_type": "-"} tags=["live"]
y = x.at[0].set(9.0)
print("x =", x)
print("y =", y)
assert x[0] == 0.0 and y[0] == 9.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# `x` still starts with 0. The update is an *expression*: bind its result, or it is lost.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: does `+=` write?
# Two names for one array, then `+=` through the second name. What does the first name see?

# %% slideshow={"slide_type": "-"} tags=["live"]
a = b = np.zeros(2)
b += 1
x = y = jnp.zeros(2)
y += 1
print("NumPy", a, " JAX", x)

# %% slideshow={"slide_type": "fragment"}
assert a is b and a[0] == 1.0  # one array, written into
assert x is not y and x[0] == 0.0  # y names a new array, x was left alone

# %% [markdown] slideshow={"slide_type": "fragment"}
# Same spelling, two meanings: NumPy wrote into the shared array, JAX made a new one and moved the name `y`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What wrote before, returns now
#
# | NumPy writes | JAX returns |
# |---|---|
# | `x[i] = v` | `x.at[i].set(v)` |
# | `x[i] += v` | `x.at[i].add(v)` |
# | `x[i] *= v` | `x.at[i].multiply(v)` |
# | `x[i] = np.minimum(x[i], v)` | `x.at[i].min(v)` |
# | `x[mask] = v` | `jnp.where(mask, v, x)` |
#
# Change the 5 in `[3, 5]` to 2, in five spellings. Do they all agree?

# %% slideshow={"slide_type": "fragment"}
x, i, mask = jnp.array([3.0, 5.0]), 1, jnp.array([False, True])
ways = [x.at[i].set(2), x.at[i].add(-3), x.at[i].multiply(0.4), x.at[i].min(2)]
ways += [jnp.where(mask, 2, x)] + [x.at[j].set(2) for j in (-1, mask, jnp.array([1]))]
assert all(jnp.allclose(way, jnp.array([3.0, 2.0])) for way in ways)
assert x[1] == 5.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# They do, and `x` still holds its 5. The index may also count from the end, be a mask, or an array of indices.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: two votes for one bin
# Count the votes 0, 0, 2 into `K = 3` bins: by hand (one row per vote with a single `True`, summed), with
# `.at[…].add`, and with NumPy's `+=`. Which of the three loses a vote?

# %% slideshow={"slide_type": "-"}
votes = jnp.array([0, 0, 2])  # (N,)
one_hot = votes[:, None] == jnp.arange(3)[None, :]  # (N, 1), (1, K) -> (N, K)
by_hand = one_hot.sum(axis=0)  # (K,)
by_at = jnp.zeros(3, jnp.int32).at[votes].add(1)  # (K,)
by_numpy = np.zeros(3, np.int32)  # (K,)
by_numpy[np.array(votes)] += 1
print("by hand", by_hand, "  .at.add", by_at, "  NumPy +=", by_numpy)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-1"></span><span class="fragment hl-2 hl-3"></span>
# <span class="fragment hl-4"></span><span class="fragment hl-5 hl-6"></span>

# %% slideshow={"slide_type": "fragment"}
assert jnp.allclose(by_hand, by_at)
assert jnp.allclose(by_at, jnp.bincount(votes, length=3))
assert by_numpy[0] == 1  # read once, one added, stored twice

# %% [markdown] slideshow={"slide_type": "fragment"}
# NumPy's `+=` lost one; `.at[…].add` counts every vote.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## Who copies, who shares
#
# Said in a lecture about augmenting images: "NumPy works in place, JAX has to copy." Is the first half true?
# Guess which results share memory with `image`.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let the room vote line by line: reversed by a slice, reversed by a list, transposed, scaled, rotated.
# - People get wrong: the two flips hold equal values, yet one is a view and the other a copy.
# - A claim like the one in quotes was made in good faith in a real lecture. Be kind about it.
# - `jit` appears here only as the thing that can take a donation. Do not explain tracing today.
# - Late? Skip the crop example; keep the donation and its error.
# - Time mark: 0:19 at the end of this section.

# %% slideshow={"slide_type": "-"}
image = np.arange(6.0).reshape(2, 3)  # (H, W)
moves = {"[:, ::-1]": image[:, ::-1], "[:, [2, 1, 0]]": image[:, [2, 1, 0]]}
moves |= {".T": image.T, " * 2": image * 2, " @ np.eye(3)": image @ np.eye(3)}
shares = {move: np.shares_memory(image, result) for move, result in moves.items()}
for move, shared in shares.items():
    print(f"image{move:15} shares: {shared}")
assert list(shares.values()) == [True, False, True, False, False]

# %% [markdown] slideshow={"slide_type": "fragment"}
# False in general: slices and transposes are *views* of the same memory; arithmetic, `@` and index lists copy.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: who notices a blackened corner?
# Cut a corner out of a white 4 × 4 picture of ones, then set the corner to 0. What is the sum of the *picture*?

# %% slideshow={"slide_type": "-"} tags=["live"]
for library in (np, jnp):
    picture = library.ones((4, 4))  # (H, W)
    corner = picture[:2, :2]
    corner *= 0
    print(f"{library.__name__:10} sum of the picture: {picture.sum():.0f}")

# %% slideshow={"slide_type": "fragment"}
assert picture.sum() == 16 and corner.sum() == 0  # the last round was JAX

# %% [markdown] slideshow={"slide_type": "fragment"}
# NumPy lost four white pixels: `corner` was a view. Of a JAX array you never have to ask "view or copy?", because
# no write can show the difference.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The price: for a moment, two arrays
# Four million bytes, one number changed. Does `y` get four million bytes of its own, or those of `x`?

# %% slideshow={"slide_type": "-"} tags=["live"]
x = jnp.zeros(1_000_000)  # (N,)
y = x.at[0].set(9.0)  # (N,)
print(f"alive at once: {x.nbytes / 1e6:.0f} MB + {y.nbytes / 1e6:.0f} MB")
assert x.unsafe_buffer_pointer() != y.unsafe_buffer_pointer()  # two places in memory

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two addresses, twice the memory. If `x` were a model that fills the accelerator, the line would run out of memory.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: donate the old array
# `jax.jit` compiles a function (next week). `donate_argnums=0` *donates* argument 0: the caller promises never to
# look at it again, so the compiled code may reuse its memory.

# %% slideshow={"slide_type": "-"} tags=["live"]
bump = jax.jit(lambda x: x.at[0].add(1.0), donate_argnums=0)
address = x.unsafe_buffer_pointer()
y = bump(x)
print("deleted:", x.is_deleted(), " moved:", y.unsafe_buffer_pointer() != address)
assert x.is_deleted() and y.unsafe_buffer_pointer() == address

# %% [markdown] slideshow={"slide_type": "fragment"}
# Deleted and not moved: the new array sits where the old one was. The update was written in place, and nothing is
# left that could see it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what is left in `x`?
# Old values, new values, zeros, or an error?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
print(x[0])

# %% [markdown] slideshow={"slide_type": "fragment"}
# An error, not garbage. The cure: hand the array in, bind the result to the *same name*.

# %% slideshow={"slide_type": "fragment"} tags=["live"]
state = jnp.zeros(3)
for _ in range(4):
    state = bump(state)
print(state)
assert state[0] == 4.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# Four updates, and no name left that refers to a deleted array.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Out of bounds, without an error
#
# `np.arange(3.0)[10]` raises `IndexError`. A program that runs on an accelerator cannot easily stop and raise.
# What does JAX *read* at index 10 of 3, and at −10?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "error, nan, or a number?" Most of the room says error.
# - People get wrong: the clamp and the drop are not symmetric. Reading clamps, writing drops.
# - A true story to tell if you have one: an unknown word that trained the last row of an embedding.
# - Late? Skip the middle slide (writing), come back to it in the recap: question 2 asks for it.
# - Time mark: 0:23 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
x = jnp.arange(3.0)
print(x[10], x[-10])
np.testing.assert_raises(IndexError, lambda: np.arange(3.0)[10])
assert x[10] == x[2] and x[-10] == x[0]

# %% [markdown] slideshow={"slide_type": "fragment"}
# A number, where NumPy raises. Reading **clamps**: it takes the nearest index that exists. The value looks plausible and is wrong.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: and *writing* at index 10?
# Does it clamp too, and change the last element?

# %% slideshow={"slide_type": "-"} tags=["live"]
print(x.at[10].set(7.0), x.at[10].add(7.0))
assert jnp.array_equal(x.at[10].set(7.0), x)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No: a write out of bounds is **dropped**. Reading clamps, writing drops, and neither says a word.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Make the mistake visible
# A table of `V = 3` words with `D = 2` features; id 7 is no word. How would you notice?

# %% slideshow={"slide_type": "-"}
table = jnp.array([[10.0, 11.0], [20.0, 21.0], [30.0, 31.0]])  # (V, D)
ids = jnp.array([1, 7])  # (N,)
silent = table[ids]  # (N, D)
loud = table.at[ids].get(mode="fill", fill_value=jnp.nan)  # (N, D)
print(silent, loud, sep="\n\n")
assert jnp.array_equal(silent[1], table[-1]) and jnp.isnan(loud[1]).all()
assert jnp.isnan((loud**2).mean())

# %% [markdown] slideshow={"slide_type": "fragment"}
# Id 7 silently got the last word's row. With `mode="fill"` it gets `nan`, and so does the mean square computed from it.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## Array gym
#
# Warm up with a picture of one letter, `H = 7` rows and `W = 5` columns. Transpose it, or reshape it to `(5, 7)`:
# which of the two is still a J? Draw both on paper.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Have everyone *draw* the two results before you show them. Thirty seconds, on paper.
# - People get wrong: "reshape to (5, 7)" feels like turning. It keeps the row-by-row order of the numbers
#   and only cuts the line at other places.
# - The silent broadcast is the bug of the hour. Ask who has had a loss that would not go to zero.
# - Exercise: give it two minutes; the loop version is the specification. Late? Show the solution at once.
# - Time mark: 0:30 at the end of this section, half time. Later than 0:28 at the exercise? Skip it.

# %% slideshow={"slide_type": "-"}
from snippets.arrays_figures import letter_j, show_pictures

picture = letter_j()  # (H, W)
turned = picture.T  # (W, H)
reread = picture.reshape(5, 7)  # (W, H)
assert turned.shape == reread.shape and not jnp.array_equal(turned, reread)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Same shape, same picture?
# Both have shape `(5, 7)`. Compare with your drawing.

# %% alt="Three pixel pictures: the letter J; its transpose, a J lying on its side; and its reshape, scattered pixels." slideshow={"slide_type": "-"} tags=["hide-input"]
panels = {"picture": picture, "picture.T": turned, "picture.reshape(5, 7)": reread}
show_pictures(panels, "Transpose swaps the axes; reshape keeps the row-by-row order")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Only the transpose is still a J, lying on its side. Both have the same shape, so no check of shapes tells them apart.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The same moves in two libraries
# PyTorch's layers want channels first, Flax's want them last (lecture 05). Which words have to change? <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
# PyTorch
x = torch.zeros(2, 7, 5, 3)  # (B, H, W, C)
y = x.permute(0, 3, 1, 2)    # (B, C, H, W)
mirror = x.flip(2)           # (B, H, W, C)
red = x[..., 0]              # (B, H, W)
more = x.unsqueeze(0)        # (1, B, H, …)
assert y.shape == (2, 3, 7, 5)
mirror = x[:, :, ::-1]

# %% slideshow={"slide_type": "-"}
# JAX
x = jnp.zeros((2, 7, 5, 3))  # (B, H, W, C)
y = x.transpose(0, 3, 1, 2)  # (B, C, H, W)
mirror = x[:, :, ::-1]       # (B, H, W, C)
red = x[..., 0]              # (B, H, W)
more = x[None]               # (1, B, H, …)
assert y.shape == (2, 3, 7, 5)
print(red.shape, more.shape)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# `permute` becomes `transpose`, `unsqueeze` an index `None`, and a flip is a slice with step −1, which PyTorch refuses.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the loss of a perfect model
# The prediction *is* the target, but of shape `(N, 1)` instead of `(N,)`. What is the mean squared error?

# %% slideshow={"slide_type": "-"} tags=["live"]
target = jnp.arange(4.0)  # (N,)
prediction = target[:, None]  # (N, 1)
with jax.numpy_rank_promotion("allow"):  # JAX as it comes, and as NumPy and PyTorch are
    error = prediction - target
print(error.shape, (error**2).mean())
for other in (np.arange(4.0), torch.arange(4.0)):
    assert (other[:, None] - other).shape == error.shape == (4, 4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Not zero: JAX read `(N,)` as `(1, N)` and subtracted every pair, 16 numbers instead of 4. No error, no warning.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the same line under our flag
# The first cell set `jax_numpy_rank_promotion` to `"raise"`: an axis of length 1 may be
# *stretched*, but none may be *added*. What happens now?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
error = prediction - target

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses and names both shapes. The cure is to write the axis that you mean:

# %% slideshow={"slide_type": "fragment"} tags=["live"]
error = prediction[:, 0] - target  # (N,)
assert (error**2).mean() == 0.0
every_pair = prediction - target[None, :]  # (N, N), because you asked for it
assert every_pair.shape == (4, 4)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Your turn: all distances at once
# Write `pairwise(X, Y)`: the squared distance of each of `N` points to each of `M` points. No Python loop; put a
# `None` where an axis is missing. Shapes: `(N, D), (M, D) -> (N, M)`

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def pairwise(X, Y):
    """Squared distances: (N, D), (M, D) -> (N, M)."""
    # BEGIN SOLUTION
    difference = X[:, None, :] - Y[None, :, :]  # (N, 1, D), (1, M, D) -> (N, M, D)
    return (difference**2).sum(axis=-1)
    # END SOLUTION

# %% slideshow={"slide_type": "fragment"} tags=["check"]
X, Y = jnp.arange(6.0).reshape(3, 2), jnp.ones((4, 2))  # (N, D), (M, D)
by_loop = jnp.array([[((p - q) ** 2).sum() for q in Y] for p in X])  # (N, M)
assert pairwise(X, Y).shape == (3, 4), "rows: points of X; columns: points of Y"
assert jnp.allclose(pairwise(X, Y), by_loop), "square, then sum over the features"

# %% [markdown] slideshow={"slide_type": "fragment"}
# Twelve distances, equal to the loop's, from one subtraction of `(N, 1, D)` and `(1, M, D)`.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## Thirty-two bits unless you ask
#
# NumPy uses 64 bits for floats and integers. Guess the four types that this prints.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "why would a library throw away half of your digits?" Memory traffic and accelerators, not laziness.
# - People get wrong: they expect an error for a number that does not fit. A Python int does raise
#   OverflowError; a NumPy int64 array wraps without a word.
# - Do not switch x64 on globally here, not even to try: the rest of the lecture would run in another world.
# - Trap to know: a float64 array that leaves the `with` block is narrowed by the next operation outside it.
#   That is why the cell turns the result into a Python float inside the block.
# - Late? Skip the requested-float64 slide.
# - Time mark: 0:36 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
print("NumPy", np.ones(2).dtype, np.arange(2).dtype)
print("JAX  ", jnp.ones(2).dtype, jnp.arange(2).dtype)
assert jnp.ones(2).dtype == jnp.float32 and jnp.arange(2).dtype == jnp.int32
assert 2 * jnp.ones(2).nbytes == np.ones(2).nbytes

# %% [markdown] slideshow={"slide_type": "fragment"}
# JAX takes half of it for both: half the bytes to store and to move.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: and if you ask for float64?
# You name the type in the call. Do you get it?

# %% slideshow={"slide_type": "-"}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    x = jnp.ones(2, dtype="float64")
print("you get:", x.dtype)
print(str(caught[0].message).split(". ")[0])
assert x.dtype == jnp.float32 and len(caught) == 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# A warning, and a float32. A warning is easily missed in a long log, so print the type.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what becomes of a big id?
# User ids, hashes and nanoseconds often do not fit 32 bits. NumPy holds them in int64. What does JAX make of them?

# %% slideshow={"slide_type": "-"} tags=["live"]
big_ids = np.array([7, 2**31, 2**40])  # (N,) int64
small_ids = jnp.asarray(big_ids)  # (N,) int32
print(big_ids.tolist(), "->", small_ids.tolist())
assert small_ids[0] == 7 and small_ids[1] < 0 and small_ids[2] == 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# No error, no warning: only the low 32 bits went in, so one id is negative and one has become 0.
# Give such things small numbers (0, 1, 2 …) before JAX sees them.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Ask for 64 bits, in one place
# Which of these can count one past $2^{24}$ = 16,777,216?

# %% slideshow={"slide_type": "-"}
with jax.enable_x64(True):
    wide, kept = float(jnp.float64(2**24) + 1), jnp.ones(2)
narrow = float(jnp.float32(2**24) + 1)
print(f"float32 {narrow:.0f}   float64 {wide:.0f}")
assert narrow == 2**24 and wide == 2**24 + 1
assert (kept.dtype, jnp.ones(2).dtype) == ("float64", "float32")  # inside, outside

# %% [markdown] slideshow={"slide_type": "fragment"}
# float32 got stuck, float64 did not. `kept` is still 64 bits wide, a new array has 32 again: a flag that is switched in
# the middle of a program leaves arrays of both widths. Set `jax_enable_x64` before the first array, or in a block.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## Sixteen bits: digits or range
#
# A float is $\pm\,2^{e}\,(1 + f)$. The fraction $f$ has $m$ bits, so the gap after 1 is $\varepsilon = 2^{-m}$.
# Bits of $f$ give digits, bits of $e$ give range:
#
# | | sign | exponent $e$ | fraction $f$ |
# |---|---|---|---|
# | float32 | 1 bit | 8 bits | $m$ = 23 bits |
# | float16 | 1 bit | 5 bits | $m$ = 10 bits |
# | bfloat16 | 1 bit | 8 bits | $m$ = 7 bits |
#
# Which 16-bit format has the wider gaps? Which reaches further? We measure both.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "your loss is 70,000. Which 16-bit format do you want?" Leave it open, the recap returns to it.
# - People get wrong: "bfloat16 is worse than float16". It has fewer digits and far more range.
# - People say bfloat16 needs a TPU. It runs here. What the hardware decides is the speed.
# - Sharp question to expect: "one percent, always?" No. Start `A` at -1 instead of 0, so that terms cancel,
#   and the relative error is several percent.
# - Late? Say nothing on "by hand", but run its cell: the library's table is compared with it.
# - Time mark: 0:43 at the end of this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### By hand: halve the gap until it vanishes
# Halve a gap for as long as adding it still changes 1. Which format stops first?

# %% slideshow={"slide_type": "-"}
FORMATS = ("float32", "float16", "bfloat16")

def gap_after_one(dtype):
    """Distance from 1 to the next number that fits: ()."""
    one = gap = jnp.ones((), dtype)
    while one + gap / 2 > one:
        gap = gap / 2
    return gap

for name in FORMATS:
    print(f"{name:9} {gap_after_one(name):.3g}")

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-5"></span><span class="fragment hl-6"></span>
# <span class="fragment hl-7"></span><span class="fragment hl-10 hl-11"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# bfloat16 stops first: after 1 comes 1.0078. That is less than three digits.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### By library: the same gaps, and where each format ends
# `jnp.finfo` knows the limits. Which of the two 16-bit formats ends before 100,000?

# %% slideshow={"slide_type": "-"}
for name in FORMATS:
    info = jnp.finfo(name)
    eps, largest = float(info.eps), float(info.max)
    bits = f"{info.nexp} + {info.nmant:2} bits"
    print(f"{name:9} {bits}   eps {eps:<8.2g} max {largest:.5g}")
    assert gap_after_one(name) == eps == 2.0**-info.nmant

# %% slideshow={"slide_type": "fragment"}
f16, bf16 = jnp.finfo("float16"), jnp.finfo("bfloat16")
assert float(f16.max) < 100_000 < float(bf16.max)
assert float(bf16.eps) == 8 * float(f16.eps)

# %% [markdown] slideshow={"slide_type": "fragment"}
# float16 ends at 65,504; bfloat16 goes almost as far as float32 and pays with gaps eight times as wide.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The same in one picture
# Store numbers of every size and measure how far off each format is, at worst.

# %% alt="Worst relative rounding error against the size of the number: float32 lowest, float16 in the middle but only from 1e-8 to 6e4, bfloat16 highest and as wide as float32." slideshow={"slide_type": "-"} tags=["hide-input"]
from snippets.arrays_figures import worst_rounding

sizes = np.logspace(-46, 39, 600)  # (S,)
title = "float16 spends its bits on digits, bfloat16 on range"
axes = slide_axes(title, "size of the number", "worst relative error")
for name in FORMATS:
    axes.loglog(sizes, worst_rounding(sizes, name), label=name, linewidth=4)
    assert worst_rounding([1.0], name) <= jnp.finfo(name).eps / 2
_ = axes.legend(ncols=3, loc=(0.35, 0.15))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Where a line is flat, the error stays below $\varepsilon/2$. It rises where the small exponents run out, and ends
# where a number is stored as 0 or as infinity.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: count to 3000 in steps of one
# A running total kept in each format. Which of the three arrive at 3000?

# %% slideshow={"slide_type": "-"} tags=["live"]
totals = {}
for name in FORMATS:
    ones = [jnp.ones((), name)] * 3000
    totals[name] = float(sum(ones))  # Python's sum: one after the other
print(totals)

# %% slideshow={"slide_type": "fragment"}
assert totals["float16"] == 2 ** (f16.nmant + 1)
assert totals["bfloat16"] == 2 ** (bf16.nmant + 1)
assert jnp.ones(3000, "bfloat16").sum() == jnp.bfloat16(3000)  # adds in a wider format

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both 16-bit totals got stuck at $2^{m+1}$: from there the gap is 2, so adding 1 rounds back. Keep a loss total or a
# running mean in 32 bits. (`jnp.sum` adds in a wider format and rounds once.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### "bfloat16 only works on a TPU"
# Heard in a lecture. Predict what a bfloat16 product gives on this machine: an error, float32 or bfloat16?

# %% slideshow={"slide_type": "-"}
A = jnp.linspace(0.0, 1.0, 64 * 64).reshape(64, 64)  # (N, N) float32
low = A.astype(jnp.bfloat16)  # (N, N)
product = low @ low  # (N, N)
error = jnp.linalg.norm(product.astype(jnp.float32) - A @ A) / jnp.linalg.norm(A @ A)
print(product.dtype, "on", product.device, f"  relative error {float(error):.2%}")
assert product.dtype == jnp.bfloat16 and error < 0.01
assert jnp.array_equal(product, jax.jit(jnp.matmul)(low, low))  # compiled: the same

# %% [markdown] slideshow={"slide_type": "fragment"}
# A bfloat16, compiled or not, within one percent, on the device printed above. Other hardware may be faster at it,
# but is not needed for it.

# %% [markdown] minutes=8 slideshow={"slide_type": "slide"}
# ## Randomness is an argument
#
# A generator keeps its place in a stream, and every draw moves it. A JAX array never changes, so what keeps the
# place? Predict for each side: is `a` equal to `b`? <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask after the cell: "so is `normal` random at all?" It is a function: same key in, same numbers out.
# - People get wrong: using one key for two purposes. The picture two slides on is the one to remember.
# - Never write expected random numbers into a test: JAX 0.5 changed the stream and broke every such literal.
#   So "the same tomorrow" means with the same version of JAX.
# - The last slide starts two fresh Python processes and takes a second or two. Talk over it.
# - Late? Skip typed keys, keep the four workers.
# - Time mark: 0:51 at the end of this section.

# %% slideshow={"slide_type": "-"}
_ = torch.manual_seed(0)  # PyTorch
a = torch.randn(2)
b = torch.randn(2)
print(a, b, sep="\n")
assert not torch.equal(a, b)

# %% slideshow={"slide_type": "-"} tags=["live"]
key = jax.random.key(0)  # JAX
a = jax.random.normal(key, (2,))
b = jax.random.normal(key, (2,))
print(a, b, sep="\n")
assert jnp.array_equal(a, b)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# PyTorch's generator moved on, so they differ. In JAX they are equal: nothing keeps a place. The key is the whole
# state, and drawing does not use it up. Same key, same numbers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### New numbers need a new key
# `split` makes independent keys from one. Name each for its purpose, and use each once.

# %% slideshow={"slide_type": "-"} tags=["live"]
key_data, key_noise = jax.random.split(jax.random.key(0))
data = jax.random.normal(key_data, (2,))
noise = jax.random.normal(key_noise, (2,))
print(data, noise, sep="\n")
assert not jnp.array_equal(data, noise)
anew, _ = jax.random.split(jax.random.key(0))
assert jnp.array_equal(jax.random.normal(anew, (2,)), data)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two keys, two different draws. From the seed 0 again, the first draw comes back: at once, says the assert, or tomorrow.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: two purposes, one key
# A uniform draw decides what to drop, a normal draw is the noise. They are different functions, so will one key do?

# %% slideshow={"slide_type": "-"}
def draw(key_mask, key_noise):
    """A uniform and a normal draw: two keys -> (2, N)."""
    mask = jax.random.uniform(key_mask, (500,))
    return jnp.stack([mask, jax.random.normal(key_noise, (500,))])

key = jax.random.key(1)
draws = {"one key": draw(key, key), "two keys": draw(*jax.random.split(key))}
tie = {name: float(jnp.corrcoef(pair)[0, 1]) for name, pair in draws.items()}
print(*(f"{name}: correlation {value:+.2f}" for name, value in tie.items()), sep="\n")
assert tie["one key"] > 0.9 and abs(tie["two keys"]) < 0.2

# %% [markdown] slideshow={"slide_type": "fragment"}
# It will not: with one key the two draws rise and fall together.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The picture of a reused key
# Uniform draw across, normal draw up. How should 500 unrelated pairs look?

# %% alt="Two scatter plots of a normal draw against a uniform draw: with one key all points lie on a single rising curve, with two keys they fill the plane." slideshow={"slide_type": "-"} tags=["hide-input"]
figure, axes = slide_figure(columns=2, sharey=True)
for ax, (name, pair) in zip(axes[0], draws.items()):
    ax.scatter(*pair, s=8)
    ax.set(title=name, xlabel="uniform draw")
axes[0, 0].set_ylabel("normal draw")
_ = figure.suptitle("One key for two purposes: all 500 pairs fall on one curve")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Left: the same random bits went through two formulas, so one draw tells you the other. Right: two keys, no pattern.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a key is not a number
# Older code adds 1 to a `PRNGKey` to get "the next". Which line fails here?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
raw, key = jax.random.PRNGKey(0), jax.random.key(0)
print(raw.dtype, raw.shape, raw + 1)
print(key.dtype, key.shape)
print(key + 1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The old key is two integers, so `+ 1` runs, and nobody promises that the result is a good key. The typed key
# refuses. The cure is to *fold in* the number:

# %% slideshow={"slide_type": "fragment"} tags=["live"]
another = jax.random.fold_in(key, 1)
assert jax.random.normal(another) != jax.random.normal(key)
assert jax.random.normal(raw) == jax.random.normal(key)  # old or typed: the same stream

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Four workers, any order
# Four workers draw in the order 0 1 2 3, then 3 2 1 0. Who gets other numbers?

# %% slideshow={"slide_type": "-"}
root, runs = jax.random.key(0), []
for order in ((0, 1, 2, 3), (3, 2, 1, 0)):
    rng = np.random.default_rng(0)  # one hidden state for all four
    hidden = {worker: rng.normal() for worker in order}
    keys = {worker: jax.random.fold_in(root, worker) for worker in order}
    keyed = {worker: float(jax.random.normal(keys[worker])) for worker in order}
    runs.append((hidden, keyed))
    print(order, "hidden state", *(f"{hidden[worker]:+.2f}" for worker in range(4)))
    print(order, "folded keys ", *(f"{keyed[worker]:+.2f}" for worker in range(4)))
assert runs[0][0] != runs[1][0] and runs[0][1] == runs[1][1]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each line lists workers 0 to 3. A hidden state serves whoever asks first; with a folded key every worker gets its own
# number, whenever it asks.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One device or four: the same draw
# One fresh process has one CPU device. Another has four, and each makes a quarter. Do they draw the same numbers?

# %% slideshow={"slide_type": "-"}
from snippets.arrays_devices import normal_over_devices

one = normal_over_devices(devices=1, seed=0, size=8)  # (N,)
four = normal_over_devices(devices=4, seed=0, size=8)  # (N,)
print(one[:3], four[:3], sep="\n")
assert np.array_equal(one, four)
assert np.allclose(one, jax.random.normal(jax.random.key(0), (8,)), atol=1e-5)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Bit for bit the same, and to five digits what this notebook draws: the key decides, not the number of devices.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## The call returns before the answer
#
# Multiply a 2000 × 2000 matrix by itself. When does Python get `y`, and when do its numbers exist?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "what did the first clock measure?" The time to place an order in a restaurant, not the time to cook.
# - People get wrong: forgetting the warm-up call, so the first measurement includes compiling.
# - What also waits: printing, `float(y)`, `np.asarray(y)`, an `if` on a value.
# - The times differ on every run and machine; the order of the two does not.
# - Late? Skip the picture. Do not skip the last slide, the late write: nobody expects it.
# - If the late write says `False`: run the cell again, or say that a race need not happen every time. The `[1:]` is
#   there because buffers that begin on a 64-byte boundary did not show it where we tried (0 of 200).
# - Time mark: 0:56 at the end of this section.

# %% slideshow={"slide_type": "-"}
def two_clocks(x):
    """Seconds until `x @ x` returns, and until its numbers exist."""
    start = time.perf_counter()
    y = x @ x  # (N, N)
    returned = time.perf_counter() - start
    y.block_until_ready()
    return returned, time.perf_counter() - start

x = jnp.ones((2000, 2000))  # (N, N)
two_clocks(x)  # warm up: the first call also compiles
returned, ready = two_clocks(x)
print(f"returned after {returned * 1e3:.2f} ms, ready after {ready * 1e3:.1f} ms")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The call only *queues* the work; `block_until_ready` waits for its numbers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How fast is this machine?
# Each of the `N × N` numbers takes `N` multiplications and `N` additions. One GFLOP/s is $10^9$ of them a second.
# Which of the two times tells the speed?

# %% slideshow={"slide_type": "-"}
work = 2 * 2000**3  # multiplications and additions
print(f"until it returned:  {work / returned / 1e9:9,.0f} GFLOP/s")
print(f"until it was ready: {work / ready / 1e9:9,.0f} GFLOP/s")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The first line is not a speed: that clock stopped before the work was done. A benchmark needs
# `block_until_ready`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Two times, three sizes
# The work grows eightfold from one size to the next. Which of the two times follows it?

# %% slideshow={"slide_type": "-"}
sides = (500, 1000, 2000)
tries = [[two_clocks(jnp.ones((n, n))) for _ in range(5)] for n in sides]
clocks = np.min(tries, axis=1)  # (3, 2): the fastest of five, in seconds
assert clocks[2, 1] > clocks[0, 1] and clocks[2, 0] < clocks[2, 1] / 2

# %% alt="Two lines on a logarithmic scale over matrix sides 500, 1000 and 2000: the time until the call returns stays small, the time until the result is ready grows with the size." slideshow={"slide_type": "-"} tags=["hide-input"]
title = "The call returns early; the result takes as long as the work"
axes = slide_axes(title, "rows and columns of the matrix", "time (ms)", 2.0)
axes.semilogy(sides, 1e3 * clocks[:, 0], "o-", label="call returned")
axes.semilogy(sides, 1e3 * clocks[:, 1], "s-", label="result ready")
axes.set(xticks=sides)
_ = axes.legend()

# %% [markdown] slideshow={"slide_type": "fragment"}
# "Result ready" grows with the work; at 2000 "call returned" takes less than half.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: is the copy finished when the call returns?
# Hand a NumPy buffer to JAX, then write into the *buffer*. Does JAX see the write?

# %% slideshow={"slide_type": "-"}
def late_write_got_in(wait):
    """Whether a write made after `jnp.array` returned shows up in its result."""
    buffer = np.zeros(250_001, np.float32)[1:]  # (N,), off a 64-byte boundary
    x = jnp.array(buffer)
    if wait:
        x.block_until_ready()
    buffer[0] = 1.0
    return bool(x[0] == 1.0)

seen = any(late_write_got_in(wait=False) for _ in range(500))
print("without waiting, a late write got in:", seen)
assert not any(late_write_got_in(wait=True) for _ in range(500))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `True`: a "copy" changed after the call had returned. It is a race, so yours may say `False`. The cure: wait, or
# never write into a buffer that you handed over.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Recap: say it before you run it
#
# **1.** `x[0]` is 0, then `y = x.at[0].add(1)`. What are `x[0]` and `y[0]`?
#
# **2.** `x` has five elements. What is `x[99]`, and what does `x.at[99].set(8)` change?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Everybody says the answer aloud, together, before the cell runs. No volunteers, no silence.
# - If a question splits the room, that is next week's opening question: write it down.
# - Late? Ask 2 and 4 only.
# - Time mark: 0:59 at the end of this section.

# %% slideshow={"slide_type": "fragment"}
x = jnp.zeros(5).at[4].set(5.0)
y = x.at[0].add(1)
assert (x[0], y[0]) == (0, 1)  # 1
assert x[99] == x[4] == 5  # 2: reading clamps …
assert jnp.array_equal(x.at[99].set(8), x)  # … and writing drops

# %% [markdown] slideshow={"slide_type": "fragment"}
# **1.** 0 and 1: `x` never changes. **2.** The last element, because reading clamps; and nothing, because writing drops.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Recap: formats and keys
# **3.** A loss of 70,000 in float16? In bfloat16?
#
# **4.** One key, `normal` called twice with it, then once with a key `split` from it: how many different numbers?

# %% slideshow={"slide_type": "fragment"}
loss = jnp.float32(70_000)
half, brain = loss.astype("float16"), loss.astype("bfloat16")
print(half, brain)
assert jnp.isinf(half) and brain == 70_144  # 3
key = jax.random.key(7)
key_next, _ = jax.random.split(key)
drawn = {float(jax.random.normal(k)) for k in (key, key, key_next)}
assert len(drawn) == 2  # 4: splitting made a new key

# %% [markdown] slideshow={"slide_type": "fragment"}
# **3.** `inf`, because float16 ends before it; and 70,144, rounded by 144. **4.** Two: the key gave the same number twice.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## You saw, and what is next
#
# **You saw** arrays that never change, updates that return a new array, and memory donated for reuse; formats that
# trade digits for range; random numbers without a hidden state; and timing that waits for the result.
#
# **Open question:** if nothing may change, where does a training loop keep its step count, its weights, its keys?
#
# **Next:** *Functions of functions.* Because arrays do not change, JAX can make new functions from yours:
# its derivative, its batched form, its compiled form.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Leave the open question open. If someone answers "you pass it in and get it back", smile and say "week 5".
# - Point at the resources, and at the attendees' notebook: it holds every cell of today.
# - Time mark: 1:00.
