"""Six small lectures in our words: the same notebooks for every tool in the comparison."""

from __future__ import annotations

from pathlib import Path

HEADER = """\
# ---
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   jaxstudy: {{week: {number}, title: {title}}}
# ---
"""

CELL = '\n# %% [markdown] slideshow={{"slide_type": "slide"}}\n# ## {title}: {part}\n#\n# A sentence about it, and $x^2$.\n'

BODIES = {
    "arrays": [
        "import jax.numpy as jnp\nx = jnp.arange(12.0).reshape(3, 4)\nprint(x.shape)",
        "x @ x.T",
        "x.at[0].set(9.0)",
    ],
    "gradients": [
        "import jax\nimport jax.numpy as jnp\nf = lambda x: jnp.sin(x) * x ** 2",
        "jax.grad(f)(2.0)",
        "print([float(jax.grad(jax.grad(f))(x)) for x in (1.0, 2.0)])",
    ],
    "batches": [
        "import jax\nimport jax.numpy as jnp\nW = jax.random.normal(jax.random.key(0), (8, 3))",
        "layer = jax.jit(jax.vmap(lambda x: jnp.tanh(x @ W)))\nlayer(jnp.ones((32, 8))).shape",
        "print(jax.make_jaxpr(layer)(jnp.ones((2, 8))))",
    ],
    "pictures": [
        "import jax.numpy as jnp\nimport matplotlib.pyplot as plt\nx = jnp.linspace(-3, 3, 200)",
        "plt.plot(x, jnp.tanh(x))\nplt.title('tanh saturates')\nplt.show()",
        "plt.hist(jnp.tanh(x), bins=20)\nplt.title('most values sit at the ends')\nplt.show()",
    ],
    "layers": [
        "import jax\nimport jax.numpy as jnp\nimport flax.linen as nn\nmodel = nn.Sequential([nn.Dense(32), nn.relu, nn.Dense(1)])",
        "params = model.init(jax.random.key(0), jnp.ones((1, 4)))\njax.tree.map(jnp.shape, params)",
        "print(model.apply(params, jnp.ones((2, 4))))",
    ],
    "training": [
        "import jax\nimport jax.numpy as jnp\nimport optax\nX = jax.random.normal(jax.random.key(1), (256, 16))\ny = X @ jnp.arange(16.0)",
        "loss = lambda w: jnp.mean((X @ w - y) ** 2)\ntx = optax.adam(0.1)\nw = jnp.zeros(16)\nstate = tx.init(w)",
        (
            "@jax.jit\ndef step(w, state):\n    updates, state = tx.update(jax.grad(loss)(w), state)\n"
            "    return optax.apply_updates(w, updates), state\n\nfor _ in range(2000):\n    w, state = step(w, state)"
        ),
        "print(float(loss(w)))",
    ],
}
EXPENSIVE = ("training", 2)


def write_course(root: Path) -> list[Path]:
    """A course of six lectures under `root`; returns the scripts."""
    (root / "lectures").mkdir(parents=True)
    (root / "course.toml").write_text('title = "Benchmark"\n')
    return [_write(root, number, title) for number, title in enumerate(BODIES, 1)]


def _write(root: Path, number: int, title: str) -> Path:
    path = root / "lectures" / f"{number:02}_{title}.py"
    text = HEADER.format(number=number, title=title.capitalize())
    for part, body in enumerate(BODIES[title]):
        tags = ' tags=["expensive"]' if (title, part) == EXPENSIVE else ""
        text += CELL.format(title=title.capitalize(), part=part + 1) + f"\n# %%{tags}\n{body}\n"
    path.write_text(text)
    return path


def edit_prose(path: Path) -> None:
    path.write_text(path.read_text().replace("A sentence about it", "A better sentence about it", 1))


def edit_last_cell(path: Path) -> None:
    path.write_text(path.read_text().rstrip("\n") + "\nprint('edited')\n")
