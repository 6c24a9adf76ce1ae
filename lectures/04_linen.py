# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   rise:
#     autolaunch: true
#     theme: simple
#     transition: none
#     slideNumber: c/t
#   jaxstudy:
#     week: 4
#     title: Learning a line, then a layer
#     minutes: 60
#     outcomes:
#       - fit a line by formula and by steps, and say beforehand which step sizes work
#       - train any tree of arrays with optax
#       - write a Linen module with setup, with compact, and with parameters of its own
#       - say what init looks at, what apply is given, and where state such as a running mean goes
#     introduces: [gradient-descent, optimizer, linen-module, init-apply, self-param, variable-collections, nnx]
#     revisits: [jax-array, immutability, broadcasting, dtypes, prng-key, grad, tracing, stop-gradient, value-and-grad,
#       vmap, jit, pure-function, pytree, tree-map, tree-path, registration, shared-node, freezing]
#     terms:
#       Asked before, needed today: [gradient, Hessian, random key, split, jit, tracing, vmap, shared, freeze, AdamW]
#       A line in one formula: [least squares, closed form, normal equations, intercept, slope, residual, rubber band]
#       Downhill, one step at a time: [gradient descent, learning rate, step size, diverge, curvature, eigenvalue,
#         condition number, standard deviation]
#       'optax: the step gets a name': [optax, optimizer, update, apply updates, SGD, momentum, Adam, state]
#       A layer is a tree of arrays: [pytree, kernel, bias, hidden layer, tanh, bare tree, symmetry]
#       The same network in Linen: [Flax, Linen, nn.Module, nn.Dense, setup, init, apply, dataclass, features]
#       What init looks at: [dummy input, shape, lecun normal, uniform, initializer, FrozenDict, eval shape]
#       One method instead of two: [nn.compact, decorator, setup, name, path, fold in, bit-equal]
#       A layer of your own: [self.param, initializer, kernel, bias, annotation, dataclass field, features]
#       State that is not a parameter: [collection, batch stats, BatchNorm, running mean, mutable, momentum, eval]
#       Thirty-two networks, one apply: [ensemble, vmap, seed, extrapolate, spread, noise]
#       A bridge to NNX: [NNX, nnx.Linear, Rngs, split, graphdef, state]
#     resources:
#       - title: 'Flax Linen: basics'
#         url: https://flax-linen.readthedocs.io/en/latest/guides/flax_fundamentals/flax_basics.html
#         release: before
#       - title: 'Flax Linen: setup or nn.compact'
#         url: https://flax-linen.readthedocs.io/en/latest/guides/flax_fundamentals/setup_or_nncompact.html
#         release: before
#       - title: 'Optax: getting started'
#         url: https://optax.readthedocs.io/en/latest/getting_started.html
#         release: before
#       - title: 'Flax Linen: parameters and state'
#         url: https://flax-linen.readthedocs.io/en/latest/guides/flax_fundamentals/state_params.html
#         release: after
#       - title: 'Optax: optimizers'
#         url: https://optax.readthedocs.io/en/latest/api/optimizers.html
#         release: after
#       - title: 'Flax: from Linen to NNX'
#         url: https://flax.readthedocs.io/en/stable/migrating/linen_to_nnx.html
#         release: after
#       - title: 'PyTorch: nn.Module'
#         url: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
#         release: after
# ---

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# # Learning a line, then a layer
#
# A line we fit by a formula. A network we train in steps, and let Flax Linen keep its parts in order.
#
# **60 minutes. You need** lectures 01 to 03. **After this you can**
#
# - fit a line by formula and by steps, and say beforehand which step sizes work
# - train any tree of arrays with optax
# - write a Linen module with `setup`, with `compact`, with parameters of its own
# - say what `init` looks at, what `apply` is given, and where a running mean goes

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "who can write down the best line through points from memory?" Half a hand counts.
# - Say it now and again later: a Linen module holds no numbers. Most of today follows from it.
# - If you lose time, drop in this order: "Three ways down a narrow valley" (1 min), "A bell, whatever the example" (1),
#   "And by hand: key + name = numbers" (1), "Then somebody hangs 1,000 g on it" (1), "What is in the state" (1).
#   Never drop the errors.
# - Time mark: leave this slide at 0:02.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Asked before, needed today
#
# New: `flax` in two kinds, PyTorch's `nn` beside it; the flag is the one from lecture 01. Letters: `B` examples · `D`
# inputs of an example · `F` outputs of a layer · `H` hidden units · `R` rates · `S` networks · `N` weights to ask about.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Answers aloud, all together, before each cell. A split room is worth a minute, silence is not.
# - Question 2 is the one people miss: same key, same number, also in another function call.
# - Question 6 is the trap of lecture 03: no slope is not the same as no step.
# - Late? Only questions 1, 3 and 6.
# - Time mark: 0:06 at the end of this section.

# %% slideshow={"slide_type": "-"}
import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from flax import linen as nn
from flax import nnx
from torch import nn as tnn

from snippets.figures import slide_axes
from snippets.trees_diff import tree_diff

jax.config.update("jax_numpy_rank_promotion", "raise")
np.set_printoptions(precision=3, suppress=True)
_ = torch.manual_seed(0)  # PyTorch's one hidden state

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: shapes and keys
#
# **1.** $f(w) = \sum_d w_d^2$ takes `(3,)`, gives one number. Shapes of gradient and Hessian?
#
# **2.** How many different numbers: `normal(key)`, `normal(key)`, `normal(split(key)[0])`?

# %% slideshow={"slide_type": "fragment"}
def f(w):
    """(3,) -> ()"""
    return (w**2).sum()

