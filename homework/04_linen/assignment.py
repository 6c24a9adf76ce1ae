# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Homework 04: learning a line, then a layer
#
# From the formula for a line to a network of your own, each step checked against the library that does the same.
# Letters: `B` examples, `D` features, `F` units of a layer. Shapes stand in the docstrings.

# %%
import flax.linen as nn
import jax
import jax.numpy as jnp

# %% [markdown]
# ## 1. The line, by formula
#
# The weights and the start that make the mean squared error of `X @ w + b` least. There is a formula; there is also
# `jnp.linalg.lstsq`. Both need a column of ones for `b`.


# %%
def closed_form(X, y):
    """The best line. X: (B, D), y: (B,) -> w (D,), b ()"""
    # BEGIN SOLUTION
    A = jnp.concatenate([X, jnp.ones((X.shape[0], 1), X.dtype)], axis=1)  # (B, D + 1)
    theta = jnp.linalg.lstsq(A, y)[0]
    return theta[:-1], theta[-1]
    # END SOLUTION


# %% [markdown]
# ## 2. One step downhill
#
# `params` is any tree, `loss(params, X, y)` gives a number. Return the parameters after one step of plain gradient
# descent, and the loss *before* the step. One forward pass is enough for both.


# %%
def sgd_step(loss, params, X, y, rate):
    """One step of gradient descent. -> the new params, the loss at the old ones ()"""
    # BEGIN SOLUTION
    value, slopes = jax.value_and_grad(loss)(params, X, y)
    return jax.tree.map(lambda p, g: p - rate * g, params, slopes), value
    # END SOLUTION


# %% [markdown]
# ## 3. Adam, from scratch
#
# Keep two moving averages a parameter: of the gradient, $m$, and of its square, $v$, both starting at 0. After $t$
# steps (the first one is $t = 1$) they are too small by $1 - \beta^t$, so divide by that:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat v = \frac{v}{1 - \beta_2^t} \qquad
# \text{update} = -\eta\,\frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# The state is `{"t": (), "m": tree, "v": tree}`, at the start `{"t": 0, "m": zeros, "v": zeros}`. The check compares
# with `optax.adam`, step after step. Mind where $\varepsilon$ stands.


# %%
def adam_from_scratch(slopes, state, rate, b1=0.9, b2=0.999, eps=1e-8):
    """What Adam adds to the parameters, and its next state. slopes: a tree -> a tree of updates, a state"""
    # BEGIN SOLUTION
    t = state["t"] + 1
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], slopes)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g**2, state["v"], slopes)

    def update(m, v):
        return -rate * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + eps)

    return jax.tree.map(update, m, v), {"t": t, "m": m, "v": v}
    # END SOLUTION


# %% [markdown]
# ## 4. Where do parameters come from?
#
# Linen collects parameters for you. Do it once yourself, for functions instead of modules. The user writes
# `f(get, x)`, where `get(name, shape)` stands for a parameter:
#
# ```python
# def line(get, x):
#     return x @ get("w", (x.shape[-1], 1)) + get("b", (1,))
#
# init, apply = my_transform(line)
# params = init(key, x)          # {"w": …, "b": …}, drawn from a normal distribution
# apply(params, x)               # line's value with these parameters
# ```
#
# During `init`, a name met for the first time is drawn from a key of its own (two parameters of one shape must not be
# equal); a name met again gives the same array, so that weights can be shared. `apply` only looks up.


# %%
def my_transform(f):
    """Two pure functions from f(get, x): init(key, x) -> params, apply(params, x) -> f's value"""
    # BEGIN SOLUTION
    def init(key, x):
        params = {}

        def get(name, shape):
            if name not in params:
                params[name] = jax.random.normal(jax.random.fold_in(key, len(params)), shape)
            return params[name]

        f(get, x)
        return params

    def apply(params, x):
        return f(lambda name, shape: params[name], x)

    return init, apply
    # END SOLUTION


# %% [markdown]
# ## 5. A layer of your own
#
# `SimpleDense(features)` is a Linen module with the parameters `kernel` `(D, F)` and `bias` `(F,)`, both made by
# `self.param`, and the value `x @ kernel + bias`. `D` is seen from `x`. Start values: `lecun_normal` and zeros, so that
# it equals `nn.Dense` to the last bit under the same key. An input may have any number of axes before the last.


# %%
class SimpleDense(nn.Module):
    """A dense layer: (…, D) -> (…, features)"""

    features: int

    @nn.compact
    def __call__(self, x):
        """(…, D) -> (…, features)"""
        # BEGIN SOLUTION
        shape = (x.shape[-1], self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return x @ kernel + bias
        # END SOLUTION


# %% [markdown]
# ## 6. The same network twice
#
# First with plain JAX. `params` is what the network below keeps:
# `{"Dense_0": {"kernel": …, "bias": …}, "Dense_1": …}`, as many layers as there are. Between the layers `tanh`, after
# the last one nothing. Ten layers have names from `Dense_0` to `Dense_9`; with eleven, sorted names are in another order than the layers.


# %%
def mlp_pure(params, x):
    """The network's value from its parameters alone. x: (B, D) -> (B, F of the last layer)"""
    # BEGIN SOLUTION
    for number in range(len(params)):
        layer = params[f"Dense_{number}"]
        x = x @ layer["kernel"] + layer["bias"]
        if number < len(params) - 1:
            x = jnp.tanh(x)
    return x
    # END SOLUTION


# %% [markdown]
# ## 7. … and as a module
#
# The same network in Linen: one `nn.Dense` for each of `features`, named by Linen itself. On the parameters that it
# draws, `mlp_pure` and `apply` give the same values.


# %%
class MLP(nn.Module):
    """Dense layers with tanh between them: (B, D) -> (B, features[-1])"""

    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        """(B, D) -> (B, features[-1])"""
        # BEGIN SOLUTION
        for size in self.features[:-1]:
            x = nn.tanh(nn.Dense(size)(x))
        return nn.Dense(self.features[-1])(x)
        # END SOLUTION
