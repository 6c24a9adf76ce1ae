"""How a recording's summary is laid out in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from jaxstudy.cli.recording.showing import counted, minutes
from jaxstudy.cli.show import console

if TYPE_CHECKING:
    from jaxstudy.replay.recorded.summary import Summary

_COLOURS = {"error": "red", "mark": "cyan", "question": "yellow", "kernel": "red"}


def list_summary(summary: Summary) -> None:
    """Sections in the order in which they were shown, and in each what to jump to."""
    console.print(f"  {escape(summary.title)}, {summary.started[:16].replace('T', ' ')}", style="dim")
    moments = list(summary.moments)
    for number, visit in enumerate(summary.visits):
        end = summary.visits[number + 1].start if number + 1 < len(summary.visits) else float("inf")
        facts = counted((visit.slides, "slide"), (visit.runs, "run"), (visit.errors, "error"))
        console.print(f"  {minutes(visit.start):>8}  {escape(visit.title):40} [dim]{facts}[/]")
        while moments and moments[0].time < end:
            one = moments.pop(0)
            text = " ".join(one.text.split())[:90] or one.step
            console.print(f"  {'':8}    [{_COLOURS[one.what]}]{one.what}[/] {minutes(one.time)}  {escape(text)}")
    if not summary.ended:
        console.print("  [yellow]broken off: the talk was not ended by its presenter[/]")
    if summary.torn:
        console.print("  [yellow]its last line is torn, and left aside[/]")
    if summary.cut:
        console.print(f"  {summary.cut:,} bytes of output were left out", style="dim")
