# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent, format_version: '1.3'}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   rise: {autolaunch: true, transition: none, slideNumber: c/t}
#   jaxstudy:
#     title: Every kind of slide
#     minutes: 20
#     outcomes:
#       - copy from here the kind of slide you need
# ---

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
# # Every kind of slide
#
# One of each, to copy from. A slide with a first-level heading and a few words is a title.
#
# - what it looks like live, in the deck, and on paper
# - how it is written

# %% [markdown] slideshow={"slide_type": "notes"}
# Notes stand right after the heading cell. Say what to ask, not what to read out: *"who has seen this before?"*
# They may hold `code`, a list, and maths such as $\nabla_w L$.

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
# ## Text, and a list that comes step by step
#
# A paragraph of **plain prose**, with `inline code`, *emphasis* and a [link](https://docs.jax.dev/).
# Keep it to what the audience can read while you say it.
#
# - a point that is there from the start
# - another one, with a point below it
#     - which is quieter

# %% [markdown] slideshow={"slide_type": "fragment"}
# > A fragment appears with the next press of the space bar. This one is a quotation.

# %% [markdown] slideshow={"slide_type": "fragment"}
# 1. Numbered,
# 2. as well.

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
# ## Code that is typed live

# %% slideshow={"slide_type": "-"} tags=["live"]
import jax
import jax.numpy as jnp


def loss(w, x, y):
    """Squared error of one example: (D,), (D,), () -> ()."""
    return (x @ w - y) ** 2  # one number


w, x = jnp.array([1.0, -2.0, 0.5]), jnp.array([3.0, 1.0, 4.0])
jax.grad(loss)(w, x, 2.0)  # (3,)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `grad` differentiates the *first* argument, so the answer has the shape of `w`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A call that is meant to fail
# Predict first: what does `grad` say to a whole batch?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
X, Y = jnp.stack([x, x, x, x]), jnp.ones(4)  # (4, 3), (4,)
jax.grad(loss)(w, X, Y)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses: a gradient needs a **scalar output**.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two columns: what you know, and what is new <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "-"}
# PyTorch changes the array in place.
#
# ```python
# a = torch.zeros(3)
# a[1] = 5.0
# ```

# %% slideshow={"slide_type": "-"}
a = jnp.zeros(3)
b = a.at[1].set(5.0)
print(a)
print(b)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="jx-wide"></span>
# A cell that holds `<span class="jx-wide"></span>` takes both columns; the cells after it go on, left and right.

# %% [markdown] slideshow={"slide_type": "fragment"}
# The left one: `a` has changed.

# %% [markdown] slideshow={"slide_type": "fragment"}
# The right one: `a` has not; `b` is new.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Stepping through the lines of a cell

# %% slideshow={"slide_type": "-"}
def newton(f, x, steps=4):
    slope = jax.grad(f)
    for _ in range(steps):
        x = x - f(x) / slope(x)
    return x


newton(lambda x: x * x - 2.0, 1.0)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-2"></span><span class="fragment hl-3 hl-4"></span><span class="fragment hl-8"></span>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Maths
#
# The gradient of the mean is the mean of the gradients: for $L(w) = \frac1B \sum_{b=1}^{B} \ell(w, x_b, y_b)$,
#
# $$\nabla_w L(w) = \frac{1}{B} \sum_{b=1}^{B} \nabla_w\, \ell(w, x_b, y_b).$$
#
# \begin{align}
# \sigma(z) &= \frac{1}{1 + e^{-z}} & \sigma'(z) &= \sigma(z)\,\bigl(1 - \sigma(z)\bigr)
# \end{align}

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A figure, and nothing else

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
import matplotlib.pyplot as plt

z = jnp.linspace(-6, 6, 200)
fig, ax = plt.subplots(figsize=(9, 4))
ax.plot(z, jax.nn.sigmoid(z), label="sigmoid")
ax.plot(z, jax.vmap(jax.grad(jax.nn.sigmoid))(z), label="its gradient")
ax.set_title("The gradient of a sigmoid is largest in the middle")
ax.set_xlabel("z")
ax.legend()
plt.show()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Far from zero the gradient is nearly nothing, and learning stops.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A table
#
# | transformation | takes | gives | costs |
# |---|---|---|--:|
# | `grad(f)` | $f: \mathbb{R}^n \to \mathbb{R}$ | its gradient | about 3 × `f` |
# | `vmap(f)` | a function of one example | the same, for a batch | one batched call |
# | `jit(f)` | a pure function | the same, compiled | a first, slow call |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Long output is cut

# %% slideshow={"slide_type": "-"}
for epoch in range(100):
    print(f"epoch {epoch:3d}  loss {1 / (1 + epoch):.4f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# **You saw** one slide of every kind. **Next:** write your own.
