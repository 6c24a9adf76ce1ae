"""The homework of 8 checks and the 20 submissions that every grader gets."""

from __future__ import annotations

FUNCTIONS = ("softmax", "mse_grad", "batched_affine", "tree_sum_of_squares")
IMPORTS = "import jax\nimport jax.numpy as jnp\nimport numpy as np"
RIGHT = {
    "softmax": "def softmax(x):\n    e = jnp.exp(x - x.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
    "mse_grad": "def mse_grad(w, X, y):\n    return jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)",
    "batched_affine": "def batched_affine(W, b, X):\n    return jax.vmap(lambda x: W @ x + b)(X)",
    "tree_sum_of_squares": "def tree_sum_of_squares(tree):\n    return sum(jnp.sum(leaf ** 2) for leaf in jax.tree.leaves(tree))",
}
# Wrong in what a hidden check asks, right in the shown one.
ALMOST = {
    "softmax": "def softmax(x):\n    e = jnp.exp(x)\n    return e / e.sum(axis=-1, keepdims=True)",
    "mse_grad": "def mse_grad(w, X, y):\n    return 2 * X.T @ (X @ w - y) / 6",
    "batched_affine": "def batched_affine(W, b, X):\n    return X @ W.T + b[: W.shape[0]] * (len(X) < 9)",
    "tree_sum_of_squares": "def tree_sum_of_squares(tree):\n    return sum(jnp.sum(tree[k] ** 2) for k in ('a', 'b'))",
}
WRONG = {
    "softmax": "def softmax(x):\n    return x",
    "mse_grad": "def mse_grad(w, X, y):\n    return w",
    "batched_affine": "def batched_affine(W, b, X):\n    return X",
    "tree_sum_of_squares": "def tree_sum_of_squares(tree):\n    return 0.0",
}
# Function → shown check, hidden check: arguments as code, `r` a seeded generator, and the expected value in NumPy.
CHECKS = {
    "softmax": (
        ("(N(3, 5),)", "np.exp(x0) / np.exp(x0).sum(-1, keepdims=True)"),
        ("(N(2, 4) + 200,)", "np.exp(x0 - x0.max(-1, keepdims=True)) / np.exp(x0 - x0.max(-1, keepdims=True)).sum(-1, keepdims=True)"),
    ),
    "mse_grad": (
        ("(N(3), N(6, 3), N(6))", "2 * x1.T @ (x1 @ x0 - x2) / len(x2)"),
        ("(N(2), N(11, 2), N(11))", "2 * x1.T @ (x1 @ x0 - x2) / len(x2)"),
    ),
    "batched_affine": (
        ("(N(4, 3), N(4), N(7, 3))", "x2 @ x0.T + x1"),
        ("(N(2, 5), N(2), N(12, 5))", "x2 @ x0.T + x1"),
    ),
    "tree_sum_of_squares": (
        ("({'a': N(3), 'b': N(2, 2)},)", "(x0['a'] ** 2).sum() + (x0['b'] ** 2).sum()"),
        ("({'c': {'d': N(4)}, 'e': N(3)},)", "(x0['c']['d'] ** 2).sum() + (x0['e'] ** 2).sum()"),
    ),
}  # fmt: skip


def submissions() -> dict[str, tuple[dict[str, str], float]]:
    """Name → functions' cells, and the mark of eight that their honest answers earn."""
    found = {f"s{n:02}": ({k: f"{v}  # {n}" for k, v in RIGHT.items()}, 8.0) for n in range(1, 9)}
    for n, name in enumerate(FUNCTIONS, 9):
        found[f"s{n:02}"] = ({**RIGHT, name: ALMOST[name]}, 7.0)
    blank = {name: f"def {name}(*args):\n    raise NotImplementedError" for name in FUNCTIONS}
    found["s13"] = ({**WRONG, "softmax": RIGHT["softmax"], "mse_grad": RIGHT["mse_grad"]}, 4.0)
    found["s14_syntax"] = ({**RIGHT, "mse_grad": "def mse_grad(w, X, y:\n    return w"}, 6.0)
    found["s15_blank"] = (blank, 0.0)
    found["s16_loop"] = ({**RIGHT, "mse_grad": "def mse_grad(w, X, y):\n    while True:\n        pass"}, 6.0)
    found["s17_os_exit"] = ({**RIGHT, "batched_affine": "import os\nos._exit(0)"}, 6.0)
    found["s18_sys_exit"] = ({**RIGHT, "batched_affine": "import sys\nsys.exit(0)"}, 6.0)
    cheat = "np.allclose = lambda *a, **k: True\n"
    found["s19_cheat"] = ({**WRONG, "softmax": cheat + WRONG["softmax"]}, 0.0)
    found["s20_wrong"] = (WRONG, 0.0)
    return found


def peer_check(name: str, place: int, seed: int) -> str:
    """The check as peers run it: plain asserts beside the student's code."""
    arguments, expected = CHECKS[name][place]
    names = 3 if name in ("mse_grad", "batched_affine") else 1
    values = "; ".join(f"x{n} = args[{n}]" for n in range(names))
    return (
        f"r = np.random.default_rng({seed})\n"
        "N = lambda *s: r.standard_normal(s).astype(np.float32)\n"
        f"args = {arguments}\n{values}\n"
        f"assert np.allclose({name}(*args), {expected}, rtol=1e-3, atol=1e-4), '{name} is wrong'"
    )


def our_check(name: str, place: int) -> str:
    """The check as ours: against the reference, on fresh inputs."""
    arguments = (
        CHECKS[name][place][0].replace("N(", "normal(rng, ").removeprefix("(").removesuffix(")").removesuffix(",")
    )
    kind = "of the size in the text" if place == 0 else "of another size or range"
    return (
        f'def test_{name}_{place}(student, reference, rng):\n    "{name} is right for inputs {kind}."\n'
        f"    value(student.{name}, {arguments})\n"
    )
