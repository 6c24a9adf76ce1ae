"""The owner's side of the server process: start it, hear from it, end it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

from jaxstudy.errors import InputError, Problem
from jaxstudy.present.ending import end
from jaxstudy.present.server import Orders

PORT = 8821
"""Taken when it is free: with the same address every time, the browser finds Jupyter's files in its cache."""

_STOP_SECONDS = 8.0


class Serving:
    """One running server. It ends on `stop`, and when this process ends, however that ends."""

    def __init__(self, process: subprocess.Popen[bytes], news: int, log: Path) -> None:
        self._process, self._news, self._log = process, news, log
        self._heard = b""
        self.events: dict[str, dict[str, Any]] = {}
        """What it has reported so far, by the name of the event."""

    @classmethod
    def start(cls, listener: socket.socket, orders: Orders, environment: Mapping[str, str], log: Path) -> Self:
        """Start one that accepts what connects to `listener`; its output goes to `log`, beside which it runs."""
        news, theirs = os.pipe()
        orders = replace(orders, socket=listener.fileno(), port=listener.getsockname()[1], news=theirs)
        try:
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "jaxstudy.present.server"],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=log.parent,
                    env=dict(environment),
                    pass_fds=(listener.fileno(), theirs, *([orders.audience] if orders.audience >= 0 else [])),
                    start_new_session=True,  # Ctrl-C is for the owner to deal with
                )
        except BaseException:
            os.close(news)
            raise
        finally:
            os.close(theirs)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at once: `wait_for` will say so
            process.stdin.write(json.dumps(asdict(orders)).encode() + b"\n")
            process.stdin.flush()  # and left open: its closing is the server's sign to end
        return cls(process, news, log)

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def wait_for(self, *names: str, timeout: float) -> str | None:
        """The first of these events to be reported; None when the server ended, or `timeout` seconds passed."""
        deadline = time.monotonic() + timeout
        while not (found := next((name for name in names if name in self.events), None)):
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not select.select([self._news], [], [], remaining)[0]:
                return None
            data = os.read(self._news, 1 << 12)
            if not data:
                return None
            *lines, self._heard = (self._heard + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                self.events[event["event"]] = event
        return found

    def last_words(self) -> str:
        """The last line of its log."""
        said = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line for line in reversed(said) if line.strip()), "no word from it")

    def stop(self) -> bool:
        """End it and its kernels, and wait until they are gone; returns whether that went in good order."""
        end(self._process, _STOP_SECONDS)
        os.close(self._news)
        return self._process.returncode == 0


def listen(wanted: int | None) -> socket.socket:
    """A socket that listens on 127.0.0.1: on the port wanted or, for None, on the usual or any free one.

    Listening from now on, it lets a browser connect before the server is there to answer.

    Raises:
        InputError: the wanted port is taken, or not allowed.
    """
    reason = ""
    for port in (PORT, 0) if wanted is None else (wanted,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
            return listener
        except (OSError, OverflowError) as error:
            listener.close()
            reason = str(getattr(error, "strerror", "") or error).lower()
    do = "close what uses it, or leave --port out to get a free one"
    raise InputError(Problem(f"port {wanted} free on 127.0.0.1", reason, do))
