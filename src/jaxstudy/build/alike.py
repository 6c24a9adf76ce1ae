"""Whether two runs of a cell gave the same: not byte for byte, but as a reader would judge."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Sequence
from typing import Any

RELATIVE, ABSOLUTE = 1e-3, 1e-5
"""Printed floats may differ by so much: sums are taken in another order from version to version."""
PIXEL, SHARE = 24, 0.01
"""A picture is the same when at most this share of its pixels differs by more than this (of 255) in a colour."""

# Durations, ratios of durations, and rates.
_UNITS = r"ns|[uµμ]s|ms|s|sec|seconds|min|x|×|[kMGT]?i?(?:FLOPS?|FLOP|B|it|img)/s"
_NOISE = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?|\b\d\d:\d\d:\d\d(\.\d+)?"), "<time>"),
    (re.compile(rf"[-+]?\d[\d,]*\.?\d*(e[-+]?\d+)?\s*({_UNITS})(?!\w)"), "<time>"),
    (re.compile(r"\bid=\d+|\bat \d{6,}"), "<id>"),
    (re.compile(r"(/[\w.@~-]+){2,}"), "<path>"),
)
_FLOAT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\d+[eE][-+]?\d+")


def difference(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> str:
    """In a few words, what differs between the outputs of two runs; empty when a reader would see none.

    Texts are compared without times, addresses, ids and paths, floats with a tolerance; pictures by their pixels.
    Warnings on stderr are left out: each version has its own.
    """
    first, second = _parts(before), _parts(after)
    for old, new in zip(first, second, strict=False):
        if old[0] != new[0]:
            return f"{new[0]} instead of {old[0]}"
        if old[0] == "image/png":
            if words := _other_picture(old[1], new[1]):
                return words
        elif not same_text(old[1], new[1]):
            return _first_other_line(old[1], new[1])
    return "" if len(first) == len(second) else f"{len(second)} outputs instead of {len(first)}"


def same_text(before: str, after: str) -> bool:
    """Whether two texts say the same, floats within tolerance."""
    before, after = _plain(before), _plain(after)
    # Columns move when a number gets a digit more: runs of blanks count as one.
    shapes = [" ".join(_FLOAT.sub(" <float> ", text).split()) for text in (before, after)]
    if shapes[0] != shapes[1]:
        return False
    pairs = zip(_FLOAT.findall(before), _FLOAT.findall(after), strict=True)
    return all(math.isclose(float(old), float(new), rel_tol=RELATIVE, abs_tol=ABSOLUTE) for old, new in pairs)


def _plain(text: str) -> str:
    for pattern, instead in _NOISE:
        text = pattern.sub(instead, text)
    return text.strip()


def _parts(outputs: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """(kind, content) of what a reader sees, streams joined."""
    found: list[tuple[str, str]] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream" and output["name"] == "stdout":
            found.append(("text", _joined(output["text"])))
        elif kind == "error":
            found.append(("an error", f"{output['ename']}: {output['evalue'].strip().splitlines()[:1]}"))
        elif kind in ("display_data", "execute_result"):
            data = output["data"]
            best = next((name for name in ("image/png", "image/svg+xml", "text/plain") if name in data), "")
            if best != "image/svg+xml":  # ids in SVG change from run to run; its text/plain is an address
                found.append((best or "text", _joined(data.get(best, ""))))
    return found


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def _other_picture(before: str, after: str) -> str:
    import numpy as np
    from PIL import Image

    old, new = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), int) for data in (before, after)
    )
    if abs(old.shape[0] - new.shape[0]) > 2 or abs(old.shape[1] - new.shape[1]) > 2:
        return f"a picture of {new.shape[1]} x {new.shape[0]} pixels instead of {old.shape[1]} x {old.shape[0]}"
    height, width = min(old.shape[0], new.shape[0]), min(old.shape[1], new.shape[1])
    other = np.abs(old[:height, :width] - new[:height, :width]).max(axis=2) > PIXEL
    return f"a picture with {other.mean():.1%} other pixels" if other.mean() > SHARE else ""


def _first_other_line(before: str, after: str) -> str:
    old, new = before.strip().splitlines(), after.strip().splitlines()
    for left, right in zip(old, new, strict=False):
        if not same_text(left, right):
            return f"{right.strip()[:120]!r} instead of {left.strip()[:120]!r}"
    return f"{len(new)} lines instead of {len(old)}"
