# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Homework 03: trees everywhere
#
# Eight small functions on trees of arrays: dictionaries, lists, tuples, `None`, in any nesting. With them you can
# write every optimizer of this course.
#
# A function never asks what kind of container it got: `jax.tree` does.

# %%
import json
from dataclasses import dataclass

import jax
import jax.numpy as jnp

# %% [markdown]
# ## 1. Add two trees


# %%
def tree_add(a, b):
    """The leaf-by-leaf sum of two trees of one structure: -> a tree of that structure."""
    # BEGIN SOLUTION
    return jax.tree.map(jnp.add, a, b)
    # END SOLUTION


# %% [markdown]
# ## 2. The length of a tree
#
# As if all numbers of all leaves stood in one long vector: $\sqrt{\sum_i v_i^2}$. The sum of the leaves' lengths is
# another number, and a larger one. An empty tree has length 0.


# %%
def tree_norm(tree):
    """The Euclidean length of all numbers of the tree: -> ()"""
    # BEGIN SOLUTION
    return jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(tree)) + jnp.zeros(()))
    # END SOLUTION


# %% [markdown]
# ## 3. Split off what shall not move
#
# `None` is the empty tree: a gradient with respect to a tree with `None` in it has nothing to say there. Split `params`
# (a dictionary of layers, `{"hidden": {"kernel": …, "bias": …}, "out": …}`) in two trees: what trains, and what is
# frozen, each with `None` at the leaves that belong to the other. Both keep the nesting of `params`.


# %%
def freeze_with_none(params, frozen):
    """Two trees shaped like params: `(trains, stays)`, with None where a leaf is in the other.

    params: a dictionary of layers, frozen: a tuple of names of layers
    """
    # BEGIN SOLUTION
    def part(stays):
        return jax.tree.map_with_path(lambda path, leaf: leaf if (path[0].key in frozen) == stays else None, params)

    return part(False), part(True)
    # END SOLUTION


# %% [markdown]
# ## 4. … and put it together again
#
# For every leaf there is a value in one tree and `None` in the other. To `jax.tree.map`, `None` is no leaf, and the
# two trees have different structures, unless you say otherwise.


# %%
def thaw(trains, stays):
    """The whole tree from the two that freeze_with_none made."""
    # BEGIN SOLUTION
    return jax.tree.map(lambda a, b: b if a is None else a, trains, stays, is_leaf=lambda leaf: leaf is None)
    # END SOLUTION


# %% [markdown]
# ## 5. JSON is a tree
#
# Multiply every number in a JSON text by `factor`; words, `true`, `false`, `null` and the order of keys stay.
# In Python `True` is an `int`, in JSON it is none.


# %%
def json_scale(text, factor):
    """The JSON text with every number multiplied. text: str, factor: a number -> str"""
    # BEGIN SOLUTION
    def scaled(value):
        if isinstance(value, dict):  # jax.tree.map would give the keys back sorted
            return {key: scaled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [scaled(item) for item in value]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value * factor if is_number else value

    return json.dumps(scaled(json.loads(text)))
    # END SOLUTION


# %% [markdown]
# ## 6. A class of your own
#
# `Affine` holds two arrays and a word. Register it with JAX, so that `scale` and `shift` are leaves (in this order)
# and `bend`, which is no number, is part of the structure. Then `jit`, `grad` and `jax.tree.map` take an `Affine`
# like a dictionary. Keep it a frozen dataclass with these three fields.


# %%
# BEGIN SOLUTION
@jax.tree_util.register_dataclass
# STARTER
# # register it here
# END SOLUTION
@dataclass(frozen=True)
class Affine:
    """x -> bend(scale * x + shift); bend names a function of jax.numpy."""

    scale: jax.Array
    shift: jax.Array
    # BEGIN SOLUTION
    bend: str = jax.tree.static(default="tanh")
    # STARTER
    # bend: str = "tanh"
    # END SOLUTION

    def __call__(self, x):
        """Any shape -> the same shape."""
        return getattr(jnp, self.bend)(self.scale * x + self.shift)


# %% [markdown]
# ## 7. A slow copy
#
# The exponential moving average of parameters, `decay * average + (1 - decay) * new` at every leaf. A leaf keeps its
# dtype: an average kept in `bfloat16` comes back in `bfloat16`. A leaf of whole numbers (a step counter) can't be
# averaged; take the new one.


# %%
def ema(average, new, decay):
    """One step of the moving average of a tree. average, new: trees of one structure, decay: () -> a tree"""
    # BEGIN SOLUTION
    def step(old, now):
        old, now = jnp.asarray(old), jnp.asarray(now)
        if not jnp.issubdtype(old.dtype, jnp.floating):
            return now
        return (decay * old + (1 - decay) * now).astype(old.dtype)

    return jax.tree.map(step, average, new)
    # END SOLUTION


# %% [markdown]
# ## 8. One long vector
#
# Some algorithms want all parameters as one vector. Return that vector, leaves in JAX's order, and a function that
# turns such a vector back into a tree: same structure, same shapes.


# %%
def flatten_to_vector(tree):
    """All numbers of the tree in one vector, and the way back: -> (P,), function (P,) -> tree"""
    # BEGIN SOLUTION
    leaves, structure = jax.tree.flatten(tree)
    ends = []
    for leaf in leaves:
        ends.append((ends[-1] if ends else 0) + jnp.size(leaf))
    vector = jnp.concatenate([jnp.ravel(leaf) for leaf in leaves])

    def back(vector):
        pieces = jnp.split(vector, ends[:-1])
        return structure.unflatten([piece.reshape(jnp.shape(leaf)) for piece, leaf in zip(pieces, leaves)])

    return vector, back
    # END SOLUTION
