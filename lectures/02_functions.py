# ---
# jupyter:
#   jaxstudy:
#     introduces:
#     - grad
#     - finite-differences
#     - jaxpr
#     - tracing
#     - stop-gradient
#     - value-and-grad
#     - vmap
#     - jit
#     - pure-function
#     minutes: 60
#     outcomes:
#     - say what grad differentiates, and check its answer by hand
#     - read a jaxpr, the program JAX writes down from your function
#     - write for one example, run for many, gradients included
#     - predict what jit runs once, freezes and refuses
#     resources:
#     - release: before
#       title: 'JAX: automatic differentiation'
#       url: https://docs.jax.dev/en/latest/automatic-differentiation.html
#     - release: before
#       title: 'JAX: automatic vectorization'
#       url: https://docs.jax.dev/en/latest/automatic-vectorization.html
#     - release: before
#       title: 'JAX: just-in-time compilation'
#       url: https://docs.jax.dev/en/latest/jit-compilation.html
#     - release: before
#       title: 'JAX: the sharp bits'
#       url: https://docs.jax.dev/en/latest/notebooks/Common_Gotchas_in_JAX.html
#     - release: before
#       title: 'PyTorch: torch.func'
#       url: https://docs.pytorch.org/docs/stable/func.html
#     - release: after
#       title: 'Baydin and others: automatic differentiation in machine learning, a
#         survey'
#       url: https://arxiv.org/abs/1502.05767
#     - release: after
#       title: 'JAX: understanding jaxprs'
#       url: https://docs.jax.dev/en/latest/jaxpr.html
#     - release: after
#       title: 'JAX: distributed arrays and automatic parallelization'
#       url: https://docs.jax.dev/en/latest/notebooks/Distributed_arrays_and_automatic_parallelization.html
#     revisits:
#     - immutability
#     - at-update
#     - broadcasting
#     - prng-key
#     - dtypes
#     - async-dispatch
#     - buffer-donation
#     terms:
#       256 networks at once:
#       - learning rate
#       - seed
#       - hidden layer
#       - sweep
#       - diverge
#       - not a number
#       Compile once, run many times:
#       - jit
#       - compile
#       - tracing
#       - global variable
#       - side effect
#       - pure function
#       - lax cond
#       - where
#       - donate
#       Derivatives of derivatives:
#       - second derivative
#       - Hessian
#       - jacfwd
#       - symmetric
#       - eigenvalues
#       - convex
#       Loss, gradient, and what else you need:
#       - mean squared error
#       - value and grad
#       - has aux
#       - auxiliary output
#       - gradient descent
#       More than one device:
#       - mesh
#       - shard
#       - pmap
#       - shard map
#       - device
#       Say it before you run it:
#       - recap
#       - argnums
#       - second derivative
#       - traces
#       - per-example gradient
#       - shape
#       Tell grad to look away:
#       - stop gradient
#       - detach
#       - constant
#       - product rule
#       - check grads
#       The slope of a product:
#       - gradient
#       - slope
#       - argnums
#       - finite difference
#       - backward
#       - requires grad
#       - integer
#       - tuple
#       Trust, then check:
#       - soft maximum
#       - softmax
#       - central differences
#       - step size
#       - rounding error
#       - check grads
#       Two promises from lecture 01:
#       - random key
#       - split
#       - immutable
#       - pure function
#       - rank promotion
#       Vectors in, one number out:
#       - scalar output
#       - Jacobian
#       - jacrev
#       - diagonal
#       - softmax
#       - vmap
#       What JAX writes down:
#       - tracer
#       - tracing
#       - jaxpr
#       - make jaxpr
#       - primitive
#       - chain rule
#       - forward pass
#       What to take home:
#       - open question
#       - where
#       - square root
#       - homework
#       - pytree
#       Write for one, run for many:
#       - vmap
#       - in axes
#       - batch dimension
#       - per-example gradient
#       - outlier
#       - dot general
#       - torch func
#     title: Functions of functions
#     week: 2
#   jupytext:
#     notebook_metadata_filter: jaxstudy,rise
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   rise:
#     autolaunch: true
#     slideNumber: c/t
#     theme: simple
#     transition: none
# ---

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# # Functions of functions
#
# Give JAX a function; get back its derivative, its batched form, its compiled form.
#
# After this you can
#
# - say what `grad` differentiates, and check its answer by hand
# - read a jaxpr, the program JAX writes down from your function
# - write for one example, run for many, gradients included
# - predict what `jit` runs once, freezes and refuses
#
# 60 minutes. You need lecture 01, NumPy, some PyTorch, the chain rule.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for hands: "who has called `.backward()` this month?"
# - Say how today works: question, guess aloud, run, one sentence. Wait for the guesses; ten silent seconds are fine.
# - If you lose time, drop in this order: "More than one device" (1 min), "The slope of what the network learned" (1),
#   "What grad believes, drawn" (1), "Fit again without that row" (1), "After how many calls is jit worth it?" (1),
#   "Predict: is the unread line computed all the same?" (1). Never drop the errors.
# - Time mark: leave this slide at 0:02.

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# ## Two promises from lecture 01
#
# A random key is a value, and an array never changes. Today JAX decides when our functions run, and
# how often. That is safe only if running them changes nothing else.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Run the imports while you talk; the first JAX call starts the backend.
# - Ask both questions of the warm-up before you run it. They are the recap of lecture 01.
# - The question after the imports is lecture 01's perfect model with a loss that is not zero: the loss still falls,
#   and the model is wrong. With the setting it is an error.
# - Late? Skip that question, keep the word "pure".
# - Time mark: 0:04 at the end of this section.

# %% slideshow={"slide_type": "-"}
import jax
import jax.numpy as jnp
import numpy as np

from snippets.autodiff_figures import draw_jaxprs
from snippets.autodiff_measure import operations, seconds
from snippets.figures import slide_axes

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_pprint_use_color", False)
np.set_printoptions(precision=3, suppress=True)

# %% [markdown] slideshow={"slide_type": "-"}
# The first setting is the one from lecture 01, the other two are about printing.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Asked again: the shape of a wrong difference
#
# Without the first setting, which shape has `(B,)` minus `(B, 1)`? And with it?

# %% slideshow={"slide_type": "-"}
with jax.numpy_rank_promotion("allow"):
    print((jnp.ones(5) - jnp.ones((5, 1))).shape)
