"""Wrong answers to homework 03."""


# A model is a dictionary, so its sum is one.
# caught by: test_tree_add, test_tree_add_in_any_nesting
def tree_add(a, b):
    return {name: a[name] + b[name] for name in a}


# Write the sum into the first tree.
# caught by: test_tree_add_in_any_nesting
def tree_add(a, b):
    if isinstance(a, dict):
        for name in a:
            a[name] = tree_add(a[name], b[name])
        return a
    return jax.tree.map(jnp.add, a, b)


# The length of the whole is the sum of the lengths.
# caught by: test_tree_norm, test_tree_norm_is_one_number, test_affine_works_in_transforms
def tree_norm(tree):
    return sum(jnp.sqrt(jnp.sum(leaf**2)) for leaf in jax.tree.leaves(tree)) + jnp.zeros(())


# Join all leaves and ask NumPy's norm: there is always one.
# caught by: test_tree_norm_is_one_number
def tree_norm(tree):
    return jnp.linalg.norm(jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(tree)]))


# Leave out what is frozen.
# caught by: test_freeze_with_none, test_freeze_and_thaw_are_inverse
def freeze_with_none(params, frozen):
    return {n: v for n, v in params.items() if n not in frozen}, {n: v for n, v in params.items() if n in frozen}


# None in the place of the whole layer.
# caught by: test_freeze_with_none, test_freeze_and_thaw_are_inverse
def freeze_with_none(params, frozen):
    return (
        {n: None if n in frozen else v for n, v in params.items()},
        {n: v if n in frozen else None for n, v in params.items()},
    )


# Frozen is what a gradient can't move: zeros.
# caught by: test_freeze_with_none, test_freeze_and_thaw_are_inverse
def freeze_with_none(params, frozen):
    def part(stays):
        keep = lambda path, leaf: leaf if (path[0].key in frozen) == stays else jnp.zeros_like(leaf)
        return jax.tree.map_with_path(keep, params)

    return part(False), part(True)


# tree.map pairs the leaves of both trees; None is one of them.
# caught by: test_thaw, test_freeze_and_thaw_are_inverse
def thaw(trains, stays):
    return jax.tree.map(lambda a, b: b if a is None else a, trains, stays)


# JSON is a tree, and all its leaves that are int or float are numbers.
# caught by: test_json_scale_knows_what_is_a_number
def json_scale(text, factor):
    scaled = lambda value: value * factor if isinstance(value, (int, float)) else value
    return json.dumps(jax.tree.map(scaled, json.loads(text)))


# Everything can be multiplied, words too.
# caught by: test_json_scale, test_json_scale_knows_what_is_a_number
def json_scale(text, factor):
    return json.dumps(jax.tree.map(lambda value: value * factor, json.loads(text)))


# A frozen dataclass is a tree already.
# caught by: test_affine, test_affine_works_in_transforms
@dataclass(frozen=True)
class Affine:
    scale: jax.Array
    shift: jax.Array
    bend: str = "tanh"

    def __call__(self, x):
        return getattr(jnp, self.bend)(self.scale * x + self.shift)


# All three fields are children.
# caught by: test_affine, test_affine_works_in_transforms
@jax.tree_util.register_pytree_with_keys_class
@dataclass(frozen=True)
class Affine:
    scale: jax.Array
    shift: jax.Array
    bend: str = "tanh"

    def __call__(self, x):
        return getattr(jnp, self.bend)(self.scale * x + self.shift)

    def tree_flatten_with_keys(self):
        names = ("shift", "scale", "bend")
        return [(jax.tree_util.GetAttrKey(name), getattr(self, name)) for name in names], None

    @classmethod
    def tree_unflatten(cls, _, children):
        return cls(children[1], children[0], children[2])


# decay is what is new.
# caught by: test_ema, test_ema_keeps_dtypes
def ema(average, new, decay):
    return jax.tree.map(lambda old, now: (1 - decay) * old + decay * now, average, new)


# JAX takes care of dtypes.
# caught by: test_ema_keeps_dtypes
def ema(average, new, decay):
    return jax.tree.map(lambda old, now: jnp.float32(decay) * old + (1 - jnp.float32(decay)) * now, average, new)


# The dictionary's order is the order.
# caught by: test_flatten_to_vector, test_flatten_to_vector_of_any_tree
def flatten_to_vector(tree):
    leaves = [jnp.ravel(leaf) for value in tree.values() for leaf in jax.tree.leaves(value)]
    vector = jnp.concatenate(leaves)
    return vector, lambda vector: tree


# The way back gives what was there.
# caught by: test_flatten_to_vector_of_any_tree
def flatten_to_vector(tree):
    return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(tree)]), lambda vector: tree
