# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 27 days of JAX
#
# One cell a day. Each day is one small thing that surprises people; say what you expect before you run it. If you
# skip a day, do two the next; if you like one, tell somebody.

# %%
import json

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

# %% [markdown]
# ## Day 1: an array that changed
#
# A copy of `x` whose first element is `v`.


# %%
def day_01(x, v):
    """x: (N,), v: () -> (N,)"""
    # BEGIN SOLUTION
    return x.at[0].set(v)
    # END SOLUTION

# %% [markdown]
# ## Day 2: two draws
#
# Two normal numbers, made from one key, that have nothing to do with each other.


# %%
def day_02(key):
    """-> (), ()"""
    # BEGIN SOLUTION
    one, two = jax.random.split(key)
    return jax.random.normal(one), jax.random.normal(two)
    # END SOLUTION

# %% [markdown]
# ## Day 3: worker number n
#
# The normal number of worker `n`: the same whoever asks first, and however many workers there are.


# %%
def day_03(key, n):
    """n: int -> ()"""
    # BEGIN SOLUTION
    return jax.random.normal(jax.random.fold_in(key, n))
    # END SOLUTION

# %% [markdown]
# ## Day 4: who shares memory?
#
# Whether NumPy's `a[:, ::-1]` and `a[:, [1, 0]]` share memory with `a`: two booleans. Measure, don't guess.


# %%
def day_04(a):
    """a: (N, 2), a NumPy array -> bool, bool"""
    # BEGIN SOLUTION
    return np.shares_memory(a, a[:, ::-1]), np.shares_memory(a, a[:, [1, 0]])
    # END SOLUTION

# %% [markdown]
# ## Day 5: digits or range
#
# The largest number and the gap after 1 of a 16-bit format, `"bfloat16"` or `"float16"`, as Python floats.


# %%
def day_05(name):
    """-> float, float"""
    # BEGIN SOLUTION
    info = jnp.finfo(name)
    return float(info.max), float(info.eps)
    # END SOLUTION

# %% [markdown]
# ## Day 6: a slope for each
#
# The slope of `x * sin(x)` at every element of `x`. `grad` wants one number out, so map it.


# %%
def day_06(x):
    """x: (N,) -> (N,)"""
    # BEGIN SOLUTION
    return jax.vmap(jax.grad(lambda t: t * jnp.sin(t)))(x)
    # END SOLUTION

# %% [markdown]
# ## Day 7: one example is enough
#
# `f` takes one row; call it on all rows of `X` at once, without a loop.


# %%
def day_07(f, X):
    """f: (D,) -> (), X: (B, D) -> (B,)"""
    # BEGIN SOLUTION
    return jax.vmap(f)(X)
    # END SOLUTION

# %% [markdown]
# ## Day 8: look away
#
# The slope of `x * y` with respect to `x`, where `y` is `x` itself, held constant.


# %%
def day_08(x):
    """x: () -> ()"""
    # BEGIN SOLUTION
    return jax.grad(lambda t: t * jax.lax.stop_gradient(t))(x)
    # END SOLUTION

# %% [markdown]
# ## Day 9: all three
#
# The compiled, batched second derivative of `f`: one function made of `jit`, `vmap` and `grad` twice.


# %%
def day_09(f):
    """f: () -> () gives a function (N,) -> (N,)"""
    # BEGIN SOLUTION
    return jax.jit(jax.vmap(jax.grad(jax.grad(f))))
    # END SOLUTION

# %% [markdown]
# ## Day 10: a gradient is a tree
#
# The gradient of the sum of squares of all numbers of a tree: a tree of the same structure.


# %%
def day_10(tree):
    """-> tree"""
    # BEGIN SOLUTION
    return jax.grad(lambda t: sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(t)))(tree)
    # END SOLUTION

# %% [markdown]
# ## Day 11: what is a leaf?
#
# How many leaves JAX sees in a tree.


