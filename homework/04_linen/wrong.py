"""Wrong answers to homework 04."""


# The normal equations are the formula; the start comes out by itself.
# caught by: test_closed_form, test_closed_form_with_noise
def closed_form(X, y):
    return jnp.linalg.lstsq(X, y)[0], jnp.zeros(())


# Centre the data, and the start is the mean of y.
# caught by: test_closed_form, test_closed_form_with_noise
def closed_form(X, y):
    w = jnp.linalg.lstsq(X - X.mean(axis=0), y - y.mean())[0]
    return w, y.mean()


# Uphill: the gradient points to where the loss is larger.
# caught by: test_sgd_step, test_sgd_step_on_any_tree
def sgd_step(loss, params, X, y, rate):
    value, slopes = jax.value_and_grad(loss)(params, X, y)
    return jax.tree.map(lambda p, g: p + rate * g, params, slopes), value


# The loss is asked after the step: that is the news.
# caught by: test_sgd_step, test_sgd_step_on_any_tree
def sgd_step(loss, params, X, y, rate):
    slopes = jax.grad(loss)(params, X, y)
    new = jax.tree.map(lambda p, g: p - rate * g, params, slopes)
    return new, loss(new, X, y)


# Parameters are a dictionary of arrays.
# caught by: test_sgd_step_on_any_tree
def sgd_step(loss, params, X, y, rate):
    value, slopes = jax.value_and_grad(loss)(params, X, y)
    return {name: params[name] - rate * slopes[name] for name in params}, value


# The averages start at 0, and soon nobody notices: no correction.
# caught by: test_adam_from_scratch, test_adam_from_scratch_step_after_step
def adam_from_scratch(slopes, state, rate, b1=0.9, b2=0.999, eps=1e-8):
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], slopes)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g**2, state["v"], slopes)
    return jax.tree.map(lambda m, v: -rate * m / (jnp.sqrt(v) + eps), m, v), {"t": state["t"] + 1, "m": m, "v": v}


# eps keeps the root from zero, so it stands under it.
# caught by: test_adam_from_scratch_step_after_step
def adam_from_scratch(slopes, state, rate, b1=0.9, b2=0.999, eps=1e-8):
    t = state["t"] + 1
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], slopes)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g**2, state["v"], slopes)
    step = lambda m, v: -rate * m / (1 - b1**t) / jnp.sqrt(v / (1 - b2**t) + eps)
    return jax.tree.map(step, m, v), {"t": t, "m": m, "v": v}


# Correct with the old count: the first step divides by 1 - b**0.
# caught by: test_adam_from_scratch, test_adam_from_scratch_step_after_step
def adam_from_scratch(slopes, state, rate, b1=0.9, b2=0.999, eps=1e-8):
    t = state["t"]
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], slopes)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g**2, state["v"], slopes)
    step = lambda m, v: -rate * m / (1 - jnp.power(b1, t)) / (jnp.sqrt(v / (1 - jnp.power(b2, t))) + eps)
    return jax.tree.map(step, m, v), {"t": t + 1, "m": m, "v": v}


# One key for the whole model: aliases, so b and c are equal.
# caught by: test_my_transform_draws_and_shares
def my_transform(f):
    def init(key, x):
        params = {}

        def get(name, shape):
            params[name] = jax.random.normal(key, shape)
            return params[name]

        f(get, x)
        return params

    return init, lambda params, x: f(lambda name, shape: params[name], x)


# The parameters are kept in the closure; apply knows them.
# caught by: test_my_transform_draws_and_shares
def my_transform(f):
    params = {}

    def get(name, shape):
        if name not in params:
            params[name] = jax.random.normal(jax.random.fold_in(jax.random.key(0), len(params)), shape)
        return params[name]

    def init(key, x):
        f(get, x)
        return params

    return init, lambda params, x: f(get, x)


# PyTorch's weight is (features, D), so is mine.
# caught by: test_simple_dense, test_simple_dense_equals_linen
class SimpleDense(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (self.features, x.shape[-1]))
        return x @ kernel.T + self.param("bias", nn.initializers.zeros, (self.features,))


# The batch is the first axis, the features are the second.
# caught by: test_simple_dense_equals_linen
class SimpleDense(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (x.shape[1], self.features))
        return x @ kernel + self.param("bias", nn.initializers.zeros, (self.features,))


# Any start is as good as another.
# caught by: test_simple_dense_equals_linen
class SimpleDense(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.normal(), (x.shape[-1], self.features))
        return x @ kernel + self.param("bias", nn.initializers.ones, (self.features,))


# tanh after every layer, the last one too.
# caught by: test_mlp_pure, test_mlp_pure_with_many_layers
def mlp_pure(params, x):
    for number in range(len(params)):
        layer = params[f"Dense_{number}"]
        x = jnp.tanh(x @ layer["kernel"] + layer["bias"])
    return x


# A dictionary gives its layers in order.
# caught by: test_mlp_pure_with_many_layers
def mlp_pure(params, x):
    layers = [params[name] for name in sorted(params)]
    for layer in layers[:-1]:
        x = jnp.tanh(x @ layer["kernel"] + layer["bias"])
    return x @ layers[-1]["kernel"] + layers[-1]["bias"]


# relu is what everybody uses.
# caught by: test_mlp_is_mlp_pure
class MLP(nn.Module):
    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        for size in self.features[:-1]:
            x = nn.relu(nn.Dense(size)(x))
        return nn.Dense(self.features[-1])(x)


# One layer object, called again and again.
# caught by: test_mlp, test_mlp_is_mlp_pure
class MLP(nn.Module):
    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        hidden = nn.Dense(self.features[0])
        x = nn.tanh(hidden(x))
        return nn.Dense(self.features[-1])(x)
