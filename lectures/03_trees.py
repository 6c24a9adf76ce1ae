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
#     week: 3
#     title: Trees everywhere
#     minutes: 60
#     outcomes:
#       - say of any Python object whether it is a tree, which leaves it has, and in what order
#       - update, stack, compare and save a whole model without knowing how it is nested
#       - register a class of your own, and say what then is a leaf and what is fixed
#       - freeze part of a model, and notice when it moves all the same
#     introduces: [pytree, tree-map, tree-path, registration, shared-node, freezing]
#     revisits: [jax-array, immutability, at-update, prng-key, async-dispatch, grad, finite-differences, jaxpr, tracing,
#       stop-gradient, value-and-grad, vmap, jit, pure-function]
#     terms:
#       What you know already: [key, split, jax.Array, value and grad, argnums, stop gradient, vmap, trace]
#       A model is more than one array: [parameters, kernel, bias, hidden layer, dictionary, nested, pytree, tree map]
#       Leaves and structure: [leaf, leaves, flatten, unflatten, treedef, structure, namedtuple, OrderedDict, sorted keys]
#       None is the empty tree: [None, empty tree, optional, bias, is leaf]
#       Everything unknown is a leaf: [leaf, string, set, array, registered, static argnames, ArrayImpl]
#       One function, many trees: [tree map, tree multimap, momentum, ensemble, per-example gradient, ravel pytree]
#       Every leaf has an address: [path, key path, keystr, weight decay, rename, checkpoint, diff]
#       Your own class: [register dataclass, register pytree node, static, metadata, constructor, post init]
#       A shared node comes back twice: [shared, identity, clone, weight tying, referential transparency, Linen, NNX]
#       JSON is a tree: [JSON, 'null', config, text, list of numbers]
#       Three libraries, three habits: [dm-tree, map structure, torch, utils pytree, None, order, flatten]
#       Freeze half of it: [freeze, mask, optax, masked, partition, multi transform, adamw, weight decay, update]
#     resources:
#       - title: 'JAX: pytrees'
#         url: https://docs.jax.dev/en/latest/pytrees.html
#         release: before
#       - title: 'JAX: working with pytrees'
#         url: https://docs.jax.dev/en/latest/working-with-pytrees.html
#         release: before
#       - title: 'JAX: all of jax.tree'
#         url: https://docs.jax.dev/en/latest/jax.tree.html
#         release: before
#       - title: 'JAX: custom pytrees, and what goes wrong with them'
#         url: https://docs.jax.dev/en/latest/custom_pytrees.html
#         release: after
#       - title: 'JAX: jax.tree_util, paths and registration'
#         url: https://docs.jax.dev/en/latest/jax.tree_util.html
#         release: after
#       - title: 'Optax: combining optimizers'
#         url: https://optax.readthedocs.io/en/latest/api/combining_optimizers.html
#         release: after
#       - title: dm-tree
#         url: https://tree.readthedocs.io/en/latest/
#         release: after
#       - title: 'Flax Linen: setup and compact'
#         url: https://flax-linen.readthedocs.io/en/latest/guides/flax_fundamentals/setup_or_nncompact.html
#         release: after
#       - title: 'Flax NNX: split and merge'
#         url: https://flax.readthedocs.io/en/latest/nnx_basics.html
#         release: after
# ---

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# # Trees everywhere
#
# A model is many arrays. JAX treats them as one value: a tree.
#
# **60 minutes. You need** lectures 01 and 02. **After this you can**
#
# - say whether an object is a tree, and which leaves it has
# - update, stack, compare and save a model however it is nested
# - register a class of your own
# - freeze part of a model, and notice when it moves all the same

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "how many arrays are in the last model you trained?" Nobody knows; that is the point.
# - One rhythm all hour: question, guess aloud, run, one sentence.
# - If you lose time, drop in this order: "From JSON and back" (1 min), "NNX remembers" (1), "Is that a reason to
#   choose?" (1), the constructor that checks, with its cure (2). Never drop `None` and never drop the mask.
# - Time mark: leave this slide at 0:01.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## What you know already
#
# Three warm-ups: answer aloud, then run. First the tools.

# %% [markdown] slideshow={"slide_type": "notes"}
# - The imports take a moment in a cold kernel: run them while you read the question.
# - People get wrong: the second slope of warm-up 2. They say 5; `stop_gradient` says 0.
# - Late? Ask the three questions without running the cells, but run them before you go on.
# - Time mark: 0:04 at the end of this section.

# %% slideshow={"slide_type": "-"}
import subprocess
import sys
import timeit
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from snippets.figures import slide_axes
from snippets.trees_diff import tree_diff
from snippets.trees_figures import draw_trees

jax.config.update("jax_numpy_rank_promotion", "raise")  # as in lectures 01 and 02
np.set_printoptions(precision=3, suppress=True)

# %% [markdown] slideshow={"slide_type": "-"}
# Letters used all hour: `B` examples · `D` input features · `H` hidden units · `S` networks.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up 1: keys and arrays
# Two keys split from one, a draw from each: equal draws? After `y = x.at[0].set(9)`: has `x` changed, and is
# `y` a `jax.Array`?

# %% slideshow={"slide_type": "-"}
key_one, key_two = jax.random.split(jax.random.key(3))
x, z = jax.random.normal(key_one, (3,)), jax.random.normal(key_two, (3,))
y = x.at[0].set(9.0)
print("equal draws:", bool((x == z).any()), "  x changed:", bool(x[0] == 9))
print("a jax.Array:", isinstance(y, jax.Array))
assert (x != z).all() and x[0] != 9 and isinstance(y, jax.Array)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No, no, yes: split keys give different numbers, arrays never change, and an update is a new array.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up 2: slopes
# `argnums=(0, 1)` asks about both arguments. What kind of thing comes back, and what is the second slope?

# %% slideshow={"slide_type": "-"}
def shielded(w, b):
    """(), () -> ()"""
    return w**2 + 5 * jax.lax.stop_gradient(b)

