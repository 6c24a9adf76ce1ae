"""Where an audience's page lies on the disk, and what is needed to open it again at the same address.

    build/audience/02_functions/
        lock
        kept.json      the secrets and the port: for the owner's eyes
        page/          what is served; complete in itself, so that a plain file server can carry it further
        audience.log

A talk that broke off (a kill, a crash) is opened again where it was, within three hours: nobody has to scan a new code,
and the questions are still there. One that its presenter ended is cleared away.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

CONTINUED_SECONDS = 3 * 3600.0
"""The recorder goes on with a talk for as long."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How the page was reached."""

    secret: str
    speaker_secret: str
    port: int


class Home:
    """One such folder, taken by this process until it ends."""

    def __init__(self, folder: Path, lock: IO[str]) -> None:
        self.folder, self._lock = folder, lock
        self.page, self.log = folder / "page", folder / "audience.log"
        self._file = folder / "kept.json"
        self.kept = self._recall()
        """Of a talk that broke off lately; None for a fresh one."""
        if self.kept is None:
            shutil.rmtree(self.page, ignore_errors=True)

    @classmethod
    def take(cls, homes: Path, lecture: str) -> Self:
        """The folder of that lecture's page; another one where a second talk of it is under way."""
        for name in (lecture, *(f"{lecture}-{number}" for number in range(2, 100))):
            folder = homes / name
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)  # the secrets are in it
            lock = (folder / "lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            return cls(folder, lock)
        raise FileExistsError(homes / lecture)

    def keep(self, kept: Kept) -> None:
        """Remember how the page is reached now."""
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(asdict(kept)), encoding="utf-8")

    def release(self) -> None:
        """Let go; what is there stays for the next session to go on with."""
        self._lock.close()

    def clear(self) -> None:
        """The presenter ended the talk."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _recall(self) -> Kept | None:
        try:
            latest = max(path.stat().st_mtime for path in (self._file, *self.page.glob("state/head.json")))
            kept = Kept(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return kept if time.time() - latest < CONTINUED_SECONDS else None
