"""A small homework and a class of submissions, for tests that grade for real."""

from __future__ import annotations

import json
from pathlib import Path

ASSIGNMENT = '''\
# %% [markdown]
# # Two functions

# %%
import jax.numpy as jnp


# %%
def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION


# %%
def total(x):
    """The sum of x."""
    # BEGIN SOLUTION
    return jnp.sum(x)
    # END SOLUTION
'''
CHECKS = """\
from jaxstudy.homework.checks import normal, points, value


@points(2)
def test_double(student, reference, rng):
    "double doubles."
    value(student.double, normal(rng, 3))


@points(2)
def test_total(student, reference, rng):
    "total adds up."
    value(student.total, normal(rng, 3))
"""
HIDDEN = """\
from jaxstudy.homework.checks import normal, points, value


@points(1)
def test_double_wide(student, reference, rng):
    "double doubles matrices too."
    value(student.double, normal(rng, 2, 17))
"""
SETTINGS = """\
title = "Two functions"
due = 2026-10-05T00:00:00Z

[late]
percent_per_day = 10
"""
RIGHT = "import jax.numpy as jnp\n\n\ndef double(x):\n    return 2 * x\n\n\ndef total(x):\n    return jnp.sum(x)\n"
HALF = "def double(x):\n    return x + x\n\n\ndef total(x):\n    return x\n"
STARTER = 'def double(x):\n    raise NotImplementedError("double: your turn")\n'


def homework_in(folder: Path, name: str = "01_two") -> Path:
    """Write the homework; gives its folder."""
    path = folder / name
    path.mkdir(parents=True)
    for file, text in {
        "assignment.py": ASSIGNMENT,
        "checks.py": CHECKS,
        "hidden.py": HIDDEN,
        "assignment.toml": SETTINGS,
    }.items():
        (path / file).write_text(text, encoding="utf-8")
    return path


def notebook(source: str) -> str:
    """A notebook with one code cell."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


def class_in(folder: Path, students: int) -> Path:
    """Write submissions: right ones, half right ones, starters, and some that cannot be read."""
    folder.mkdir(parents=True)
    for number in range(students):
        kind = (RIGHT, HALF, RIGHT, STARTER)[number % 4]
        text = f"{kind}\n# student {number}\n"
        path = folder / f"student{number:03}.{'ipynb' if number % 3 == 0 else 'py'}"
        path.write_text(notebook(text) if path.suffix == ".ipynb" else text, encoding="utf-8")
    (folder / "broken.ipynb").write_text("{", encoding="utf-8")
    (folder / "essay.pdf").write_bytes(b"%PDF")
    return folder
