"""Wrong answers to homework 05."""



# The last batch is too small to be worth a step.
# caught by: test_batches, test_batches_in_an_order_that_the_key_decides
def batches(key, n, size):
    order = jax.random.permutation(key, n)
    return [order[i * size : (i + 1) * size] for i in range(n // size)]


# A random batch is a random batch: drawn with replacement.
# caught by: test_batches, test_batches_in_an_order_that_the_key_decides
def batches(key, n, size):
    rows = jax.random.randint(key, (n,), 0, n)
    return [rows[i : i + size] for i in range(0, n, size)]


# In order is good enough.
# caught by: test_batches_in_an_order_that_the_key_decides
def batches(key, n, size):
    return [jnp.arange(i, min(i + size, n)) for i in range(0, n, size)]


# Softmax, then the logarithm.
# caught by: test_cross_entropy_int_of_sure_networks
def cross_entropy_int(logits, labels):
    p = jnp.exp(logits) / jnp.exp(logits).sum(axis=1, keepdims=True)
    return -jnp.mean(jnp.log(p[jnp.arange(len(labels)), labels]))


# A loss is a sum.
# caught by: test_cross_entropy_int, test_cross_entropy_int_of_sure_networks
def cross_entropy_int(logits, labels):
    return -jnp.sum(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1))


# Softmax along the first axis, as it comes.
# caught by: test_cross_entropy_int, test_cross_entropy_int_of_sure_networks
def cross_entropy_int(logits, labels):
    logp = jax.nn.log_softmax(logits, axis=0)
    return -jnp.mean(jnp.take_along_axis(logp, labels[:, None], axis=1))


# The mean of the means: unequal batches count alike.
# caught by: test_mean_over_batches, test_mean_over_batches_of_many_sizes
def mean_over_batches(means, sizes):
    return jnp.mean(means)


# apply_gradients changes the state.
# caught by: test_train_step, test_train_step_is_pure
def train_step(state, x, y):
    def loss(params):
        logits = state.apply_fn({"params": params}, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    value, slopes = jax.value_and_grad(loss)(state.params)
    state.apply_gradients(grads=slopes)
    return state, value


# The batch of the first call is the batch: captured, and trained on for ever.
# caught by: test_train_step_is_pure
BATCH = {"x": jnp.ones((5, 8, 8, 1)), "y": jnp.zeros(5, jnp.int32)}


def train_step(state, x, y):
    def loss(params):
        logits = state.apply_fn({"params": params}, BATCH["x"])
        return optax.softmax_cross_entropy_with_integer_labels(logits, BATCH["y"]).mean()

    value, slopes = jax.value_and_grad(loss)(state.params)
    return state.apply_gradients(grads=slopes), value


# The network ends in a softmax; so does its loss, once more.
# caught by: test_train_step_is_pure
def train_step(state, x, y):
    def loss(params):
        p = jax.nn.softmax(state.apply_fn({"params": params}, x))
        return optax.softmax_cross_entropy_with_integer_labels(p, y).mean()

    value, slopes = jax.value_and_grad(loss)(state.params)
    return state.apply_gradients(grads=slopes), value


# from_bytes knows what fits.
# caught by: test_restore_params_notices_what_does_not_fit
def restore_params(data, like):
    return flax.serialization.from_bytes(like, data)


# What fits is decided by `like`: its numbers are the right ones.
# caught by: test_save_and_restore, test_restore_params_notices_what_does_not_fit
def restore_params(data, like):
    return like


# A reshape gives the shape that is wanted.
# caught by: test_nchw_to_nhwc, test_nchw_to_nhwc_under_jit
def nchw_to_nhwc(x):
    B, C, H, W = x.shape
    return x.reshape(B, H, W, C)


# Reverse the axes after the first: height and width change places.
# caught by: test_nchw_to_nhwc, test_nchw_to_nhwc_under_jit
def nchw_to_nhwc(x):
    return jnp.transpose(x, (0, 3, 2, 1))


# PyTorch's weight is the transpose; flattened is flattened.
# caught by: test_port_dense, test_port_dense_of_other_sizes
def port_dense(weight, C, H, W):
    return weight.T


# Channels last, height and width the wrong way round.
# caught by: test_port_dense, test_port_dense_of_other_sizes
def port_dense(weight, C, H, W):
    return weight.reshape(-1, C, H, W).transpose(3, 2, 1, 0).reshape(H * W * C, -1)


# backward() learns.
# caught by: test_torch_digits
def torch_digits(x, y, x_test, seed):
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    for _ in range(40):
        torch.nn.functional.cross_entropy(net(x), y).backward()
    return net(x_test).argmax(1)


# argmax over the examples.
# caught by: test_torch_digits
def torch_digits(x, y, x_test, seed):
    import torch

    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    return net(x_test).argmax(0)
