"""Pictures of discs, boxes and triangles with exact masks, drawn from a seed: a segmentation set that needs no file.

What makes it a task: the ground has a slope of colour, noise and thin lines that are *not* part of the mask, and a
shape's colour only has to differ from the ground's, not to be brighter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jaxstudy.data.arrays import Split

SIDE = 64
"""Pixels along each side."""
NOISE = 0.06
"""Standard deviation of the grain, in units of the full range of a colour."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def draw_shapes(count: int, part: int, seed: int = 0) -> Split:
    """`count` pictures and their masks; picture i is the same whatever `count` is.

    Args:
        count: N.
        part: 0 for training, 1 for testing; pictures of the two never share a random stream.
        seed: another seed, another set.

    Returns:
        inputs (N, 64, 64, 3) float32 in [0, 1]; targets (N, 64, 64, 1) float32, 1 where the pixel's centre lies in
        a shape.
    """
    inputs = np.empty((count, SIDE, SIDE, 3), np.float32)
    targets = np.empty((count, SIDE, SIDE, 1), np.float32)
    for place in range(count):
        inputs[place], targets[place, :, :, 0] = _picture(np.random.default_rng([seed, part, place]))
    return Split(inputs, targets)


def _picture(rng: np.random.Generator) -> tuple[Floats, Mask]:
    """One picture (64, 64, 3) and its mask (64, 64)."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    ground = rng.uniform(0.2, 0.8, 3)
    slope = rng.uniform(-0.15, 0.15, (2, 3))
    picture = ground + (x[..., None] / SIDE - 0.5) * slope[0] + (y[..., None] / SIDE - 0.5) * slope[1]
    for _ in range(rng.integers(1, 4)):
        picture[_line(rng, y, x)] = rng.uniform(0, 1, 3)
    mask = np.zeros((SIDE, SIDE), bool)
    for _ in range(rng.integers(1, 4)):
        shape = (_disc, _box, _triangle)[rng.integers(3)](rng, y, x)
        picture[shape] = _colour_unlike(rng, ground)
        mask |= shape
    picture += rng.normal(0, NOISE, picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32), mask


def _colour_unlike(rng: np.random.Generator, ground: NDArray[np.float64]) -> NDArray[np.float64]:
    """A colour at least 0.35 away from the ground's in one of red, green, blue."""
    while True:
        colour = rng.uniform(0, 1, 3)
        if np.abs(colour - ground).max() >= 0.35:
            return colour


def _disc(rng: np.random.Generator, y: Floats, x: Floats) -> Mask:
    middle, radius = rng.uniform(8, SIDE - 8, 2), rng.uniform(5, 14)
    inside: Mask = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2
    return inside


def _box(rng: np.random.Generator, y: Floats, x: Floats) -> Mask:
    """A rectangle at any angle."""
    middle, half, angle = rng.uniform(8, SIDE - 8, 2), rng.uniform(4, 13, 2), rng.uniform(0, np.pi)
    along = (x - middle[1]) * np.cos(angle) + (y - middle[0]) * np.sin(angle)
    across = (y - middle[0]) * np.cos(angle) - (x - middle[1]) * np.sin(angle)
    inside: Mask = (np.abs(along) <= half[0]) & (np.abs(across) <= half[1])
    return inside


def _triangle(rng: np.random.Generator, y: Floats, x: Floats) -> Mask:
    """Three corners on a circle, a turn apart that is not quite a third."""
    middle, radius = rng.uniform(8, SIDE - 8, 2), rng.uniform(9, 17)
    angles = rng.uniform(0, 2 * np.pi) + np.arange(3) * 2 * np.pi / 3 + rng.uniform(-0.4, 0.4, 3)
    corners = middle + radius * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    inside = np.ones(x.shape, bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside &= (end[1] - start[1]) * (y - start[0]) - (end[0] - start[0]) * (x - start[1]) >= 0
    return inside


def _line(rng: np.random.Generator, y: Floats, x: Floats) -> Mask:
    """A line across the whole picture, one to two pixels thick."""
    point, angle, half = rng.uniform(0, SIDE, 2), rng.uniform(0, np.pi), rng.uniform(0.5, 1.0)
    inside: Mask = np.abs((y - point[0]) * np.cos(angle) - (x - point[1]) * np.sin(angle)) <= half
    return inside