np.testing.assert_raises(ValueError, lambda: jnp.ones(5) - jnp.ones((5, 1)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(B, B)`, in silence. With it: an error.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: a key used twice, an array "changed"
#
# Three numbers from a key, then three more from the same key: the same three, or fresh ones?
# And after `new = old.at[0].set(9.0)`, what is `old[0]`?

# %% slideshow={"slide_type": "-"}
key = jax.random.key(2)
print(jax.random.normal(key, (3,)), jax.random.normal(key, (3,)))
old = jnp.zeros(3)
new = old.at[0].set(9.0)
print(old, new)
assert (jax.random.normal(key, (3,)) == jax.random.normal(key, (3,))).all()
assert old[0] == 0.0 and new[0] == 9.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same three, and `old[0]` is still 0. A function built from such steps is **pure**: all it uses
# comes in through its arguments, all it does goes out through `return`. We need that word at `jit`.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## The slope of a product
#
# Take $z = f(x, y) = x\,y$ at $x = 3$, $y = 4$. Move $x$ a little. How much does $z$ move?
#
# $$\frac{\partial z}{\partial x} \;\approx\; \frac{f(x + h,\, y) - f(x - h,\, y)}{2h}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for the answer before running: most say 4, some say 3. Let them argue; the letter that does not move is the
#   slope.
# - Type live here: three short cells, little can go wrong, and the room sees that you can type.
# - People get wrong: they expect `grad(product)` to be a number.
# - The integers fail with `TypeError`. That is the plan; read its first line aloud.
# - Late? Say the PyTorch comparison in one sentence and go on.
# - Time mark: 0:10 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
def product(x, y):
    """(), () -> ()"""
    return x * y

h = 0.01
print((product(3.0 + h, 4.0) - product(3.0 - h, 4.0)) / (2 * h))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Four, up to rounding: for every unit that $x$ moves, $z$ moves by $y = 4$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what does grad hand back?
#
# `jax.grad(product)`: a number, an array, or something else?

# %% slideshow={"slide_type": "-"} tags=["live"]
slope = jax.grad(product)
print(callable(slope))
print(slope(3.0, 4.0))
assert slope(3.0, 4.0) == 4.0  # dz/dx = y

# %% [markdown] slideshow={"slide_type": "fragment"}
# A **function**, with the same arguments as `product`. No slope was computed before it was called, in
# line 3, and the answer is exactly 4: there is no $h$ in it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: slopes with respect to what?
#
# `grad` asks about the first argument. `argnums` names another, or several. What kind of object
# comes back for several?

# %% slideshow={"slide_type": "-"} tags=["live"]
print(jax.grad(product, argnums=1)(3.0, 4.0))
pair = jax.grad(product, argnums=(0, 1))(3.0, 4.0)
print(type(pair).__name__, pair[0], pair[1])
assert pair == jax.grad(product, argnums=[0, 1])(3.0, 4.0) == (4.0, 3.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `argnums=1` gives $\partial z/\partial y = x = 3$. A tuple or a list of positions gives a **tuple**,
# in that order.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### PyTorch asks the tensor, JAX asks the function
#
# The same two slopes, twice. Will the second line repeat the first? <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
import torch  # PyTorch
x = torch.tensor(3.0, requires_grad=True)
y = torch.tensor(4.0, requires_grad=True)

for _ in range(2):
    (x * y).backward()
    print(x.grad, y.grad)

assert (x.grad, y.grad) == (8.0, 6.0)

# %% slideshow={"slide_type": "-"}
# JAX
slopes = jax.grad(product, argnums=(0, 1))

for _ in range(2):
    dz_dx, dz_dy = slopes(3.0, 4.0)
    print(dz_dx, dz_dy)


assert (dz_dx, dz_dy) == (4.0, 3.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# `.backward()` adds into `.grad` until you zero it, so PyTorch's second line reads 8 and 6. In JAX
# nothing is kept between calls: same arguments, same answer.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: three times four, without the points
#
# We wrote `3.0` and `4.0`. Does `jax.grad(product)(3, 4)` give `4`, give `4.0`, or refuse?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
jax.grad(product)(3, 4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses: an integer cannot move by a small $h$, so it has no slope. The cure is a float. For
# both arguments, or only for $x$?

# %% slideshow={"slide_type": "fragment"}
print(jax.grad(product)(3.0, 4))
assert jax.grad(product)(3.0, 4) == 4.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# Only where you differentiate: the arguments named by `argnums`. Labels, counts and indices may
# stay integers.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## Trust, then check
#
# The *soft maximum* of `D` scores is one number. Calculus on paper gives its gradient:
#
# $$m(x) = \log \sum_d e^{x_d} \qquad\qquad \frac{\partial m}{\partial x_d} = \frac{e^{x_d}}{\sum_k e^{x_k}}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "who recognises the fraction on the right?" (softmax). The function stays with us for three sections; its
#   gradient is softmax, its Hessian is the Jacobian of softmax.
# - Collect guesses for the best step before the plot.
# - People get wrong: they think that a smaller step is always better.
# - Late? Show the plot without its code slide.
# - Time mark: 0:15 at the end of this section.

# %% slideshow={"slide_type": "-"}
D = 3
x = jax.random.normal(jax.random.key(1), (D,))
def soft_maximum(x):
    """(D,) -> ()"""
    return jnp.log(jnp.sum(jnp.exp(x)))

by_algebra = jnp.exp(x) / jnp.sum(jnp.exp(x))  # (D,)
by_grad = jax.grad(soft_maximum)(x)  # (D,): the shape of the argument
print(by_grad, by_grad.sum())
assert jnp.allclose(by_grad, by_algebra, atol=1e-6) and (by_grad > 0).all()

# %% [markdown] slideshow={"slide_type": "fragment"}
# `grad` agrees with the paper: this is **softmax**, positive and, up to rounding, summing to 1.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A check that needs no algebra
#
# The definition of the derivative again, one coordinate at a time.

# %% slideshow={"slide_type": "-"}
def numeric_grad(f, x, h):
    """f: (D,) -> (), x: (D,), h: () -> (D,), by central differences."""
    nudges = h * jnp.eye(x.size)  # (D, D): row d moves coordinate d only
    rises = [f(x + nudge) - f(x - nudge) for nudge in nudges]  # D numbers
    return jnp.stack(rises) / (2 * h)  # (D,)

print(numeric_grad(soft_maximum, x, 0.01))
assert jnp.allclose(numeric_grad(soft_maximum, x, 0.01), by_grad, atol=1e-3)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-3"></span><span class="fragment hl-4"></span><span class="fragment hl-5"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same three numbers, from $2D$ calls of `f`. Good enough to check a gradient; for a million
# weights it would take two million calls a step.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: is a smaller step a better step?
#
# We let $h$ run from 1 down to $10^{-5}$. Where is the error smallest? And which number of lecture 01 decides that?

# %% slideshow={"slide_type": "-"}
def error(h):
    """() -> (): the largest error of an entry"""
    return jnp.abs(numeric_grad(soft_maximum, x, h) - by_algebra).max()

steps = jnp.logspace(-5, 0, 26)  # (26,)
errors = jnp.stack([error(h) for h in steps])  # (26,)
best = steps[errors.argmin()]
worse = errors[0] / errors.min()
print(f"smallest error at h = {best:.0e}; at {steps[0]:.0e} {worse:,.0f} times larger")
cube_root = jnp.finfo(jnp.float32).eps ** (1 / 3)
print(f"cube root of float32's gap after 1: {cube_root:.0e}")
assert errors[0] > 10 * errors.min() and cube_root / 10 < best < 10 * cube_root

# %% [markdown] slideshow={"slide_type": "fragment"}
# In the middle, near the cube root of float32's $\varepsilon$. The smallest step is far worse.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Two errors pull against each other
#
# One shrinks with $h$, the other grows. Which of them is on the left of the dip?

# %% alt="Error against step: a V with its dip near h = 0.01" slideshow={"slide_type": "-"} tags=["hide-input"]
title = f"In float32 the best step is near {best:.0e}: smaller is worse"
axes = slide_axes(title, "step h", "largest error")
axes.axvline(best, color="0.5", linestyle=":")
_ = axes.loglog(steps, errors, "o-", color="#1f5fa8")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Rounding: on the left, a float32 rounding error is divided by a tiny $h$. On the right, the function
# bends within the step. `grad` has neither error, because it has no step.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The library's own check
#
# `check_grads` compares JAX's derivatives with differences in a random direction; `order=2` means first
# and second derivatives. What does it return?

# %% slideshow={"slide_type": "-"}
from jax.test_util import check_grads

print(check_grads(soft_maximum, (x,), order=2))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `None` is good news: had the numbers disagreed, it would have raised an error. Soon we make it raise one.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Vectors in, one number out
#
# The soft maximum took a vector and gave a number. Now let the *result* be a vector. Predict:
# does `grad` give `(3,)`, give `(3, 3)`, or refuse?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for the prediction by hands. "`grad` does not work on vectors" is half true: vector *arguments* are the normal
#   case, vector *results* are refused. PyTorch's `.backward()` refuses them, too.
# - People get wrong: they add `.sum()` to silence the error and never ask which of the three questions they meant.
# - If asked: `jacrev` and `jacfwd` give the same matrix, row by row or column by column.
# - Late? Skip the formula for softmax's Jacobian, show the printed matrix.
# - Time mark: 0:19 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
def square(v):
    """(N,) -> (N,), or () -> ()"""
    return v**2

v = jnp.array([1.0, 2.0, 3.0])  # (N,)
jax.grad(square)(v)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses: a slope belongs to **one** output number, and here there are three.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: say which question you mean
#
# The slope of the total? Each entry's own slope? Or every output against every input,
# the Jacobian $J_{ij} = \partial f_i / \partial v_j$?

# %% slideshow={"slide_type": "-"}
of_total = jax.grad(lambda v: square(v).sum())(v)  # (N,)
of_each = jax.vmap(jax.grad(square))(v)  # (N,): vmap runs it entry by entry
of_all = jax.jacrev(square)(v)  # (N, N)
print(of_total, of_each)
print(of_all)
assert jnp.allclose(of_total, of_each) and jnp.allclose(of_all, jnp.diag(of_each))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The first two agree only because entry $i$ of the result uses entry $i$ of `v` and no other: the
# Jacobian is diagonal.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: is the Jacobian of softmax diagonal?
#
# On paper, with $p = \mathrm{softmax}(x)$, it is $J = \mathrm{diag}(p) - p\,p^\top$.

# %% slideshow={"slide_type": "-"}
softmax = jax.grad(soft_maximum)  # (D,) -> (D,): a gradient is a function too
p = softmax(x)  # (D,)
by_paper = jnp.diag(p) - jnp.outer(p, p)  # (D, D)
J = jax.jacrev(softmax)(x)  # (D, D)
print(J)
assert jnp.allclose(J, by_paper, atol=1e-6)
assert jnp.allclose(J.sum(axis=0), 0.0, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Not diagonal: raise one score and the others lose exactly what it gains, so each column sums to 0.
# And note: `softmax` was itself a gradient. We have just differentiated twice.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Derivatives of derivatives
#
# Where is the slope of `tanh` largest, and what is the second derivative there?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let someone draw the slope of tanh in the air. The answer: largest at 0, where the second derivative crosses 0.
# - In PyTorch this needs `create_graph=True`; here nothing special.
# - People get wrong: they look for a special function for second derivatives.
# - Late? Show the picture, say "Hessian = jacfwd of grad", go on.
# - Time mark: 0:23 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
first = jax.grad(jnp.tanh)
second = jax.grad(first)  # grad gave a function, so grad can take it
t = jnp.linspace(-3.0, 3.0, 121)  # (T,)
f0, f1, f2 = (jax.vmap(f)(t) for f in (jnp.tanh, first, second))  # (T,) each
assert jnp.allclose(f1, 1 - f0**2, atol=1e-5)  # the textbook's tanh'

# %% alt="tanh, f' with its peak at 0, f'' crossing zero at 0" slideshow={"slide_type": "-"} tags=["hide-input"]
assert abs(t[f1.argmax()]) < 1e-6 and abs(second(0.0)) < 1e-6
title = "f′ peaks where f is steepest, and f″ crosses zero there"
axes = slide_axes(title, "t", "value", 1.85)
axes.plot(t, f0, "-", label="f = tanh")
axes.plot(t, f1, "--", label="f′ = grad(f)")
axes.plot(t, f2, ":", label="f″ = grad(grad(f))")
axes.axvline(0, color="0.6", linewidth=1)
_ = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

# %% [markdown] slideshow={"slide_type": "fragment"}
# At 0, and there the second derivative is 0. The assert compared $f'$ with $1 - \tanh^2$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The Hessian is a composition, not a new tool
#
# $H_{ij} = \partial^2 m / \partial x_i\, \partial x_j$ is the Jacobian of the gradient. So write that.

# %% slideshow={"slide_type": "-"}
gradient = jax.grad(soft_maximum)  # (D,) -> (D,)
hessian = jax.jacfwd(gradient)  # (D,) -> (D, D), column by column
H = hessian(x)
assert jnp.allclose(H, jax.hessian(soft_maximum)(x), atol=1e-6)
assert jnp.allclose(H, by_paper, atol=1e-6) and jnp.allclose(H, H.T, atol=1e-6)
eigenvalues = jnp.linalg.eigvalsh(H)  # (D,), ascending
assert abs(eigenvalues[0]) < 1e-6 < eigenvalues[1]
assert jnp.isclose(soft_maximum(x + 1.0), soft_maximum(x) + 1.0)
print(eigenvalues)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-1"></span><span class="fragment hl-2"></span><span class="fragment hl-4 hl-5"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same matrix as on paper and from `jax.hessian`. The soft maximum bends upwards in every
# direction but one: add a constant to all scores and it grows by just that constant, a straight
# line, so one eigenvalue is 0.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## What JAX writes down
#
# How can `grad` know the slope of code that it has never seen? Put a `print` inside. Will it show 3.0
# under `grad`? And under `jit`, the compiler that we come to later?

# %% [markdown] slideshow={"slide_type": "notes"}
# - The second half stands on this slide. Point at the third line: no 3.0 in it. Say it twice: "grad's tracer still
#   knows the number, jit's tracer knows only the type."
# - Ask: "what does the print show under `jit`?" People get wrong: they expect 3.0 three times.
# - If asked: `~` marks a type that came from a plain Python number and gives way to the other operand's type.
# - Late? Skip "Predict: is the unread line computed all the same?".
# - Time mark: 0:28 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
def chatty(x):
    print("x is", x)
    return jnp.sin(x**2)

for f in (chatty, jax.grad(chatty), jax.jit(chatty)):
    f(3.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Called plainly: the number. Under `grad` and `jit`: a **tracer**, a stand-in that notes down every
# operation done to it. `grad`'s carries 3.0 along; `jit`'s knows only "a float32".

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The note is a small program, a jaxpr
#
# A **jaxpr** (JAX expression) lists what the tracer noted. How many multiplications are in the
# gradient of `x * y`? Guess first.

# %% slideshow={"slide_type": "-"} tags=["live"]
print(jax.make_jaxpr(product)(3.0, 4.0))
print(jax.make_jaxpr(jax.grad(product))(3.0, 4.0))
assert operations(jax.grad(product), 3.0, 4.0)["mul"] == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two. `mul 1.0 b` is the slope. `mul a b` is the forward pass, the product itself; its result goes to
# `_`, which means that nobody reads it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: is the unread line computed all the same?
#
# Compile both functions and count the multiplications that are left.

# %% slideshow={"slide_type": "-"}
for f in (product, jax.grad(product)):
    text = jax.jit(f).lower(3.0, 4.0).compile().as_text()
    print("multiplications left after compiling:", text.count("multiply("))
assert text.count("multiply(") == 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# No: `product` keeps its one, its slope has none. The compiler drops what nobody reads, and the
# factor 1.0 as well. A jaxpr is a note to the compiler, not the program that runs.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The chain rule, line by line
#
# First by hand: $\;\dfrac{d}{dx}\,\sin(x^2) \;=\; \cos(x^2)\cdot 2x$

# %% slideshow={"slide_type": "-"}
def wave(x):
    """() -> ()"""
    return jnp.sin(x**2)

def wave_slope(x):
    a = x**2  # forward pass: keep a, the sine's slope needs it
    da_dx = 2 * x  # slope of the square
    dz_da = jnp.cos(a)  # slope of the sine, at a
    return dz_da * da_dx  # chain rule: multiply

print(wave_slope(3.0), jax.grad(wave)(3.0))
assert jnp.allclose(wave_slope(3.0), jax.grad(wave)(3.0))

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-6"></span><span class="fragment hl-7"></span>
# <span class="fragment hl-8"></span><span class="fragment hl-9"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# Four lines by hand, the same number by `grad`. Does JAX write the same four lines?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The same four lines, drawn from JAX's own note
#
# Each box is one line of the jaxpr, each arrow a value one line hands to another.

# %% alt="A chain of two operations; its gradient, a graph of six" slideshow={"slide_type": "-"} tags=["hide-input"]
plain_ops, grad_ops = (operations(f, 3.0).total() for f in (wave, jax.grad(wave)))
draw_jaxprs({
    f"sin(x²): {plain_ops} operations": (wave, 3.0),
    f"its grad: {grad_ops} operations; cos re-uses the square": (jax.grad(wave), 3.0),
})
assert (plain_ops, grad_ops) == (2, 6)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Square, `2 x`, cosine and product are our four lines. The other two: a product with 1, which starts
# the backward pass, and the unread sine.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Tell grad to look away
#
# `stop_gradient`, in PyTorch `.detach()`, keeps the value of a factor and hides it from the gradient.
# Predict the slope of $x \cdot \mathrm{stop}(x)$ at $x = 3$: 6, 3 or 0? <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Votes for 6, 3, 0 by hands. In PyTorch this is `.detach()` (not "grad = None", not `no_grad`).
# - Where they will meet it: fixed targets in reinforcement learning, the frozen half of a model, straight-through
#   rounding.
# - People get wrong: they read the failing check as a bug in JAX. It is what was asked for.
# - Late? The two columns, one sentence, the failing check; skip the picture.
# - Time mark: 0:31 at the end of this section.

# %% slideshow={"slide_type": "-"}
# PyTorch
a = torch.tensor(3.0, requires_grad=True)

z = a * a.detach()
z.backward()

print(z.item(), a.grad)
assert a.grad == 3.0

# %% slideshow={"slide_type": "-"} tags=["live"]
# JAX
def half_blind(x):
    """() -> ()"""
    return x * jax.lax.stop_gradient(x)

seen = jax.grad(half_blind)(3.0)
print(half_blind(3.0), seen)
assert seen == 3.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# The value is 9, the slope 3: the product rule $x'x + x\,x'$ with its second term switched off.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What grad believes, drawn
#
# At $x = 3$ the hidden factor counts as the constant 3. Which function does `grad` see?

# %% alt="Parabola and line 3x meet at (3, 9); the line is flatter" slideshow={"slide_type": "-"} tags=["hide-input"]
xs = jnp.linspace(1.0, 5.0, 60)
title = "At x = 3 grad sees the line 3x, not the parabola"
axes = slide_axes(title, "x", "z")
axes.plot(xs, xs**2, label="x · x, slope 6 at x = 3")
axes.plot(xs, 3 * xs, "--", label="x · stop(x) as grad sees it, slope 3")
axes.plot([3], [9], "ko", markersize=9)
_ = axes.legend()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Same value where they meet, half the slope.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: does the numeric check notice?
#
# `check_grads` compares `grad` with the values of the function. Will `half_blind` pass?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
check_grads(half_blind, (3.0,), order=1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It fails by a factor of 2: the values say 6, `grad` says 3 (both times a random direction). The cure
# is to check the function you mean, with the hidden factor as a constant:

# %% slideshow={"slide_type": "fragment"}
print(check_grads(lambda x: x * 3.0, (3.0,), order=1))

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## Loss, gradient, and what else you need
#
# `B` examples with `D` features, made from weights that we know. One target is off by 6. Which one? A
# key chose it, so nobody in this room knows. The gradients will tell.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "how would you look for one bad row in a million?" Keep the answers for the next section.
# - Keys are named by what they are for: three uses, three keys. Never print `row` before the end.
# - People get wrong: they call the loss for its value and then `grad`, and pay for the forward pass twice.
# - If asked about `atol=1e-2`: loose on purpose, accelerators may round matrix products more coarsely than a CPU.
# - Late? Say `has_aux` in one sentence, but run its cell: homework uses it.
# - Time mark: 0:36 at the end of this section.

# %% slideshow={"slide_type": "-"}
B = 32
key_x, key_noise, key_row = jax.random.split(jax.random.key(5), 3)
w_true = jnp.array([2.0, -1.0, 0.5])  # (D,)
X = jax.random.normal(key_x, (B, D))  # (B, D)
y_clean = X @ w_true + 0.1 * jax.random.normal(key_noise, (B,))  # (B,)
row = jax.random.randint(key_row, (), 0, B)  # kept secret
y = y_clean.at[row].add(6.0)  # (B,)
print(X.shape, y.shape, "targets changed:", (y != y_clean).sum())

# %% [markdown] slideshow={"slide_type": "fragment"}
# One target of 32 differs, and `y_clean` is untouched: `.at[…].add` made a new array.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Value and gradient in one call
#
# By hand first: for $L = \frac{1}{B}\lVert Xw - y \rVert^2$ the gradient is
# $\nabla L = \frac{2}{B} X^\top (Xw - y)$.

# %% slideshow={"slide_type": "-"}
def loss(w, X, y):
    """Mean squared error: (D,), (B, D), (B,) -> ()"""
    return jnp.mean((X @ w - y) ** 2)

w0 = jnp.zeros(D)
by_hand = 2 / B * X.T @ (X @ w0 - y)  # (D,)
both = jax.value_and_grad(loss)
value, slope_w = both(w0, X, y)  # (), (D,)
print(value, slope_w)
assert jnp.allclose(slope_w, by_hand, atol=1e-2)
assert operations(both, w0, X, y) == operations(jax.grad(loss), w0, X, y)

# %% [markdown] slideshow={"slide_type": "fragment"}
# One call, both answers, and no operation more than `grad` alone: the backward pass needs the forward
# pass anyway.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a loss that reports something extra
#
# We also want the worst error, for the log. What does `grad` make of a second result?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
def loss_and_worst(w, X, y):
    """(D,), (B, D), (B,) -> (), ()"""
    errors = X @ w - y  # (B,)
    return jnp.mean(errors**2), jnp.abs(errors).max()

jax.value_and_grad(loss_and_worst)(w0, X, y)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses, for the same reason: `grad` needs one number, and this result is a pair.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: has_aux
#
# `has_aux=True`: differentiate the first result, only return the second. How is it nested?

# %% slideshow={"slide_type": "-"}
graded = jax.value_and_grad(loss_and_worst, has_aux=True)
(value, worst), slope_w = graded(w0, X, y)  # ((), ()), (D,)
print(f"loss {value:.2f}, worst error {worst:.2f}, gradient {slope_w}")
assert jnp.allclose(slope_w, by_hand, atol=1e-2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `((value, extra), gradient)`. The gradient is the one that we had.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Walk downhill
#
# A hundred steps of gradient descent. What will `w0` be at the end?

# %% slideshow={"slide_type": "-"} tags=["live"]
w = w0
for _ in range(100):
    w = w - 0.1 * jax.grad(loss)(w, X, y)  # a new array each time

print("fitted", w, "true", w_true, "start", w0)
assert (w0 == 0).all() and loss(w, X, y) < loss(w0, X, y)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `w0` is still zero: the name `w` moved on, nothing was overwritten. The fit comes near the truth, but
# the bad row pulls it away.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## Write for one, run for many
#
# The mean hides the bad row. So write the loss of **one** example and let `vmap` run it on all rows.
# Predict: what does `vmap` say to `w`, `X` and `y` as they stand?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "who has written a Python loop over a batch to get per-example gradients in PyTorch?"
# - The error names every argument and its size: read it aloud from the bottom up.
# - People get wrong: they believe that `vmap` spreads work over cores or devices. The jaxpr slide settles it.
# - Late? Skip "Fit again without that row".
# - Time mark: 0:42 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
def loss_one(w, x, y):
    """Squared error of one example: (D,), (D,), () -> ()"""
    return (x @ w - y) ** 2

jax.vmap(loss_one)(w, X, y)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses: by default it walks axis 0 of *every* argument, and `w` has 3 entries where the others
# have 32 rows.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: in_axes
#
# `None` means "the same for all", `0` means "walk along axis 0". First the loop, then without.

# %% slideshow={"slide_type": "-"} tags=["live"]
by_loop = jnp.stack([loss_one(w, X[i], y[i]) for i in range(B)])  # (B,)
by_vmap = jax.vmap(loss_one, in_axes=(None, 0, 0))(w, X, y)  # (B,)
print(by_vmap.shape)
assert jnp.allclose(by_vmap, by_loop, atol=1e-2)
assert jnp.allclose(by_vmap.mean(), loss(w, X, y), atol=1e-2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same 32 numbers as the loop, and their mean is the batch loss. The batch dimension was never
# written down; `vmap` added it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One gradient per example, and the culprit
#
# `grad` gives one example's gradient, `vmap` of `grad` gives `B`. Does one stand out?

# %% slideshow={"slide_type": "-"} tags=["live"]
pulls = jax.vmap(jax.grad(loss_one), in_axes=(None, 0, 0))(w, X, y)  # (B, D)
assert jnp.allclose(pulls.mean(axis=0), jax.grad(loss)(w, X, y), atol=1e-2)
norms = jnp.linalg.norm(pulls, axis=1)  # (B,)
suspect = norms.argmax()

# %% alt="Gradient norms of 32 examples; one bar towers over the rest" slideshow={"slide_type": "-"} tags=["hide-input"]
ratio = norms.max() / jnp.median(norms)
title = f"Example {suspect} pulls {ratio:.0f} times harder than the median"
axes = slide_axes(title, "example", "gradient norm", 1.8)
bars = axes.bar(range(B), norms, color="#9db8d6")
bars[int(suspect)].set_color("#c0392b")

# %% [markdown] slideshow={"slide_type": "fragment"}
# One does. The mean of all is the gradient that training sees, as the assert says, and there this
# bar had disappeared.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Fit again without that row
#
# Was it the row the key chose? And does a least-squares fit of the other 31 come nearer the truth?

# %% slideshow={"slide_type": "-"}
assert suspect == row
keep = jnp.arange(B) != suspect  # (B,)
w_kept = jnp.linalg.lstsq(X[keep], y[keep])[0]  # (D,)
before, after = jnp.abs(w - w_true).max(), jnp.abs(w_kept - w_true).max()
print(f"row {row}; largest error in a weight: {before:.3f} before, {after:.3f} after")
assert after < before

# %% [markdown] slideshow={"slide_type": "fragment"}
# It was, and it does. Finding wrong labels and training with privacy (no example may pull too hard)
# both start from these `B` gradients.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a loop, many cores, or neither?
#
# What does `vmap` turn a dot product into? Guess, then read the jaxpr.

# %% slideshow={"slide_type": "-"}
def score(w, x):
    """(D,), (D,) -> ()"""
    return x @ w

scores = jax.vmap(score, in_axes=(None, 0))  # (D,), (B, D) -> (B,)
print(jax.make_jaxpr(scores)(w, X))
assert operations(score, w, X[0]) == operations(scores, w, X) == {"dot_general": 1}

# %% [markdown] slideshow={"slide_type": "fragment"}
# Neither. One `dot_general` became one larger `dot_general`: no loop, no word about cores. `vmap`
# rewrites the function; where it runs is another matter.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The three compose
#
# Read from the inside out. What is the third number? <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
# PyTorch
from torch.func import grad, vmap

slopes = vmap(grad(lambda x: x**2))
points = torch.tensor([0.0, 1.0, 2.0])
theirs = slopes(points).numpy()
print(theirs)

# %% slideshow={"slide_type": "-"}
# JAX
from jax import grad, jit, vmap

slopes = jit(vmap(grad(lambda x: x**2)))
points = jnp.array([0.0, 1.0, 2.0])
ours = slopes(points)
print(ours)

again = vmap(grad(jit(lambda x: x**2)))
assert (again(points) == ours).all()
assert (ours == theirs).all()

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# Slope $2x$, for each entry, compiled: 4. The order of nesting is yours. PyTorch's `torch.func` has
# the same first two words; the third, `jit`, is next.

# %% [markdown] minutes=9 slideshow={"slide_type": "slide"}
# ## Compile once, run many times
#
# `jit` traces your function, compiles the jaxpr and keeps the compiled program. We call `double` five
# times. How often will it print?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for bets by hands on each prediction; they are the part that people remember.
# - People get wrong: "jit caches results". No, it caches *programs*, by shape and dtype.
# - The two times differ on every machine. If call 1 is not the slowest, something else was running: run it again.
# - If asked about an `if` on a setting: `jax.jit(f, static_argnames="mode")` brings the plain `if` back, with one
#   compiled program for each value of `mode`.
# - Late? Keep the print, the frozen global and the `if`; drop the picture of the calls and NumPy's random numbers.
# - Time mark: 0:51 at the end of this section.

# %% slideshow={"slide_type": "-"}
traced = []
@jax.jit
def double(x):
    print("tracing with", x)
    traced.append(x.shape)
    return 2 * x

for argument in (1.0, 2.0, jnp.ones(3), jnp.zeros(3), jnp.arange(3)):
    double(argument)
assert traced == [(), (3,), (3,)]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Three times: once per shape and dtype, not per value. Python runs while tracing; the compiled program has
# no `print` and no `append` in it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What the first call costs
#
# Fifty small layers. We time plain calls, then six calls of the compiled function. Guess the first of the six.
# And what would `seconds` measure if it did not wait (lecture 01)?

# %% slideshow={"slide_type": "-"}
def layers(x):
    """(N,) -> (N,)"""
    for _ in range(50):
        x = jnp.sin(x) + 0.1 * x
    return x

x_many = jnp.ones(1_000)
plain = min(seconds(layers, x_many) for _ in range(3))
fast = jax.jit(layers)
times = np.array([seconds(fast, x_many) for _ in range(6)])
print(f"plain {1e3 * plain:.2f} ms; compiled {1e3 * times} ms")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The first call traces and compiles; the others only run. Without `block_until_ready` in `seconds` we would have timed
# the placing of the order.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### After how many calls is jit worth it?
#
# The same times as a picture. Each new shape would need a slow first call again.

# %% alt="Compiled calls: the first slow, five fast, plain between" slideshow={"slide_type": "-"} tags=["hide-input"]
later = np.median(times[1:])
worth, pays = times[0] / later, times[0] / max(plain - later, 1e-9)
title = f"Call 1 costs as much as {worth:,.0f} later ones; jit pays after {pays:,.0f}"
assert times[0] > max(later, plain)
axes = slide_axes(title, "call", "time (ms)")
axes.semilogy(range(1, 7), 1e3 * times, "o-", markersize=9, label="compiled")
axes.axhline(1e3 * plain, color="0.3", linestyle="--", label="without jit")
_ = axes.legend()

# %% [markdown] slideshow={"slide_type": "fragment"}
# A training loop makes thousands of calls, so it pays. A function that is called once is better left
# uncompiled.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the global that moved
#
# We compile, change `rate`, call again. Which rate counts? And for a new shape?

# %% slideshow={"slide_type": "-"} tags=["live"]
rate = 4.0
scale = jax.jit(lambda x: rate * x)
print(scale(1.0))
rate = 14.0
print(scale(1.0), scale(jnp.ones(1)))
assert scale(1.0) == 4.0 and scale(jnp.ones(1)) == 14.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# 4, 4, then 14: `rate` was read while tracing and frozen into the program; a new shape meant a new
# tracing. One function, two answers. The cure: pass it as an argument.

# %% slideshow={"slide_type": "fragment"}
scale_by = jax.jit(lambda rate, x: rate * x)
assert (scale_by(4.0, 1.0), scale_by(14.0, 1.0)) == (4.0, 14.0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: NumPy's random numbers under jit
#
# A NumPy generator has a hidden state. Two calls of a compiled function that uses it: equal or different?

# %% slideshow={"slide_type": "-"}
generator = np.random.default_rng(3)
noisy = jax.jit(lambda x: x + generator.normal())
print("NumPy:", noisy(0.0), noisy(0.0))
noisy_by = jax.jit(lambda key, x: x + jax.random.normal(key))
key_one, key_two = jax.random.split(jax.random.key(3))
print("keys: ", noisy_by(key_one, 0.0), noisy_by(key_two, 0.0))
assert noisy(0.0) == noisy(0.0) and noisy_by(key_one, 0.0) != noisy_by(key_two, 0.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal: NumPy drew once, while tracing, and that number was frozen. The cure is a key: an argument, so
# it can change from call to call.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: an if on a number
#
# `grad` first, then `jit`. Both, one, or neither?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
def clip_low(x):
    """() -> (): x, but never below zero"""
    return x if x > 0 else 0.0

print("grad:", jax.grad(clip_low)(3.0))
print("jit:", jax.jit(clip_low)(3.0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Only `grad`: its tracer carried the 3.0, so `if` could look. `jit`'s tracer knows only "a float32",
# and nobody can say yet whether that is above zero.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: let the program choose
#
# `where` is given two values and selects; `cond` is given two functions. Same values, same slopes?

# %% slideshow={"slide_type": "-"}
def by_where(x):
    return jnp.where(x > 0, x, 0.0)

def by_cond(x):
    return jax.lax.cond(x > 0, lambda x: x, jnp.zeros_like, x)

for x0 in (-2.0, 3.0):
    print(x0, jax.jit(by_where)(x0), jax.jit(by_cond)(x0), jax.grad(by_where)(x0))
    assert jax.jit(by_where)(x0) == jax.jit(by_cond)(x0) == clip_low(x0)
    assert jax.grad(by_where)(x0) == jax.grad(by_cond)(x0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same. Use `where` for arrays and cheap sides, `cond` if a side is expensive.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: ten updates, ten copies?
#
# Each `.at[i].set` reads as a new array. We donate the input, as in lecture 01, and ask how much memory
# the program needs besides, and where the result is.

# %% slideshow={"slide_type": "-"}
def wipe(x):
    """(N,) -> (N,): ten updates"""
    for i in range(10):
        x = x.at[i].set(0.0)
    return x
big = jnp.ones(1_000_000)
memory = jax.jit(wipe).lower(big).compile().memory_analysis()
address = big.unsafe_buffer_pointer()
wiped = jax.jit(wipe, donate_argnums=0)(big)
print("scratch bytes:", memory.temp_size_in_bytes, " input gone:", big.is_deleted())
assert memory.temp_size_in_bytes < wiped.nbytes
assert wiped.unsafe_buffer_pointer() == address and big.is_deleted()

# %% [markdown] slideshow={"slide_type": "fragment"}
# None: the result sits where `big` was. The compiler sees the whole program and knows that nobody will
# look at `big` again, so it writes in place. The price: `big` is gone.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## 256 networks at once
#
# All three together. A network of `H` hidden units is one array: a row holds a unit's input weight,
# bias and output weight. It learns $\sin 3x$ from noisy values.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Say it as you point: `grad` inside, `vmap` over seeds, `vmap` over rates, `jit` around.
# - Ask while the training cell runs (about ten seconds live): "what will happen at rate 3?" A rebuilt deck does not
#   run it again, the toolkit keeps its result.
# - People get wrong: they tune the learning rate on one seed.
# - Late? Skip "The slope of what the network learned".
# - Time mark: 0:55 at the end of this section.

# %% slideshow={"slide_type": "-"}
H, N_FIT = 32, 128
key_fit, key_seeds = jax.random.split(jax.random.key(7))
x_fit = jnp.linspace(-2.0, 2.0, N_FIT)  # (N_FIT,)
y_fit = jnp.sin(3 * x_fit) + 0.1 * jax.random.normal(key_fit, (N_FIT,))  # (N_FIT,)

def network(theta, x):
    """(H, 3), () -> ()"""
    weight, bias, out = theta.T  # (H,) each
    return jnp.tanh(weight * x + bias) @ out

def misfit(theta, x, y):
    """(H, 3), (N_FIT,), (N_FIT,) -> ()"""
    return jnp.mean((jax.vmap(network, in_axes=(None, 0))(theta, x) - y) ** 2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `network` knows one `x`; `misfit` adds the data by `vmap`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One step, wrapped twice
#
# `L` learning rates, `S` seeds. Which axis does each `vmap` add?

# %% slideshow={"slide_type": "-"}
L, S = 16, 16

def step(theta, rate, x, y):
    """One step of gradient descent: (H, 3), () -> (H, 3), ()"""
    value, slope = jax.value_and_grad(misfit)(theta, x, y)
    return theta - rate * slope, value

over_seeds = jax.vmap(step, in_axes=(0, None, None, None))  # (S, H, 3), ()
over_rates = jax.vmap(over_seeds, in_axes=(0, 0, None, None))  # (L, S, H, 3), (L,)
sweep = jax.jit(over_rates)
rates = jnp.logspace(-3.0, 0.5, L)  # (L,)
seeds = jax.random.split(key_seeds, S)  # (S,) keys
starts = jax.vmap(lambda key: 0.5 * jax.random.normal(key, (H, 3)))(seeds)  # (S, H, 3)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-5"></span><span class="fragment hl-8"></span>
# <span class="fragment hl-9"></span><span class="fragment hl-10"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The inner one adds seeds, the outer one rates. `step` itself still trains a single network.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: which rate wins, and what happens at 3?
#
# 3,000 steps for each network. *Lost* means: the loss became `nan`, not a number.

# %% slideshow={"slide_type": "-"} tags=["expensive"]
thetas = jnp.broadcast_to(starts, (L, S, H, 3))
for _ in range(3_000):
    thetas, losses = sweep(thetas, rates, x_fit, y_fit)  # (L, S, H, 3), (L, S)
lost = jnp.isnan(losses)  # (L, S)

# %% alt="Loss falls with the rate until every seed is lost" slideshow={"slide_type": "-"} tags=["hide-input"]
assert lost[-1].all() and not lost[0].any()
middle = jnp.nanmedian(losses, axis=1)  # (L,)
winner, first_lost = rates[jnp.nanargmin(middle)], rates[lost.all(axis=1)][0]
title = f"Best near {winner:.2f}; from {first_lost:.1f} on all {S} seeds end in nan"
axes = slide_axes(title, "learning rate", "final loss", 1.9)
axes.loglog(rates, losses, ".", color="#7fa3cc")
axes.loglog(rates, middle, "-", label="median of seeds")
axes.axvspan(first_lost, rates[-1], color="#f3d9d6", label="all seeds lost")
axes.set_ylim(5e-3, 1.0)
_ = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Loss falls as the rate grows, until the steps overshoot and every seed is lost. At one rate the
# seeds still differ: a single run would have told us little.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The slope of what the network learned
#
# Take the best of the 256. It saw noisy values, never a slope. Is its derivative $3\cos 3x$?

# %% slideshow={"slide_type": "-"}
at_rate, at_seed = jnp.unravel_index(jnp.nanargmin(losses), losses.shape)
champion = thetas[at_rate, at_seed]  # (H, 3)
by_x = jax.vmap(jax.grad(network, argnums=1), in_axes=(None, 0))
learned_slope = by_x(champion, x_fit)  # (N_FIT,)

# %% alt="Network on noisy data; its slope follows 3 cos 3x except at both ends" slideshow={"slide_type": "-"} tags=["hide-input"]
gap = jnp.abs(learned_slope - 3 * jnp.cos(3 * x_fit))  # (N_FIT,)
assert jnp.median(gap) < gap.max() == max(gap[0], gap[-1])
title = "Taught values only, it learned slopes too, except at the ends"
axes = slide_axes(title, "x", "value", 1.9)
axes.plot(x_fit, y_fit, ".", color="0.7", label="data")
axes.plot(x_fit, jax.vmap(network, in_axes=(None, 0))(champion, x_fit), label="network")
axes.plot(x_fit, learned_slope, label="its grad by x")
axes.plot(x_fit, 3 * jnp.cos(3 * x_fit), "k:", label="3 cos 3x")
_ = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Yes in the middle, no at the ends, where there are data on one side only. The same `grad`, asked about
# the input (`argnums=1`) and not about the weights.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## More than one device
#
# *Where* it runs is up to the arrays: spread their rows over a *mesh*, a named grid of devices, and `jit`
# follows. A fresh process pretends to have four. Does the loss change?

# %% [markdown] slideshow={"slide_type": "notes"}
# - First thing to drop. The cell starts a fresh process and takes some seconds: talk over it.
# - Ask: "who adds up the four parts of the mean?" The compiler put that into the program, nobody wrote it.
# - If asked: `pmap` still runs; new code says `jit` on spread arrays, or `jax.shard_map`. Week 16 comes back to both.
# - Time mark: 0:56 at the end of this section.

# %% slideshow={"slide_type": "-"}
from snippets.autodiff_devices import on_devices
program = """
from jax.sharding import NamedSharding, PartitionSpec
mesh = jax.make_mesh((jax.device_count(),), ("data",))
rows = NamedSharding(mesh, PartitionSpec("data"))
X, y = jax.device_put((X, y), rows)  # a quarter of the rows on each
result = jax.jit(lambda w, X, y: ((X @ w - y) ** 2).mean())(w, X, y)
"""
spread, devices = on_devices(4, program, w=w, X=X, y=y)
print(f"one device {loss(w, X, y):.4f}, {devices} devices {spread:.4f}")
assert devices == 4 and jnp.allclose(spread, loss(w, X, y), atol=1e-2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It does not, and the loss holds no word about devices. Older talks say `pmap`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What became of `pmap`
#
# Is it a primitive of its own in the jaxpr today, or made of others?

# %% slideshow={"slide_type": "-"}
written = str(jax.make_jaxpr(jax.pmap(jnp.sin))(jnp.ones((1, 3))))
print([name for name in ("pmap[", "jit[", "shard_map[") if name in written])
assert written.index("jit[") < written.index("shard_map[") and "pmap[" not in written

# %% [markdown] slideshow={"slide_type": "fragment"}
# Of others: a `jit` around a `shard_map`. New code says those two itself; week 16 comes back to both.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Say it before you run it
#
# Four questions, twenty seconds each.
#
# **One:** `jax.grad(product, argnums=1)(5.0, 7.0)`, where `product(x, y)` is `x * y`?
#
# **Two:** `jax.grad(jax.grad(lambda x: x**3))(2.0)`, the second derivative of $x^3$ at 2?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them write the answer down before you press the key. Say nothing while they write.
# - Most missed: number three. The answer is about shapes, not about values.
# - Late? Ask one and three only.
# - Time mark: 0:59 at the end of this section.

# %% slideshow={"slide_type": "fragment"}
print(jax.grad(product, argnums=1)(5.0, 7.0))
assert jax.grad(product, argnums=1)(5.0, 7.0) == 5.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# One: 5. Asked about $y$, the slope is $x$.

# %% slideshow={"slide_type": "fragment"}
print(jax.grad(jax.grad(lambda x: x**3))(2.0))
assert jnp.isclose(jax.grad(jax.grad(lambda x: x**3))(2.0), 12.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two: 12, by $x^3 \to 3x^2 \to 6x$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Three: how many traces?
#
# A compiled function is called with `ones(3)`, `zeros(3)`, `ones(4)` and `ones(3)` again.

# %% slideshow={"slide_type": "fragment"}
shapes = []

@jax.jit
def total(x):
    """(N,) -> ()"""
    shapes.append(x.shape)
    return x.sum()

for argument in (jnp.ones(3), jnp.zeros(3), jnp.ones(4), jnp.ones(3)):
    total(argument)
print(shapes)
assert len(shapes) == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two, one for each shape. Values don't count, and a shape seen before is not traced.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Four: which shape?
#
# `jax.vmap(jax.grad(loss_one), in_axes=(None, 0, 0))(w, X, y)`, with `B` = 32 and `D` = 3.

# %% slideshow={"slide_type": "fragment"}
answer = jax.vmap(jax.grad(loss_one), in_axes=(None, 0, 0))(w, X, y)
print(answer.shape)
assert answer.shape == (B, D)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(32, 3)`: a gradient has the shape of `w`, and there is one for each example.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## What to take home
#
# **You saw**
#
# - `grad`, `vmap` and `jit` take a function and give a function, so they nest in any order
# - JAX learns what your function does by running it on tracers, so keep it pure
# - every gradient can be checked: by algebra, by differences, by its jaxpr
#
# **Open question:** `jnp.where(x > 0, jnp.sqrt(x), 0.0)` is 0 at $x = 0$. What is its gradient there,
# and why?
#
# **Next:** lecture 03, trees: gradients with respect to a whole model at once.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Leave the open question on the screen while people pack. Do not answer it; the homework's `relu_where` does.
# - Point at the resources, and at the attendees' notebook: it holds every cell of today.
# - Time mark: 1:00.