w, key = jnp.arange(3.0), jax.random.key(0)
keys = (key, key, jax.random.split(key)[0])
drawn = {float(jax.random.normal(key)) for key in keys}
print(jax.grad(f)(w).shape, jax.hessian(f)(w).shape, len(drawn))
assert len(drawn) == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(3,)` and `(3, 3)`: what $f$ took, once and twice. Two numbers: a key holds no place in a stream.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: tracing and vmap
#
# **3.** A compiled function meets 1.0, 2.0, `ones(4)`. How often does Python run it?
#
# **4.** `g` turns a row `(D,)` into one number. What does `jax.vmap(g)` make of `(B, D)`?

# %% slideshow={"slide_type": "fragment"}
seen = []
@jax.jit
def g(x):
    """Any shape -> ()"""
    seen.append(x.shape)
    return jnp.sum(x)

sums = [g(x) for x in (1.0, 2.0, jnp.ones(4))]
by_row = jax.vmap(g)(jnp.ones((5, 4)))  # (B,)
print(seen, by_row)
assert seen == [(), (4,)] and by_row.shape == (5,)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Twice, once a shape. `(B,)`: `vmap` showed it one row, `(4,)`, which it had met.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: trees
#
# **5.** `{"read": w, "write": w}` holds one array in two places. How many slopes does `grad` give?
#
# **6.** `hidden` has slope 0, by `stop_gradient`. Which of two optimizers still moves it?

# %% slideshow={"slide_type": "fragment"}
pair = jax.grad(lambda t: 2 * t["read"] + 5 * t["write"])({"read": 1.0, "write": 1.0})
tree = {"hidden": jnp.ones(()), "out": jnp.ones(())}
shielded = jax.grad(lambda t: jax.lax.stop_gradient(t["hidden"]) * t["out"])(tree)
adamw = optax.adamw(0.1, weight_decay=0.1)
rules = {"train": adamw, "freeze": optax.set_to_zero()}
frozen = optax.partition(rules, {"hidden": "freeze", "out": "train"})
updates = [opt.update(shielded, opt.init(tree), tree)[0] for opt in (adamw, frozen)]
loose, fixed = (update["hidden"] for update in updates)
print(f"{len(pair)} slopes; hidden moves by {loose:.2f} and {fixed:.2f}")
assert pair == {"read": 2, "write": 5} and loose != 0 and fixed == 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two: a tree knows places, not objects. And AdamW decays what has no slope; frozen is what a rule sets to zero.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## A line in one formula
#
# Knot two rubber bands together, hang a weight on them, read off the length: `B` times. The simplest model:
#
# $$\text{length} \approx \theta_0 + \theta_1 \cdot \text{weight}, \qquad\text{all rows at once:}\qquad y \approx A\,\theta$$

# %% [markdown] slideshow={"slide_type": "notes"}
# - Bring two rubber bands, one thick, one thin. Ask: "double the weight, double the pull-out?" Hooke says so; pull and feel.
# - The data are simulated, and say so: we know the truth, so we can tell a good fit from a lucky one.
# - People get wrong: the column of ones. It is the intercept.
# - Late? Skip the algebra, show the picture.
# - Time mark: 0:10 at the end of this section.

# %% slideshow={"slide_type": "-"}
B = 64
weight = jnp.linspace(0.0, 600.0, B)  # (B,) grams
def measure(key, weight):
    """Two bands, simulated, read to 2 mm: grams (B,) -> millimetres (B,)"""
    soft, stiff = (weight - 140) / 20, (weight - 440) / 25  # (B,): each gives way once
    truth = 180 + 0.06 * weight + 45 * (jax.nn.sigmoid(soft) + jax.nn.sigmoid(stiff))
    return truth + 2 * jax.random.normal(key, weight.shape)

length = measure(jax.random.key(6), weight)  # (B,) millimetres
A = jnp.stack([jnp.ones(B), weight], axis=1)  # (B, 2): ones, grams
print(A.shape, A[0], A[-1])

# %% [markdown] slideshow={"slide_type": "fragment"}
# The ones meet the intercept $\theta_0$, so $A\theta$ is all `B` lengths in one product.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### By hand: where the slope is zero
#
# The mean squared error $\frac1B\lVert A\theta - y\rVert^2$ has gradient $\frac2B A^\top(A\theta - y)$. Zero means
#
# $$A^\top A\,\theta = A^\top y$$

# %% slideshow={"slide_type": "-"} tags=["live"]
by_hand = jnp.linalg.solve(A.T @ A, A.T @ length)  # (2, 2), (2,) -> (2,)
by_library = jnp.linalg.lstsq(A, length)[0]  # (2,)
print(by_hand, by_library)
assert jnp.allclose(by_hand, by_library, rtol=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two numbers, no loop, and the library agrees: the length with nothing on it, and so many millimetres more for each
# gram.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what will the misses look like?
#
# The best of all lines. Do the points scatter around it, or wander from side to side?

# %% alt="Length against weight: the points climb in two steps, the best straight line cuts through them" slideshow={"slide_type": "-"} tags=["hide-input"]
miss = length - A @ by_hand  # (B,)
line_rms = jnp.sqrt(jnp.mean(miss**2))
title = f"The best line misses by {line_rms:.1f} mm, on one side, then on the other"
ax = slide_axes(title, "weight (g)", "length (mm)", 2.3)
ax.plot(weight, length, ".", color="0.5", markersize=9, label="measured")
ax.plot(weight, A @ by_hand, color="#c0392b", label="best line")
_ = ax.legend()

# %% slideshow={"slide_type": "fragment"}
assert jnp.corrcoef(miss[:-1], miss[1:])[0, 1] > 0.7
assert line_rms > 3 * 2.0  # the scale is only read to 2 mm

# %% [markdown] slideshow={"slide_type": "fragment"}
# They wander, and by more than the 2 mm we read to: the truth bends.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## Downhill, one step at a time
#
# Soon we bend the line, in a way that leaves us without a formula. A gradient we shall still have, so let us learn to walk.
#
# $$\theta \leftarrow \theta - r\,\nabla L(\theta)$$

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for a learning rate and use what they shout first. 0.1 is the usual shout, and it explodes.
# - People get wrong: "NaN means a bug in the model". Here it means grams.
# - The one thing to remember: curvature decides the rate. Draw a narrow valley on the board.
# - Late? Skip the thousand safe steps, keep the change of units.
# - Time mark: 0:17 at the end of this section.

# %% slideshow={"slide_type": "-"}
def loss(theta, A, y):
    """Mean squared error: (2,), (B, 2), (B,) -> ()"""
    return jnp.mean((A @ theta - y) ** 2)

start = jnp.zeros(2)
slope_by_hand = 2 / B * A.T @ (A @ start - length)  # (2,)
slope = jax.jit(jax.grad(loss))
assert jnp.allclose(slope(start, A, length), slope_by_hand, rtol=1e-4)
print(slope_by_hand)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `grad` agrees with the algebra. Both numbers are negative, so the walk starts towards larger values of both.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: ten steps at a rate of 0.1
#
# A rate that many try first. Is the loss after ten steps a little smaller, much smaller, or something else? And which number is
# the last that float32 can hold (lecture 01)?

# %% slideshow={"slide_type": "-"} tags=["live"]
theta = start
for _ in range(10):
    theta = theta - 0.1 * slope(theta, A, length)
    print(f"{loss(theta, A, length):.1e}", end="  ")
print(f"\nfloat32 ends at {float(jnp.finfo('float32').max):.0e}")
assert not jnp.isfinite(loss(theta, A, length))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Something else: each step makes it worse by the same large factor, until float32 ends; `inf` and `nan` follow. The code
# is right; the *rate* is not.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The Hessian knows the limit
#
# Along a direction with curvature $\lambda$ a step multiplies the distance to the bottom by $1 - r\lambda$. That
# shrinks only while $r < 2/\lambda$, so the largest $\lambda$ decides.

# %% slideshow={"slide_type": "-"}
curvature = jax.hessian(loss)(start, A, length)  # (2, 2)
assert jnp.allclose(curvature, 2 / B * A.T @ A, rtol=1e-4)
low, high = jnp.linalg.eigvalsh(curvature)
limit = 2 / high
print(f"curvatures {low:.1f} and {high:,.0f}, so rates must stay below {limit:.1e}")
for part in (0.9, 1.1):
    theta = start
    for _ in range(200):
        theta = theta - part * limit * slope(theta, A, length)
    print(f"at {part} of the limit the loss ends at {loss(theta, A, length):.0e}")
    assert (loss(theta, A, length) < loss(start, A, length)) == (part < 1)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-1"></span><span class="fragment hl-3 hl-4"></span>
# <span class="fragment hl-6 hl-7 hl-8 hl-9"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# Just below the limit it falls, just above it explodes. We knew the limit before walking.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how far does a safe rate get in a thousand steps?
#
# At 0.9 of the limit, from zero. The formula's answer stands below it.

# %% slideshow={"slide_type": "-"} tags=["live"]
theta = start
for _ in range(1_000):
    theta = theta - 0.9 * limit * slope(theta, A, length)
print(theta, by_hand, sep="\n")
assert abs(theta[0]) < 0.05 * abs(by_hand[0])

# %% [markdown] slideshow={"slide_type": "fragment"}
# The intercept has hardly left zero. Its direction is almost flat beside the steep one, and one rate serves both:
# safe for the steep direction is a crawl in the flat one.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: change the units
#
# Measure the weight from its mean, in standard deviations. What are the two curvatures now?

# %% slideshow={"slide_type": "-"} tags=["live"]
def standard(values, by):
    """Distance from `by`'s mean in deviations of `by`: (N,), (B,) -> (N,)"""
    return (values - by.mean()) / by.std()

Z = jnp.stack([jnp.ones(B), standard(weight, weight)], axis=1)  # (B, 2)

# %% slideshow={"slide_type": "fragment"}
round_valley = jax.hessian(loss)(start, Z, length)  # (2, 2)
print(round_valley)
assert jnp.allclose(round_valley, 2 * jnp.eye(2), atol=1e-4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both are 2: a round valley, where straight downhill points at the bottom.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how many steps now?
#
# At $r = 0.5$ and $\lambda = 2$ the factor $1 - r\lambda$ is 0.

# %% slideshow={"slide_type": "-"} tags=["live"]
one_step = start - 0.5 * slope(start, Z, length)  # (2,)
best = jnp.linalg.lstsq(Z, length)[0]  # (2,)
print(one_step, best)
assert jnp.allclose(one_step, best, rtol=1e-4)
assert jnp.allclose(best[1] / weight.std(), by_hand[1], rtol=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# One. And back in grams, divided by a standard deviation, it is the slope that the formula gave.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Which rates arrive?
#
# In the round valley the limit is $2/2 = 1$. Four rates, sixteen steps each, one `vmap`. Which never arrives?

# %% slideshow={"slide_type": "-"}
rates = jnp.array([0.05, 0.5, 0.95, 1.05])  # (R,)
slope_at_each = jax.vmap(slope, in_axes=(0, None, None))
path = [jnp.zeros((4, 2))]  # (R, 2)
for _ in range(16):
    slopes = slope_at_each(path[-1], Z, length)  # (R, 2)
    path.append(path[-1] - rates[:, None] * slopes)
far = jnp.stack(path)[:, :, 1] - best[1]  # (17, R)
predicted = far[0] * (1 - 2 * rates) ** 16  # (R,)
print(far[-1], predicted, sep="\n")
assert jnp.allclose(far[-1], predicted, atol=1e-2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The last: each step multiplied its distance by $1 - 2r = -1.1$. The other three shrink.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Creep, hit, swing, fly apart
#
# Follow the slope $\theta_1$. Which line is which rate?

# %% alt="Distance to the best slope over 16 steps: 0.05 creeps in, 0.5 is there at once, 0.95 swings and settles, 1.05 swings ever wider" slideshow={"slide_type": "-"} tags=["hide-input"]
title = "Below the limit of 1 every step comes nearer; above it each swing is wider"
ax = slide_axes(title, "step", "distance from best (mm)", 2.8)
for rate, mark, distance in zip(rates, "os^x", far.T):
    ax.plot(distance, marker=mark, linewidth=1.5, label=f"rate {rate:.2f}")
_ = ax.legend(ncols=2, loc="upper left")

# %% [markdown] slideshow={"slide_type": "fragment"}
# 0.05 creeps, 0.5 hits, 0.95 swings inwards, 1.05 outwards. A loss that jumps up and down asks for a smaller rate.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## optax: the step gets a name
#
# PyTorch's optimizer holds the parameters and writes into them. Where can optax put the result, if nothing may be
# written into? <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "what does update return?" Not the new parameters: the *change*, minus sign included.
# - People get wrong: they bind `updates` and forget to bind `state`. Sgd forgives it, momentum does not.
# - Late? Skip "What is in the state"; keep `fit`, the rest of the hour uses it.
# - Time mark: 0:22 at the end of this section.

# %% slideshow={"slide_type": "-"}
# PyTorch
rows = torch.tensor(np.array(Z))
target = torch.tensor(np.array(length))
t = torch.zeros(2, requires_grad=True)
opt = torch.optim.SGD([t], lr=0.4)

opt.zero_grad()
error = rows @ t - target
(error**2).mean().backward()
opt.step()  # writes into t
print(t.data)

# %% slideshow={"slide_type": "-"}
# JAX
opt = optax.sgd(0.4)
state = opt.init(start)

gradient = slope(start, Z, length)
updates, state = opt.update(
    gradient, state)

theta = optax.apply_updates(start, updates)
print(theta)
assert np.allclose(theta, t.data)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# The same numbers. optax returns: `init` gives a state, `update` gives the change and the next state,
# `apply_updates` adds.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the state left out
#
# Plain descent remembers nothing. May `update` be called without the state?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
opt.update(gradient)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No: whatever the method, it is called in the same way. The cure is to carry the state, empty or not. And if
# `update` itself is left out?

# %% slideshow={"slide_type": "fragment"} tags=["live"]
updates, state = opt.update(gradient, state)
uphill = optax.apply_updates(start, gradient)
print(f"{loss(start, Z, length):.0f} -> {loss(uphill, Z, length):.0f}")
assert jnp.allclose(updates, -0.4 * gradient) and jax.tree.leaves(state) == []  # empty

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nothing complains, and the loss climbs: the minus sign lives in `updates`, not in `apply_updates`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What is in the state
#
# Momentum walks along a fading sum of all gradients so far. By hand it is one more line. Where does optax keep
# the sum?

# %% slideshow={"slide_type": "-"}
opt = optax.sgd(0.1, momentum=0.9)
theta, state = start, opt.init(start)
by_hand, total = start, jnp.zeros(2)
for _ in range(10):
    updates, state = opt.update(slope(theta, Z, length), state)
    theta = optax.apply_updates(theta, updates)
    total = 0.9 * total + slope(by_hand, Z, length)
    by_hand = by_hand - 0.1 * total
print(state[0])
assert jnp.allclose(theta, by_hand, rtol=1e-4)
assert jnp.allclose(state[0].trace, total, rtol=1e-3)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-5 hl-6"></span><span class="fragment hl-7 hl-8"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# In plain sight, in an array shaped like `theta`. You carry it, so you can print it, save it, or reset it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One loop for any tree
#
# `params` may be any tree of arrays. Nothing in `fit` says "line".

# %% slideshow={"slide_type": "-"}
def fit(loss, params, data, opt, steps):
    """Train: -> the trained params, and the loss before each step (steps,)"""
    @jax.jit
    def step(params, state):
        value, gradient = jax.value_and_grad(loss)(params, *data)
        updates, state = opt.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value
    state, values = opt.init(params), []
    for _ in range(steps):
        params, state, value = step(params, state)
        values.append(value)
    return params, jnp.stack(values)

theta, values = fit(loss, start, (Z, length), optax.sgd(0.4), steps=20)
assert jnp.allclose(theta, best, rtol=1e-4) and values[-1] < values[0]

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-5"></span><span class="fragment hl-6"></span><span class="fragment hl-7"></span>
# <span class="fragment hl-10"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# Twenty compiled steps, and it stands on the formula's answer.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how long is Adam's first step?
#
# Back to grams, where one slope is hundreds of times the other. The rate is 0.5.

# %% slideshow={"slide_type": "-"} tags=["live"]
data, adam = (A, length), optax.adam(0.5)
first = adam.update(slope(start, *data), adam.init(start))[0]  # (2,)
print(slope(start, *data), first)
assert jnp.allclose(first, 0.5)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Half a unit in each, whatever its slope: as if every parameter had a rate of its own.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: three optimizers in grams
#
# The narrow valley again, 2,000 steps. Who reaches the formula?

# %% slideshow={"slide_type": "-"}
opts = {
    "descent": optax.sgd(0.9 * limit),
    "momentum": optax.sgd(0.9 * limit, momentum=0.9),
    "Adam": adam,
}
runs = {name: fit(loss, start, data, opt, 2_000)[1] for name, opt in opts.items()}
left = {name: float(jnp.sqrt(values[-1])) for name, values in runs.items()}
print(*(f"{name}: {rms:.2f} mm" for name, rms in left.items()), sep=", ")
assert left["descent"] > left["momentum"] > left["Adam"]
assert abs(left["Adam"] - line_rms) < 0.01

# %% [markdown] slideshow={"slide_type": "fragment"}
# Adam alone. A reason to try it first, and a way to overlook that the units are odd.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Three ways down a narrow valley
#
# Where do descent and momentum slow down, and why there?

# %% alt="Error against step in grams: descent and momentum level off above the best line's error, Adam reaches it" slideshow={"slide_type": "-"} tags=["hide-input"]
title = "In grams only Adam, with a rate for each parameter, gets there"
ax = slide_axes(title, "step", "error (mm)", 2.8)
for name, values in runs.items():
    ax.loglog(1 + np.arange(2_000), jnp.sqrt(values), label=name)
ax.axhline(line_rms, color="black", linestyle=":", label="the formula")
_ = ax.legend()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Where the steep direction is done and the flat one is left: the gradient is small there. Adam moves on all the same.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## A layer is a tree of arrays
#
# Now bend the line: `H` lines side by side, each bent by `tanh`, added up by a second layer. The parameters are a
# dict of dicts, and nothing else.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "how many numbers will we train?" 8 + 8 + 8 + 1. Let them count in the picture.
# - People get wrong: they think a framework is needed for this. It is a dict and four lines.
# - The equal starts are the best two minutes of this section. Take guesses.
# - Late? Skip the batch error, it was the array gym's lesson in lecture 01.
# - Time mark: 0:27 at the end of this section.

# %% slideshow={"slide_type": "-"}
H = 8

def dense(layer, x):
    """(D,) -> (F,)"""
    return x @ layer["kernel"] + layer["bias"]  # (D,) @ (D, F) + (F,)

def network(params, x):
    """One example: (1,) -> (1,)"""
    return dense(params["out"], jnp.tanh(dense(params["hidden"], x)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# That is the whole model. *Where* the numbers come from is another matter, and needs keys.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A start for every number
#
# One key for each kernel, zeros for the biases. How many numbers are in the tree?

# %% slideshow={"slide_type": "-"}
key_hidden, key_out = jax.random.split(jax.random.key(1))
normal = jax.random.normal
bare = {
    "hidden": {"kernel": normal(key_hidden, (1, H)), "bias": jnp.zeros(H)},
    "out": {"kernel": normal(key_out, (H, 1)) / H**0.5, "bias": jnp.zeros(1)},
}
print(jax.tree.map(jnp.shape, bare))
print("numbers:", sum(leaf.size for leaf in jax.tree.leaves(bare)))
assert sum(leaf.size for leaf in jax.tree.leaves(bare)) == H + H + H + 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# Twenty-five: a kernel of `(D, F)` and a bias of `(F,)` for each layer.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the whole batch at once
#
# `network` takes one `x` of shape `(1,)`. Hand it all `B` rows, `(B, 1)`. Does `x @ kernel + bias` work?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
x = standard(weight, weight)[:, None]  # (B, 1)
y = standard(length, length)  # (B,): the same for the target
network(bare, x)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(B, H)` plus `(H,)` would invent an axis; our flag refuses.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: one example, and vmap around it
#
# `None` shares the parameters, 0 walks along the rows. Is the error in millimetres near the line's?

