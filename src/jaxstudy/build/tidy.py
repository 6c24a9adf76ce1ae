"""Outputs without this machine in them: the same error reads the same on every page, and names nobody's folders."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path
from typing import Any

_CELL = re.compile(r"(?:[A-Za-z]:)?[\w./\\~-]*ipykernel_\d+[/\\]\d+\.py")


def tidy(output: dict[str, Any], root: Path) -> dict[str, Any]:
    """The output with paths in errors and warnings shortened: `<cell>`, `site-packages/jax/…`, `lectures/…`."""
    if output["output_type"] == "error":
        trace = [_shorten(line, root) for line in output["traceback"]]
        return {**output, "traceback": trace, "evalue": _shorten(output["evalue"], root)}
    if output["output_type"] == "stream" and output["name"] == "stderr":
        return {**output, "text": _shorten(output["text"], root)}
    return output


def _shorten(text: str, root: Path) -> str:
    text = _CELL.sub("<cell>", text)
    for folder, short in ((_site_packages(), "site-packages"), (_library(), "python"), (str(root), "")):
        text = text.replace(folder + "/", f"{short}/" if short else "")
    return text.replace(str(Path.home()), "~")


def _site_packages() -> str:
    return sysconfig.get_path("purelib")


def _library() -> str:
    return sysconfig.get_path("stdlib")
