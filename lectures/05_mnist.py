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
#     week: 5
#     title: The MNIST loop
#     minutes: 60
#     outcomes:
#       - write a training loop whose parts you could each defend, from batches to the evaluation
#       - say what a step compiles, how often, and what becomes of the state that goes in
#       - run a whole epoch as one program, and see a compiler's slow path before it costs you a day
#       - stop a run, go on with it, and carry its weights to PyTorch
#     introduces: [minibatch, convolution, cross-entropy, train-state, scan, custom-vjp, evaluation, checkpoint, weight-port]
#     revisits: [buffer-donation, dtypes, broadcasting, prng-key, async-dispatch, out-of-bounds, grad, jit, tracing,
#       pure-function, value-and-grad, finite-differences, jaxpr, pytree, tree-map, tree-path, registration,
#       gradient-descent, optimizer, linen-module, init-apply, self-param, variable-collections, nnx]
#     terms:
#       Asked before, needed today: [key, donate, asynchronous, uint8, float32, broadcast, jit, trace]
#       Four thousand digits: [MNIST, subset, pixels, uint8, channels, NHWC, labels]
#       Each index once: [batch, minibatch, epoch, shuffle, permutation, replacement]
#       A window that slides: [convolution, kernel, filter, edge, padding, SAME, stride, self.param]
#       A network for pictures: [CNN, channels, average pooling, flatten, receptive field, parameters]
#       From scores to a loss: [logits, softmax, log softmax, cross-entropy, one-hot, NaN, overflow]
#       One step: [TrainState, apply_gradients, optimizer state, momentum, donate, trace, leaf, static]
#       What not to compile: [jit, tracer, compile time, print, side effect]
#       'An epoch, twice': [epoch, loop, scan, carry, jaxpr, body]
#       The trap and the cure: [XLA, CPU, slow path, layout, custom_vjp, backward pass, check_grads]
#       Train, and keep a diary: [run log, JSON lines, flush, loss curve, live plot]
#       An average that is wrong: [evaluation, last batch, weighted mean, mask, padding]
#       Stop, and go on: [checkpoint, restore, atomic, address, batch_stats, NNX]
#       The same network in PyTorch: [Conv2d, NCHW, OIHW, flatten, state_dict, transpose, weight port]
#       What it got wrong: [errors, confusion, margin]
#     resources:
#       - title: 'JAX: control flow, with scan'
#         url: https://docs.jax.dev/en/latest/control-flow.html
#         release: before
#       - title: 'Flax Linen: TrainState and the training loop'
#         url: https://flax-linen.readthedocs.io/en/latest/getting_started.html
#         release: before
#       - title: 'JAX: custom derivative rules'
#         url: https://docs.jax.dev/en/latest/notebooks/Custom_derivative_rules_for_Python_code.html
#         release: after
#       - title: 'The slow path: JAX issue 12868'
#         url: https://github.com/jax-ml/jax/issues/12868
#         release: after
#       - title: 'PyTorch: cross-entropy'
#         url: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
#         release: after
# ---

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# # The MNIST loop
#
# Pictures in, digits out. The network is small; what we build around it is what you will build around every network.
#
# **60 minutes. You need** lectures 01 to 04. **After this you can**
#
# - write a training loop whose parts you could each defend
# - say what a step compiles, how often, and what becomes of the state
# - run a whole epoch as one program, and see a slow path before it costs you a day
# - stop a run, go on with it, and carry its weights to PyTorch

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "what is the first thing you distrust in somebody else's training script?" Collect three answers; the lecture
#   has data order, averages, and silent NaN.
# - If you lose time, drop in this order: "Statistics, and NNX" (1 min), "A layer of your own" with the slide after it
#   (2), "Predict: the gradient of the loss" (1), "What not to compile" (1). Never drop the trap.
# - Time mark: leave this slide at 0:02.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Asked before, needed today
#
# Letters: `N` examples · `B` in a batch · `H`, `W` rows and columns · `C` channels, then classes · `I`, `O` channels in
# and out of a layer.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Answers aloud before each cell. Question 2 divides the room: on a CPU, too, the input is gone.
# - People get wrong: they time a JAX call without waiting for it.
# - Late? Questions 2 and 3 only.
# - Time mark: 0:06 at the end of this section.

# %% slideshow={"slide_type": "-"}
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jaxstudy.data import by_size, load

from snippets.autodiff_measure import operations, seconds
from snippets.mnist_figures import LossPlot, show_digits

