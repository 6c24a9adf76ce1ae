"""How Jupyter gets a warm kernel: jupyter_client's provisioner `jaxstudy-warm`.

It is jupyter_client's own local provisioner, except that the process it looks after may be a fork of the warm parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from jaxstudy.warm.messages import Request
from jaxstudy.warm.owner import SOCKET_VARIABLE, available
from jaxstudy.warm.ties import kill_group

_PATIENCE = 60.0  # seconds for the parent to import and fork, before a plain kernel starts instead
# What a kernel manager may say about a start that a fork can honour, or need not: the rest is Popen's business.
_UNDERSTOOD = {"env", "cwd", "stdout", "stderr", "stdin", "independent", "extra_arguments", "kernel_id"}


class NotWarm(Exception):
    """No forked kernel, for the reason given; a plain one does as well."""


class WarmProcess:
    """A forked kernel, as far as jupyter_client wants it to look like a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket, heard: bytes) -> None:
        self.pid = pid
        self.returncode: int | None = None
        """Exit status, or minus the number of the signal that ended it; None while it runs."""
        self._connection, self._heard = connection, bytearray(heard)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The exit status, or None while the kernel runs. Never blocks."""
        with self._lock:
            if self.returncode is None:
                self._listen()
            return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit status; None when the kernel still runs after `timeout` seconds."""
        if self.poll() is None:
            select.select([self._connection], [], [], timeout)
        return self.poll()

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel alone; nothing when it is gone."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def _listen(self) -> None:
        try:
            data = self._connection.recv(1 << 12)
        except BlockingIOError:
            data = None
        except OSError:
            data = b""
        self._heard += data or b""
        if self._heard.endswith(b"\n"):
            self.returncode = int(json.loads(self._heard)["exit"])
        elif data == b"":  # the parent was killed, and the kernel with it; not what the kernel started
            kill_group(self.pid)
            self.returncode = -signal.SIGKILL
        if self.returncode is not None:
            self._connection.close()


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by asking a warm parent for a fork; as `LocalProvisioner` does where that cannot be."""

    process: Any  # a Popen or a WarmProcess
    plain_because: str | None = None
    """Why the present kernel is a plain one; None when it is warm."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel and return how to connect to it."""
        environment = kwargs["env"] = dict(kwargs.get("env") or os.environ)
        path = environment.pop(SOCKET_VARIABLE, None) or os.environ.get(SOCKET_VARIABLE)
        try:
            self.process = await _forked(path, cmd, kwargs)
        except NotWarm as reason:
            self.plain_because = str(reason)
            self.log.info("A plain kernel starts: %s", reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.plain_because = None
        self.pid = self.pgid = self.process.pid  # it leads a group of its own
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info


async def _forked(path: str | None, cmd: list[str], kwargs: Mapping[str, Any]) -> WarmProcess:
    """A kernel forked from the parent that listens at `path`.

    Raises `NotWarm`.
    """
    if path is None or not available():
        raise NotWarm(f"{SOCKET_VARIABLE} names no warm parent" if path is None else "warm kernels are switched off")
    if (unusual := kwargs.keys() - _UNDERSTOOD) or kwargs.get("independent") or kwargs.get("stdin") is not None:
        raise NotWarm(f"only a process of its own can be started with {', '.join(sorted(unusual)) or 'these options'}")
    environment = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}  # as jupyter_client's launcher does
    request = Request(tuple(cmd), str(Path(kwargs.get("cwd") or ".").expanduser().absolute()), environment)
    streams = [_descriptor(kwargs.get("stdout"), 1), _descriptor(kwargs.get("stderr"), 2)]
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        async with asyncio.timeout(_PATIENCE):
            return await _ask(connection, path, request, streams)
    except BaseException as error:
        connection.close()  # and with it ends the kernel, should there be one
        if isinstance(error, OSError | TimeoutError | ValueError):
            raise NotWarm(f"the warm parent did not answer: {error!r}") from error
        raise


async def _ask(connection: socket.socket, path: str, request: Request, streams: list[int]) -> WarmProcess:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, path)
    line = request.encode()
    sent = socket.send_fds(connection, [line], streams)
    await loop.sock_sendall(connection, line[sent:])
    heard = b""
    while b"\n" not in heard:
        data = await loop.sock_recv(connection, 1 << 12)
        if not data:
            raise ConnectionResetError("it hung up")
        heard += data
    answer, _, rest = heard.partition(b"\n")
    reply = json.loads(answer)
    if "pid" not in reply:
        raise NotWarm(reply["refused"])
    return WarmProcess(reply["pid"], connection, rest)


def _descriptor(stream: Any, default: int) -> int:
    """The file descriptor behind what Popen takes for a stream.

    Raises `NotWarm` for those that Popen makes itself (PIPE, DEVNULL, STDOUT).
    """
    if stream is None:
        return default
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream = stream.fileno()
    if isinstance(stream, int) and stream >= 0:
        return stream
    raise NotWarm("its output is to go through a pipe of its own")
