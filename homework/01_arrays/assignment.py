# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Homework 01: arrays that do not change
#
# Six short functions. Each has one trap from the lecture in it, and none needs more than five lines.
# Letters: `N` rows, `D` features, `K` bins. Shapes stand in the docstrings.
#
# All functions are *pure*: they return new arrays and leave their arguments alone.

# %%
import jax
import jax.numpy as jnp

# %% [markdown]
# ## 1. A row, replaced
#
# In PyTorch you write `x[i] = row`. Here you return the array that would be. The index may be a traced number
# (under `jit` the function must not ask "is `i` too large?" with a Python `if`), and it may be negative, as in NumPy.
#
# An index that is no row of `x` would be *dropped* without a word. Make it loud: the whole result is `nan`.


# %%
def set_row(x, i, row):
    """A copy of x whose row i is `row`; all nan where x has no row i.

    x: (N, D) float32, i: () int32 from -N to N - 1, row: (D,) -> (N, D) float32
    """
    # BEGIN SOLUTION
    rows = x.shape[0]
    is_row = (i >= -rows) & (i < rows)
    return jnp.where(is_row, x.at[i].set(row), jnp.nan)
    # END SOLUTION


# %% [markdown]
# ## 2. Votes into bins
#
# Count how often each of the numbers 0 … K − 1 occurs in `ids`. A number that is no bin counts nowhere: think about
# what JAX does with an index that is too large, and with one that is negative. They are not treated alike.


# %%
def scatter_hist(ids, K):
    """How often each of 0 … K - 1 occurs in ids; other numbers are not counted.

    ids: (N,) int32, K: a Python int -> (K,) int32
    """
    # BEGIN SOLUTION
    at = jnp.where(ids < 0, K, ids)  # a negative index would count from the end; K is out of bounds and dropped
    return jnp.zeros(K, jnp.int32).at[at].add(1)
    # END SOLUTION


# %% [markdown]
# ## 3. A mean that can't broadcast
#
# A model gives predictions of shape `(N, 1)`, the targets have shape `(N,)`. `pred - y` has shape `(N, N)`, runs, and
# is wrong. Write the mean squared error so that this can't happen.


# %%
def mse_column(pred, y):
    """Mean over the N examples of the squared difference. pred: (N, 1), y: (N,) -> ()"""
    # BEGIN SOLUTION
    return jnp.mean((pred[:, 0] - y) ** 2)
    # END SOLUTION


# %% [markdown]
# ## 4. One key for each worker
#
# `n` workers draw random numbers on their own, each with its key. No two keys are equal, none is the root key itself
# (somebody may still draw from that one), and worker 3 has the same key whether 4 or 400 workers take part.


# %%
def split_n(key, n):
    """n keys made from one. key: a typed key, n: a Python int -> (n,) typed keys"""
    # BEGIN SOLUTION
    return jax.vmap(lambda worker: jax.random.fold_in(key, worker))(jnp.arange(n))
    # END SOLUTION


# %% [markdown]
# ## 5. Shuffle pairs
#
# Inputs and labels go through the same permutation, or the pairs are torn. All of the randomness comes from `key`.


# %%
def shuffle_with_key(key, X, y):
    """X and y in a new order, the same for both. key, X: (N, D), y: (N,) -> (N, D), (N,)"""
    # BEGIN SOLUTION
    order = jax.random.permutation(key, X.shape[0])
    return X[order], y[order]
    # END SOLUTION


# %% [markdown]
# ## 6. What bfloat16 costs
#
# Store `x` as `bfloat16`: how large is the largest *relative* error, $\max_i |x_i - b_i| / |x_i|$? Calculate it in
# float32. A zero is stored exactly, so its error is 0 (and not 0/0).
#
# When it works, try numbers near 1, near $10^{30}$ and near $10^{-30}$. What do you notice, and why?


# %%
def bf16_error(x):
    """The largest relative error of x stored as bfloat16. x: (N,) float32 -> () float32"""
    # BEGIN SOLUTION
    stored = x.astype(jnp.bfloat16).astype(jnp.float32)
    size = jnp.where(x == 0, 1.0, jnp.abs(x))
    return jnp.max(jnp.abs(x - stored) / size)
    # END SOLUTION
