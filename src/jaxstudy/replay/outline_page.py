"""Outline → Markdown: `assets/replay/outline.md.j2`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically
from jaxstudy.replay.outline import Outline
from jaxstudy.replay.suggesting import Suggestion
from jaxstudy.replay.transcript import Transcript, clock

ASSETS = Path(__file__).parents[1] / "assets" / "replay"
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~$])")


def write_outline(transcript: Transcript, found: Outline, suggested: list[Suggestion], path: Path) -> Path:
    """The outline as a page that a person goes on with."""
    write_atomically(path, outline_page(transcript, found, suggested))
    return path


def outline_page(transcript: Transcript, found: Outline, suggested: list[Suggestion]) -> str:
    """The Markdown. What was said is escaped: it may hold anything."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ASSETS), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"clock": clock, "said": said, "minutes": _minutes}
    values: dict[str, Any] = {"transcript": transcript, "outline": found, "suggested": suggested}
    return environment.get_template("outline.md.j2").render(**values)


def said(text: str) -> str:
    """Words as Markdown shows them, whatever they are."""
    return _MARKS.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"