# %% slideshow={"slide_type": "-"} tags=["live"]
def misfit(params, x, y):
    """Mean squared error, in deviations squared: (B, 1), (B,) -> ()"""
    predicted = jax.vmap(network, in_axes=(None, 0))(params, x)  # (B, 1)
    return jnp.mean((predicted[:, 0] - y) ** 2)

# %% slideshow={"slide_type": "fragment"}
mm = length.std()  # one standard deviation, in millimetres
start_rms = mm * jnp.sqrt(misfit(bare, x, y))
print(f"untrained layer {start_rms:.1f} mm, line {line_rms:.1f} mm")
assert start_rms > 3 * line_rms

# %% [markdown] slideshow={"slide_type": "fragment"}
# Far from it: nobody has trained the 25 numbers yet.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: why keys, and not one number for all?
#
# All 25 numbers 0, then all 0.5; 500 steps of Adam. What do the eight units look like?

# %% slideshow={"slide_type": "-"} tags=["live"]
for number in (0.0, 0.5):
    alike = jax.tree.map(lambda leaf: jnp.full_like(leaf, number), bare)
    alike, values = fit(misfit, alike, (x, y), optax.adam(0.05), steps=500)
    print(alike["hidden"]["kernel"], f"{mm * jnp.sqrt(values[-1]):.1f} mm")

