"""Shown checks of homework 05: each function on small random inputs."""

import numpy as np

from jaxstudy.homework.checks import fail, integers, key, normal, points, reaches, tensor, value


def pictures(rng):
    """Three pictures of 8 x 8 and their classes."""
    return normal(rng, 3, 8, 8, 1), integers(rng, 3)


@points(2, reread="05_mnist#the-cure-shuffle-then-cut-1")
def test_batches(student, rng):
    """batches puts every index into exactly one batch, the last ones too."""
    got = student.batches(key(rng), 10, 4)
    sizes = [len(np.atleast_1d(batch)) for batch in got]
    assert sizes == [4, 4, 2], f"10 examples in batches of 4 are batches of 4, 4 and 2; yours have {sizes}"
    assert sorted(np.concatenate(got).tolist()) == list(range(10)), "an index is missing, or comes twice"


@points(2, reread="05_mnist#from-scores-to-a-loss-1")
def test_cross_entropy_int(student, rng):
    """cross_entropy_int is the mean of -log p for the right class."""
    logits, labels = normal(rng, 4, 5), integers(rng, 4, high=5)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    value(student.cross_entropy_int, logits, labels, like=-np.log(p[np.arange(4), labels]).mean())


@points(1, reread="05_mnist#the-cure-sums-and-one-division-1")
def test_mean_over_batches(student):
    """mean_over_batches counts examples, not batches."""
    means, sizes = np.array([1.0, 3.0], np.float32), np.array([3, 1], np.int32)
    value(student.mean_over_batches, means, sizes, like=np.float32(1.5), expected="(3 · 1 + 1 · 3) / 4")


@points(2, reread="05_mnist#the-step-1")
def test_train_step(student, rng):
    """train_step gives the next state and the loss before the step; repeated, it learns its batch."""
    x, y = pictures(rng)
    state, losses = student.create_state(key(rng)), []
    for _ in range(8):
        state, loss = student.train_step(state, x, y)
        losses.append(float(loss))
    if int(state.leaves.get(".step", -1)) != 8:
        fail("the state does not count its steps: is the next state returned?")
    if not losses[-1] < losses[0]:
        fail(
            "eight steps on one batch do not lower its loss",
            f"the losses on one batch went from {losses[0]:.3f} to {losses[-1]:.3f}",
        )


@points(1, reread="05_mnist#stop-and-go-on-1")
def test_save_and_restore(student, rng):
    """restore_params gives back what save_params saved."""
    params = {"conv": {"kernel": normal(rng, 3, 3, 1, 2)}, "bias": normal(rng, 2)}
    like = {"conv": {"kernel": normal(rng, 3, 3, 1, 2)}, "bias": normal(rng, 2)}
    data = student.save_params(params)
    assert isinstance(data, bytes), f"save_params should give bytes, not a {type(data).__name__}"
    value(student.restore_params, data, like, like=params)


@points(1, reread="01_arrays#same-shape-same-picture-1")
def test_nchw_to_nhwc(student, rng):
    """nchw_to_nhwc moves the channels to the end."""
    x = normal(rng, 2, 3, 4, 5)
    value(student.nchw_to_nhwc, x, like=np.moveaxis(x, 1, -1))


@points(2, reread="05_mnist#predict-is-reshape-the-same-as-flatten-1")
def test_port_dense(student, rng):
    """port_dense's kernel gives what PyTorch's layer gives."""
    x, weight = normal(rng, 1, 2, 3, 3), normal(rng, 4, 18)
    kernel = student.port_dense(weight, 2, 3, 3)
    assert np.shape(kernel) == (18, 4), f"the kernel should have the shape (18, 4), not {np.shape(kernel)}"
    ours = np.moveaxis(x, 1, -1).reshape(1, -1) @ np.asarray(kernel)
    if not np.allclose(ours, x.reshape(1, -1) @ weight.T, atol=1e-4):
        fail("flattened pictures times the kernel are not what PyTorch's layer gives")


@points(3, reread="05_mnist#the-same-network-in-pytorch-1")
def test_torch_digits(student, rng):
    """torch_digits gets 90 % of handwritten digits right."""
    from jaxstudy.data import load

    digits = load("digits").train
    order = rng.permutation(len(digits.targets))
    x = np.moveaxis(digits.inputs, -1, 1)[order].copy()
    y = digits.targets[order].astype(np.int64)
    split, seed = 1000, int(rng.integers(1000))
    reaches(
        lambda: np.mean(
            student.torch_digits(tensor(x[:split]), tensor(y[:split]), tensor(x[split:]), seed) == y[split:]
        ),
        bar=0.9,
        seconds=30,
        what="the share of digits that torch_digits gets right",
    )
