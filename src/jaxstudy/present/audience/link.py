"""The notebook server's end of the line to the audience's process.

What comes from there is questions, how many follow, and, where the presenter opened a speaker's window for a phone, its
wishes; nothing that could run code or read a file. JSON, one report a line, over a pair of sockets no third can find.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jaxstudy.present.audience.qr import qr_svg
from jaxstudy.present.audience.shown import Shown
from jaxstudy.present.companion.hub import Hub

GONE = "the audience's page is gone; the talk goes on without it"
_LONGEST_SOURCE = 20_000  # characters of a cell that followers are shown
_LONGEST_LINE = 1 << 18  # bytes
_MOST_WAITING = 1 << 22  # bytes that wait for the other side; more, and it has died or hangs


def invitation(address: str, phone: str) -> dict[str, Any]:
    """What the hub tells the stage and the speaker's windows of the follow page."""
    picture = base64.b64encode(qr_svg(address)).decode()
    return {"address": address, "phone": phone, "qr": f"data:image/svg+xml;base64,{picture}", "followers": 0}


class AudienceLink:
    """Forwards what the hub hears to the audience's process, and the audience's reports to the hub."""

    def __init__(self, hub: Hub, line: socket.socket, recording: Path) -> None:
        """`recording` is the folder in which the recorder keeps figures."""
        self._hub = hub
        later = asyncio.get_running_loop().call_later
        self._shown = Shown(recording, later, lambda shown: self._send("output", shown))
        self._sources = {step.id: step.source for slide in hub.plan.slides for step in slide.steps}
        self._writer: asyncio.StreamWriter | None = None
        self._quit_speaking: Callable[[], None] | None = None
        self._task = asyncio.get_running_loop().create_task(self._serve(line))
        self._unsubscribe = hub.subscribe(self._forward)

    def close(self) -> None:
        """Hang up."""
        self._unsubscribe()
        self._task.cancel()

    async def _serve(self, line: socket.socket) -> None:
        reader, self._writer = await asyncio.open_connection(sock=line, limit=_LONGEST_LINE)
        self._forward("slide", {"step": self._hub.plan.slides[self._hub.slide].id, "fragment": self._hub.fragment})
        try:
            while said := await reader.readline():
                with contextlib.suppress(ValueError):
                    self._take(json.loads(said))
        except (ValueError, OSError):  # a line without an end, or the other side is gone: the talk goes on
            pass
        finally:
            self._speaking(False)
            self._writer.close()
            self._hub.notices["audience"] = GONE

    def _take(self, report: object) -> None:
        if not isinstance(report, dict):
            return
        kind = report.get("kind")
        if kind in ("question", "followers"):
            self._hub.hear(report)
        elif kind == "speaking":
            self._speaking(bool(report.get("on")))
        elif kind == "wish" and self._quit_speaking is not None:
            self._hub.asked(report.get("do"), report.get("question"))

    def _speaking(self, on: bool) -> None:
        """Whether a speaker's window is open over there, to be told the state."""
        if on and self._quit_speaking is None:
            self._quit_speaking = self._hub.join(lambda state: self._send("state", state), stage=False)
        elif not on and self._quit_speaking is not None:
            self._quit_speaking()
            self._quit_speaking = None

    def _forward(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "run":
            step, source = str(data.get("step", "")), str(data.get("source", ""))
            same = source.strip() == self._sources.get(step, "").strip()
            data = {"step": step, **({} if same else {"source": source[:_LONGEST_SOURCE]})}
        if kind in ("slide", "run", "question"):
            self._send(kind, data)
        elif kind == "recorded":
            self._shown.take(data)

    def _send(self, kind: str, data: Mapping[str, Any]) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() < _MOST_WAITING:
            writer.write(json.dumps([kind, data]).encode() + b"\n")
