"""What a run leaves on the disk: checkpoints that are whole, a log that survives a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from conftest import REPOSITORY
from snippets.checkpoint import restore, save
from snippets.run_log import RunLog, read_log

TREE = {"params": {"dense": {"kernel": jnp.arange(6.0).reshape(2, 3), "bias": jnp.zeros(3)}}, "step": jnp.array(7)}


def test_a_checkpoint_comes_back_as_it_was_with_its_words(tmp_path):
    tree = {**TREE, "opt": optax.sgd(0.1, momentum=0.9).init(TREE["params"])}
    save(tmp_path / "a.npz", tree, epoch=3, note="Zürich")
    back, about = restore(tmp_path / "a.npz", jax.tree.map(jnp.zeros_like, tree))
    assert about == {"epoch": 3, "note": "Zürich"}
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    assert jax.tree.all(jax.tree.map(lambda a, b: a.dtype == b.dtype and jnp.array_equal(a, b), back, tree))
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_everything_that_does_not_fit_is_listed(tmp_path):
    save(tmp_path / "a.npz", TREE)
    like = {"params": {"dense": {"kernel": jnp.zeros((2, 4))}}, "step": jnp.array(7), "more": jnp.zeros(1)}
    with pytest.raises(ValueError, match=r"a\.npz does not fit") as raised:
        restore(tmp_path / "a.npz", like)
    text = str(raised.value)
    assert "float32(2, 4)" in text
    assert "float32(2, 3)" in text
    assert "+ params/dense/bias" in text
    assert "- more" in text


def test_a_save_that_fails_leaves_the_old_checkpoint_and_nothing_else(tmp_path):
    save(tmp_path / "a.npz", TREE, epoch=1)
    with pytest.raises(TypeError):
        save(tmp_path / "a.npz", TREE, epoch=object())
    assert restore(tmp_path / "a.npz", TREE)[1] == {"epoch": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_a_line_is_on_the_disk_before_the_next_is_written(tmp_path):
    log = RunLog(tmp_path / "run.jsonl")
    log(step=1, loss=jnp.array(0.5), rows=np.int64(3))
    assert read_log(tmp_path / "run.jsonl") == [{"step": 1, "loss": 0.5, "rows": 3}]
    log(step=2, loss=float("nan"))
    assert read_log(tmp_path / "run.jsonl")[1] == {"step": 2, "loss": None}


def test_a_killed_run_leaves_its_lines_and_the_next_run_writes_after_them(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    code = f"""
import os, sys; sys.path.insert(0, {str(REPOSITORY)!r})
from snippets.run_log import RunLog
log = RunLog({str(path)!r})
for step in range(3): log(step=step)
log._append('{{"step": 3, "lo')
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    RunLog(path)(step=9)
    assert [entry["step"] for entry in read_log(path)] == [0, 1, 2, 9]
    assert json.loads(path.read_text().splitlines()[-1]) == {"step": 9}
