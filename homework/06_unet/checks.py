"""Shown checks of homework 06: each function on small random inputs."""

import numpy as np

from jaxstudy.homework.checks import fail, key, normal, parameters, points, reaches, value


def boxes(rng, count):
    """Bright boxes on noise, 16 x 16, and their masks."""
    rows, columns = np.mgrid[:16, :16]
    corner, size = rng.integers(1, 7, (count, 2)), rng.integers(5, 9, (count, 2))
    inside = [
        (rows >= top) & (rows < top + h) & (columns >= left) & (columns < left + w)
        for (top, left), (h, w) in zip(corner, size, strict=True)
    ]
    masks = np.stack(inside)[..., None].astype(np.float32)
    return (masks + normal(rng, *masks.shape, scale=0.3)).astype(np.float32), masks


@points(2, reread="06_unet#asked-of-both-frameworks-for-nothing-1")
def test_conv_out_shape(student, rng):
    """conv_out_shape counts where the kernel fits."""
    n = int(rng.integers(8, 20))
    value(student.conv_out_shape, (n, n + 1), 3, like=(n - 2, n - 1), expected="two less for a 3 x 3 kernel")
    value(student.conv_out_shape, (n, n), 3, padding=1, like=(n, n), expected="the same size with padding 1")
    value(student.conv_out_shape, (9, 8), 2, stride=2, like=(4, 4), expected="half, rounded down")


@points(2, reread="06_unet#the-cure-check-sizes-in-python-1")
def test_center_crop(student, rng):
    """center_crop takes the middle."""
    x = normal(rng, 2, 7, 8, 3)
    value(student.center_crop, x, 3, 4, like=x[:, 2:5, 2:6])


@points(2, reread="06_unet#the-parts-1")
def test_double_conv(student, rng):
    """DoubleConv keeps rows and columns, and has two convolutions' parameters."""
    x = normal(rng, 1, 6, 5, 1)
    parameters(student.DoubleConv, x, make={"features": 4}, count=(9 * 1 * 4 + 4) + (9 * 4 * 4 + 4))
    model = student.DoubleConv(features=4)
    out = model.apply(model.init(key(rng), x), x)
    assert np.shape(out) == (1, 6, 5, 4), f"pictures (1, 6, 5, 1) should become (1, 6, 5, 4), not {np.shape(out)}"
    if np.min(out) < 0:
        fail("the second relu is missing: there are numbers below 0")


@points(3, reread="06_unet#the-way-through-1")
def test_unet(student, rng):
    """UNet gives one logit a pixel, and has the parameters of one that uses all that it keeps."""
    x = normal(rng, 1, 8, 8, 1)
    model = student.UNet(base=4, depth=1)
    out = model.apply(model.init(key(rng), x), x)
    assert np.shape(out) == (1, 8, 8, 1), f"pictures (1, 8, 8, 1) should give logits (1, 8, 8, 1), not {np.shape(out)}"
    down, bottom = (9 * 1 * 4 + 4) + (9 * 4 * 4 + 4), (9 * 4 * 8 + 8) + (9 * 8 * 8 + 8)
    up, join, head = 4 * 8 * 4 + 4, (9 * 8 * 4 + 4) + (9 * 4 * 4 + 4), 4 + 1
    parameters(student.UNet, x, make={"base": 4, "depth": 1}, count=down + bottom + up + join + head)


@points(2, reread="06_unet#by-hand-intersection-over-union-1")
def test_iou(student, rng):
    """iou divides what both have by what either has."""
    found, mask = np.zeros((2, 4, 4), bool), np.zeros((2, 4, 4), bool)
    found[0, :2], mask[0, 1:3] = True, True  # 4 of 12 pixels
    found[1, :], mask[1, :2] = True, True  # 8 of 16
    value(student.iou, found, mask, like=np.float32((4 / 12 + 8 / 16) / 2), expected="the mean of 1/3 and 1/2")


@points(3, reread="06_unet#many-steps-in-one-program-1")
def test_fit_unet(student, rng):
    """fit_unet finds bright boxes that it has not seen, with a mean IoU of 0.8."""
    (x, masks), (x_test, mask_test) = boxes(rng, 16), boxes(rng, 32)

    def score():
        params = student.fit_unet(key(rng), x, masks)
        found = np.asarray(student.UNet(4, 1).apply({"params": params}, x_test)) > 0
        both, either = found & (mask_test > 0), found | (mask_test > 0)
        return np.mean(both.sum((1, 2, 3)) / either.sum((1, 2, 3)))

    reaches(score, bar=0.8, seconds=60, what="the mean IoU on new pictures")


@points(2, reread="06_unet#the-cure-say-that-these-are-transposed-1")
def test_port_unet(student, reference, rng):
    """port_unet's parameters make UNet give what PyTorch's network gives."""
    # Weights and outputs are PyTorch's, asked of the reference: a student's copy has them written down, and is spared
    # the seconds that importing PyTorch takes.
    x, weights = normal(rng, 1, 8, 8, 1, scale=3), reference.torch_weights(int(rng.integers(1000)), 4, 1)
    # Positive biases: a network whose last relus are all dead gives one number everywhere, whatever was carried over.
    weights = {name: np.abs(array) + 0.1 if name.endswith("bias") else array for name, array in weights.items()}
    wanted = reference.torch_outputs(weights, x, 4, 1)
    params = student.port_unet(weights)
    value(student.UNet(4, 1).apply, {"params": params}, x, like=wanted, expected="PyTorch's outputs, to five digits")
