"""Wrong answers to homework 01."""

import numpy as np


# A write out of bounds is dropped, so there is nothing to do.
# caught by: test_set_row_at_the_edges
def set_row(x, i, row):
    return x.at[i].set(row)


# An index that is too large means the last row: clamped, and nobody is told.
# caught by: test_set_row_at_the_edges
def set_row(x, i, row):
    return x.at[jnp.clip(i, 0, x.shape[0] - 1)].set(row)


# Ask with an `if`, as one would in NumPy.
# caught by: test_set_row_under_jit, test_set_row_at_the_edges
def set_row(x, i, row):
    if i >= x.shape[0] or i < -x.shape[0]:
        return jnp.full_like(x, jnp.nan)
    return x.at[i].set(row)


# `.at` returns the new array, but so what: I updated x.
# caught by: test_set_row, test_set_row_under_jit, test_set_row_at_the_edges
def set_row(x, i, row):
    x.at[i].set(row)
    return x


# NumPy's += on an index list counts every vote.
# caught by: test_scatter_hist, test_scatter_hist_counts_no_strangers
def scatter_hist(ids, K):
    counts = np.zeros(K, np.int32)
    kept = np.asarray(ids)[(ids >= 0) & (ids < K)]
    counts[kept] += 1
    return counts


# Out of bounds is dropped, so negative numbers are too.
# caught by: test_scatter_hist_counts_no_strangers
def scatter_hist(ids, K):
    return jnp.zeros(K, jnp.int32).at[ids].add(1)


# Strangers go into the nearest bin.
# caught by: test_scatter_hist_counts_no_strangers
def scatter_hist(ids, K):
    return jnp.bincount(jnp.clip(ids, 0, K - 1), length=K)


# (N, 1) minus (N,) is N differences.
# caught by: test_mse_column
def mse_column(pred, y):
    return jnp.mean((pred - y) ** 2)


# One key n times: n names for one key.
# caught by: test_split_n, test_split_n_serves_any_number_of_workers
def split_n(key, n):
    return jnp.stack([key] * n)


# The seeds 0, 1, 2 … are keys enough.
# caught by: test_split_n_serves_any_number_of_workers
def split_n(key, n):
    return jax.vmap(jax.random.key)(jnp.arange(n))


# The root key is one of the n.
# caught by: test_split_n_serves_any_number_of_workers
def split_n(key, n):
    return jnp.concatenate([key[None], jax.random.split(key, n)])[:n]


# Each gets its own shuffle, so each gets its own key.
# caught by: test_shuffle_with_key, test_shuffle_with_key_listens_to_its_key
def shuffle_with_key(key, X, y):
    key_x, key_y = jax.random.split(key)
    return jax.random.permutation(key_x, X), jax.random.permutation(key_y, y)


# A shuffle in place needs no second array.
# caught by: test_shuffle_with_key_leaves_its_arguments_alone
def shuffle_with_key(key, X, y):
    order = np.asarray(jax.random.permutation(key, len(y)))
    if isinstance(X, np.ndarray):
        X[:], y[:] = X[order], y[order]
        return X, y
    return X[order], y[order]


# Draw N rows at random: with replacement, some come twice and others never.
# caught by: test_shuffle_with_key, test_shuffle_with_key_listens_to_its_key
def shuffle_with_key(key, X, y):
    rows = jax.random.randint(key, (len(y),), 0, len(y))
    return X[rows], y[rows]


# A seed of my own makes it reproducible.
# caught by: test_shuffle_with_key_listens_to_its_key
def shuffle_with_key(key, X, y):
    order = jax.random.permutation(jax.random.key(0), len(y))
    return X[order], y[order]


# The error is what is left after rounding; zeros take care of themselves.
# caught by: test_bf16_error_far_from_one
def bf16_error(x):
    stored = x.astype(jnp.bfloat16).astype(jnp.float32)
    return jnp.max(jnp.abs(x - stored) / jnp.abs(x))


# Compare the two in bfloat16.
# caught by: test_bf16_error, test_bf16_error_far_from_one
def bf16_error(x):
    stored = x.astype(jnp.bfloat16)
    return jnp.max(jnp.abs(x.astype(jnp.bfloat16) - stored)).astype(jnp.float32)


# The largest error, in the units of x.
# caught by: test_bf16_error, test_bf16_error_far_from_one
def bf16_error(x):
    return jnp.max(jnp.abs(x - x.astype(jnp.bfloat16).astype(jnp.float32)))