jax.config.update("jax_numpy_rank_promotion", "raise")
np.set_printoptions(precision=3, suppress=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: types, shapes, keys
#
# **1.** Pixels come as `uint8`. What is `200 + 100` there? And of which type is a pixel minus the mean?
#
# **2.** One key, two permutations of 1,000. Equal?

# %% slideshow={"slide_type": "fragment"}
pixels = jnp.full((4, 3), 200, jnp.uint8)
mean = pixels.astype(jnp.float32).mean(axis=0)  # (3,)
key = jax.random.key(0)
one, two = (jax.random.permutation(key, 1_000) for _ in range(2))
brighter = pixels + jnp.uint8(100)  # (4, 3)
print(brighter[0, 0], (pixels - mean[None, :]).dtype, (one == two).all())
assert brighter[0, 0] == 300 - 256 and (one == two).all()

# %% [markdown] slideshow={"slide_type": "fragment"}
# 44: eight bits wrap around; with a `float32` mean it is `float32`. And one key means one order: a new epoch needs a
# new key.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: without the None
#
# `pixels` is `(4, 3)`, `mean` is `(3,)`. We wrote `mean[None, :]`; why not simply:

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
pixels - mean

# %% [markdown] slideshow={"slide_type": "fragment"}
# Our flag refuses: the mean has to say which axis it stretches along.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up: what becomes of what goes in
#
# **3.** `jax.jit(f, donate_argnums=0)` is called with `x`. Is `x` still there?
#
# **4.** A step returns after a tenth of a millisecond. Is it done?

# %% slideshow={"slide_type": "fragment"}
x = jnp.ones((1500, 1500))
place = x.unsafe_buffer_pointer()
product = jax.jit(lambda x: x @ x)
jax.block_until_ready(product(x))  # compiled
start = time.perf_counter()
promised = product(x)
back, ready = time.perf_counter() - start, promised.is_ready()
done = seconds(jax.block_until_ready, promised) + back
y = jax.jit(lambda x: 2 * x, donate_argnums=0)(x)
print(f"back after {1e3 * back:.2f} ms, ready: {ready}, done after {1e3 * done:.1f} ms")
assert x.is_deleted() and y.unsafe_buffer_pointer() == place

# %% [markdown] slideshow={"slide_type": "fragment"}
# Gone: its memory belongs to `y`. And the call comes back before the answer is there, so a stopwatch has to wait.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Four thousand digits
#
# Or sixty thousand: it depends on what this machine has. So print it, always.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "how good would guessing be?" One in ten. And a nearest neighbour? 93 in a hundred of the small set.
# - Read the printed source aloud. If it says SUBSET, all accuracies of this hour are of that subset.
# - Late? Skip the picture of the ten.
# - Time mark: 0:09 at the end of this section.

# %% slideshow={"slide_type": "-"}
train, test = by_size(smoke=(4_000, 1_000), full=(None, None))
data = load("mnist", train=train, test=test)
print(data)
pictures, labels = map(jnp.asarray, data.train)
test_pictures, test_labels = map(jnp.asarray, data.test)
assert pictures.dtype == jnp.float32 and pictures.shape[1:] == (28, 28, 1)
assert pictures.nbytes == 4 * pictures.astype(jnp.uint8).nbytes
assert pictures.min() >= 0 and pictures.max() <= 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(N, H, W, C)`, channels last: JAX's habit. As `float32` they take four times the memory that `uint8` would.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Look before you train
#
# One of each class. Which two would you confuse?

# %% alt="Ten handwritten digits, one of each class, in order" slideshow={"slide_type": "-"} tags=["hide-input"]
first = [int(jnp.argmax(labels == digit)) for digit in range(10)]
names = [str(labels[place]) for place in first]
show_digits(pictures[jnp.array(first)], names, "One of each", 3.0, rows=2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Keep your guess; the last section shows which two the network confuses.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Each index once
#
# One gradient of all `N` is one step; the same pictures in **minibatches** of `B` are `N // B` steps, each from a rougher
# gradient. Draw `N` indices at random, with replacement. How many examples are never met in such an epoch?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Take guesses: most say "a few". It is 1/e, more than a third.
# - People get wrong: shuffle once before training and never again; or the same key every epoch.
# - Late? Show the printed line of the cure, and go on.
# - Time mark: 0:13 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
N, B = len(pictures), 128
drawn = jax.random.randint(jax.random.key(1), (N,), 0, N)
met = len(np.unique(drawn))
print(f"never met: {1 - met / N:.1%}; 1/e is {np.exp(-1):.1%}")
assert abs(1 - met / N - np.exp(-1)) < 0.03

# %% [markdown] slideshow={"slide_type": "fragment"}
# More than a third. The cure is a **permutation**, cut into rows; it comes from a key, so anybody can repeat the run.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: shuffle, then cut
#
# What happens to the examples that do not fill a batch?

# %% slideshow={"slide_type": "-"} tags=["live"]
from snippets.batching import shuffled_batches

steps = N // B
order = jax.random.permutation(jax.random.key(2), N)  # (N,)
by_hand = order[: steps * B].reshape(steps, B)
rows = shuffled_batches(jax.random.key(2), N, B)  # (steps, B)
assert jnp.array_equal(rows, by_hand) and len(np.unique(rows)) == rows.size
out = [np.setdiff1d(order, shuffled_batches(jax.random.key(k), N, B)) for k in (2, 3)]
print(rows.shape, "left out this time:", len(out[0]))
assert not np.array_equal(*out)  # another key leaves out others

# %% [markdown] slideshow={"slide_type": "fragment"}
# They sit this epoch out: equal shapes mean one compilation. Another key leaves out others. Evaluation may leave out
# nobody; we come to that.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## A window that slides
#
# A **convolution** lays a small kernel on every place of a picture, multiplies and adds. This one has $-1, 0, 1$ in each
# row. On which edges of a digit will it be above zero?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Draw a vertical stroke, slide the kernel over it with your hand: nothing, plus, nothing, minus, nothing.
# - People get wrong: they expect the kernel flipped, as in a mathematics book. Deep learning does not flip.
# - Late? Skip "A layer of your own".
# - Time mark: 0:18 at the end of this section.

# %% slideshow={"slide_type": "-"}
def convolve(picture, kernel):
    """Every place of the window by hand: (H, W), (3, 3) -> (H, W), zeros outside"""
    padded = jnp.pad(picture, 1)  # (H + 2, W + 2)
    H, W = picture.shape
    places = [padded[i : i + H, j : j + W] for i in range(3) for j in range(3)]
    weights = kernel.ravel()[:, None, None]  # (9, 1, 1)
    return (weights * jnp.stack(places)).sum(axis=0)

edge = jnp.array([[-1.0, 0.0, 1.0]] * 3)
digit = pictures[first[1], :, :, 0]  # (H, W)
upright = convolve(digit, edge)  # (H, W)
print(edge.size, "numbers for", upright.size, "places")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The library's, and the picture
#
# `lax` wants `(B, H, W, C)` and `(3, 3, in, out)`. The same convolution?

# %% slideshow={"slide_type": "-"}
NHWC = ("NHWC", "HWIO", "NHWC")
library = jax.lax.conv_general_dilated(
    digit[None, :, :, None], edge[:, :, None, None],
    (1, 1), "SAME", dimension_numbers=NHWC)
assert jnp.allclose(library[0, :, :, 0], upright, atol=1e-5)

# %% alt="A one and a zero beside their edges: dark on the left side of a stroke, light on the right, grey elsewhere" slideshow={"slide_type": "-"} tags=["hide-input"]
shown = jnp.stack([pictures[first[d]] for d in (1, 0)])  # (2, H, W, 1)
edges = jax.vmap(convolve, in_axes=(0, None))(shown[:, :, :, 0], edge)[:, :, :, None]
across = upright[14]  # (W,): a row through the middle of the 1
assert across.max() > 0 > across.min() and across.argmax() < across.argmin()
four = jnp.concatenate([shown, edges])[jnp.array([0, 2, 1, 3])]
show_digits(four, ["1", "edges of 1", "0", "edges of 0"], "Upright strokes answer", 1.4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same; and it answers to upright strokes, above zero (dark) on their left, below on their right.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A layer of your own
#
# `self.param` again: which shape has the kernel that turns 1 channel into 32? How many numbers is that?

# %% slideshow={"slide_type": "-"}
class MyConv(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        shape = (3, 3, x.shape[-1], self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        x = jax.lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=NHWC)
        return x + bias[None, None, None, :]  # (B, H, W, features)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: close to Linen's, or equal?
#
# One key for both.

# %% slideshow={"slide_type": "-"} tags=["live"]
key, some = jax.random.key(0), pictures[:2]
layers = MyConv(32), nn.Conv(32, (3, 3))
mine, theirs = (layer.init(key, some) for layer in layers)
assert jax.tree.all(jax.tree.map(jnp.array_equal, mine, theirs))
assert jnp.allclose(*(layer.apply(mine, some) for layer in layers), atol=1e-5)
print(*(jax.tree.map(of, mine["params"]) for of in (jnp.shape, jnp.size)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(3, 3, 1, 32)`: rows, columns, in, out. 288 numbers and 32 biases, equal to `nn.Conv`'s to the last bit.
# The outputs agree, too.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## A network for pictures
#
# Twice: 3 × 3 convolution, ReLU, then the mean of every 2 × 2 square. How many numbers arrive at the first dense layer?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them walk through the shapes: 28, 14, 7. Then 7 · 7 · 64.
# - People get wrong: they think most parameters are in the convolutions. The first dense layer has almost all.
# - The field `conv` is for later; say so.
# - Late? Show the class and the count.
# - Time mark: 0:21 at the end of this section.

# %% slideshow={"slide_type": "-"}
class CNN(nn.Module):
    conv: object = None  # None: Linen's own
    pool: object = partial(nn.avg_pool, window_shape=(2, 2), strides=(2, 2))

    @nn.compact
    def __call__(self, x):
        """(B, 28, 28, 1) -> (B, 10)"""
        for features in (32, 64):
            x = nn.Conv(features, (3, 3), conv_general_dilated=self.conv)(x)
            x = self.pool(nn.relu(x))  # half the rows, half the columns
        x = x.reshape(len(x), -1)  # (B, 7 * 7 * 64)
        return nn.Dense(10)(nn.relu(nn.Dense(256, name="hidden")(x)))

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-9"></span><span class="fragment hl-10"></span><span class="fragment hl-11"></span>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Where the parameters are
#
# Four kernels, four biases. The addresses of the tree say it: which leaf is the largest?

# %% slideshow={"slide_type": "-"} tags=["live"]
model = CNN()
params = jax.jit(model.init)(jax.random.key(0), pictures[:1])["params"]
found = jax.tree.leaves_with_path(params)
address = partial(jax.tree_util.keystr, simple=True, separator="/")
print(*(f"{address(path)} {leaf.shape}" for path, leaf in found[1::2]), sep="\n")
sizes = jax.tree.map(jnp.size, params)
total = sum(jax.tree.leaves(sizes))
print(f"{total:,} numbers, {sizes['hidden']['kernel'] / total:.0%} in one leaf")
assert params["hidden"]["kernel"].shape == (7 * 7 * 64, 256) and total == 824_458

# %% [markdown] slideshow={"slide_type": "fragment"}
# `hidden/kernel`: 3,136 numbers meet 256 units. The convolutions share theirs over all places.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the model keeps no state
#
# Two sets of parameters, one `apply`, then the first set again.

# %% slideshow={"slide_type": "-"}
apply = jax.jit(model.apply)
others = jax.tree.map(lambda leaf: 0.5 * leaf, params)
again = [apply({"params": tree}, some) for tree in (params, others, params)]
assert jnp.array_equal(again[0], again[2]) and not jnp.allclose(again[0], again[1])
print(again[0][0, :4], again[1][0, :4])

# %% [markdown] slideshow={"slide_type": "fragment"}
# It remembers nothing: `apply` is a pure function. What training changes has to live elsewhere.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## From scores to a loss
#
# Ten scores an example, the **logits**. Softmax makes probabilities of them; cross-entropy is minus the log of the
# probability that the true class got. What is it for a network that knows nothing?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask for the number before running: log 10, about 2.3. A first loss far above it means a bug.
# - A real lecture ended its network with `log_softmax` and then spoke of softmax. Both losses agree, since
#   `log_softmax` applied twice changes nothing.
# - People get wrong: softmax, then log. A probability that rounds to 0 makes the loss infinite.
# - Late? Skip the gradient by differences.
# - Time mark: 0:27 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
from snippets.losses import cross_entropy, cross_entropy_one_hot

logits, truth = apply({"params": params}, pictures[:B]), labels[:B]  # (B, C), (B,)
one_hot = jax.nn.one_hot(truth, 10)  # (B, C)
both = cross_entropy(logits, truth), cross_entropy_one_hot(logits, one_hot)
optax_says = optax.softmax_cross_entropy_with_integer_labels(logits, truth).mean()
print(*both, optax_says, f"log 10 = {np.log(10):.2f}")
assert jnp.allclose(both[0], both[1]) and jnp.allclose(both[0], optax_says)
assert jnp.isclose(cross_entropy(0 * logits, truth), np.log(10))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Labels as numbers, labels as rows of 0 and 1: one loss, near $\log 10$, which is what equal scores for all ten cost.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: log_softmax at the end of the network
#
# Say a network ends with `log_softmax`, and the loss applies it again. Is the loss then wrong?

# %% slideshow={"slide_type": "-"} tags=["live"]
once = jax.nn.log_softmax(logits)  # (B, C)
twice = jax.nn.log_softmax(once)
print(jax.nn.logsumexp(once, axis=-1)[:3], jnp.abs(twice - once).max())
assert jnp.allclose(twice, once, atol=1e-5)
assert jnp.allclose(cross_entropy(once, truth), cross_entropy(logits, truth), rtol=1e-5)
p = jax.nn.softmax(logits)
assert not jnp.allclose(jax.nn.softmax(p), p, atol=1e-2)  # twice is not once

# %% [markdown] slideshow={"slide_type": "fragment"}
# No. `log_softmax` subtracts the `logsumexp`. The second time that is the logarithm of a sum of probabilities,
# $\log 1 = 0$: nothing is left to subtract. (Softmax twice *would* be wrong, says the last line.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the gradient of the loss
#
# With respect to the logits it is $(p - \text{one-hot})/B$. Do differences of the loss agree?

# %% slideshow={"slide_type": "-"}
slope = jax.grad(cross_entropy)(logits, truth)  # (B, C)
by_paper = (jax.nn.softmax(logits) - one_hot) / B
way = jax.random.normal(jax.random.key(3), logits.shape)
h = 0.1
rise = cross_entropy(logits + h * way, truth) - cross_entropy(logits - h * way, truth)
print(f"{rise / (2 * h):.4f} by differences, {(slope * way).sum():.4f} by grad")
assert jnp.allclose(slope, by_paper, atol=1e-6)
assert jnp.allclose(rise / (2 * h), (slope * way).sum(), atol=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# They do. What is pulled down is exactly the probability that went to the wrong classes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a label that does not exist
#
# Somebody counts from 1, so one label is 10. Out of bounds: an error, the last class, or something else?

# %% slideshow={"slide_type": "-"} tags=["live"]
wrong = truth.at[0].set(10)
print("as a number:", cross_entropy(logits, wrong))
print("one-hot:", cross_entropy_one_hot(logits, jax.nn.one_hot(wrong, 10)))
assert jnp.isnan(cross_entropy(logits, wrong))
assert (jax.nn.one_hot(10, 10) == 0).all()
assert cross_entropy_one_hot(logits, jax.nn.one_hot(wrong, 10)) < both[1]

# %% [markdown] slideshow={"slide_type": "fragment"}
# No error either way: `nan` in one form, a row of zeros and a loss a little too small in the other. So check labels
# once, where they come in: `labels.max() < 10`.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## One step
#
# Parameters, optimizer state and a counter travel together: `TrainState`. Which fields are leaves, which are fixed?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "why is `tx` not a leaf?" It is a pair of functions; it belongs to the structure, so a new one means a new trace.
# - People get wrong: they keep the old `state` and wonder why the loss stays. Nothing is written into.
# - Late? Skip the fields, keep the trace count and the donated state.
# - Time mark: 0:33 at the end of this section.

# %% slideshow={"slide_type": "-"}
from flax.training.train_state import TrainState

sgd = optax.sgd(0.05, momentum=0.9)
state = TrainState.create(apply_fn=model.apply, params=params, tx=sgd)
print(*vars(state))
held = jax.tree.leaves(state)
assert len(held) == 1 + 8 + 8 and not any(callable(leaf) for leaf in held)
assert jax.tree.structure(state.opt_state[0].trace) == jax.tree.structure(state.params)
other = state.replace(tx=optax.sgd(0.1))  # the same leaves
assert jax.tree.structure(other) != jax.tree.structure(state)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `step`, `params` and `opt_state` are leaves: 1 + 8 + 8. The momentum is a tree like the parameters. `tx` and
# `apply_fn` are registered as static: part of the structure, which another `tx` changes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The step
#
# Value, gradient, update: lecture 04, with a loss that reports something extra.

# %% slideshow={"slide_type": "-"}
traces = []
def train_step(state, pictures, labels):
    """One batch: the next state, and loss and accuracy before the step"""
    def loss(params):
        logits = state.apply_fn({"params": params}, pictures)  # (B, C)
        return cross_entropy(logits, labels), jnp.mean(logits.argmax(-1) == labels)
    traces.append(pictures.shape)
    (value, right), slope = jax.value_and_grad(loss, has_aux=True)(state.params)
    return state.apply_gradients(grads=slope), {"loss": value, "accuracy": right}

step = jax.jit(train_step, donate_argnums=0)
fresh = jax.tree.map(jnp.copy, state)  # the first step will eat it
after, met = step(fresh, pictures[rows[0]], labels[rows[0]])
print({name: f"{value:.2f}" for name, value in met.items()}, "step", after.step)
assert abs(met["loss"] - np.log(10)) < 0.2 and met["accuracy"] < 0.3

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-4 hl-5 hl-6"></span><span class="fragment hl-8"></span><span class="fragment hl-9"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# Before its first step it guesses: about one in ten is right, and the loss is near $\log 10$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the state that went in
#
# `donate_argnums=0` gave its memory to the next state. What do its biases say?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
print(fresh.params["hidden"]["bias"][:3])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Deleted. The cure is the usual line, `state, met = step(state, …)`: one name, always the newest.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: how many traces?
#
# Five more batches of `B`. And one of another size?

# %% slideshow={"slide_type": "-"} tags=["live"]
now = after
for row in rows[1:6]:
    now, met = step(now, pictures[row], labels[row])
print(f"traces {len(traces)}, loss {met['loss']:.2f}")
assert len(traces) == 1 and now.step == 6
step.eval_shape(now, pictures[:7], labels[:7])  # traces, computes nothing
print("traces", len(traces))
assert len(traces) == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# One for all six. Another size is a second one, so `shuffled_batches` drops the rest. What a trace and its compilation
# cost comes next.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What not to compile
#
# "Don't jit everything", said a lecture. A step that runs once: what costs more, compiling or running?

# %% slideshow={"slide_type": "-"}
small = pictures[:32], labels[:32]
compiled = jax.jit(train_step)
begin = seconds(compiled, state, *small)  # traces, compiles, runs
later = min(seconds(compiled, state, *small) for _ in range(3))
print(f"first call {begin:.1f} s, later {1e3 * later:.0f} ms: {begin / later:.0f} to 1")
assert begin > 3 * later

# %% [markdown] slideshow={"slide_type": "fragment"}
# Compile what runs often: the step, the evaluation. Leave loading, plotting and printing to Python; inside `jit` they
# would run once, while tracing.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## An epoch, twice
#
# A Python loop calls the step for each row. `lax.scan` hands the whole epoch to the compiler: a **carry** goes round,
# a row comes in, metrics come out.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Draw scan as a loop with three arrows: carry round, row in, metrics out.
# - People get wrong: they think scan unrolls. It has one body, whatever the number of rows.
# - Late? Skip nothing here; the trap needs it.
# - Time mark: 0:37 at the end of this section.

# %% slideshow={"slide_type": "-"}
def by_loop(step, state, pictures, labels, rows):
    """(N, …), (N,), (steps, B) -> the last state, metrics (steps,)"""
    met = []
    for row in rows:
        state, metrics = step(state, pictures[row], labels[row])
        met.append(metrics)
    return state, jax.tree.map(lambda *leaves: jnp.stack(leaves), *met)

def by_scan(step, state, pictures, labels, rows):
    """The same as one program"""
    def body(state, row):
        return step(state, pictures[row], labels[row])
    return jax.lax.scan(body, state, rows)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both promise the last state and a loss for each row. Is it the same promise?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the jaxpr of an epoch
#
# How many convolutions are in it, for 2 rows and for 30?

# %% slideshow={"slide_type": "-"} tags=["live"]
def count(rows):
    scan = partial(by_scan, train_step)
    return operations(scan, state, pictures, labels, rows)

assert count(rows[:2]) == count(rows[:30])
forward = operations(model.apply, {"params": params}, some)
kind = "conv_general_dilated"
print(f"convolutions: {count(rows)[kind]}, of them forward {forward[kind]}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# One step, for 2 rows and for 30: two convolutions forward, three for their gradients (nobody asks for the slope by the
# pixels).

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: which one is faster?
#
# Four steps of 16 pictures, compiled beforehand. `scan` saves the walk through Python.

# %% slideshow={"slide_type": "-"} tags=["live", "expensive"]
few = (pictures, labels, rows[:4, :16])
def timed(function, *arguments):
    """Compile, then the shortest of three runs: -> seconds, parameters and metrics"""
    state, met = function(*arguments)
    return min(seconds(function, *arguments) for _ in range(3)), (state.params, met)

loop_s, by_one = timed(partial(by_loop, jax.jit(train_step)), state, *few)
scan_s, by_other = timed(jax.jit(partial(by_scan, train_step)), state, *few)
near = partial(jnp.allclose, atol=1e-5)
assert by_one[1]["loss"].shape == (4,)
assert jax.tree.all(jax.tree.map(near, by_one, by_other))
print(f"loop {1e3 * loop_s:.0f} ms, scan {1e3 * scan_s:.0f} ms")
print(f"scan takes {scan_s / loop_s:.1f} times as long")

# %% [markdown] slideshow={"slide_type": "fragment"}
# On a CPU `scan` is the slow one; its numbers are the same. Why?

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## The trap and the cure
#
# XLA's CPU compiler is fast in one layout, NHWC. It rearranges others in the outermost program, but not in a loop. Which
# of the five are in another one?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them guess: forward is NHWC, we wrote it. The gradients were written by JAX, in layouts of its own.
# - People get wrong: "scan is slow". Only these convolutions are, only on CPUs; a GPU does not have the trap.
# - The rule to carry home: measure one step inside and one outside before you train for a day.
# - Late? Show the assert of the gradients, skip the halves.
# - Time mark: 0:44 at the end of this section.

# %% slideshow={"slide_type": "-"}
plain = lambda x, k: jax.lax.conv_general_dilated(
    x, k, (1, 1), [(1, 1), (1, 1)], dimension_numbers=NHWC)

slopes = jax.grad(lambda x, k: plain(x, k).sum(), argnums=(0, 1))
lines = jax.make_jaxpr(slopes)(some, jnp.ones((3, 3, 1, 4))).eqns
layouts = [line.params["dimension_numbers"][:2]  # of the picture, of the kernel
           for line in lines if line.primitive.name == "conv_general_dilated"]
print(*layouts, sep="\n")
assert len(layouts) == 3 and layouts[0] not in layouts[1:]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every gradient: by the kernel, channels (`3`) come first where examples (`0`) were; by the pixels, the kernel's in
# and out change places.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: say yourself what the gradient is
#
# `jax.custom_vjp`: you write forward and backward. Both gradients of a convolution *are* convolutions; turn the arrays
# with `transpose` until they are NHWC.

# %% slideshow={"slide_type": "-"}
conv = jax.custom_vjp(plain)  # 3 x 3, SAME

def backward(kept, g):
    """dL/dy (B, H, W, O) -> dL/dx (B, H, W, I), dL/dk (3, 3, I, O)"""
    x, k = kept
    turned = jnp.flip(k, (0, 1)).transpose(0, 1, 3, 2)  # (3, 3, O, I)
    k_grad = plain(x.transpose(3, 1, 2, 0), g.transpose(1, 2, 0, 3))  # (I, 3, 3, O)
    return plain(g, turned), k_grad.transpose(1, 2, 0, 3)

conv.defvjp(lambda x, k: (plain(x, k), (x, k)), backward)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-6"></span><span class="fragment hl-7"></span><span class="fragment hl-8"></span>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Never trust a gradient of your own
#
# JAX believes what we wrote. Two checks: JAX's own gradient, and differences. Do both pass?

# %% slideshow={"slide_type": "-"} tags=["live"]
from jax.test_util import check_grads

keys = jax.random.split(jax.random.key(4), 3)
x, k, g = (jax.random.normal(key, shape) for key, shape in
           zip(keys, [(4, 6, 6, 2), (3, 3, 2, 5), (4, 6, 6, 5)]))
ours, theirs = (jax.vjp(f, x, k)[1](g) for f in (conv, plain))
print([float(jnp.abs(a - b).max()) for a, b in zip(ours, theirs)])
assert all(jnp.allclose(a, b, atol=1e-4) for a, b in zip(ours, theirs))
check_grads(conv, (x, k), order=1, modes=["rev"], atol=1e-2, rtol=1e-2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# They do, to float32's rounding here and within a hundredth by differences.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the same scan, cured
#
# Only the field `conv` of the model changes, to the one just written. And the parameters?

# %% slideshow={"slide_type": "-"} tags=["live", "expensive"]
def ours(x, k, *_, **options):
    return conv(x, k)

ours_s, by_ours = timed(jax.jit(partial(by_scan, train_step)),
                        state.replace(apply_fn=CNN(conv=ours).apply), *few)
print(*(f"{1e3 * s:.0f} ms" for s in (loop_s, scan_s, ours_s)), sep=", ")
print(f"the slow scan to the cured one: {scan_s / ours_s:.1f} to 1")

# %% slideshow={"slide_type": "fragment"}
trapped = scan_s > max(loop_s, ours_s)  # however busy this machine is
assert trapped or jax.default_backend() != "cpu"  # the trap is of the CPU compiler
assert jax.tree.all(jax.tree.map(near, by_one, by_ours))

# %% [markdown] slideshow={"slide_type": "fragment"}
# They stay: kernel and bias have no idea who convolves them. And they train to the same numbers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The same from the shelf
#
# The snippet `canonical_conv` serves other kernels and paddings, too; `halve` is a pool. Are the numbers still the same?

# %% slideshow={"slide_type": "-"} tags=["expensive"]
from snippets.conv import canonical_conv, halve

cured = CNN(conv=canonical_conv, pool=halve)
swapped = state.replace(apply_fn=cured.apply)
cured_s, by_cured = timed(jax.jit(partial(by_scan, train_step)), swapped, *few)
print(f"ours {1e3 * ours_s:.0f} ms, the snippet's {1e3 * cured_s:.0f} ms")
assert jax.tree.all(jax.tree.map(near, by_one, by_cured))

# %% [markdown] slideshow={"slide_type": "fragment"}
# They are. From here on it stands in for our lines.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Two halves, side by side
#
# The gradient of a mean is the mean of the halves' gradients. Do two cores gain?

# %% slideshow={"slide_type": "-"}
from snippets import training

whole, halves = (partial(training.train_step, parts=parts) for parts in (1, 2))
run = jax.jit(partial(training.epoch_by_scan, halves))
batch = pictures[rows[0]], labels[rows[0]]
(whole_s, one), (halves_s, two) = (
    timed(jax.jit(step), swapped, *batch) for step in (whole, halves))
far = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), one, two)
print(f"largest difference after a step: {max(jax.tree.leaves(far)):.0e}")
print(f"whole {1e3 * whole_s:.0f} ms, in halves {1e3 * halves_s:.0f} ms")
assert max(jax.tree.leaves(far)) < 1e-5

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same step, up to rounding, in pieces that do not wait for each other: XLA may run them on two cores. Beside other
# programs, believe neither time.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Train, and keep a diary
#
# One compiled epoch after the other. What would you want to know tomorrow about a run that crashed tonight?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Collect: the step, the loss, the key, the time, the data set. All in one line of JSON, flushed.
# - Live, the curve grows while you talk.
# - People get wrong: they print, and the terminal is gone.
# - Late? Run the cell, show the plot, go on.
# - Time mark: 0:48 at the end of this section.

# %% slideshow={"slide_type": "-"}
import tempfile
from pathlib import Path

from snippets.run_log import RunLog, read_log

def train(state, epochs, path):
    """-> the last state, and the loss before each step"""
    log, losses, plot = RunLog(path), [], LossPlot("training …", 1.8)
    for epoch in range(epochs):
        rows = shuffled_batches(jax.random.key(10 + epoch), N, B)  # a key an epoch
        state, met = run(state, pictures, labels, rows)
        losses += met["loss"].tolist()  # waits for the epoch
        log(epoch=epoch, step=state.step, loss=met["loss"].mean(), data=data.source)
        plot.update(losses, f"The loss fell from {losses[0]:.1f} to {losses[-1]:.2f}")
    return state, losses

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the shape of the curve
#
# Straight down, a bend, or a zigzag?

# %% alt="The loss on a logarithmic axis: a steep fall in the first epoch, then a slower one with a zigzag" slideshow={"slide_type": "-"} tags=["expensive", "live"]
path, epochs = Path(tempfile.mkdtemp()) / "run.jsonl", by_size(smoke=4, full=6)
now, losses = train(swapped, epochs, path)
diary = path.read_text()
assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:5])

# %% [markdown] slideshow={"slide_type": "fragment"}
# A steep fall, a bend, then a zigzag: each batch is another sample, and judges the network a little differently.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The diary
#
# One JSON object a line, on the disk before the next epoch starts. What is left if the machine stops in the middle of
# a line?

# %% slideshow={"slide_type": "-"} tags=["live"]
folder = Path(tempfile.mkdtemp())
(folder / "run.jsonl").write_text(diary + '{"epoch": 99, "lo')  # the power fails
RunLog(folder / "run.jsonl")(epoch=epochs, note="the next run")
entries = read_log(folder / "run.jsonl")
for entry in entries[-2:]:
    print(*(f"{name} {entry[name]}" for name in entry if name != "data"), sep=", ")
assert [entry["epoch"] for entry in entries] == list(range(epochs + 1))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every whole line. The torn one is left out, and the next run began on a line of its own.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## An average that is wrong
#
# Accuracy on the test pictures, 300 at a time, then the mean of the batches. What is wrong with it?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Give them a minute; somebody sees the last batch. Then ask: "and does anybody drop it?" Flax's own example did.
# - People get wrong: the error is small here, so they shrug. With 1 example in the last batch it is not small.
# - Late? Show the wrong and the right number.
# - Time mark: 0:52 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
score = jax.jit(partial(cured.apply, {"params": now.params}))
cut = lambda whole: [whole[i : i + 300] for i in range(0, len(whole), 300)]
logits = jnp.concatenate([score(each) for each in cut(test_pictures)])  # (N, C)
right = logits.argmax(-1) == test_labels  # (N,)
hard = jnp.argsort(right)[::-1]  # the mistakes go last
mean_of_means = lambda right: np.mean([each.mean() for each in cut(right)])
as_is, sorted_ = mean_of_means(right), mean_of_means(right[hard])
print("the last two batches:", *map(len, cut(right)[-2:]))
print(f"as it is {as_is:.3f}, mistakes last {sorted_:.3f}, at once {right.mean():.3f}")
assert sorted_ < right.mean() - 1e-4 and sorted_ != as_is

# %% [markdown] slideshow={"slide_type": "fragment"}
# The last batch is smaller, so its pictures count more than the others. With the mistakes among them the mean comes out
# too low: it depends on the *order* of the data.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: sums, and one division
#
# Pad the last batch to full size, give the padding no weight. Does the order still matter?

# %% slideshow={"slide_type": "-"} tags=["live"]
from snippets.training import evaluate

measure = jax.jit(partial(evaluate, cured.apply, size=300))
found = measure(now.params, test_pictures, test_labels)
shuffled = measure(now.params, test_pictures[hard], test_labels[hard])
print(f"accuracy {found['accuracy']:.2%}, loss {found['loss']:.3f}, of {len(right):,}")
assert all(jnp.isclose(one["accuracy"], right.mean()) for one in (found, shuffled))
assert found["accuracy"] > (0.985 if N == 60_000 else 0.9)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It does not: every picture counts once.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Stop, and go on
#
# A **checkpoint** holds what a run needs to go on as if nothing had happened. Are the parameters enough?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "what besides the parameters?" Momentum, the step, and the key of the next epoch.
# - People get wrong: they save parameters only, and the loss jumps when they go on.
# - Written beside and renamed: a crash while saving leaves the old checkpoint.
# - Late? Skip "Statistics, and NNX".
# - Time mark: 0:56 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
from snippets.checkpoint import restore, save

save(folder / "run.npz", now, epoch=epochs, source=data.source)
blank = jax.tree.map(jnp.zeros_like, now)
back, about = restore(folder / "run.npz", like=blank)
with np.load(folder / "run.npz") as file:
    kept = [name for name in file.files if name != "about.json"]
print(f"epoch {about['epoch']}, step {back.step}, {len(kept)} leaves:", *kept[::8])
assert jax.tree.all(jax.tree.map(jnp.array_equal, back, now))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Seventeen leaves under their addresses. `apply_fn` and `tx` are not in the file: code stays code.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: go on with, and without, the momentum
#
# The same next step, once from the checkpoint, once with the optimizer's state forgotten.

# %% slideshow={"slide_type": "-"}
advance = jax.jit(whole)
went_on, resumed = (advance(state, *batch)[0] for state in (now, back))
forgot = advance(back.replace(opt_state=sgd.init(back.params)), *batch)[0]
def apart(one, two):
    """Largest difference of a parameter"""
    far = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), one.params, two.params)
    return max(jax.tree.leaves(far))

print(apart(went_on, resumed), f"{apart(went_on, forgot):.1e}")
assert apart(went_on, resumed) == 0 < apart(went_on, forgot)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal to the last bit, and not: momentum is part of where the run stands.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Statistics, and NNX
#
# A model with `BatchNorm` has a second collection, so a checkpoint of `params` alone forgets it. And NNX, which keeps
# numbers in objects?

# %% slideshow={"slide_type": "-"}
from flax import nnx

norm = nn.BatchNorm(use_running_average=False).init(key, jnp.ones((2, 3)))
save(folder / "norm.npz", norm)  # all collections at once
assert set(restore(folder / "norm.npz", norm)[0]) == {"params", "batch_stats"}

layer = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
graph, numbers = nnx.split(layer)
save(folder / "nnx.npz", numbers)
twin = nnx.merge(graph, restore(folder / "nnx.npz", numbers)[0])
print(list(norm), jax.tree.map(jnp.shape, numbers.to_pure_dict()))
assert jnp.array_equal(twin(jnp.ones((1, 3))), layer(jnp.ones((1, 3))))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Save all of `variables`, not one entry of it. `nnx.split` gives a tree, and a tree is all `save` asks for.

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# ## The same network in PyTorch
#
# Where do the two disagree about axes? <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let them find it: channels first, and so the flatten runs through the numbers in another order.
# - People get wrong: all shapes fit after a plain transpose, and the answers are nonsense.
# - Late? Show the columns and the last number.
# - Time mark: 0:58 at the end of this section.

# %% slideshow={"slide_type": "-"}
# PyTorch
from torch import nn as tnn

net = tnn.Sequential(
    tnn.Conv2d(1, 32, 3, padding=1),
    tnn.ReLU(), tnn.AvgPool2d(2),
    tnn.Conv2d(32, 64, 3, padding=1),
    tnn.ReLU(), tnn.AvgPool2d(2),
    tnn.Flatten(),  # C, H, W
    tnn.Linear(64 * 7 * 7, 256),
    tnn.ReLU(),
    tnn.Linear(256, 10))
print(*net[0].weight.shape)

# %% [markdown] slideshow={"slide_type": "-"}
# ```python
# # Linen
# class CNN(nn.Module):
#
#     @nn.compact
#     def __call__(self, x):
#         for width in 32, 64:
#             x = nn.Conv(width, (3, 3))(x)
#             x = halve(nn.relu(x))
#         # H, W, C
#         x = x.reshape(len(x), -1)
#         x = nn.Dense(256)(x)
#         return nn.Dense(10)(nn.relu(x))
# ```

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# Inputs NCHW and NHWC, kernels OIHW and HWIO (Linen had `(3, 3, 1, 32)`), dense weights turned, and the flatten.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: is reshape the same as flatten?
#
# Carry the weights over by address. First without a thought for the flatten, then with it.

# %% slideshow={"slide_type": "-"} tags=["live"]
import torch

from snippets.porting import flattened, into_torch

names = {"Conv_0": "0", "Conv_1": "3", "hidden": "7", "Dense_0": "9"}
inputs = torch.from_numpy(np.array(test_pictures[:200]).transpose(0, 3, 1, 2).copy())
def furthest(layouts):
    """Largest difference between the two networks' logits"""
    into_torch({"params": now.params}, net, names, layouts)
    with torch.no_grad():
        return np.abs(net(inputs).numpy() - logits[:200]).max()

naive, careful = furthest({}), furthest({"hidden": flattened(7, 7)})
print(f"naive {naive:.2f}, careful {careful:.0e}")
assert naive > 0.1 and careful < 1e-5 * max(1, jnp.abs(logits).max())

# %% [markdown] slideshow={"slide_type": "fragment"}
# All shapes fit both times, or `into_torch` had complained; only one is the same network.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## What it got wrong
#
# The mistakes it was surest of. Would you have known?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let the room vote on each. Some labels are debatable; that is the ceiling.
# - People get wrong: they read only the accuracy.
# - Late? Leave it on the screen while you recap.
# - Time mark: 0:59 at the end of this section.

# %% alt="Eight test digits that the network took for another one, each with true and predicted class" slideshow={"slide_type": "-"} tags=["hide-input"]
sure = jnp.where(right, -1.0, jax.nn.softmax(logits).max(axis=-1))  # (N,)
worst = jnp.argsort(-sure)[: min(8, int((~right).sum()))]
words = [f"{test_labels[i]} as {logits[i].argmax()}" for i in worst]
mixed = jnp.zeros((10, 10), int).at[test_labels, logits.argmax(-1)].add(~right * 1)
a, b = np.unravel_index((mixed + mixed.T).argmax(), mixed.shape)
title = f"{mixed.sum()} of {len(right):,} wrong, {a} and {b} most often confused"
show_digits(test_pictures[worst], words, title, 3.0, rows=2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Is the pair in the title the one you guessed? Confusions are counted both ways.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Recap: answers first, cell second
#
# **1.** Three batches of 300 and a last one of 100. In a mean of batch means, how much does a picture of the last one
# weigh against another?
#
# **2.** `init` twice with one key, once with Linen's convolution, once with ours. Equal parameters?
#
# **3.** A state is restored without its momentum. Which leaves are missing?

# %% slideshow={"slide_type": "fragment"}
last, other = 1 / 4 / 100, 1 / 4 / 300
print(f"{last / other:.0f} to 1;", len(jax.tree.leaves(now.opt_state)), "leaves")
assert round(last / other) == 3  # 1: three times as much
trees = [net.init(key, some) for net in (model, cured)]
assert jax.tree.all(jax.tree.map(jnp.array_equal, *trees))  # 2: equal
lost = jax.tree.map(jnp.shape, now.opt_state[0].trace)
assert lost == jax.tree.map(jnp.shape, now.params)  # 3: one for each parameter

# %% [markdown] slideshow={"slide_type": "fragment"}
# Three times as much. Equal. And eight: the momentum has one array for each array of parameters.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## What you take along
#
# **You saw** batches that meet each index once, a loss two ways, a state that is a tree, an epoch as a loop and as one
# program, a trap and its cure, an honest average, a run that goes on where it stopped.
#
# **Open question:** two halves of a batch gave the same step. Would they with `BatchNorm` in the network?
#
# **Next:** *U-Net, twice.* A class for every pixel, in both frameworks.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Leave the open question open: each half would use its own mean.
# - Who wants more: the homework's loop in PyTorch.
# - Time mark: 1:00.
