"""The audience's server: `python -m jaxstudy.present.audience.server`, started by `audience.serving`.

A process of its own: it is given a folder to show and one line to the notebook server, and knows neither that server's
address nor its token. It gives way to the talk (`nice`), bounds what anybody can take from it, and ends with its owner.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application

from jaxstudy.present.audience.hall import Hall
from jaxstudy.present.audience.livecopy import LiveCopy
from jaxstudy.present.audience.orders import Orders
from jaxstudy.present.audience.pages import FilePage, Follow, Speak
from jaxstudy.present.audience.phone import Phones, SpeakerFiles, SpeakerSocket
from jaxstudy.warm.ties import exit_of

_MOST_CONNECTIONS, _CONNECTIONS_PER_ADDRESS = 4000, 1200
_LONGEST_BODY, _LONGEST_HEADERS = 8 << 10, 16 << 10  # bytes
_IDLE_SECONDS, _BODY_SECONDS = 8.0, 5.0
_VOTES_SECONDS, _COPY_SECONDS, _COUNT_SECONDS, _BEAT_SECONDS = 0.4, 1.0, 1.0, 15.0
_LONGEST_LINE = 1 << 24  # a cell's figures are on it
_SECRET = r"(?P<secret>[a-z0-9-]{1,64})"


class BoundedServer(HTTPServer):
    """Closes connections past a number, in all and from one address."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Tornado calls this for `__init__`."""
        super().initialize(*args, **kwargs)
        self._open: dict[IOStream, str] = {}

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """A new connection."""
        host = str(address[0]) if address else ""
        here = sum(other == host for other in self._open.values())
        if len(self._open) >= _MOST_CONNECTIONS or here >= _CONNECTIONS_PER_ADDRESS:
            stream.close()
            return
        self._open[stream] = host
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        """A connection is gone."""
        self._open.pop(server_conn.stream, None)  # type: ignore[attr-defined]
        super().on_close(server_conn)


def main() -> None:
    """Serve until the owner closes our stdin, or is gone."""
    orders = Orders(**json.loads(sys.stdin.readline()))
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)  # `Hall.note_refusal` says it once
    logging.getLogger("tornado.general").setLevel(logging.ERROR)  # malformed requests: anybody can send a million
    os.nice(1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _MOST_CONNECTIONS
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted if hard < 0 else min(wanted, hard)), hard))
    asyncio.run(_serve(orders))


async def _serve(orders: Orders) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    with contextlib.suppress(ProcessLookupError):
        if (end := exit_of(orders.owner)) is not None:
            loop.add_reader(end, ended.set)
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=orders.line), limit=_LONGEST_LINE)

    def tell(report: Mapping[str, Any]) -> None:
        if not writer.is_closing():
            writer.write(json.dumps(report).encode() + b"\n")

    folder = Path(orders.folder)
    hall = Hall(folder, orders.secret, orders.talk, tell)
    hall.notebook_name = f"{Path(orders.original).stem}.ipynb"
    phones = Phones(orders.speaker_secret, (folder / "qr.svg").read_bytes(), tell)
    server = BoundedServer(
        _application(hall, phones),
        idle_connection_timeout=_IDLE_SECONDS,
        body_timeout=_BODY_SECONDS,
        max_header_size=_LONGEST_HEADERS,
        max_body_size=_LONGEST_BODY,
        max_buffer_size=4 * _LONGEST_HEADERS,
    )
    server.add_socket(_listener(orders))
    tasks = [
        asyncio.create_task(_listen(reader, hall, phones)),
        asyncio.create_task(_tell_votes(hall)),
        asyncio.create_task(_beat(hall)),
        asyncio.create_task(_tell_count(hall, tell)),
        asyncio.create_task(_keep_copy(hall, LiveCopy(orders.copy, orders.original, orders.root), folder)),
    ]
    await ended.wait()
    for task in tasks:
        task.cancel()


def _application(hall: Hall, phones: Phones) -> Application:
    return Application(
        [
            (rf"/{_SECRET}/live", Follow, {"hall": hall}),
            (rf"/{_SECRET}/(?P<what>me|ask|vote)", Speak, {"hall": hall}),
            (rf"/{_SECRET}/speaker/live", SpeakerSocket, {"phones": phones}),
            (rf"/{_SECRET}/(?P<name>speaker(?:\.css|\.js|-qr\.svg)?)", SpeakerFiles, {"phones": phones}),
            (rf"/{_SECRET}/(?P<name>.*)", FilePage, {"hall": hall}),
        ],
        default_handler_class=FilePage,
        default_handler_args={"hall": hall},
        websocket_ping_interval=20,
        websocket_max_message_size=4 << 10,
    )


def _listener(orders: Orders) -> socket.socket:
    listener = socket.socket(fileno=orders.listener)
    listener.setblocking(False)
    return listener


async def _listen(reader: asyncio.StreamReader, hall: Hall, phones: Phones) -> None:
    """Take what the hub reports, until it is gone; the page stays."""
    while line := await reader.readline():
        kind, data = json.loads(line)
        if kind == "state":
            phones.show(data)
        else:
            hall.hear(kind, data)


async def _tell_votes(hall: Hall) -> None:
    while True:
        await asyncio.sleep(_VOTES_SECONDS)
        hall.tell_votes()


async def _beat(hall: Hall) -> None:
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        hall.beat()


async def _tell_count(hall: Hall, tell: Any) -> None:
    told = -1
    while True:
        if hall.followers != told:
            told = hall.followers
            tell({"kind": "followers", "count": told})
        await asyncio.sleep(_COUNT_SECONDS)


async def _keep_copy(hall: Hall, copy: LiveCopy, folder: Path) -> None:
    """Keep the notebook that people download as the presenter's working copy is."""
    while True:
        data = await asyncio.to_thread(copy.read_if_changed)
        if data is not None:
            copy.write(folder / "notebook.ipynb", data)
            hall.put("notebook.ipynb", data)
        await asyncio.sleep(_COPY_SECONDS)


if __name__ == "__main__":
    main()