# %%
def day_11(tree):
    """-> int"""
    # BEGIN SOLUTION
    return len(jax.tree.leaves(tree))
    # END SOLUTION

# %% [markdown]
# ## Day 12: None is the empty tree
#
# The tree with `None` in the place of every array with fewer than two axes.


# %%
def day_12(tree):
    """-> tree"""
    # BEGIN SOLUTION
    return jax.tree.map(lambda leaf: leaf if jnp.ndim(leaf) >= 2 else None, tree)
    # END SOLUTION

# %% [markdown]
# ## Day 13: a shared leaf
#
# `{"read": w, "write": w}` after one step `w - rate * slope` on every leaf, for the loss `2 * sum(read) + 5 *
# sum(write)`. The same array went in twice; what comes out?


# %%
def day_13(w, rate):
    """w: (N,), rate: () -> {"read": (N,), "write": (N,)}"""
    # BEGIN SOLUTION
    slopes = jax.grad(lambda t: 2 * t["read"].sum() + 5 * t["write"].sum())({"read": w, "write": w})
    return jax.tree.map(lambda leaf, slope: leaf - rate * slope, {"read": w, "write": w}, slopes)
    # END SOLUTION

# %% [markdown]
# ## Day 14: JSON is a tree
#
# The largest number in a JSON text that holds only numbers, lists and objects.


# %%
def day_14(text):
    """text: str -> float"""
    # BEGIN SOLUTION
    return float(max(jax.tree.leaves(json.loads(text))))
    # END SOLUTION

# %% [markdown]
# ## Day 15: features are outputs
#
# The shape of the kernel of `nn.Dense(features)` for inputs with `inputs` features, from the module itself.


# %%
def day_15(features, inputs):
    """int, int -> a tuple of two ints"""
    # BEGIN SOLUTION
    return nn.Dense(features).init(jax.random.key(0), jnp.zeros((1, inputs)))["params"]["kernel"].shape
    # END SOLUTION

# %% [markdown]
# ## Day 16: what init looks at
#
# The kernels that `nn.Dense(3).init(key, x)` draws for two examples `a` and `b`. Then say: are they equal?


# %%
def day_16(key, a, b):
    """a, b: (1, D) -> bool"""
    # BEGIN SOLUTION
    draw = lambda x: nn.Dense(3).init(key, x)["params"]["kernel"]
    return bool((draw(a) == draw(b)).all())
    # END SOLUTION

# %% [markdown]
# ## Day 17: one model, two sets of weights
#
# The outputs of `nn.Dense(2)` on `x` with the variables `a` and then `b`. The model keeps nothing.


# %%
def day_17(a, b, x):
    """variables, variables, (B, D) -> (B, 2), (B, 2)"""
    # BEGIN SOLUTION
    model = nn.Dense(2)
    return model.apply(a, x), model.apply(b, x)
    # END SOLUTION

# %% [markdown]
# ## Day 18: once is enough
#
# `log_softmax` of the logits, and `log_softmax` of that: two arrays. Are they different?


# %%
def day_18(logits):
    """(B, K) -> (B, K), (B, K)"""
    # BEGIN SOLUTION
    once = jax.nn.log_softmax(logits)
    return once, jax.nn.log_softmax(once)
    # END SOLUTION

# %% [markdown]
# ## Day 19: two ways to flatten
#
# A picture with channels last, flattened in the order in which PyTorch, channels first, flattens it.


# %%
def day_19(x):
    """x: (H, W, C) -> (C * H * W,)"""
    # BEGIN SOLUTION
    return jnp.transpose(x, (2, 0, 1)).ravel()
    # END SOLUTION

# %% [markdown]
# ## Day 20: the global that moved
#
# What a jitted `lambda x: x + STEP[0]` gives at `x` before and after the global list `STEP` becomes `[second]`. It
# starts as `[first]`.


