"""Wrong answers on some of the 27 days."""


# A key is good for as many draws as I like.
# caught by: test_day_02
def day_02(key):
    return jax.random.normal(key), jax.random.normal(key)


# Worker n moves the generator n times: a global state.
# caught by: test_day_03
RNG = np.random.default_rng(0)


def day_03(key, n):
    return float(RNG.normal())


# grad takes vectors.
# caught by: test_day_06
def day_06(x):
    return jax.grad(lambda t: t * jnp.sin(t))(x)


# x times x is x squared, and its slope is 2 x.
# caught by: test_day_08
def day_08(x):
    return jax.grad(lambda t: t * t)(x)


# One array stays one array.
# caught by: test_day_13
def day_13(w, rate):
    new = w - rate * 7
    return {"read": new, "write": new}


# A reshape gives another order.
# caught by: test_day_19
def day_19(x):
    return x.ravel()


# The list is looked at in each call.
# caught by: test_day_20
def day_20(x, first, second):
    return x + first, x + second


# A finding, told again on the last day.
# caught by: test_day_27
def day_27(key):
    return day_24(key)
