"""Listens to what kernels tell everybody, from the server's side: nothing of it runs in a kernel."""

# Jupyter's classes are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_client.session import Session

Heard = Callable[[str, str, str, Mapping[str, Any]], None]
"""Told the kernel, the kind of message, the id of the request that it answers, and its content."""
_KINDS = {
    *("execute_input", "status", "stream", "display_data", "execute_result", "update_display_data"),
    *("error", "clear_output"),
}


class Tap:
    """One more listener beside the pages. `heard` is called in the server's loop, and may raise: that is logged."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._streams: dict[str, Any] = {}
        self._complained = False

    def attach(self, id: str, kernel: Any) -> None:
        """Listen to a kernel, given by its id and its manager, or listen again because it moved to other ports."""
        self.detach(id)
        session = Session(config=kernel.session.config, key=kernel.session.key)
        stream = kernel.connect_iopub()
        stream.on_recv(lambda parts: self._take(id, session, parts))
        self._streams[id] = stream

    def detach(self, id: str) -> None:
        """Listen no longer; nothing where nobody listened."""
        stream = self._streams.pop(id, None)
        if stream is not None and not stream.closed():
            stream.close()

    def _take(self, id: str, session: Session, parts: list[bytes]) -> None:
        try:
            _, parts = session.feed_identities(parts)  # type: ignore[assignment]  # bytes in, bytes out
            # The header alone first: most of what a widget or a debugger says is of no interest.
            if session.unpack(parts[1])["msg_type"] not in _KINDS:
                return
            message = session.deserialize(parts)
            self._heard(id, message["msg_type"], str(message["parent_header"].get("msg_id", "")), message["content"])
        except Exception:
            if not self._complained:
                self._complained = True
                logging.getLogger(__name__).exception("A message of a kernel was not recorded")
