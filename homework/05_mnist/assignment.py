# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Homework 05: the training loop, piece by piece
#
# A training loop is seven small functions. Most of the bugs that cost days are in two of them: which examples a step
# sees, and what is averaged over what. Letters: `N` examples, `B` in a batch, `K` classes.
#
# Pictures of the checks are 8 × 8 digits, so that everything trains in seconds.

# %%
import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState

# %% [markdown]
# ## 1. Batches that cover everything
#
# One pass over `N` examples: every index in exactly one batch, in an order that `key` decides. The last batch may be
# smaller. It is tempting to drop it: then some examples are never seen in this pass.


# %%
def batches(key, n, size):
    """The batches of one pass. key, n and size: Python ints -> a list of (size,) int arrays, the last may be shorter"""
    # BEGIN SOLUTION
    order = jax.random.permutation(key, n)
    return [order[start : start + size] for start in range(0, n, size)]
    # END SOLUTION


# %% [markdown]
# ## 2. Cross-entropy without one-hot
#
# Mean over the batch of $-\log p_{y_b}$, where $p$ is the softmax of the logits. `exp(1000)` is `inf`, `log(0)` is
# `-inf`, and a network that is sure of itself gives such logits: subtract before you exponentiate, or let
# `jax.nn.log_softmax` do it.


# %%
def cross_entropy_int(logits, labels):
    """The mean cross-entropy. logits: (B, K), labels: (B,) int32 -> ()"""
    # BEGIN SOLUTION
    logp = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(logp, labels[:, None], axis=1))
    # END SOLUTION


# %% [markdown]
# ## 3. The mean over a data set
#
# Each batch gave its mean loss, and the last batch is smaller. What is the mean over all *examples*?


# %%
def mean_over_batches(means, sizes):
    """The mean over all examples. means: (M,) one mean a batch, sizes: (M,) int32, examples in it -> ()"""
    # BEGIN SOLUTION
    return jnp.sum(means * sizes) / jnp.sum(sizes)
    # END SOLUTION


# %% [markdown]
# ## 4. One training step
#
# The network and its first state are given. `train_step` takes a state and a batch and returns the *next* state, and
# the loss before the step. It uses nothing but its arguments: a batch that it finds in the notebook around it would be
# compiled in once and trained on for ever.


# %%
class Net(nn.Module):
    """Pictures (B, 8, 8, 1) -> logits (B, 10)."""

    @nn.compact
    def __call__(self, x):
        """(B, 8, 8, 1) -> (B, 10)"""
        x = nn.relu(nn.Conv(8, (3, 3), strides=2)(x))  # (B, 4, 4, 8)
        return nn.Dense(10)(x.reshape(x.shape[0], -1))


def create_state(key):
    """The state that training starts from."""
    net = Net()
    init = jax.jit(net.init, compiler_options={"xla_backend_optimization_level": 0})  # runs once: no need to polish it
    params = init(key, jnp.zeros((1, 8, 8, 1)))["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.adam(0.01))


# %%
def train_step(state, x, y):
    """One step on one batch. state, x: (B, 8, 8, 1), y: (B,) int32 -> the next state, the loss before the step ()"""
    # BEGIN SOLUTION
    def loss(params):
        logits = state.apply_fn({"params": params}, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    value, slopes = jax.value_and_grad(loss)(state.params)
    return state.apply_gradients(grads=slopes), value
    # END SOLUTION


# %% [markdown]
# ## 5. Save …
#
# Parameters as bytes, so that they can be written into a file. `flax.serialization` does it, safely: what it reads
# back is data, not code (a pickle could run anything).


# %%
def save_params(params):
    """A tree of arrays as bytes."""
    # BEGIN SOLUTION
    return flax.serialization.to_bytes(params)
    # END SOLUTION


# %% [markdown]
# ## 6. … and restore
#
# `like` is a tree of the same structure and shapes, a freshly initialised model say. Give the saved numbers in that
# tree. If they don't fit (other names, other shapes), raise a `ValueError`: `flax.serialization.from_bytes` notices
# missing names, but takes an array of any shape.


# %%
def restore_params(data, like):
    """The saved tree, in the structure of `like`; ValueError if a name or a shape is another."""
    # BEGIN SOLUTION
    params = flax.serialization.from_bytes(like, data)
    if jax.tree.map(jnp.shape, params) != jax.tree.map(jnp.shape, like):
        raise ValueError("the saved arrays have other shapes")
    return params
    # END SOLUTION


# %% [markdown]
# ## 7. PyTorch's pictures
#
# PyTorch keeps channels before rows and columns, `(B, C, H, W)`; Flax keeps them last. Move them. A `reshape` gives
# the right shape and a wrong picture.


# %%
def nchw_to_nhwc(x):
    """Channels moved to the end. x: (B, C, H, W) -> (B, H, W, C)"""
    # BEGIN SOLUTION
    return jnp.transpose(x, (0, 2, 3, 1))
    # END SOLUTION


# %% [markdown]
# ## 8. PyTorch's weights
#
# A PyTorch layer `Linear` stands behind a `Flatten` of pictures with shape `(C, H, W)`. In Flax the picture is
# flattened as `(H, W, C)`, so the same weights meet other numbers. Turn PyTorch's `weight` into the `kernel` of a
# `Dense` layer that gives the same outputs.


# %%
def port_dense(weight, C, H, W):
    """The kernel for flattened (H, W, C) pictures. weight: (F, C * H * W), PyTorch's -> (H * W * C, F)"""
    # BEGIN SOLUTION
    return weight.reshape(-1, C, H, W).transpose(2, 3, 1, 0).reshape(H * W * C, -1)
    # END SOLUTION


# %% [markdown]
# ## 9. The loop in PyTorch
#
# Train any network you like in PyTorch on `x`, `y` and return the classes it gives to `x_test`. You have 30 seconds;
# 90 % of the classes have to be right. `import torch` inside the function, and give it one thread: on pictures this
# small, several wait for each other most of the time. Set the seed, make batches, and remember what `zero_grad` is for.


# %%
def torch_digits(x, y, x_test, seed):
    """Train, then classify. x: (N, 1, 8, 8), y: (N,) int64, x_test: (M, 1, 8, 8), tensors -> (M,) int64, tensor"""
    # BEGIN SOLUTION
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * 4 * 4, 10),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(8):
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        return net(x_test).argmax(1)
    # END SOLUTION
