"""A data set small enough for tests, and a mirror on 127.0.0.1 that serves it as badly as it is told to."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from jaxstudy.data.sets import File, Recipe

TRAIN, TEST = 20, 10


def _idx(values: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return head + values.astype(np.uint8).tobytes()


def _contents() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    found = {}
    for part, count in (("train", TRAIN), ("t10k", TEST)):
        found[f"{part}-images-idx3-ubyte"] = _idx(rng.integers(0, 256, (count, 28, 28)))
        found[f"{part}-labels-idx1-ubyte"] = _idx(np.arange(count) % 10)
    return found


CONTENTS = _contents()
"""Name → uncompressed content of the official files of `TINY`."""
GZIPPED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENTS.items()}
TINY = Recipe(
    "tiny",
    "idx",
    "a tiny set",
    TRAIN,
    TEST,
    tuple("0123456789"),
    tuple(File(n, len(c), hashlib.sha256(c).hexdigest(), f"{n}.gz") for n, c in CONTENTS.items()),
)

Answer = Callable[[BaseHTTPRequestHandler, bytes], bool]
"""Answers a request in its own way (True), or leaves it to the mirror (False)."""


@dataclass
class TestMirror:
    """What a running mirror is asked, and how it misbehaves."""

    __test__ = False
    address: str
    asked: Counter[str] = field(default_factory=Counter)
    """Name of a file → how often it was asked for."""
    ranges: list[str] = field(default_factory=list)
    served: dict[str, bytes] = field(default_factory=lambda: dict(GZIPPED))
    first: list[Answer] = field(default_factory=list)
    """How the next requests are answered, one each; after them as a good mirror would."""


@contextmanager
def mirror() -> Iterator[TestMirror]:
    """A mirror with the files of `TINY` under `<address>/tiny/`, which knows `Range`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            here.asked[name] += 1
            body = here.served.get(name)
            if (wish := self.headers.get("Range")) is not None:
                here.ranges.append(wish)
            if here.first and here.first.pop(0)(self, body or b""):
                return
            if body is None:
                self.send_error(404)
                return
            self.give(body, wish)

        def give(self, body: bytes, wish: str | None) -> None:
            start = int(wish.removeprefix("bytes=").rstrip("-")) if wish else 0
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if wish else 200)
            if wish:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = TestMirror(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def half(handler: BaseHTTPRequestHandler, body: bytes) -> bool:
    """Promise the whole file, send half of it and hang up."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    return True


def busy(handler: BaseHTTPRequestHandler, _: bytes) -> bool:
    """Ask to come back later."""
    handler.send_error(503)
    return True


def endless(handler: BaseHTTPRequestHandler, _: bytes) -> bool:
    """Send far more than the file can hold, without saying how much."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(bytes(1 << 20))
    return True
