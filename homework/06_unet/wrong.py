"""Wrong answers to homework 06."""


# Rounded up: the last window may hang over the edge.
# caught by: test_conv_out_shape, test_conv_out_shape_with_everything
def conv_out_shape(shape, kernel, stride=1, padding=0, dilation=1):
    return tuple(-(-(n + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1 for n in shape)


# Dilation spreads the whole kernel: d * k pixels.
# caught by: test_conv_out_shape_with_everything
def conv_out_shape(shape, kernel, stride=1, padding=0, dilation=1):
    out = tuple((n + 2 * padding - dilation * kernel) // stride + 1 for n in shape)
    if min(out) < 1:
        raise ValueError("does not fit")
    return out


# Nothing fits into nothing: zero, or less, is an answer.
# caught by: test_conv_out_shape_with_everything
def conv_out_shape(shape, kernel, stride=1, padding=0, dilation=1):
    return tuple((n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1 for n in shape)


# A start outside of the picture is moved inside, silently.
# caught by: test_center_crop_at_the_limits
def center_crop(x, height, width):
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    sizes = (x.shape[0], min(height, x.shape[1]), min(width, x.shape[2]), x.shape[3])
    return jax.lax.dynamic_slice(x, (0, top, left, 0), sizes)


# Round to the nearest: off by one where the margin is odd.
# caught by: test_center_crop_at_the_limits
def center_crop(x, height, width):
    top, left = -(-(x.shape[1] - height) // 2), -(-(x.shape[2] - width) // 2)
    if top < 0 or left < 0 or height > x.shape[1] or width > x.shape[2]:
        raise ValueError("does not fit")
    return x[:, top : top + height, left : left + width]


# Channels come second, as in PyTorch.
# caught by: test_center_crop, test_center_crop_at_the_limits
def center_crop(x, height, width):
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    if top < 0 or left < 0:
        raise ValueError("does not fit")
    return x[:, :, top : top + height, left : left + width]


# The original network does not pad.
# caught by: test_double_conv, test_double_conv_is_the_reference, test_unet, test_unet_is_the_reference, test_fit_unet, test_port_unet
class DoubleConv(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = nn.relu(nn.Conv(self.features, (3, 3), padding="VALID")(x))
        return x


# One relu at the end of the second listing is missing.
# caught by: test_double_conv, test_double_conv_is_the_reference, test_unet_is_the_reference, test_port_unet; perhaps: test_fit_unet
class DoubleConv(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(self.features, (3, 3))(x))
        return nn.Conv(self.features, (3, 3))(x)


# Three kept pictures for four: the finest one is never used.
# caught by: test_unet, test_unet_is_the_reference, test_port_unet; perhaps: test_fit_unet
class UNet(nn.Module):
    base: int = 4
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        kept = []
        for level in range(self.depth):
            x = DoubleConv(self.base * 2**level, name=f"down_{level}")(x)
            kept.append(x)
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = DoubleConv(self.base * 2**self.depth, name="bottom")(x)
        for level in reversed(range(self.depth)):
            features = self.base * 2**level
            x = nn.ConvTranspose(features, (2, 2), strides=(2, 2), name=f"up_{level}")(x)
            if level:
                x = jnp.concatenate([kept[level], x], axis=-1)
            x = DoubleConv(features, name=f"join_{level}")(x)
        return nn.Conv(1, (1, 1), name="head")(x)


# [up, kept] or [kept, up]: a network does not care about the order.
# caught by: test_unet_is_the_reference, test_port_unet; perhaps: test_fit_unet
class UNet(nn.Module):
    base: int = 4
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        kept = []
        for level in range(self.depth):
            x = DoubleConv(self.base * 2**level, name=f"down_{level}")(x)
            kept.append(x)
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = DoubleConv(self.base * 2**self.depth, name="bottom")(x)
        for level in reversed(range(self.depth)):
            features = self.base * 2**level
            x = nn.ConvTranspose(features, (2, 2), strides=(2, 2), name=f"up_{level}")(x)
            x = jnp.concatenate([x, kept[level]], axis=-1)
            x = DoubleConv(features, name=f"join_{level}")(x)
        return nn.Conv(1, (1, 1), name="head")(x)


# All pixels of the batch in one pot: large pictures count more, and empty ones are nan or nothing.
# caught by: test_iou, test_iou_of_empty_masks
def iou(found, mask):
    return jnp.sum(found & mask) / jnp.sum(found | mask)


# An empty picture is 0 / 0, and that is 0.
# caught by: test_iou_of_empty_masks
def iou(found, mask):
    either = jnp.sum(found | mask, axis=(1, 2))
    return jnp.mean(jnp.sum(found & mask, axis=(1, 2)) / jnp.maximum(either, 1))


# The share of pixels that are right.
# caught by: test_iou, test_iou_of_empty_masks
def iou(found, mask):
    return jnp.mean(found == mask)


# The parameters that init draws are good enough to start, and to end.
# caught by: test_fit_unet
def fit_unet(key, x, masks):
    return UNet(4, 1).init(key, x[:1])["params"]


# A transposed convolution is a convolution with its axes in another order; the shapes fit.
# caught by: test_port_unet, test_port_unet_of_a_deeper_network
def port_unet(weights):
    params = {}
    for name, value in weights.items():
        layer, *place, kind = name.split(".")
        node = params.setdefault(layer, {})
        if place:
            node = node.setdefault({"0": "Conv_0", "2": "Conv_1"}[place[0]], {})
        if kind == "weight":
            value = jnp.transpose(value, (2, 3, 0, 1) if layer.startswith("up_") else (2, 3, 1, 0))
        node["kernel" if kind == "weight" else "bias"] = value
    return params


# (out, in, h, w) reversed is (w, h, in, out).
# caught by: test_port_unet, test_port_unet_of_a_deeper_network
def port_unet(weights):
    params = {}
    for name, value in weights.items():
        layer, *place, kind = name.split(".")
        node = params.setdefault(layer, {})
        if place:
            node = node.setdefault({"0": "Conv_0", "2": "Conv_1"}[place[0]], {})
        if kind == "weight" and layer.startswith("up_"):
            value = jnp.transpose(value, (2, 3, 0, 1))[::-1, ::-1]
        elif kind == "weight":
            value = jnp.asarray(value).T
        node["kernel" if kind == "weight" else "bias"] = value
    return params