# %% slideshow={"slide_type": "fragment"}
slopes = jax.grad(misfit)(jax.tree.map(jnp.zeros_like, bare), x, y)
assert not any(slopes[layer]["kernel"].any() for layer in ("hidden", "out"))
kernel = alike["hidden"]["kernel"]  # (1, H)
assert jnp.allclose(kernel, kernel[0, 0], rtol=1e-4)
assert mm * jnp.sqrt(values[-1]) > 0.95 * line_rms  # no better than the line

# %% [markdown] slideshow={"slide_type": "fragment"}
# Kernels of zeros do not move: `tanh(0)` is 0, so the second kernel gets no gradient, and through its zeros neither does the
# first. Halves move, but all alike: eight copies of one unit, no better than the line. Keys make units differ.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### From keys: the same loop, now a tree
#
# `fit` was written for a line. What has to change?

# %% slideshow={"slide_type": "-"} tags=["live"]
trained, values = fit(misfit, bare, (x, y), optax.adam(0.05), steps=1_500)
layer_rms = mm * jnp.sqrt(misfit(trained, x, y))
print(f"line {line_rms:.1f} mm, layer {layer_rms:.1f} mm")
assert jax.tree.structure(trained) == jax.tree.structure(bare) and layer_rms < 2.5

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nothing. Gradient, state and updates came back as trees of the same structure, and the error is down to what we
# read the scale to.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What it learned, drawn from the tree
#
# A line is an entry of a kernel, a filled circle an entry of a bias; blue above zero, red below, stronger further away.

# %% alt="A network drawn from its parameters: one input, eight hidden units, one output, joined by blue and red lines of different width" slideshow={"slide_type": "-"} tags=["hide-input"]
from snippets.linen_figures import draw_network

draw_network(trained, "25 numbers: 16 lines and 9 filled circles are the whole model")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every mark is a number you can reach, `trained["hidden"]["bias"][3]` for one. No object holds them but the dict.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## The same network in Linen
#
# Writing shapes and keys by hand for fifty layers is no fun. `flax.linen` does that part. PyTorch users, spot three
# differences. <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them find the differences: fields instead of `__init__`, no input size, no parameters afterwards.
# - People get wrong: `features` is the number of *outputs*. It was said wrongly in a real lecture, too.
# - Asked in a real lecture: "what are the features?" The units of the layer. "How does it compare with PyTorch?" Here.
# - A `compact` module called without parameters says `CallCompactUnboundModuleError`; same cause, same cure.
# - Late? Skip the two parameter sets.
# - Time mark: 0:33 at the end of this section.

