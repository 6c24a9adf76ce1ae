"""The IDX format of the MNIST files, checked in every part before a number is believed.

Four bytes: 0, 0, the type (0x08: unsigned byte), the number of dimensions; then each dimension as a big-endian
uint32; then the values, the last index fastest. Source: the format's description on the MNIST page of Y. LeCun.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNSIGNED_BYTE = 0x08


class WrongContent(ValueError):
    """A file holds something else than it should."""

    def __init__(self, expected: str, got: str) -> None:
        self.expected, self.got = expected, got
        super().__init__(f"expected {expected}, got {got}")


def read_idx(content: bytes, shape: tuple[int, ...], largest: int = 255) -> NDArray[np.uint8]:
    """The array in an uncompressed IDX file: uint8 of exactly `shape`, values 0 to `largest`.

    Raises:
        WrongContent: wrong magic number, type, dimensions, length or values.
    """
    import numpy as np

    head = 4 + 4 * len(shape)
    magic = bytes([0, 0, _UNSIGNED_BYTE, len(shape)])
    if content[:4] != magic:
        expected = f"an IDX file of bytes in {len(shape)} dimensions, which begins with {magic.hex()}"
        raise WrongContent(expected, content[:4].hex() or "nothing")
    if len(content) < head:
        raise WrongContent(f"a head of {head} bytes", f"{len(content)} bytes in all")
    found = tuple(int.from_bytes(content[place : place + 4], "big") for place in range(4, head, 4))
    if found != shape:
        raise WrongContent(f"the dimensions {shape}", f"{found}")
    if len(content) != head + math.prod(shape):
        raise WrongContent(f"{head + math.prod(shape):,} bytes", f"{len(content):,}")
    values = np.frombuffer(content, np.uint8, offset=head).reshape(shape)
    if values.size and int(values.max()) > largest:
        raise WrongContent(f"values up to {largest}", f"{int(values.max())}")
    return values
