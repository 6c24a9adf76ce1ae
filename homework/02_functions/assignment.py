# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Homework 02: functions of functions
#
# Seven functions: five take or give derivatives in JAX, two say the same in PyTorch.
# Letters: `B` examples, `D` features. Shapes stand in the docstrings.
#
# A function from lecture 02 is *pure*: all it uses comes in through its arguments. Every function here is.

# %%
import jax
import jax.numpy as jnp

# %% [markdown]
# ## 1. Both slopes of a product
#
# $z = x\,y$: return $\partial z / \partial x$ and $\partial z / \partial y$, found by `jax.grad` and not by algebra.
# The caller may hand in whole numbers, `product_grads(3, 4)`. Remember what `grad` says to those.


# %%
def product_grads(x, y):
    """The slopes of x * y with respect to x and to y. x, y: (), float or int -> a tuple of two () float32"""
    # BEGIN SOLUTION
    x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)
    return jax.grad(lambda x, y: x * y, argnums=(0, 1))(x, y)
    # END SOLUTION


# %% [markdown]
# ## 2. The diagonal of a Hessian
#
# $\partial^2 f / \partial x_d^2$ for every $d$. A gradient of "the gradient, summed" has the right shape and is the
# row *sums* of the Hessian, off-diagonal parts included: try it on $f(x) = x_0 x_1$.


# %%
def hessian_diag(f, x):
    """The second derivative of f along each coordinate. f: (D,) -> (), x: (D,) -> (D,)"""
    # BEGIN SOLUTION
    def second(direction):
        return jax.jvp(jax.grad(f), (x,), (direction,))[1] @ direction

    return jax.vmap(second)(jnp.eye(x.size, dtype=x.dtype))
    # END SOLUTION


# %% [markdown]
# ## 3. One gradient per example
#
# A line `w @ x` is judged by $(w \cdot x - y)^2$ on each example. Return each example's own gradient with respect to
# `w`: not their mean, and not a loop (the check reads your jaxpr: its length must not grow with `B`).


# %%
def per_example_grads(w, X, y):
    """The gradient of each example's squared error. w: (D,), X: (B, D), y: (B,) -> (B, D)"""
    # BEGIN SOLUTION
    def loss_one(w, x, target):
        return (w @ x - target) ** 2

    return jax.vmap(jax.grad(loss_one), in_axes=(None, 0, 0))(w, X, y)
    # END SOLUTION


# %% [markdown]
# ## 4. A root where there is one
#
# $\sqrt{x}$ for $x > 0$, else 0. `jnp.where(x > 0, jnp.sqrt(x), 0.0)` has the right value everywhere and the slope
# `nan` at and below 0: `grad` multiplies the slope of the branch that was not taken by 0, and 0 · ∞ is no number.
# Yours has the slope 0 there, works on arrays of any shape, and under `jit`, where an `if` can't read a number.


# %%
def relu_where(x):
    """The square root of x where x > 0, else 0; the slope is 0 where x <= 0. x: any shape -> the same shape"""
    # BEGIN SOLUTION
    safe = jnp.where(x > 0, x, 1.0)
    return jnp.where(x > 0, jnp.sqrt(safe), 0.0)
    # END SOLUTION


# %% [markdown]
# ## 5. How often is it traced?
#
# `jax.jit` runs the Python of `f` once for each new kind of argument (shape and dtype), and never again for the same
# kind. Return how many times that happens while a jitted `f` is called on each of `inputs` in turn. Count what
# happens; don't compute what should. And leave no trace: calling this function twice gives the same number twice.


# %%
def count_traces(f, inputs):
    """How often jit traces f over the inputs. f: a function of one argument, inputs: a list -> int"""
    # BEGIN SOLUTION
    seen = []

    def counted(x):
        seen.append(x)
        return f(x)

    jitted = jax.jit(counted)
    for x in inputs:
        jitted(x)
    return len(seen)
    # END SOLUTION


# %% [markdown]
# ## 6. The same in PyTorch: a product
#
# Now say number 1 in PyTorch: `requires_grad`, `.backward()`, `.grad`. Two things differ from JAX: PyTorch *adds* to
# `.grad`, and it writes into the tensors you were given. Make the caller notice neither: take fresh leaves.
#
# `import torch` inside the function, so that the rest of this file works without PyTorch.


# %%
def torch_grad_product(x, y):
    """The slopes of x * y with respect to x and y, by PyTorch. x, y: () tensors -> a tuple of two () tensors"""
    # BEGIN SOLUTION
    x, y = x.detach().clone().requires_grad_(), y.detach().clone().requires_grad_()
    (x * y).backward()
    return x.grad, y.grad
    # END SOLUTION


# %% [markdown]
# ## 7. The same in PyTorch: look away
#
# In JAX, `jax.grad(lambda x: x * jax.lax.stop_gradient(x))(3.0)` is 3 and not 6. Write the PyTorch of it: the slope of
# `x * x` at `x` where the second factor counts as a constant.


# %%
def torch_stop_gradient(x):
    """The slope of x * (x held constant). x: any shape, tensor -> the same shape, tensor"""
    # BEGIN SOLUTION
    x = x.detach().clone().requires_grad_()
    (x * x.detach()).sum().backward()
    return x.grad
    # END SOLUTION
