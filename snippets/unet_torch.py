"""The U-Net of lecture 06 in PyTorch, layer for layer beside `unet_linen`. Pictures are (B, C, H, W)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class DoubleConv(nn.Module):
    """Twice a 3 x 3 convolution and ReLU; `padding=1` keeps the size, 0 loses 2 pixels at each side."""

    def __init__(self, channels: int, features: int, padding: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, features, 3, padding=padding)
        self.conv2 = nn.Conv2d(features, features, 3, padding=padding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> (B, features, H, W)."""
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class UNet(nn.Module):
    """A picture in, one logit a pixel and class out; see `unet_linen.UNet`."""

    def __init__(self, channels: int = 3, base: int = 8, depth: int = 3, classes: int = 1, padding: int = 1) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(depth)]
        below = [*widths[1:], base * 2**depth]  # what comes up from the level below
        self.down = nn.ModuleList(
            [DoubleConv(i, o, padding) for i, o in zip([channels, *widths], widths, strict=False)]
        )
        self.bottom = DoubleConv(widths[-1], below[-1], padding)
        self.up = nn.ModuleList([nn.ConvTranspose2d(i, o, 2, 2) for i, o in zip(below, widths, strict=True)])
        self.merge = nn.ModuleList([DoubleConv(2 * width, width, padding) for width in widths])
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> (B, classes, H, W); smaller without padding."""
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for skip, up, merge in zip(skips[::-1], self.up[::-1], self.merge[::-1], strict=True):  # type: ignore[arg-type]
            x = up(x)
            x = merge(torch.cat([centre_crop(skip, *x.shape[2:]), x], dim=1))
        logits: torch.Tensor = self.head(x)
        return logits


def centre_crop(x: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The middle of a picture: (B, C, H, W) -> (B, C, height, width)."""
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]


def linen_names(depth: int) -> dict[str, str]:
    """Linen's name of each part → this module's, for `snippets.porting`."""
    return {f"{part}_{level}": f"{part}/{level}" for part in ("down", "up", "merge") for level in range(depth)}
