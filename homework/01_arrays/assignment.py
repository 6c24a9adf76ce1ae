# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Arrays that do not change

# %%
import jax
import jax.numpy as jnp


# %% [markdown]
# ## A row, replaced

# %%
def set_row(x, i, row):
    """x with its row i replaced, as a new array. Shapes: (N, D), (), (D,) -> (N, D)."""
    # BEGIN SOLUTION
    return x.at[i].set(row)
    # END SOLUTION


# %%
def split_n(key, n):
    """n keys, all different, none of them the key itself. Shapes: () -> (n,)."""
    # BEGIN SOLUTION
    return jax.random.split(key, n)
    # END SOLUTION
