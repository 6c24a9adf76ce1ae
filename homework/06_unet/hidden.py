"""Hidden checks of homework 06: odd sizes, empty masks, the finest pictures, a deeper port."""

from jaxstudy.homework.checks import flax_module, normal, part, points, raises, shape, under_jit, value


@points(2, reread="06_unet#asked-of-both-frameworks-for-nothing-1")
def test_conv_out_shape_with_everything(student, rng):
    """conv_out_shape is right with stride, padding and dilation together, and refuses a kernel that never fits."""
    size = (int(rng.integers(12, 30)), int(rng.integers(12, 30)))
    with part(1, "everything together"):
        for stride, padding, dilation in ((2, 1, 1), (1, 0, 2), (2, 3, 2)):
            value(student.conv_out_shape, size, 4, stride=stride, padding=padding, dilation=dilation)
    with part(1, "a kernel that never fits"):
        raises(student.conv_out_shape, (2, 9), 3, error="ValueError")
        value(student.conv_out_shape, (3, 9), 3, stride=2)


@points(2, reread="06_unet#the-cure-check-sizes-in-python-1")
def test_center_crop_at_the_limits(student, rng):
    """center_crop leaves the larger margin at the bottom and right, and refuses a crop that does not fit."""
    x = normal(rng, 1, 9, 6, 2)
    with part(1, "odd margins"):
        value(student.center_crop, x, 6, 3)
        value(student.center_crop, x, 9, 6)
    with part(1, "a crop that does not fit"):
        raises(student.center_crop, x, 10, 6, error="ValueError")
        raises(student.center_crop, x, 9, 7, error="ValueError")


@points(2, reread="06_unet#the-parts-1")
def test_double_conv_is_the_reference(student, rng):
    """DoubleConv calculates what the reference does with the same parameters."""
    flax_module(student.DoubleConv, normal(rng, 2, 5, 4, 3), make={"features": 2})


@points(3, reread="06_unet#the-way-through-1")
def test_unet_is_the_reference(student, rng):
    """UNet calculates what the reference does with the same parameters, at any depth."""
    with part(2, "the defaults"):
        flax_module(student.UNet, normal(rng, 1, 8, 8, 2))
    with part(1, "another depth, pictures that are not square"):
        flax_module(student.UNet, normal(rng, 1, 4, 8, 1), make={"base": 3, "depth": 1})


@points(2, reread="06_unet#by-hand-intersection-over-union-1")
def test_iou_of_empty_masks(student, rng):
    """iou is 1 where there is nothing to find and nothing was found, and weighs every picture alike."""
    found, mask = rng.random((4, 5, 6)) < 0.4, rng.random((4, 5, 6)) < 0.6
    with part(1, "each picture counts alike"):
        value(student.iou, found, mask)
    with part(1, "empty pictures"):
        found[:2], mask[1:3] = False, False
        mask[0] = False
        value(student.iou, found, mask, expected="an empty picture that was left empty counts 1")
        under_jit(student.iou, found, mask)


@points(3, reread="06_unet#the-cure-say-that-these-are-transposed-1")
def test_port_unet_of_a_deeper_network(student, reference, rng):
    """port_unet carries every kind of layer over, at any depth."""
    weights = reference.torch_weights(int(rng.integers(1000)), 2, 2)
    with part(1, "names and shapes"):
        shape(student.port_unet, weights)
    with part(2, "every number in its place"):
        value(student.port_unet, weights)
