"""What a worker is started with: its limits and what it may see. Plain data, sent to the parent that forks it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

TIERS = ("namespaces", "landlock", "none")
"""Strongest first.

`namespaces`: a file system, processes, network of its own, and all that the others have. `landlock`: the host's file
system, cut down by rules. `none`: limits and the filter of system calls only, where the kernel has nothing better.
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """How one worker is held."""

    tier: str
    visible: tuple[str, ...]
    """Paths that it may read: Python, libraries, data. The same path inside as outside."""
    cache: str
    """The folder of compiled programs; visible at `/cache`."""
    fills_cache: bool
    """Only for the trusted reference."""
    memory_mb: int
    cpu_seconds: int
    processes: int
    open_files: int
    file_mb: int
    beside: str = ""
    """Folder of what the assignment hands out beside its script; the student's code finds it where it works."""
    torch: bool = False
    """Its checks ask about PyTorch."""

    def encode(self) -> bytes:
        """As one line of JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, text: bytes) -> Terms:
        """Read what `encode` wrote."""
        data = json.loads(text)
        return cls(**{**data, "visible": tuple(data["visible"])})
