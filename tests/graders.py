"""A small homework for the tests of grading, and what is left of processes, files and mounts."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

from jaxstudy.homework.assignment import Assignment, load_assignment

LIMITS = """
title = "Three functions"

[limits]
call_seconds = 2.5
submission_seconds = 40
cpu_seconds = 30
memory_mb = 900
processes = 100
open_files = 64
file_mb = 4
output_kb = 8
"""
SCRIPT = """
# %%
import jax.numpy as jnp

# %%
def double(x):
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION

# %%
def total(x):
    # BEGIN SOLUTION
    return jnp.sum(x)
    # END SOLUTION

# %%
def third(x):
    # BEGIN SOLUTION
    return x / 3
    # END SOLUTION
"""
CHECKS = '''
from jaxstudy.homework.checks import normal, points, value

@points(2)
def test_third(student, rng):
    """third gives a third."""
    value(student.third, normal(rng, 2, 3))

def test_double(student, rng):
    """double doubles."""
    value(student.double, normal(rng, 4))
'''
HIDDEN = '''
from jaxstudy.homework.checks import normal, value

def test_total(student, rng):
    """total adds all up."""
    value(student.total, normal(rng, 3, 2))
'''


def small_homework(folder: Path) -> Assignment:
    """Three functions, four points."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"assignment.toml": LIMITS, "assignment.py": SCRIPT, "checks.py": CHECKS, "hidden.py": HIDDEN}
    for name, text in files.items():
        (folder / name).write_text(dedent(text).lstrip(), encoding="utf-8")
    return load_assignment(folder)


def descendants(pid: int | None = None) -> set[int]:
    """All processes that come from this one, alive or not yet reaped."""
    found = set()
    for task in Path(f"/proc/{pid or os.getpid()}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child}
            if Path(f"/proc/{child}").exists():
                found |= descendants(child)
    return found


def mounts() -> str:
    """What is mounted, as this process sees it."""
    return Path("/proc/self/mountinfo").read_text()