# %%
def day_20(x, first, second):
    """(), float, float -> (), ()"""
    # BEGIN SOLUTION
    step = [first]
    add = jax.jit(lambda t: t + step[0])
    before = add(x)
    step[0] = second
    return before, add(x)
    # END SOLUTION

# %% [markdown]
# ## Day 21: half the size
#
# The rows left of `n` after `levels` times: a 3 × 3 convolution without padding, twice, then a pooling by 2.


# %%
def day_21(n, levels):
    """int, int -> int"""
    # BEGIN SOLUTION
    for _ in range(levels):
        n = (n - 4) // 2
    return n
    # END SOLUTION

# %% [markdown]
# ## Day 22: overlap
#
# Dice's score of two masks, `2 |A and B| / (|A| + |B|)`; 1 for two empty ones.


# %%
def day_22(a, b):
    """a, b: (H, W) bool -> ()"""
    # BEGIN SOLUTION
    total = a.sum() + b.sum()
    return jnp.where(total == 0, 1.0, 2 * (a & b).sum() / jnp.maximum(total, 1))
    # END SOLUTION

# %% [markdown]
# ## Day 23: count to be sure
#
# How many numbers a tree of parameters holds.


# %%
def day_23(params):
    """-> int"""
    # BEGIN SOLUTION
    return sum(leaf.size for leaf in jax.tree.leaves(params))
    # END SOLUTION

# %% [markdown]
# ## Days 24 to 27: yours
#
# Find something yourself and write it up. Return a dictionary:
#
# - `"claim"`: what you found out, one sentence of at least six words that can be wrong
# - `"measured"`: the number, or the array, that decides it, calculated in the cell (from `key` where it is random)
# - `"surprise"`: what you had expected, at least eight words
#
# Checked is what can be: that the number is one, is finite, and is the same for the same key; that the sentences are
# there, and are not those of another day. Whether it is interesting is judged by whoever you tell.

# %% [markdown]
# ### Day 24: a number that you did not expect


# %%
def day_24(key):
    """-> {"claim": str, "measured": number or array, "surprise": str}"""
    # BEGIN SOLUTION
    return {
        "claim": "Five numbers in bfloat16 still have the sum that everybody expects of them.",
        "measured": jnp.linspace(0, 1, 5).astype(jnp.bfloat16).astype(jnp.float32).sum(),
        "surprise": "I expected a rounding error, and there was none: quarters are exact in two digits.",
    }
    # END SOLUTION

# %% [markdown]
# ### Day 25: something that breaks


# %%
def day_25(key):
    """-> {"claim": str, "measured": number or array, "surprise": str}"""
    # BEGIN SOLUTION
    return {
        "claim": "Reading beyond the end of an array gives a number, not an error.",
        "measured": jnp.arange(3.0)[7],
        "surprise": "The number is the last element, so that nothing looks wrong at all afterwards.",
    }
    # END SOLUTION

# %% [markdown]
# ### Day 26: something you would have done with a loop


# %%
def day_26(key):
    """-> {"claim": str, "measured": number or array, "surprise": str}"""
    # BEGIN SOLUTION
    return {
        "claim": "Four keys from one split give four draws whose mean depends on the key alone.",
        "measured": jax.vmap(lambda k: jax.random.normal(k))(jax.random.split(key, 4)).mean(),
        "surprise": "The loop that I wanted to write was longer than the line that replaced it.",
    }
    # END SOLUTION

# %% [markdown]
# ### Day 27: what you would show a friend


# %%
def day_27(key):
    """-> {"claim": str, "measured": number or array, "surprise": str}"""
    # BEGIN SOLUTION
    return {
        "claim": "The slope of the hyperbolic tangent at one half is one minus its square.",
        "measured": jax.grad(jnp.tanh)(0.5),
        "surprise": "JAX needs no formula from me, and agrees with mine to the last digit shown.",
    }
    # END SOLUTION