value, slopes = jax.value_and_grad(shielded, argnums=(0, 1))(3.0, 4.0)
print(value, type(slopes).__name__, slopes[0], slopes[1])
assert value == 29 and slopes == (6.0, 0.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A **tuple** of slopes, because `argnums` was a tuple: 6, and 0 behind `stop_gradient`. We named two arguments.
# A model has dozens.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Warm-up 3: batches and programs
# A gradient for each of 5 examples of 3 features, asked for twice with other numbers. Which shape, how many traces?

# %% slideshow={"slide_type": "-"}
traces = []

@jax.jit
def pulls(w, X):
    """(D,), (B, D) -> (B, D): one gradient per example"""
    traces.append("pulls")
    return jax.vmap(jax.grad(lambda w, x: (w @ x) ** 2), in_axes=(None, 0))(w, X)

w, X = jnp.ones(3), jnp.ones((5, 3))
print(pulls(w, X).shape, pulls(2 * w, 3 * X).shape, "traces:", len(traces))
assert pulls(w, X).shape == (5, 3) and len(traces) == 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(5, 3)`, and one trace: `jit` asks for shapes and types, not for values. Today we meet one more thing that it asks for.

# %% [markdown] minutes=7 slideshow={"slide_type": "slide"}
# ## A model is more than one array
#
# Lecture 02 packed a network into one `(H, 3)` array; you had to remember what each column was. Now the parts get
# names. How many numbers are in this network?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Let someone count: 16 + 16 + 16 + 1 = 49.
# - Ask before the failing cell: "would NumPy or PyTorch subtract two dictionaries?" No. Nobody does.
# - People get wrong: they expect `grad` to refuse a dictionary, or to flatten it.
# - Late? Leave out the comprehension; show `jax.tree.map` at once.
# - Time mark: 0:11 at the end of this section.

# %% slideshow={"slide_type": "-"}
D, H = 1, 16

def init(key):
    """A network (D,) -> () of H hidden units: a dictionary of two dictionaries."""
    key_kernel, key_bias, key_out = jax.random.split(key, 3)
    bias = 2 * jax.random.normal(key_bias, (H,))
    hidden = {"kernel": jax.random.normal(key_kernel, (D, H)), "bias": bias}
    out = {"kernel": jax.random.normal(key_out, (H,)) / 4, "bias": jnp.zeros(())}
    return {"hidden": hidden, "out": out}

params = init(jax.random.key(0))
sizes = [array.size for layer in params.values() for array in layer.values()]
print(sizes, "together", sum(sizes))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Forty-nine numbers in four arrays.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The same dictionary, drawn
# Which boxes hold numbers, and which only hold other boxes?

# %% alt="A tree: a dict on top, two dicts hidden and out below it, and below these four boxes with the shapes of bias and kernel." slideshow={"slide_type": "-"} tags=["hide-input"]
draw_trees({"params": params}, "Numbers sit at the ends; everything above is packaging")
assert len({array.shape for layer in params.values() for array in layer.values()}) == 3

# %% [markdown] slideshow={"slide_type": "fragment"}
# A **pytree**: containers inside containers. The ends are its **leaves**, the packaging is its **structure**. Three
# different shapes: these leaves would not even stack into one array.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A network for one example
# It takes each part by its name. What does it predict at 1, before any training?

# %% slideshow={"slide_type": "-"}
def predict(params, x):
    """params, (D,) -> ()"""
    hidden, out = params["hidden"], params["out"]
    h = jnp.tanh(x @ hidden["kernel"] + hidden["bias"])  # (H,)
    return h @ out["kernel"] + out["bias"]

x = jnp.array([1.0])  # (D,)
print(f"{predict(params, x):.2f} where sin 3x is {jnp.sin(3 * x[0]):.2f}")
assert predict(params, x).shape == ()

# %% [markdown] slideshow={"slide_type": "fragment"}
# One number, and not yet the right one. A single argument carries all the weights.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A loss for the batch
# `in_axes` gives every argument an axis, `None` for the whole of `params`. How can one `None` speak for four arrays?

# %% slideshow={"slide_type": "-"}
def loss_one(params, x, y):
    """params, (D,), () -> ()"""
    return (predict(params, x) - y) ** 2

def loss(params, X, y):
    """params, (B, D), (B,) -> ()"""
    return jax.vmap(loss_one, in_axes=(None, 0, 0))(params, X, y).mean()

B = 64
X = jnp.linspace(-2.0, 2.0, B)[:, None]  # (B, D)
y = jnp.sin(3 * X[:, 0])  # (B,)
print(f"loss before any training: {loss(params, X, y):.2f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# It runs: `in_axes` may stop early, and what stands there covers the whole branch below it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the gradient of a dictionary
# `params` is *one* argument, so no `argnums`. What does `grad` hand back: a list, one long vector, a dictionary?

# %% slideshow={"slide_type": "-"} tags=["live"]
slopes = jax.grad(loss)(params, X, y)
for layer, parts in slopes.items():
    print(layer, {name: array.shape for name, array in parts.items()})
assert jax.tree.structure(slopes) == jax.tree.structure(params)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same dictionary of dictionaries, a slope in the place of every number.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Asked again: is it right?
# Lecture 02 checked a slope by moving the argument a little, up and down. What is there to move in a dictionary?

# %% slideshow={"slide_type": "-"}
from jax.test_util import check_grads

def with_bias(bias):
    """(): the loss, if the last bias were this number"""
    return loss(params | {"out": params["out"] | {"bias": bias}}, X, y)

h, bias = 0.01, params["out"]["bias"]
by_nudge = (with_bias(bias + h) - with_bias(bias - h)) / (2 * h)
print(f"by nudge {by_nudge:.3f}, by grad {slopes['out']['bias']:.3f}")
assert jnp.allclose(by_nudge, slopes["out"]["bias"], atol=1e-3)
check_grads(loss, (params, X, y), order=1, modes="rev", atol=0.01, rtol=0.01)

# %% [markdown] slideshow={"slide_type": "fragment"}
# One number of one leaf. `check_grads` moves all of them at once: it takes trees as it takes arrays.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: one step downhill
# In lecture 02 this line trained the model. And now?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
params - 0.1 * slopes

# %% [markdown] slideshow={"slide_type": "fragment"}
# It stops at `0.1 * slopes`: a Python dictionary does no arithmetic, and JAX does not teach it any.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: the same step at every leaf
# By hand, with a loop for each level; then by `jax.tree.map`. Which of the two survives a third level?

# %% slideshow={"slide_type": "-"}
by_hand = {
    layer: {name: p - 0.1 * slopes[layer][name] for name, p in parts.items()}
    for layer, parts in params.items()
}
step = lambda p, s: p - 0.1 * s
new = jax.tree.map(step, params, slopes)
deeper = jax.tree.map(step, {"net": [params]}, {"net": [slopes]})
print(f"loss {loss(params, X, y):.3f} -> {loss(new, X, y):.3f}")
assert jax.tree.all(jax.tree.map(jnp.allclose, new, by_hand))
assert jax.tree.all(jax.tree.map(jnp.allclose, new, deeper["net"][0]))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Same numbers, lower loss. `tree.map` knows nothing of layers or names, so it went two levels deeper without a change.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### PyTorch writes, JAX returns
# The same step on the same numbers. What does the *old* model hold afterwards? <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
import torch  # PyTorch
old = {"w": torch.tensor([1.0, 2.0]),
       "b": torch.tensor(3.0)}
for p in old.values():
    p.requires_grad_()
z = (old["w"]**2).sum() + old["b"]**2
z.backward()
with torch.no_grad():
    for p in old.values():
        p -= 0.1 * p.grad
print("old", old["w"].data, old["b"].data)

# %% slideshow={"slide_type": "-"}
# JAX
net = {"w": jnp.array([1.0, 2.0]),
       "b": jnp.array(3.0)}
def z(net):
    w, b = net["w"], net["b"]
    return (w**2).sum() + b**2
s = jax.grad(z)(net)
step = lambda p, s: p - 0.1 * s
new = jax.tree.map(step, net, s)
print("new", new["w"], new["b"])
print("old", net["w"], net["b"])
assert np.allclose(new["w"], old["w"].data)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# The same new numbers. PyTorch's old model *is* the new one; JAX keeps both.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## Leaves and structure
#
# What must a function know to find every leaf? Only how to look inside a few kinds of container.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Step through the lines: a dictionary becomes a list, a leaf ends the search,
#   a list goes on.
# - Ask at the ordered table: "which line is not in the order in which I typed it?"
# - People get wrong: they know that Python dictionaries keep their order, and so trust it here.
# - Late? Skip "Flatten, change, put together"; the next sections use only leaves and map.
# - Time mark: 0:16 at the end of this section.

# %% slideshow={"slide_type": "-"}
def leaves_of(tree):
    """Every leaf of nested dicts, lists and tuples, in JAX's order."""
    if isinstance(tree, dict):
        tree = [tree[key] for key in sorted(tree)]
    if not isinstance(tree, (list, tuple)):
        return [tree]
    return [leaf for child in tree for leaf in leaves_of(child)]

print([leaf.shape for leaf in leaves_of(params)])
pairs = zip(leaves_of(params), jax.tree.leaves(params), strict=True)
assert all(ours is theirs for ours, theirs in pairs)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-3 hl-4"></span><span class="fragment hl-5 hl-6"></span>
# <span class="fragment hl-7"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same four arrays in the same order as `jax.tree.leaves`. Note line 4: the keys are **sorted**.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Flatten, change, put together
# `flatten` gives the leaves and the packaging apart. What is left of `params` once its leaves are gone?

# %% slideshow={"slide_type": "-"} tags=["live"]
leaves, structure = jax.tree.flatten(params)
print(structure)
halves = jax.tree.unflatten(structure, [leaf / 2 for leaf in leaves])
print(structure.num_leaves, "leaves,", halves["hidden"]["kernel"].shape)
by_map = jax.tree.map(lambda leaf: leaf / 2, params)
assert jax.tree.all(jax.tree.map(jnp.array_equal, halves, by_map))

# %% [markdown] slideshow={"slide_type": "fragment"}
# A star for each leaf. Lines 1 and 3 are all of `tree.map`, as the assert says.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: which of these are trees, in which order?
# Six kinds and a cousin; the 1 is always typed first. Which ones bring it first?

# %% slideshow={"slide_type": "-"}
Pair = namedtuple("Pair", "y x")
boxes = [[1, 2], (1, 2), Pair(1, 2), {"b": 1, "a": 2}]
boxes += [OrderedDict(b=1, a=2), defaultdict(int, b=1, a=2), None]
for box in boxes:
    leaves, structure = jax.tree.flatten(box)
    print(f"{type(box).__name__:12}{leaves!s:8}{str(structure)[10:-1]}")
assert jax.tree.leaves(boxes[3]) == [2, 1] and jax.tree.leaves(boxes[4]) == [1, 2]
assert not any(jax.tree_util.all_leaves([box]) for box in boxes)

# %% [markdown] slideshow={"slide_type": "fragment"}
# All seven. `dict` is sorted, `OrderedDict` stays as typed, `None` has no leaves at all.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the order of the layers
# Three layers, applied in the order of the dictionary. What has the order become after a harmless `tree.map`?

# %% slideshow={"slide_type": "-"} tags=["live"]
typed = {"input": 1, "hidden": 2, "out": 3}
mapped = jax.tree.map(lambda v: v, typed)
print(list(typed), "->", list(mapped))
assert mapped == typed and list(mapped) == sorted(typed)

# %% slideshow={"slide_type": "fragment"}
kept = jax.tree.map(lambda v: v, OrderedDict(typed))
assert list(kept) == list(typed)
turned = OrderedDict(reversed(typed.items()))
assert jax.tree.structure(turned) != jax.tree.structure(kept)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equal as dictionaries, yet a loop over them now meets `hidden` first. If order matters, use a list or an
# `OrderedDict`: theirs is part of the structure.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: layers 0, 1 and "head"
# The keys must be sorted. What if they cannot be compared?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
jax.tree.leaves({0: 1.0, 1: 2.0, "head": 3.0})

# %% [markdown] slideshow={"slide_type": "fragment"}
# Numbers and text have no order between them. The cure: one kind of key, best of all text.

# %% slideshow={"slide_type": "fragment"} tags=["live"]
print(jax.tree.leaves({"layer0": 1.0, "layer1": 2.0, "head": 3.0}))
assert jax.tree.leaves({"layer10": 10, "layer9": 9}) == [10, 9]  # text: "1" before "9"

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## None is the empty tree
#
# A list, a dictionary, three places to put something. Predict: how many leaves?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Votes for 1, 2 and 3. This is the fact people remember from the hour.
# - Ask: "an empty list has no leaves. Is `None` the same as an empty list?" No: another structure, no leaves either.
# - People get wrong: they think of `None` as a value that is passed through. There is nothing to pass.
# - If asked: the `None` in `in_axes` is another matter. There it means "no axis".
# - Late? Skip the picture.
# - Time mark: 0:21 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
sparse = [None, 1, {"a": None}]
print(jax.tree.leaves(sparse), jax.tree.structure(sparse))
print(jax.tree.map(lambda v: v + 100, sparse))
assert jax.tree.leaves(sparse) == [1]
assert jax.tree.leaves(None) == jax.tree.leaves([]) == []

# %% [markdown] slideshow={"slide_type": "fragment"}
# One. `v + 100` was never asked about `None`: with no leaf there, `map` has nothing to call, and the place stays.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Three places, one leaf
# Dotted boxes are in the structure and hold nothing.

# %% alt="A list with three children: None drawn dotted, the leaf 1, and a dict whose only child is None, dotted." slideshow={"slide_type": "-"} tags=["hide-input"]
draw_trees({"sparse": sparse}, "None keeps a place in the structure and adds no leaf")

# %% [markdown] slideshow={"slide_type": "fragment"}
# `None` is packaging, like an empty list. That makes it the right word for "this part is not there".

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a line without an intercept
# `start` may be `None`. Will `grad` accept that? And `jit`, which refused an `if` on values, this `if`?

# %% slideshow={"slide_type": "-"}
def line(p, x):
    """{"slope": (), "start": () or None}, () -> ()"""
    return p["slope"] * x if p["start"] is None else p["slope"] * x + p["start"]

free, fixed = {"slope": 3.0, "start": 1.0}, {"slope": 3.0, "start": None}
for p in (free, fixed):
    print(jax.tree.map(float, jax.grad(line)(p, 2.0)), jax.jit(line)(p, 2.0))
assert jax.grad(line)(fixed, 2.0) == {"slope": 2.0, "start": None}

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both do, and no slope is invented for what is not there. Whether `start` is `None` is *structure*, and that `jit` knows
# while it traces.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a step where one tree has None
# The parameter is absent, but a number arrived for it. Skip it, or refuse?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
p, s = {"slope": 3.0, "start": None}, {"slope": 2.0, "start": 1.0}
jax.tree.map(lambda p, s: p - 0.1 * s, p, s)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses, and names the place: `['start']`. Where the first tree is empty, the others must be empty, too.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: let None be a leaf, for once
# `is_leaf` says where to stop on the way down. The function must now be ready for `None`.

# %% slideshow={"slide_type": "-"} tags=["live"]
descend = lambda p, s: None if p is None else p - 0.1 * s
print(jax.tree.map(descend, p, s, is_leaf=lambda v: v is None))
assert jax.tree.leaves(p, is_leaf=lambda v: v is None) == [3.0, None]

# %% [markdown] slideshow={"slide_type": "fragment"}
# The slope took its step, the absent start stayed absent, and the number that arrived for it was ignored.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Everything unknown is a leaf
#
# JAX looks inside containers that it knows. Predict how many leaves each of these has.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Have them write five numbers down before you run.
# - Ask: "why is an array a leaf, when it has rows?" Because the leaf is the thing `grad`, `vmap` and `jit` compute with.
# - People get wrong: nested lists of numbers. Each number is a leaf, and becomes an argument of the program.
# - The `~` before a type: it came from a Python number and gives way to the other operand's type.
# - The last cell starts a fresh Python on purpose: what it does would break this notebook.
# - Late? Skip the jaxpr slide.
# - Time mark: 0:25 at the end of this section.

# %% slideshow={"slide_type": "-"}
things = {
    "array": jnp.ones((2, 2)), "list": [[1.0, 1.0], [1.0, 1.0]], "text": "abcd",
    "set": {1, 2, 3, 4}, "range": range(4),
}
for name, thing in things.items():
    print(f"{name:6} {len(jax.tree.leaves(thing))}")
assert len(jax.tree.leaves(things)) == 4 + 4

# %% [markdown] slideshow={"slide_type": "fragment"}
# Four leaves in the list, one in everything else: whatever is not registered, arrays included, is taken whole.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What the tracer sees
# The same four numbers as one array and as lists. How many inputs will each program have?

# %% slideshow={"slide_type": "-"}
first = lambda rows: 10 * rows[0][1]
for name in ("array", "list"):
    program = jax.make_jaxpr(first)(things[name])
    print(f"{name:6}", *program.in_avals)
table = [[1.0] * 1000] * 2
assert len(jax.make_jaxpr(first)(table).in_avals) == 2000

# %% [markdown] slideshow={"slide_type": "fragment"}
# One against four: every **leaf** is an input of the compiled program. A table kept as lists of floats becomes
# thousands of inputs. Make it an array.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a word among the numbers
# A layer names the function that bends it. We compile a program that looks at `scale` only. Does the word matter?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
from operator import itemgetter

layer = {"scale": 2.0, "bend": "tanh"}
jax.jit(itemgetter("scale"))(layer)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It does: every leaf comes in as an input, looked at or not, and inputs must be numbers. The path in the message says
# which one: `['bend']`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: numbers in, words beside them
# `static_argnames` says: this argument is no tree, compile one program for each value of it.

# %% slideshow={"slide_type": "-"}
traces.clear()
def bent(scale, x, bend):
    """(), (), a name in jax.numpy -> ()"""
    traces.append(bend)
    return getattr(jnp, bend)(scale * x)

run = jax.jit(bent, static_argnames="bend")
print(run(2.0, 1.0, bend="tanh"), run(2.0, 1.0, bend="sin"))
assert jnp.isclose(run(2.0, 1.0, bend="tanh"), jnp.tanh(2.0))
assert traces == ["tanh", "sin"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# It works, one trace for each word, at the price of carrying the word along by hand. A class of our own will put it back in its place.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### "You get an error if you make arrays a container"
# Heard in a lecture. Predict: error, or accepted? We try it in a process of its own.

# %% slideshow={"slide_type": "-"}
broken = """
import jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_platforms", "cpu")
jax.tree_util.register_pytree_node(
    type(jnp.ones(2)), lambda x: ((np.asarray(x),), 0), lambda _, c: jnp.asarray(c[0]))
print("accepted; 1 + 1 =", jnp.ones(2) + 1)
jax.grad(jnp.sum)(jnp.ones(2))
"""
done = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True)
print(done.stdout + [line for line in done.stderr.splitlines() if "Error" in line][-1])
assert "accepted" in done.stdout and done.returncode == 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# Accepted. Addition works; later `grad` fails, with an error that does not name the mistake. Register only classes
# of your own.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## One function, many trees
#
# `tree.map` takes one tree or several. Older talks use two functions for that. Predict: what runs today?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask who has `jax.tree_map` or `tree_multimap` in old code. Both are gone from `jax`.
# - Say at the training step: "two maps, and not one name of a layer in them".
# - The exercise: two minutes. Hint: `map` gives a tree of numbers; which function turns a tree into a list?
# - Late? Skip the training of all eight, show the solution of the exercise at once.
# - Time mark: 0:31 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
jax.tree_multimap(lambda p, s: p - 0.1 * s, params, slopes)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Gone, and so is `jax.tree_map`. One function in `jax.tree` does both:

# %% slideshow={"slide_type": "fragment"} tags=["live"]
doubled = jax.tree.map(lambda p: 2 * p, params)
summed = jax.tree.map(lambda a, b: a + b, params, params)
assert jax.tree.all(jax.tree.map(jnp.array_equal, doubled, summed))
assert not hasattr(jax, "tree_map") and not hasattr(jax, "tree_multimap")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Momentum: a training step with a memory
# It keeps a fading sum of slopes: $v \leftarrow 0.9\,v + \nabla L$, then $p \leftarrow p - 0.1\,v$. How many layers will
# the step name?

# %% slideshow={"slide_type": "-"}
traces.clear()

def step(params, velocity, X, y):
    """params, velocity, (B, D), (B,) -> params, velocity, (): one step of momentum"""
    traces.append("step")
    value, slopes = jax.value_and_grad(loss)(params, X, y)
    velocity = jax.tree.map(lambda v, s: 0.9 * v + s, velocity, slopes)
    params = jax.tree.map(lambda p, v: p - 0.1 * v, params, velocity)
    return params, velocity, value

# %% [markdown] slideshow={"slide_type": "fragment"}
# None. Parameters, slopes and velocity have one structure, so one line serves all layers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: 500 steps, how many traces?
# `jit` gets two trees and gives back two new ones. One line of `step` is not pure (lecture 02): which, and how often
# will it run?

# %% slideshow={"slide_type": "-"} tags=["live"]
fitted, velocity = params, jax.tree.map(jnp.zeros_like, params)
fast = jax.jit(step)
for _ in range(500):
    fitted, velocity, value = fast(fitted, velocity, X, y)
print(f"loss {loss(params, X, y):.3f} -> {value:.4f}, traces: {len(traces)}")

# %% slideshow={"slide_type": "fragment"}
assert value < 0.1 * loss(params, X, y) and len(traces) == 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# `traces.append` writes outside, so it ran once, while tracing: always the same structure, the same shapes. The velocity
# is no such line: this memory comes in and goes out.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: eight networks in one tree
# `vmap` over keys, `S` = 8. What will the shapes of the leaves be?

# %% slideshow={"slide_type": "-"} tags=["live"]
S = 8
many = jax.vmap(init)(jax.random.split(jax.random.key(1), S))
print(jax.tree.map(jnp.shape, many))
assert jax.tree.structure(many) == jax.tree.structure(params)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same structure, an axis of 8 in front of every leaf. An ensemble is not a list of models: it is one tree.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Train all eight with the step we have
# `step` knows one network. Which arguments get the axis, and which are shared?

# %% slideshow={"slide_type": "-"} tags=["expensive"]
steps = jax.jit(jax.vmap(step, in_axes=(0, 0, None, None)))
speeds = jax.tree.map(jnp.zeros_like, many)
for _ in range(500):
    many, speeds, values = steps(many, speeds, X, y)  # values: (S,)
print(f"best {values.min():.4f}, worst {values.max():.4f}")
assert values.shape == (S,) and values.max() < 0.1

# %% [markdown] slideshow={"slide_type": "fragment"}
# Trees with an axis in, trees with an axis out; the data are shared. The eight losses differ by their keys alone.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One gradient per example, as a tree
# Lecture 02 had `(B, D)`. Now `vmap(grad)` of a dictionary: what is `B` an axis of?

# %% slideshow={"slide_type": "-"} tags=["live"]
each = jax.vmap(jax.grad(loss_one), in_axes=(None, 0, 0))(fitted, X, y)
print(jax.tree.map(jnp.shape, each))
mean = jax.tree.map(lambda s: s.mean(axis=0), each)
close = lambda a, b: jnp.allclose(a, b, atol=1e-5)
assert jax.tree.all(jax.tree.map(close, mean, jax.grad(loss)(fitted, X, y)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Of every leaf. And their mean over `B`, leaf by leaf, is the gradient that training sees.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Your turn: the dot product of two trees
# Write `tree_dot(a, b)`: multiply two trees of equal structure number by number, add everything up.
# No names of layers, no loop over levels.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def tree_dot(a, b):
    """Sum of products over all numbers of two equal trees: -> ()."""
    # BEGIN SOLUTION
    products = jax.tree.map(lambda x, y: jnp.sum(x * y), a, b)
    return sum(jax.tree.leaves(products))
    # END SOLUTION

# %% slideshow={"slide_type": "fragment"} tags=["check"]
from jax.flatten_util import ravel_pytree  # a tree as one long vector

flat_params, flat_slopes = (ravel_pytree(tree)[0] for tree in (params, slopes))  # (49,)
assert tree_dot({"a": 2.0, "b": None}, {"a": 3.0, "b": None}) == 6, "None adds nothing"
assert jnp.isclose(tree_dot(params, slopes), flat_params @ flat_slopes), "every leaf"
assert tree_dot(params, params) > 0, "a number, not a tree"

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same as on one long vector of 49 numbers, which `ravel_pytree` makes.

# %% [markdown] minutes=4 slideshow={"slide_type": "slide"}
# ## Every leaf has an address
#
# Sometimes the place matters: decay the kernels, not the biases. Guess how JAX writes "the kernel of `hidden`".

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: "what would you need to load weights that another program has saved?" Names for leaves.
# - People get wrong: a path is a tuple of key objects, not a string. `keystr` makes the string.
# - The diff tool comes back when we carry weights over from PyTorch.
# - Late? Skip weight decay; do not skip the mismatch.
# - Time mark: 0:35 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
for path, leaf in jax.tree.leaves_with_path(params):
    short = jax.tree_util.keystr(path, simple=True, separator="/")
    print(f"{jax.tree_util.keystr(path):20} {short:15} {leaf.shape}")
assert path[-1].key == "kernel" and len(path) == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# A path is the way from the root, one key for each level; `keystr` writes it as Python would, or in short.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: which leaves shrink?
# `map_with_path` hands the function the path first.

# %% slideshow={"slide_type": "-"}
def decay(path, leaf):
    """Shrinks a kernel by one percent; leaves all else alone."""
    return 0.99 * leaf if path[-1].key == "kernel" else leaf

smaller = jax.tree.map_with_path(decay, fitted)
for path, ratio in jax.tree.leaves_with_path(jax.tree.map(jnp.divide, smaller, fitted)):
    print(f"{jax.tree_util.keystr(path):20} {ratio.mean():.2f}")
assert tree_diff(smaller["out"]["bias"], fitted["out"]["bias"]) == []

# %% [markdown] slideshow={"slide_type": "fragment"}
# The two kernels shrank, the two biases did not. One rule by name, written once, for any depth.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: weights from another program
# Somebody renamed `out`, doubled the hidden units and lost the last bias. What does `map` tell you?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
hidden = {"kernel": jnp.zeros((D, 2 * H)), "bias": params["hidden"]["bias"]}
loaded = {"hidden": hidden, "head": {"kernel": params["out"]["kernel"]}}
jax.tree.map(lambda a, b: a - b, params, loaded)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It stops at the first disagreement, the names, and looks no further.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: ask for all differences at once
# By hand: the addresses that only one of the two has. By `tree_diff`, a snippet of this course: shapes and values, too.

# %% slideshow={"slide_type": "-"}
def addresses(tree):
    return {jax.tree_util.keystr(path) for path, _ in jax.tree.leaves_with_path(tree)}

print(*sorted(addresses(params) ^ addresses(loaded)))
print(*tree_diff(params, loaded), sep="\n")
assert tree_diff(params, params) == []
assert len(tree_diff(params, loaded)) == 4

# %% [markdown] slideshow={"slide_type": "fragment"}
# Minus: only in the first, plus: only in the second, tilde: in both, but different. All three faults at once.

# %% [markdown] minutes=6 slideshow={"slide_type": "slide"}
# ## Your own class
#
# A class has named fields instead of keys. Predict: how many leaves has `ramp`, and what does `grad` say?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Expected answer: 2. True answer: 1, the object itself.
# - Ask at the static field: "which of the four calls made a new program?"
# - People get wrong: they put a Python float in a static field and get a new program for each value.
# - Late? Skip the constructor that checks, with its cure.
# - Time mark: 0:41 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
@dataclass
class Ramp:
    slope: jax.Array
    start: jax.Array

ramp = Ramp(3.0, 1.0)
print("leaves:", len(jax.tree.leaves(ramp)))
jax.grad(lambda r: r.slope * 2.0 + r.start)(ramp)

# %% [markdown] slideshow={"slide_type": "fragment"}
# One leaf, the object itself: JAX cannot look inside a class that it does not know.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: say how to take it apart, and how to build it
# `flatten` and `unflatten`, for one level only. What belongs on the left?

# %% slideshow={"slide_type": "-"}
@dataclass
class Incline:
    slope: jax.Array
    start: jax.Array

def take_apart(i):
    return (i.slope, i.start), None  # the children, and what is fixed: nothing

jax.tree_util.register_pytree_node(Incline, take_apart, lambda _, c: Incline(*c))
incline = Incline(3.0, 1.0)
slopes = jax.grad(lambda i: i.slope * 2.0 + i.start)(incline)
print(type(slopes).__name__, slopes.slope, slopes.start)
assert jax.tree.leaves(Incline([1.0, 2.0], 3.0)) == [1.0, 2.0, 3.0]

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-7"></span><span class="fragment hl-9"></span>

# %% [markdown] slideshow={"slide_type": "fragment"}
# The gradient is an `Incline` again. And a child may itself be a tree, as in the last line.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Before and after registration
# The same two numbers in both classes.

# %% alt="Left: a single box Ramp, one leaf. Right: a node Incline with two leaves, 3 and 1." slideshow={"slide_type": "-"} tags=["hide-input"]
panels = {"not registered": ramp, "registered": incline}
draw_trees(panels, "Registration turns a leaf into a node")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Left, a closed box; right, two leaves that `map`, `grad`, `vmap` and `jit` can reach.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The short way, with a word inside
# `register_dataclass` writes both functions, and `jax.tree.static` marks what is fixed. How many leaves?

# %% slideshow={"slide_type": "-"}
@jax.tree_util.register_dataclass
@dataclass
class Layer:
    scale: jax.Array
    bend: str = jax.tree.static(default="tanh")

print(jax.tree.structure(Layer(2.0)))
print([(jax.tree_util.keystr(p), v) for p, v in jax.tree.leaves_with_path(Layer(2.0))])
assert jax.tree.leaves(Layer(2.0)) == [2.0]

# %% [markdown] slideshow={"slide_type": "fragment"}
# One, at the address `.scale`. The word has moved into the structure, where `jit` can read it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: four layers, how many programs?
# The word is back among the numbers, in a field that is fixed. Two words, three scales.

# %% slideshow={"slide_type": "-"}
@jax.jit
def bend(layer, x):
    traces.append(layer.bend)
    return getattr(jnp, layer.bend)(layer.scale * x)

traces.clear()
for layer in (Layer(2.0), Layer(3.0), Layer(2.0, "sin"), Layer(4.0, "sin")):
    print(layer.bend, bend(layer, 1.0))
assert traces == ["tanh", "sin"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two. A new word is a new structure and a new program; a new `scale` is only a new number.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: a constructor that checks
# A careful class refuses anything but a vector. We ask for the shapes of its leaves.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
@jax.tree_util.register_dataclass
@dataclass
class Vector:
    data: jax.Array

    def __post_init__(self):
        if self.data.ndim != 1:
            raise ValueError("a vector has one axis")

jax.tree.map(jnp.shape, Vector(jnp.ones(3)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `map` rebuilds the object around its results, and a shape is no array. A constructor that JAX calls must let
# everything in.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: check where people call
# Leave the constructor to JAX, and give people another door.

# %% slideshow={"slide_type": "-"}
@jax.tree_util.register_dataclass
@dataclass
class Arrow:
    data: jax.Array

    @classmethod
    def of(cls, data):
        """An arrow, checked: (N,) -> Arrow"""
        assert data.ndim == 1, "an arrow has one axis"
        return cls(data)

print(jax.tree.map(jnp.shape, Arrow.of(jnp.ones(3))))
np.testing.assert_raises(AssertionError, Arrow.of, jnp.ones((2, 2)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# JAX may now put a shape into an `Arrow`; people come in by `of`, which checks.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## A shared node comes back twice
#
# One table for reading words and for writing them. Predict: after a `map` that does nothing, still *one* table?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Draw it first: one box, two arrows. Ask "how many leaves?"
# - The reason is worth a sentence: `map` could return different things for the two places, so it must make two.
# - People get wrong: they tie weights by putting one array into the tree twice, as PyTorch lets them.
# - Linen gets one slide; its lecture is the next one. NNX: first thing to drop here.
# - Time mark: 0:46 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
table = {"w": jnp.ones((4, 2))}
tied = {"read": table, "write": table}
mapped, jitted = jax.tree.map(lambda v: v, tied), jax.jit(lambda t: t)(tied)
for name, tree in {"built": tied, "mapped": mapped, "jitted": jitted}.items():
    print(f"{name:7} one table: {tree['read'] is tree['write']}")

# %% slideshow={"slide_type": "fragment"}
assert len(jax.tree.leaves(tied)) == 2 and mapped["read"] is not mapped["write"]
assert tied["read"] is tied["write"] and jitted["read"] is not jitted["write"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two, and there were two leaves from the start. A tree says what is in each place, not which places hold one object.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What you built, what JAX sees
# Left, objects as Python holds them; right, as `flatten` walks them.

# %% alt="Left: a dict with two lines to a single dict with one leaf. Right: a dict with two separate dicts, a leaf in each." slideshow={"slide_type": "-"} tags=["hide-input"]
panels = {"built": tied, "seen by JAX": mapped}
title = "JAX sees a tree, not a graph: the shared table is two"
draw_trees(panels, title, as_built=("built",))

# %% [markdown] slideshow={"slide_type": "fragment"}
# `flatten` follows both lines and meets the table twice. Nothing on the right remembers that it was one.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: one step on a shared weight
# The cost uses it twice, with slopes 2 and 5. Step 0.1, start 1. Which value has it afterwards?
# <span class="jx-two"></span>

# %% slideshow={"slide_type": "-"}
# PyTorch
w = torch.tensor(1.0, requires_grad=True)
t = {"read": w, "write": w}

z = 2 * t["read"] + 5 * t["write"]
z.backward()

w.data -= 0.1 * w.grad
print(t["read"].data, t["write"].data)
assert w.grad == 2 + 5

# %% slideshow={"slide_type": "-"}
# JAX
w = jnp.array(1.0)
t = {"read": w, "write": w}

def cost(t):
    return 2 * t["read"] + 5 * t["write"]

slopes = jax.grad(cost)(t)
new = jax.tree.map(descend, t, slopes)
print(new["read"], new["write"])
assert slopes == {"read": 2, "write": 5}
assert new["read"] != new["write"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# PyTorch knows `w` by identity, adds the slopes to 7 and shows 0.3 in both places. In JAX the two came apart at the
# first step, 0.8 and 0.5, without a word.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: store once, use twice
# Put the weight into the tree one time, and let the *function* use it in two places. What is its slope?

# %% slideshow={"slide_type": "-"} tags=["live"]
once = {"table": w}
shared_cost = lambda t: cost({"read": t["table"], "write": t["table"]})
slopes = jax.grad(shared_cost)(once)
print("slope", slopes["table"], " after", jax.tree.map(descend, once, slopes)["table"])
assert slopes["table"] == 2 + 5 and len(jax.tree.leaves(once)) == 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# Seven, and 0.3: what PyTorch has. The two uses add up, and one leaf cannot come apart.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What Linen does: name it once, call it twice
# Flax Linen, next lecture's library, builds trees of parameters. How many kernels does this model get?

# %% slideshow={"slide_type": "-"}
import flax.linen as nn

class Twice(nn.Module):
    def setup(self):
        self.table = nn.Dense(3)

    def __call__(self, x):
        return self.table(self.table(x))

variables = Twice().init(jax.random.key(0), jnp.ones(3))
print(jax.tree.map(jnp.shape, variables))
assert len(jax.tree.leaves(variables)) == 2  # one kernel, one bias

# %% [markdown] slideshow={"slide_type": "fragment"}
# One. The tree has an entry for each *name*, not for each call: the sharing is in the code, not in the tree.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### NNX remembers
# Flax's newer NNX keeps modules as objects. One layer under two names: what do `jax.tree` and `nnx.split` see?

# %% slideshow={"slide_type": "-"}
from flax import nnx

class Tied(nnx.Module):
    def __init__(self, rngs):
        self.read = self.write = nnx.Linear(3, 3, rngs=rngs)

model = Tied(nnx.Rngs(0))
graph, state = nnx.split(model)
again = nnx.merge(graph, state)
count = lambda tree: len(jax.tree.leaves(tree))
print(count(model), "leaves,", count(state), "after split")
assert again.read is again.write and (count(model), count(state)) == (4, 2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# As a plain tree, twice two. `split` stores each array once and notes in `graph` who is the same, so `merge` gives one
# layer under two names.

# %% [markdown] minutes=2 slideshow={"slide_type": "slide"}
# ## JSON is a tree
#
# Dictionaries, lists, text, numbers, `null`. Predict all five values after doubling every leaf.

# %% [markdown] slideshow={"slide_type": "notes"}
# - The laugh is `netnet`. The one to learn from is `true`, which becomes 2.
# - People get wrong: a list of numbers is one leaf to them. It is a container.
# - Late? Skip "From JSON and back".
# - Time mark: 0:48 at the end of this section.

# %% slideshow={"slide_type": "-"} tags=["live"]
import json

text = '{"rate": 0.1, "layers": [16, 16], "name": "net", "bias": true, "seed": null}'
config = json.loads(text)
doubled = jax.tree.map(lambda v: v * 2, config)
print(doubled)
assert doubled["layers"] == [32, 32] and doubled["seed"] is None

# %% [markdown] slideshow={"slide_type": "fragment"}
# Everything was doubled as Python doubles it: the text stands twice, `True` became 2, and `null` is `None`, no leaf.
# The careful way asks each leaf for its type:

# %% slideshow={"slide_type": "fragment"}
halve = lambda v: v / 2 if type(v) is float else v
assert jax.tree.map(halve, config) == config | {"rate": 0.05}

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### From JSON and back
# A model as text, readable without JAX. How many leaves has it on the way?

# %% slideshow={"slide_type": "-"}
text = json.dumps(jax.tree.map(lambda leaf: leaf.tolist(), fitted))
lists = json.loads(text)
back = jax.tree.map(jnp.array, lists, is_leaf=lambda v: isinstance(v, list))
print(len(text), "characters,", len(jax.tree.leaves(lists)), "leaves on the way")
assert tree_diff(fitted, back) == []

# %% [markdown] slideshow={"slide_type": "fragment"}
# As lists, every number is a leaf. `is_leaf` stops `map` at the lists, and what comes back is equal to the last bit.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Three libraries, three habits
#
# PyTorch has trees, too. Same input: predict both lists of leaves. <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "notes"}
# - Two differences to find: `None`, and the order of the dictionary.
# - PyTorch's module has an underscore in its name: private, may change.
# - dm-tree: you will read it in older code more often than write it.
# - The times are this machine's. The cell asserts the order of the two maps, and nothing about flatten.
# - Why the clock waits: the call returns before the answer, so without waiting one would time the order placed.
# - Time mark: 0:51 at the end of this section.

# %% slideshow={"slide_type": "-"}
from torch.utils import _pytree  # PyTorch

box = [None, 1, {"b": 2, "a": 3}]
print(_pytree.tree_leaves(box))
assert _pytree.tree_leaves(None) == [None]

# %% slideshow={"slide_type": "-"}
# JAX

box = [None, 1, {"b": 2, "a": 3}]
print(jax.tree.leaves(box))
assert jax.tree.leaves(None) == []

# %% [markdown] slideshow={"slide_type": "fragment"}
# <span class="jx-wide"></span>
# To PyTorch `None` is a **leaf**, and a dictionary keeps the order it was typed in. Code that counts leaves, or zips
# two lists of them, breaks on the way from one to the other.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: and dm-tree?
# DeepMind's older library. `None`: a leaf or nothing? A dictionary: sorted or as typed? And an `OrderedDict`?

# %% slideshow={"slide_type": "-"}
import tree as dm_tree

mixed = [None, 1, {"b": 2, "a": 3}, OrderedDict(b=4, a=5)]
print("dm-tree", dm_tree.flatten(mixed))
print("JAX    ", jax.tree.leaves(mixed))
assert dm_tree.flatten(mixed) == [None, 1, 3, 2, 5, 4]
assert jax.tree.leaves(mixed) == [1, 3, 2, 4, 5]

# %% [markdown] slideshow={"slide_type": "fragment"}
# `None` is a leaf, as in PyTorch; dictionaries are sorted, as in JAX; and the `OrderedDict` is sorted as well, which
# JAX leaves alone.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### "JAX's trees are faster than dm-tree's"
# Also heard. 200,000 leaves, the best of three runs: which job is bigger, flatten or map?

# %% slideshow={"slide_type": "-"}
big = {f"layer{i:04}": {"kernel": [1.0] * 49, "bias": 0.0} for i in range(4000)}
jobs = {
    "dm-tree flatten": lambda: dm_tree.flatten(big),
    "JAX flatten": lambda: jax.tree.leaves(big),
    "dm-tree map": lambda: dm_tree.map_structure(abs, big),
    "JAX map": lambda: jax.tree.map(abs, big),
}
best = {n: min(timeit.repeat(job, number=1, repeat=3)) for n, job in jobs.items()}
print(*(f"{name:16} {1e3 * s:6.1f} ms" for name, s in best.items()), sep="\n")
assert best["JAX map"] < best["dm-tree map"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# `map`, because it calls Python for every leaf; there JAX is the faster one. For `flatten`, run it again before you
# believe an order.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Is that a reason to choose?
# One leaf against one addition. Why must the addition's clock wait (lecture 01)?

# %% slideshow={"slide_type": "-"}
one = jnp.ones(())
tries = timeit.repeat(lambda: (one + one).block_until_ready(), number=100, repeat=5)
costs = {"one addition": min(tries) / 100}
leaves = jax.tree.structure(big).num_leaves
costs |= {f"{n}, one leaf": best[n] / leaves for n in ("dm-tree map", "JAX map")}
assert leaves == 200_000 and costs["dm-tree map, one leaf"] < costs["one addition"]

# %% alt="Bar chart of microseconds: one addition on the device takes longest, mapping one leaf with dm-tree less, with JAX least." slideshow={"slide_type": "-"} tags=["hide-input"]
title = "Mapping a leaf costs less than one addition, in either library"
axes = slide_axes(title, "time (µs)", "", 1.65)
bars = axes.barh(list(costs), [1e6 * cost for cost in costs.values()])
axes.bar_label(bars, fmt="%.2f", padding=4)
axes.margins(x=0.1)
axes.invert_yaxis()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Hardly: both cost less than an addition timed to its end. `None` matters more.

# %% [markdown] minutes=5 slideshow={"slide_type": "slide"}
# ## Freeze half of it
#
# Train `out`, keep `hidden` as it is. `None` can do it: what is not in the tree cannot be trained.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask before the mask: "False means: do not update. Agreed?" Let them agree.
# - People get wrong, in real projects: `optax.masked` with a mask of False passes the raw gradient on.
# - The third trap is weight decay: no gradient is not the same as no movement.
# - Late? Show the picture first and say which bar is which trap.
# - Time mark: 0:56 at the end of this section.

# %% slideshow={"slide_type": "-"}
def only(test, tree):
    """The same tree with `None` at every leaf whose path fails the test."""
    return jax.tree.map_with_path(lambda path, v: v if test(path) else None, tree)

def merge(a, b):
    """At every leaf the value of whichever tree has one."""
    pick = lambda x, y: y if x is None else x
    return jax.tree.map(pick, a, b, is_leaf=lambda v: v is None)

train = only(lambda path: path[0].key == "out", params)
keep = only(lambda path: path[0].key != "out", params)
print(jax.tree.map(jnp.shape, train))
assert tree_diff(merge(train, keep), params) == []

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two trees with holes in opposite places; laid over each other they are the model again.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: what is there to move?
# The gradient with respect to `train` alone. And how many numbers does the optimizer Adam keep for it?

# %% slideshow={"slide_type": "-"}
import optax

slopes = jax.grad(lambda t: loss(merge(t, keep), X, y))(train)
print(jax.tree.map(jnp.shape, slopes))
numbers = lambda tree: sum(leaf.size for leaf in jax.tree.leaves(tree))
for name, tree in {"all": params, "out": train}.items():
    print(f"Adam for {name}: {numbers(optax.adam(0.01).init(tree))} numbers")
assert slopes["hidden"] == {"kernel": None, "bias": None}

# %% [markdown] slideshow={"slide_type": "fragment"}
# No slope for `hidden` and nothing to remember about it: an optimizer's state is a tree like its parameters, holes
# included.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: the mask that says False
# `optax.masked` takes a tree of booleans. `False` for `hidden`: which update does `hidden` get?

# %% slideshow={"slide_type": "-"} tags=["live"]
mask = {"hidden": False, "out": True}  # a shorter tree covers all below it
careless = optax.masked(optax.sgd(0.1), mask)
toy = {"hidden": jnp.array(1.0), "out": jnp.array(1.0)}
updates, _ = careless.update(toy, careless.init(toy))  # as if every slope were 1
print(f"hidden {updates['hidden']:+.1f}, out {updates['out']:+.1f}")

# %% slideshow={"slide_type": "fragment"}
assert updates["hidden"] == 1.0 and jnp.isclose(updates["out"], -0.1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Not 0 but 1: the raw slope, *passed through*, to be **added** to the weight. The mask says where SGD works, not who
# is trained.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cure: give every leaf an optimizer
# `optax.partition` (`multi_transform` in older code) wants a label for each branch; one label sets to zero.

# %% slideshow={"slide_type": "-"}
labels = {"hidden": "freeze", "out": "train"}
rules = {"train": optax.sgd(0.1), "freeze": optax.set_to_zero()}
careful = optax.partition(rules, labels)
updates, _ = careful.update(toy, careful.init(toy))
print(f"hidden {updates['hidden']:+.1f}, out {updates['out']:+.1f}")
assert updates["hidden"] == 0.0 and jnp.isclose(updates["out"], -0.1)
assert optax.multi_transform is optax.partition

# %% [markdown] slideshow={"slide_type": "fragment"}
# Zero for `hidden`, the step for `out`. Rule: after freezing, *compare the weights*, do not trust the name of a function.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Predict: does stop_gradient freeze?
# Slopes of 0, ten steps by AdamW, which also shrinks weights. Does `hidden` stay put?

# %% slideshow={"slide_type": "-"}
def shielded_loss(p, X, y):
    return loss(p | {"hidden": jax.lax.stop_gradient(p["hidden"])}, X, y)

def travelled(objective, optimizer):
    """How far the hidden kernel moves in ten steps: -> ()"""
    p, state = params, optimizer.init(params)
    for _ in range(10):
        updates, state = optimizer.update(jax.grad(objective)(p, X, y), state, p)
        p = optax.apply_updates(p, updates)
    return jnp.abs(p["hidden"]["kernel"] - params["hidden"]["kernel"]).max()

decayed = travelled(shielded_loss, optax.adamw(0.01, weight_decay=0.1))
print(f"moved by up to {decayed:.4f}")
assert decayed > 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# It moved: the decay does not ask for a slope. No gradient is not the same as no update.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Which of the three stood still?
# The same ten steps for each, and how far the "frozen" kernel went.

# %% alt="Bar chart: the frozen kernel moves under optax.masked and under stop_gradient with AdamW, and does not move under partition." slideshow={"slide_type": "-"} tags=["hide-input"]
ways = {"masked(sgd)": travelled(loss, careless), "stop_gradient + adamw": decayed,
        "partition": travelled(loss, careful)}
assert ways["partition"] == 0 and ways["masked(sgd)"] > decayed > 0
title = "Only one of the three kept the frozen kernel where it was"
axes = slide_axes(title, "largest change of a weight", "", 2.2)
bars = axes.barh(list(ways), [float(way) for way in ways.values()])
axes.bar_label(bars, fmt="%.3g", padding=4)
axes.margins(x=0.1)
axes.invert_yaxis()

# %% [markdown] slideshow={"slide_type": "fragment"}
# The mask alone was the worst: each step *added* the whole slope. Frozen means a change of exactly 0.

# %% [markdown] minutes=3 slideshow={"slide_type": "slide"}
# ## Recap: answer, then run
#
# **1.** How many leaves has `{"a": [1, None], "b": (2, "x")}`?
#
# **2.** In which order do they come from `OrderedDict(b=1, a={"d": 2, "c": 3})`?

# %% [markdown] slideshow={"slide_type": "notes"}
# - Everybody answers aloud, together, before the key is pressed.
# - Most missed: question 2; one rule for each container on the way.
# - Late? Ask 1, 4 and 5.
# - Time mark: 0:59 at the end of this section.

# %% slideshow={"slide_type": "fragment"}
print(jax.tree.leaves({"a": [1, None], "b": (2, "x")}))
print(jax.tree.leaves(OrderedDict(b=1, a={"d": 2, "c": 3})))
assert len(jax.tree.leaves({"a": [1, None], "b": (2, "x")})) == 3  # 1
assert jax.tree.leaves(OrderedDict(b=1, a={"d": 2, "c": 3})) == [1, 3, 2]  # 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# Three: text is a leaf, `None` is not. And 1, 3, 2: the outer order is kept, the inner sorted.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Recap: programs and sharing
# **3.** `f` is compiled. It gets `{"a": 1.0}`, `{"a": 2.0}`, `{"a": None}`, `[1.0]`. How many traces?
#
# **4.** `t = [w, w]` with `w` = 1, cost `3 * t[0] + 4 * t[1]`. What is the gradient?

# %% slideshow={"slide_type": "fragment"}
traces = []
f = jax.jit(lambda tree: traces.append(tree))
for argument in ({"a": 1.0}, {"a": 2.0}, {"a": None}, [1.0]):
    f(argument)
w = jnp.array(1.0)
pair = jax.grad(lambda t: 3 * t[0] + 4 * t[1])([w, w])
print(len(traces), "traces; gradient", [float(slope) for slope in pair])
assert len(traces) == 3 and pair == [3.0, 4.0]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Three, one for each structure. And `[3.0, 4.0]`: two leaves, two slopes, although `w` is one array.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Recap: frozen?
# **5.** `optax.masked(optax.adam(0.1), {"a": True, "b": False})`. Slopes of 2 everywhere. What is the update of `b`?

# %% slideshow={"slide_type": "fragment"}
slopes = {"a": jnp.array(2.0), "b": jnp.array(2.0)}
masked = optax.masked(optax.adam(0.1), {"a": True, "b": False})
updates, _ = masked.update(slopes, masked.init(slopes))
print(f"a {updates['a']:+.1f}, b {updates['b']:+.1f}")
assert updates["b"] == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# 2, the raw slope. Freezing needs `None`, or an explicit zero.

# %% [markdown] minutes=1 slideshow={"slide_type": "slide"}
# ## What to take home
#
# **You saw**
#
# - a tree is containers that JAX knows; all else is a leaf, and `None` is neither
# - one `map` for a step, an average, an ensemble, a comparison, whatever the nesting
# - structure is compiled, leaves are computed; sharing is not seen at all
#
# **Open question:** `params["hidden"]["kernel"]` had to be typed in two places, in `init` and in `predict`. Who keeps
# the two in step when there are a hundred layers?
#
# **Next:** lecture 04, *Learning a line, then a layer*: Flax Linen writes the tree for you.

# %% [markdown] slideshow={"slide_type": "notes"}
# - Leave the open question open. Next week answers it in the first quarter of an hour.
# - Point at the homework and at `tree_diff`, which travels with the notebook.
# - Time mark: 1:00.