# %% slideshow={"slide_type": "-"}
# PyTorch
class TorchMLP(tnn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden = tnn.Linear(1, width)
        self.out = tnn.Linear(width, 1)

    def forward(self, x):
        h = torch.tanh(self.hidden(x))
        return self.out(h)

# %% slideshow={"slide_type": "-"}
# Linen
class MLP(nn.Module):
    width: int

    def setup(self):
        self.hidden = nn.Dense(self.width)
        self.out = nn.Dense(1)

    def __call__(self, x):
        h = nn.tanh(self.hidden(x))
        return self.out(h)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# The settings are dataclass fields, no layer is told its input size, and `setup` is not run yet. So what *is* `MLP(8)`?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: where are the parameters?
#
# Two fresh `TorchMLP(8)` differ: each drew its own numbers. Are two fresh `MLP(8)` equal? Is any part of one a
# `jax.Array`? And as a tree, how many leaves has it, if nobody registered the class?

# %% slideshow={"slide_type": "-"} tags=["live"]
model = MLP(width=8)
print(model)
assert model == MLP(width=8) and model != MLP(width=9)
assert not any(isinstance(part, jax.Array) for part in vars(model).values())
assert jax.tree.leaves(model) == [model]
assert not torch.equal(TorchMLP(8).out.weight, TorchMLP(8).out.weight)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal, like two equal numbers: a module is a **description**, without one array in it. To `jax.tree` it is a single
# leaf, itself. So what gets trained must be another tree.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: call it
#
# What does `model(x)` give: zeros, random numbers, an error?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
model(x)

# %% [markdown] slideshow={"slide_type": "fragment"}
# An error that knows the reason: layers exist *inside* `init` and `apply` only.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: init draws, apply uses
#
# `init` makes the parameters from a key and an example of the input. Do you know this tree?

# %% slideshow={"slide_type": "-"} tags=["live"]
variables = model.init(jax.random.key(0), x)
print(jax.tree.map(jnp.shape, variables["params"]))
print(list(variables), model.apply(variables, x).shape)
assert jax.tree.structure(variables["params"]) == jax.tree.structure(bare)
np.testing.assert_raises(AttributeError, model, x)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The one we wrote by hand, in a dict under `"params"`; why one level more, the collections will show. `model` itself
# holds nothing even now: called bare, it still raises.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: will Linen take *our* tree?
#
# `trained` was made without Linen. Can `apply` use it?

# %% slideshow={"slide_type": "-"} tags=["live"]
by_hand = jax.vmap(network, in_axes=(None, 0))(trained, x)  # (B, 1)
by_linen = model.apply({"params": trained}, x)  # (B, 1)
print(f"largest difference {jnp.abs(by_linen - by_hand).max():.0e}")
assert jnp.allclose(by_linen, by_hand, atol=1e-5)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It can. `apply` is our `network` with another name: parameters in, output out. The rows went in together, because
# `nn.Dense` works on the last axis and leaves the others alone.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: one apply, two sets of parameters
#
# The set from `init`, then ours, then the first again, compiled. Does the model remember whom it served last?

# %% slideshow={"slide_type": "-"} tags=["live"]
first = model.apply(variables, x)  # (B, 1)
other = model.apply({"params": trained}, x)  # (B, 1)
again = jax.jit(model.apply)(variables, x)  # (B, 1)
print(first[0], other[0], again[0])
assert jnp.allclose(first, again, atol=1e-6) and not jnp.allclose(first, other)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It remembers nothing. `model.apply` is a pure function: `jit` may have it, and so may `grad` and `vmap`.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## What init looks at
#
# "`nn.Dense(5)`: five inputs", said a lecture. Which of the two sizes of the kernel is the 5?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Three sentences of a real lecture are put right here: `features` counts outputs; the uniform array is the dummy
#   input and not the start of the parameters; what comes back is a plain dict. Kindly.
# - People get wrong: they pass real data to `init` and think the model has seen it.
# - Late? Skip "A bell, whatever the example". If asked why 1/sqrt(D): then `D` inputs
#   of size 1 give outputs of size 1, layer after layer.
# - Time mark: 0:38 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
layer = nn.Dense(features=5)
params = layer.init(jax.random.key(0), jnp.ones(10))["params"]
print(jax.tree.map(jnp.shape, params))
assert params["kernel"].shape == (10, 5) and params["bias"].shape == (5,)
assert tnn.Linear(10, 5).weight.shape == (5, 10)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The second: 5 is the number of **outputs**. The 10 was read off the example. (PyTorch's `Linear(10, 5)` is told both,
# and keeps its weight the other way round, `(5, 10)`.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: does the example's content matter?
#
# "The parameters start from a uniform distribution", said the same lecture, with a uniform array in hand. Three
# examples, one key. How many different kernels?

# %% slideshow={"slide_type": "-"}
key, key_x = jax.random.split(jax.random.key(0))
uniform = jax.random.uniform(key_x, (10,))
examples = [uniform, jnp.zeros(10), jnp.full((3, 10), jnp.nan)]
kernels = [layer.init(key, example)["params"]["kernel"] for example in examples]
shape_only = jax.ShapeDtypeStruct((1, 10), jnp.float32)
kernels.append(layer.lazy_init(key, shape_only)["params"]["kernel"])
assert all(jnp.array_equal(kernel, kernels[0]) for kernel in kernels)
other_key = layer.init(key_x, uniform)["params"]["kernel"]
assert not jnp.array_equal(other_key, kernels[0])
print(len(kernels), "examples, 1 kernel; another key, another kernel")

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-2 hl-3"></span><span class="fragment hl-5 hl-6"></span>
# <span class="fragment hl-8"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# One. `init` runs the model once to read shapes off the example, so even a row of `nan` will do, or a bare shape.
# The *numbers* come from the key. Hence the name: dummy input.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A bell, whatever the example
#
# Linen's default is `lecun_normal`, a bell of width $1/\sqrt{D}$. And PyTorch's?

# %% slideshow={"slide_type": "-"}
D, F = 100, 400
kernel = nn.Dense(F).init(key, jnp.ones(D))["params"]["kernel"]  # (D, F)
theirs = tnn.Linear(D, F).weight.detach().numpy()  # (F, D)
assert jnp.isclose(kernel.std(), D**-0.5, rtol=0.02) and jnp.abs(kernel).max() < 1
assert abs(theirs).max() <= D**-0.5

# %% alt="Two histograms: the entries of Linen's kernel form a bell cut off at both ends, those of PyTorch's weight a flat box" slideshow={"slide_type": "-"} tags=["hide-input"]
title = "Linen starts from a bell; PyTorch's default is a box"
ax = slide_axes(title, "entry of the kernel", "density", 1.65)
ax.hist(kernel.ravel(), bins=80, density=True, color="#9db8d6", label="Linen")
theirs = theirs.ravel()
ax.hist(theirs, bins=80, density=True, histtype="step", color="C3", label="PyTorch")
_ = ax.legend(loc="upper left")

# %% [markdown] slideshow={"slide_type": "fragment"}
# A box, uniform on $\pm 1/\sqrt{D}$. Of the dummy input's 1 there is no trace.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: three inputs where init saw one
#
# The shapes are fixed by `init`. What does `apply` say to `(4, 3)` rows?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
model.apply(variables, jnp.ones((4, 3)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Read it as: this input needs a `hidden` kernel of `(3, 8)`, you gave `(1, 8)`. Cure: the right last axis, or a new
# `init`. The number of rows is free.

# %% slideshow={"slide_type": "fragment"} tags=["live"]
assert model.apply(variables, jnp.ones((4, 1))).shape == (4, 1)
wider = model.init(jax.random.key(0), jnp.ones((4, 3)))
assert model.apply(wider, jnp.ones((4, 3))).shape == (4, 1)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what kind of container came back?
#
# Older talks show a `FrozenDict` and call `unfreeze` before any change. Today?

# %% slideshow={"slide_type": "-"} tags=["live"]
import flax

print(type(variables), "frozen:", flax.config.flax_return_frozendict)
assert type(variables) is dict and not flax.config.flax_return_frozendict

# %% [markdown] slideshow={"slide_type": "fragment"}
# A plain dict. You *could* write into it; make a new one instead, `{**params, "bias": new}`, or every name that holds
# it changes with you.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## One method instead of two
#
# `setup` names the layers, `__call__` uses them. `@nn.compact` lets you do both in one place. (Asked in a real
# lecture: "what is the @ for?" This.)

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "which would you use for a U-Net with twenty blocks?" `setup`, if parts are called from several methods.
# - People get wrong: same key means same numbers. Only if the *paths* are the same, too.
# - The sha1 cell is Flax's inside, not its promise. Its use is to show that no hidden state is involved.
# - Late? Skip the sha1 cell, keep the two asserts before it.
# - Time mark: 0:42 at the end of this section.

# %% slideshow={"slide_type": "-"}
class Compact(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        h = nn.tanh(nn.Dense(self.width)(x))
        return nn.Dense(1)(h)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-4"></span><span class="fragment hl-6"></span><span class="fragment hl-7"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The layer is made where it is called. "It is the same as `setup`", say many talks.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the same key, the same numbers?
#
# Is the *tree* the same, address by address? Are the *numbers*?

# %% slideshow={"slide_type": "-"} tags=["live"]
key = jax.random.key(0)
compact, from_setup = Compact(8).init(key, x), model.init(key, x)
print(*tree_diff(compact["params"], from_setup["params"]), sep="\n")
unnamed, hidden = compact["params"]["Dense_0"], from_setup["params"]["hidden"]
assert not jnp.array_equal(unnamed["kernel"], hidden["kernel"])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Neither: no address is in both, and the numbers differ with the name.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: the same names
#
# `name=` says what the entry in the tree is called. Now equal, bit for bit?

# %% slideshow={"slide_type": "-"}
class Named(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        h = nn.tanh(nn.Dense(self.width, name="hidden")(x))
        return nn.Dense(1, name="out")(h)

named = Named(8).init(key, x)
print("differences:", tree_diff(named, from_setup))
assert jax.tree.structure(named) == jax.tree.structure(from_setup)
assert jax.tree.all(jax.tree.map(jnp.array_equal, named, from_setup))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal. `setup` and `compact` describe the same tree, if you name the same things alike.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### And by hand: key + name = numbers
#
# No magic: Linen folds a hash of the layer's name, and a count, into *your* key.

# %% slideshow={"slide_type": "-"}
import hashlib

def kernel_by_hand(key, name, shape):
    """What Linen draws first for the layer called `name`: -> `shape`"""
    digest = hashlib.sha1(name.encode() + bytes([1])).digest()  # 1: first draw
    key = jax.random.fold_in(key, np.uint32(int.from_bytes(digest[:4], "big")))
    return nn.initializers.lecun_normal()(key, shape)

bare = {
    "hidden": {"kernel": kernel_by_hand(key, "hidden", (1, H)), "bias": jnp.zeros(H)},
    "out": {"kernel": kernel_by_hand(key, "out", (H, 1)), "bias": jnp.zeros(1)},
}
assert jax.tree.all(jax.tree.map(jnp.array_equal, bare, from_setup["params"]))
print("bare tree, setup and compact: equal to the last bit")

# %% [markdown] slideshow={"slide_type": "fragment"}
# One key, three ways to write the model, the same 25 numbers.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## A layer of your own
#
# `self.param(name, initializer, shape)`: `init` draws it, `apply` looks it up. Is that all of `nn.Dense`?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Type the class live if the room is awake; the order kernel, bias matters for the bits.
# - People get wrong: they call `jnp.zeros(...)` in `__call__` and wonder why it never trains.
# - Exercise: four minutes, in pairs. The loop over all but the last is where they slip.
# - Late? Skip the annotation slide, show the exercise's solution at once.
# - Time mark: 0:48 at the end of this section.

# %% slideshow={"slide_type": "-"}
class MyDense(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        """(B, D) -> (B, features)"""
        shape = (x.shape[-1], self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return x @ kernel + bias[None, :]

rows = jax.random.normal(jax.random.key(3), (4, 10))  # (B, D)
print(jax.tree.map(jnp.shape, MyDense(5).init(key, rows)))

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-7"></span><span class="fragment hl-8"></span><span class="fragment hl-9"></span>
# <span class="fragment hl-10"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The input size is read off `x`: that is what a dummy input is for.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: close, or equal to the last bit?
#
# The same key to both layers, the same rows.

# %% slideshow={"slide_type": "-"} tags=["live"]
mine, theirs = MyDense(5).init(key, rows), nn.Dense(5).init(key, rows)
assert jax.tree.all(jax.tree.map(jnp.array_equal, mine, theirs))
by_hand, by_library = MyDense(5).apply(mine, rows), nn.Dense(5).apply(theirs, rows)
print(f"largest difference of an output: {jnp.abs(by_hand - by_library).max():.0e}")
assert jnp.allclose(by_hand, by_library, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every parameter is equal to the last bit; the outputs agree within a millionth. `nn.Dense` has no other parameters.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: forget the annotation
#
# `features = 5` instead of `features: int = 5`. A field or not?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
class Forgetful(nn.Module):
    features = 5

Forgetful(features=7)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Not: a dataclass makes a field of what is *annotated*.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: annotate
#
# "Types came with Python 3.10", said a lecture. Ask Python's own parser to read the line by the grammar of 3.9.

# %% slideshow={"slide_type": "-"}
import ast

class Mindful(nn.Module):
    features: int = 5

assert Mindful(features=7).features == 7
field = ast.parse("features: int = 5", feature_version=(3, 9)).body[0]
print(type(field).__name__)

# %% [markdown] slideshow={"slide_type": "fragment"}
# An annotated assignment, read without complaint: older than 3.10. And now a field, with 5 as its default.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Your turn: any number of layers
#
# `Tower((16, 16, 1))`: unnamed `nn.Dense` layers of those widths, `tanh` **between** them, none after the last.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
class Tower(nn.Module):
    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        """(B, D) -> (B, features[-1])"""
        # BEGIN SOLUTION
        for features in self.features[:-1]:
            x = nn.tanh(nn.Dense(features)(x))
        return nn.Dense(self.features[-1])(x)
        # END SOLUTION

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Did it work?
#
# Three asserts, each with a hint: the number of parameters, their names, the outputs.

# %% slideshow={"slide_type": "-"} tags=["check"]
tree = Tower((16, 16, 1)).init(key, x)["params"]
count = sum(leaf.size for leaf in jax.tree.leaves(tree))
assert count == 32 + (16 * 16 + 16) + 17, "each layer: D × F, plus F"
pair = Tower((8, 1)).init(key, x)
assert jax.tree.all(jax.tree.map(jnp.array_equal, pair, compact)), "no names"
ours, theirs = Tower((8, 1)).apply(compact, x), Compact(8).apply(compact, x)
assert jnp.allclose(ours, theirs, atol=1e-6), "tanh between, none after the last"

# %% [markdown] slideshow={"slide_type": "fragment"}
# With two widths it is `Compact`, number for number.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## State that is not a parameter
#
# We scaled the weights by hand. `nn.BatchNorm` does it inside the network, and keeps a *running* mean for later.
# Grams go in. What is the running mean right after `init`?

# %% [markdown] slideshow={"slide_type": "notes"}
# - This is the answer to lecture 01's open question: where does state live, if nothing may change? In what goes in
#   and comes out.
# - People get wrong: PyTorch's `momentum=0.1` is Flax's `momentum=0.9`. One weighs the new, the other the old.
# - Late? Skip the picture.
# - Time mark: 0:52 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
grams = weight[:, None]  # (B, 1)
norm = nn.BatchNorm(use_running_average=False, momentum=0.9)
variables = norm.init(key, grams)
print(jax.tree.map(float, jax.tree.map(jnp.squeeze, variables)))
assert variables["batch_stats"]["mean"] == 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# 0: `init` looks at shapes, as before. And here are the **collections**: `params` for what gradients change,
# `batch_stats` for what the layer counts.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: use it
#
# The mean of the batch is 300 g, and the running mean wants to move. Can `apply` write it?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
norm.apply(variables, grams)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses: a pure function writes nowhere. The cure is to say which collections may change; then the changed ones
# come back *beside* the output.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: mutable
#
# One call each. PyTorch writes into its layer, Linen returns. <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
# PyTorch
theirs = tnn.BatchNorm1d(1, momentum=0.1)


out = theirs(torch.tensor(np.array(grams)))


print(theirs.running_mean)
mean = theirs.running_mean.item()
assert np.isclose(mean, 0.1 * 300)

# %% slideshow={"slide_type": "-"}
# Linen
out, changed = norm.apply(
    variables, grams,
    mutable=["batch_stats"])
mean = changed["batch_stats"]["mean"]
kept = variables["batch_stats"]["mean"]
print(mean, kept)
by_hand = 0.9 * 0 + 0.1 * grams.mean()
assert jnp.allclose(mean, by_hand)
assert jnp.allclose(out, x, atol=1e-4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# A tenth of the way to 300 in both, and our `variables` still say 0. Beware: PyTorch's `momentum` weighs the new
# value, Flax's the old one. `out` is the standard scale `x` that we made by hand.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Thirty batches
#
# Put what changed back in, `variables | changed`, and go on. By hand: after $n$ batches $300\,(1 - 0.9^n)$.

# %% slideshow={"slide_type": "-"}
means = []
for _ in range(30):
    _, changed = norm.apply(variables, grams, mutable=["batch_stats"])
    variables = variables | changed  # a new dict
    means.append(variables["batch_stats"]["mean"][0])
means = jnp.stack(means)  # (30,)
print(means[:3], f"... {means[-1]:.1f}")
assert jnp.allclose(means, 300 * (1 - 0.9 ** jnp.arange(1, 31)), rtol=1e-4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# As the formula says: every batch goes a tenth of the way that is left.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A memory that lags
#
# Evaluation uses the running mean. After how many batches would you trust it?

# %% alt="The running mean rises from 30 towards 300 over 30 batches" slideshow={"slide_type": "-"} tags=["hide-input"]
share = means[-1] / 300
title = f"After 30 batches the running mean has come {share:.0%} of the way"
ax = slide_axes(title, "batches seen", "running mean (g)", 2.0)
ax.plot(range(1, 31), means, "o-", label="running mean")
ax.axhline(300, color="black", linestyle=":", label="mean of the batch")
_ = ax.legend()

# %% [markdown] slideshow={"slide_type": "fragment"}
# After few batches it is not there yet. For evaluation, with `use_running_average=True`, nothing is mutable:

# %% slideshow={"slide_type": "fragment"}
out = nn.BatchNorm(use_running_average=True).apply(variables, grams)  # only the output
mean, var = (variables["batch_stats"][part][0] for part in ("mean", "var"))
assert jnp.allclose(out, (grams - mean) / jnp.sqrt(var + 1e-5), atol=1e-4)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Two results, one of them to differentiate
#
# A training step needs the gradient *and* the changed statistics. Which option of `value_and_grad` was that?

# %% slideshow={"slide_type": "-"}
def spread(params, stats, grams):
    """-> (), and the changed statistics"""
    everything = {"params": params, "batch_stats": stats}
    out, changed = norm.apply(everything, grams, mutable=["batch_stats"])
    return jnp.mean(out**2), changed["batch_stats"]

graded = jax.value_and_grad(spread, has_aux=True)
(value, stats), gradient = graded(variables["params"], variables["batch_stats"], grams)
print(jax.tree.map(jnp.shape, gradient), jax.tree.map(jnp.shape, stats))
assert jax.tree.structure(gradient) == jax.tree.structure(variables["params"])

# %% [markdown] slideshow={"slide_type": "fragment"}
# `has_aux`. The gradient has the structure of `params`; the statistics ride along. With the two optax lines of `fit`
# this is a whole training step.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Thirty-two networks, one apply
#
# How far can you trust the curve, above all past 600 g, where nobody measured? Train `S = 32` networks that differ
# in the key alone. Does `fit` change?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask before the picture: "where will they disagree?" And after it: "so is the truth in the fan?"
# - People get wrong: a small error on the data says nothing about the place without data.
# - The cell runs some seconds; the toolkit keeps its values.
# - Late? Go straight to the picture.
# - Time mark: 0:55 at the end of this section.

# %% slideshow={"slide_type": "-"}
S = 32
keys = jax.random.split(jax.random.key(4), S)  # (S,)
starts = jax.vmap(model.init, in_axes=(0, None))(keys, x)["params"]  # leaves (S, …)

def linen_misfit(params, x, y):
    """Mean squared error, in deviations squared: (B, 1), (B,) -> ()"""
    return jnp.mean((model.apply({"params": params}, x)[:, 0] - y) ** 2)

def train(params):
    """One network, from its start to its end"""
    return fit(linen_misfit, params, (x, y), optax.adam(0.05), steps=1_500)[0]

# %% [markdown] slideshow={"slide_type": "fragment"}
# `vmap` around `init` gives 32 starts, stacked in one tree.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One vmap around a whole training
#
# Predict: the shape of the hidden kernel, which is `(1, 8)` in one network.

# %% slideshow={"slide_type": "-"} tags=["live", "expensive"]
nets = jax.vmap(train)(starts)  # leaves (S, …)
print(jax.tree.map(jnp.shape, nets["hidden"]))
assert jax.tree.structure(nets) == jax.tree.structure(trained)
assert all(len(leaf) == S for leaf in jax.tree.leaves(nets))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(32, 1, 8)`: every leaf has grown an axis, and not a letter of `fit` has changed.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: where do they disagree?
#
# Ask all of them about 0 to 1,000 g, and test them on fresh measurements.

# %% slideshow={"slide_type": "-"}
wide = jnp.linspace(0.0, 1000.0, 201)  # (N,) grams
ask = standard(wide, weight)[:, None]  # (N, 1)
answers = jax.vmap(lambda net: model.apply({"params": net}, ask)[:, 0])(nets)  # (S, N)
curves = length.mean() + mm * answers  # (S, N) millimetres

fresh = measure(jax.random.key(7), wide[:121])  # (121,): 0 to 600 g, unseen
each = jnp.sqrt(((curves[:, :121] - fresh[None, :]) ** 2).mean(axis=1))  # (S,)
by_line = best[0] + best[1] * ask[:121, 0]  # (121,)
line_each = jnp.sqrt(((by_line - fresh) ** 2).mean())
apart = curves.std(axis=0)  # (N,)
inside, outside = apart[:121].max(), apart[-1]
print(f"fresh: each {each.min():.1f} to {each.max():.1f} mm, line {line_each:.1f} mm")
print(f"apart: at most {inside:.1f} mm up to 600 g, {outside:.1f} mm at 1,000 g")
assert outside > 3 * inside and each.max() < line_each / 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# Where nobody measured. On fresh data each of them beats the line by far.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One answer, and a fan
#
# All 32 curves. Where would you trust them?

# %% alt="Thirty-two curves: one band where there are data, a fan beyond 600 grams" slideshow={"slide_type": "-"} tags=["hide-input"]
title = f"Past 600 g the networks are {outside / inside:.0f} times as far apart"
ax = slide_axes(title, "weight (g)", "length (mm)", 2.9)
ax.plot(wide, curves.T, color="#1b4f9c", linewidth=0.8, alpha=0.6)
ax.plot(weight, length, ".", color="0.4", markersize=8, label="measured")
ax.plot(wide, best[0] + best[1] * ask[:, 0], "--", color="#c0392b", label="best line")
ax.axvspan(600, 1000, color="0.93", zorder=0, label="nobody measured")
_ = ax.legend()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Up to 600 g they agree; beyond, each goes its own way. Any one alone would have looked just as sure.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Then somebody hangs 1,000 g on it
#
# The bands hold. Is the length inside the fan?

# %% slideshow={"slide_type": "-"} tags=["live"]
hung = measure(jax.random.key(8), wide[-1])  # () millimetres
middle = curves[:, -1].mean()
print(f"networks {middle:.0f} mm, give or take {outside:.0f}; measured {hung:.0f} mm")
assert hung > middle + 2 * outside

# %% [markdown] slideshow={"slide_type": "fragment"}
# More than two standard deviations above the middle. The fan is an alarm, not an error bar: all 32 are sums of
# `tanh`, which level off far away, and these bands do not.

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# ## A bridge to NNX
#
# Flax has a second kind of module, NNX: its modules hold their parameters, as PyTorch's do.
# <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Say: much published JAX code is Linen; Flax's own pages now start with NNX. The ideas carry over.
# - If asked which to learn: read both, write the one your project uses.
# - Late? Show the columns only.
# - Time mark: 0:57 at the end of this section.

# %% [markdown] slideshow={"slide_type": "-"}
# ```python
# # Linen
# from flax import linen as nn
#
# class MLP(nn.Module):
#     width: int
#
#     def setup(self):
#         self.hidden = nn.Dense(self.width)
#         self.out = nn.Dense(1)
#
#     def __call__(self, x):
#         h = nn.tanh(self.hidden(x))
#         return self.out(h)
# ```

# %% slideshow={"slide_type": "-"}
# NNX
class Net(nnx.Module):
    def __init__(self, width, rngs):
        self.hidden = nnx.Linear(
            1, width, rngs=rngs)
        self.out = nnx.Linear(
            width, 1, rngs=rngs)

    def __call__(self, x):
        h = nnx.tanh(self.hidden(x))
        return self.out(h)

net = Net(8, nnx.Rngs(0))
assert net(x).shape == (B, 1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# Both sizes again, keys at construction, no dummy input, a plain call.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: can our tree cross the bridge?
#
# Put the trained Linen parameters into the NNX network. A Linen module is one leaf; how many is `net`? And how does
# it become a pure function?

# %% slideshow={"slide_type": "-"} tags=["live"]
nnx.update(net, trained)  # writes into the object
assert jnp.allclose(net(x), model.apply({"params": trained}, x), atol=1e-5)
structure, leaves = nnx.split(net)  # a description, and a tree of numbers
assert jnp.allclose(nnx.merge(structure, leaves)(x), net(x))
count = lambda tree: len(jax.tree.leaves(tree))
print("leaves: model", count(model), " net", count(net), " split off", count(leaves))
assert (count(model), count(net), count(leaves)) == (1, 4, 4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It can: same names, same shapes, same outputs. NNX registers its modules, so `net` is a tree of four leaves. And
# `split` gives back today's two halves, a description without numbers and a tree of them.

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# ## Recap: answers first, cell second
#
# **1.** The largest curvature is 8. From which rate on does descent explode?
#
# **2.** `nn.Dense(7)` meets rows of shape `(4, 3)`. Shapes of kernel and bias?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Everybody writes the answers down, then the cell. Most missed: number 4.
# - Late? Ask 2 and 3.
# - Time mark: 0:59 at the end of this section.

# %% slideshow={"slide_type": "fragment"}
bowl = jax.grad(lambda t: 4 * t**2)  # second derivative 8
below, above = (abs(1.0 - rate * bowl(1.0)) for rate in (0.24, 0.26))
print(f"{below:.2f} {above:.2f}")
assert below < 1 < above  # 1
shapes = jax.tree.map(jnp.shape, nn.Dense(7).init(key, jnp.ones((4, 3)))["params"])
print("kernel and bias:", shapes)
assert shapes == {"kernel": (3, 7), "bias": (7,)}  # 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# **1.** From 2/8 = 0.25 on: one step from 1 ends at 0.92 or at 1.08, nearer to the bottom or further away. **2.** 3 in, 7 out.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Recap: keys, names, state
#
# **3.** Same key, another dummy input of the same width: which parameters change?
#
# **4.** `setup` with `self.a = nn.Dense(8)`, `compact` with an unnamed `nn.Dense(8)`, one key: equal numbers?
#
# **5.** `apply(…, mutable=["batch_stats"])` returns what?

# %% slideshow={"slide_type": "fragment"}
once, twice = (nn.Dense(7).init(key, 5.0 * jnp.ones((n, 3))) for n in (1, 9))
assert jax.tree.all(jax.tree.map(jnp.array_equal, once, twice))  # 3
assert not jnp.array_equal(unnamed["kernel"], hidden["kernel"])  # 4
returned = norm.apply(variables, grams, mutable=["batch_stats"])
print(type(returned).__name__, list(returned[1]))
assert list(returned[1]) == ["batch_stats"]  # 5

# %% [markdown] slideshow={"slide_type": "fragment"}
# **3.** None. **4.** No: the names differ, so the numbers do. **5.** A pair: the output, and what changed.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## What to carry home
#
# **You saw** a line by formula and by steps, a limit for the rate read off the Hessian, one loop that trains any
# tree, and modules that describe but hold nothing: `init` draws, `apply` uses, collections carry what changes.
#
# **Open question:** shuffle the eight hidden units of `trained`, kernels and bias alike. Does the curve change? How
# many different trees draw the same curve?
#
# **Next:** *The MNIST loop.* Convolutions, batches, a training state, and the first network worth waiting for.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Leave the open question open. (Flipping the signs of a unit on both sides counts, too: tanh is odd.)
# - Who wants more: write Adam by hand and compare it with optax, as momentum was today.
# - Time mark: 1:00.
