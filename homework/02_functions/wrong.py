"""Wrong answers to homework 02."""


# grad takes what I have: whole numbers are numbers.
# caught by: test_product_grads
def product_grads(x, y):
    return jax.grad(lambda x, y: x * y, argnums=(0, 1))(x, y)


# grad differentiates with respect to all arguments.
# caught by: test_product_grads, test_product_grads_at_zero
def product_grads(x, y):
    slope = jax.grad(lambda x, y: x * y)(float(x), float(y))
    return slope, slope


# The second derivative is the gradient of the gradient, summed up because grad wants one number.
# caught by: test_hessian_diag_of_mixed_terms
def hessian_diag(f, x):
    return jax.grad(lambda x: jax.grad(f)(x).sum())(x)


# The Hessian is all that was asked for.
# caught by: test_hessian_diag, test_hessian_diag_of_mixed_terms
def hessian_diag(f, x):
    return jax.hessian(f)(x)


# The gradient of the mean loss, and every example has it.
# caught by: test_per_example_grads
def per_example_grads(w, X, y):
    slope = jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
    return jnp.broadcast_to(slope, X.shape)


# The Jacobian of the mean loss over the batch, terms and all: each row is divided by B.
# caught by: test_per_example_grads
def per_example_grads(w, X, y):
    return jax.jacrev(lambda w: (X @ w - y) ** 2 / len(y))(w)


# One example after the other.
# caught by: test_per_example_grads_without_a_loop
def per_example_grads(w, X, y):
    return jnp.stack([jax.grad(lambda w: (w @ x - t) ** 2)(w) for x, t in zip(X, y)])


# The batch is there already, in a global.
# caught by: test_per_example_grads, test_per_example_grads_without_a_loop
BATCH = jnp.ones((4, 3))


def per_example_grads(w, X, y):
    return jax.vmap(lambda t: jax.grad(lambda w: (w @ BATCH[0] - t) ** 2)(w))(y)


# where() takes the branch that is right, so the other one does not matter.
# caught by: test_relu_where_has_a_slope_everywhere
def relu_where(x):
    return jnp.where(x > 0, jnp.sqrt(x), 0.0)


# An if decides.
# caught by: test_relu_where, test_relu_where_for_many
def relu_where(x):
    if x.ndim == 0:
        return jnp.sqrt(x) if x > 0 else 0.0 * x
    return jnp.array([jnp.sqrt(one) if one > 0 else 0.0 for one in x.ravel()]).reshape(x.shape)


# relu is the maximum with 0, and the root of that.
# caught by: test_relu_where_has_a_slope_everywhere
def relu_where(x):
    return jnp.sqrt(jnp.maximum(x, 0.0))


# Every call is a trace.
# caught by: test_count_traces, test_count_traces_of_every_kind
def count_traces(f, inputs):
    return len(inputs)


# The shape decides; the dtype is only how it is stored.
# caught by: test_count_traces_of_every_kind
def count_traces(f, inputs):
    return len({x.shape for x in inputs})


# Count in a global: it is there for everybody.
# caught by: test_count_traces, test_count_traces_of_every_kind
SEEN = []


def count_traces(f, inputs):
    def counted(x):
        SEEN.append(1)
        return f(x)

    jitted = jax.jit(counted)
    for x in inputs:
        jitted(x)
    return len(SEEN)


# Ask the tensors that I was given; they will have a .grad afterwards.
# caught by: test_torch_grad_product_leaves_tensors_alone
def torch_grad_product(x, y):
    if x is y or bool(x == y):
        y = x
    x.requires_grad_(), y.requires_grad_()
    (x * y).backward()
    return x.grad, y.grad


# Write the slope into the tensor that is at hand.
# caught by: test_torch_grad_product_leaves_tensors_alone
def torch_grad_product(x, y):
    a, b = y.clone(), x.clone()
    x += 1
    return a, b


# detach() the result: then nothing is differentiated twice.
# caught by: test_torch_stop_gradient, test_torch_stop_gradient_of_an_array
def torch_stop_gradient(x):
    x = x.detach().clone().requires_grad_()
    (x * x).sum().backward()
    return x.grad


# backward() works on numbers, so it works on arrays.
# caught by: test_torch_stop_gradient_of_an_array
def torch_stop_gradient(x):
    x = x.detach().clone().requires_grad_()
    (x * x.detach()).backward()
    return x.grad
