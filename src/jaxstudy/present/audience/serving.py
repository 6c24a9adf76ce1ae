"""The owner's side of the audience's server: where it listens, what it is called, its start and its end."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from jaxstudy.errors import InputError, Problem
from jaxstudy.present.audience.home import Kept
from jaxstudy.present.audience.orders import Orders
from jaxstudy.present.audience.qr import qr_svg
from jaxstudy.present.ending import end

PORT = 8822
"""Taken when it is free, as the same address is easier to remember."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when read from a wall
_STOP_SECONDS = 5.0
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "JAXSTUDY_DATA")
"""Environment variables that the server is given: it has no use for anybody's secrets."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """How an audience may follow."""

    host: str = "127.0.0.1"
    """Address to listen on: this machine alone, unless the presenter names another (0.0.0.0: every network)."""
    port: int | None = None
    """One to insist on."""
    phone: bool = False
    """Whether there is a speaker's window for a phone, behind a secret of its own."""


class Audience:
    """One audience's server. It listens from the start; `open` begins to answer.

    with Audience(Invitation()) as audience:
        audience.open(folder, …)
    """

    def __init__(self, invitation: Invitation, kept: Kept | None = None) -> None:
        """Listen; at the address of before, where `kept` says what that was and its port is free.

        Raises:
            InputError: the host is none of this machine's, or the port is taken.
        """
        self.invitation = invitation
        self.listener = _listen(invitation, kept.port if kept else PORT)
        if kept is not None and kept.port != self.port:
            kept = None  # the address would not be the same
        self.secret = kept.secret if kept else _secret(12)
        speaker_secret = kept.speaker_secret if kept and kept.speaker_secret else _secret(26)
        self._speaker_secret = speaker_secret if invitation.phone else ""
        # The notebook server has the other end of this line; between the processes there is nothing else.
        self.line, self.hub_line = socket.socketpair()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.listener.getsockname()[1])

    @property
    def address(self) -> str:
        """Of the follow page."""
        return f"http://{_reachable(self.invitation.host)}:{self.port}/{self.secret}/"

    @property
    def speaker_address(self) -> str:
        """Of the speaker's window for a phone; empty where there is none."""
        here = f"http://{_reachable(self.invitation.host)}:{self.port}"
        return f"{here}/{self._speaker_secret}/speaker" if self._speaker_secret else ""

    @property
    def kept(self) -> Kept:
        """What another process needs to open the page at the same address."""
        return Kept(self.secret, self._speaker_secret, self.port)

    @property
    def pid(self) -> int:
        """The server's process id; 0 before `open`."""
        return self._process.pid if self._process else 0

    def open(self, folder: Path, copy: Path, original: Path, root: Path, log: Path) -> None:
        """Start answering from `folder` (see `folder.write_folder`); the server's words go to `log`."""
        (folder / "qr.svg").write_bytes(qr_svg(self.address))
        orders = Orders(
            owner=os.getpid(),
            secret=self.secret,
            speaker_secret=self._speaker_secret,
            talk=self.secret[:4],
            folder=str(folder),
            copy=str(copy),
            original=str(original),
            root=str(root),
            listener=self.listener.fileno(),
            line=self.line.fileno(),
        )
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "jaxstudy.present.audience.server"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
                pass_fds=(orders.listener, orders.line),
                start_new_session=True,  # Ctrl-C is for the owner to deal with
            )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asdict(orders)).encode() + b"\n")
            self._process.stdin.flush()  # and left open: its closing is the server's sign to end
        self.line.close()

    def close(self) -> None:
        """End the server and wait until it is gone."""
        for one in (self.line, self.hub_line, self.listener):
            one.close()
        if self._process is not None:
            end(self._process, _STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def _listen(invitation: Invitation, usual: int) -> socket.socket:
    reason = ""
    for port in (usual, 0) if invitation.port is None else (invitation.port,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((invitation.host, port))
            listener.listen(512)
            return listener
        except (OSError, OverflowError) as error:
            listener.close()
            reason = str(getattr(error, "strerror", "") or error).lower()
    where = f"{invitation.host}:{invitation.port or PORT}"
    do = "give an address of this machine (0.0.0.0 for all) and a free port, or leave both out"
    raise InputError(Problem(f"to listen on {where} for the audience", reason, do))


def _reachable(host: str) -> str:
    """The address by which others reach what listens on `host`."""
    if host not in ("0.0.0.0", ""):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # for documentation only; connecting a datagram socket sends nothing
        return str(probe.getsockname()[0])
    return socket.gethostname()


def _secret(length: int) -> str:
    """Random letters in groups of four: 60 bits for 12 of them, and still to be typed from a wall."""
    letters = [secrets.choice(_LETTERS) for _ in range(length)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, length, 4))
