"""When was a repository's last commit? Read without running anything that its configuration names."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from jaxstudy.homework.gathering.files import GIT, read_file
from jaxstudy.homework.gathering.handed import Entry
from jaxstudy.homework.sources import Unreadable

_SMALL = 1_000_000
_CLONE_BYTES = 50_000_000
_WANTED = re.compile(
    r"HEAD|packed-refs|refs/heads/[\w./-]+|objects/[0-9a-f]{2}/[0-9a-f]+|objects/pack/[\w.-]+", re.ASCII
)
_COMMITTER = re.compile(rb"^committer .*? (\d{1,12}) ([+-])(\d\d)(\d\d)$", re.MULTILINE)
_NAME = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REF = re.compile(r"refs/heads/[A-Za-z0-9._/-]+")


def commit_time(git: Sequence[Entry]) -> datetime | None:
    """The last commit's time in a student's clone: its `.git` folder, or the files of one that lies in a zip."""
    path = getattr(git[0].read, "args", (None,))[0]
    if isinstance(path, Path):
        return last_commit(path)
    with tempfile.TemporaryDirectory(prefix="jaxstudy-git-") as folder:
        left = _CLONE_BYTES
        for entry in git:
            below = entry.parts[entry.parts.index(GIT) + 1 :]
            # Only what names and holds commits, only by plain names, only into a folder of ours.
            if entry.problem or not _WANTED.fullmatch("/".join(below)) or left <= 0:
                continue
            try:
                data = entry.read(left)
            except Unreadable:
                continue
            left -= len(data)
            path = Path(folder, *below)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return last_commit(Path(folder))


def last_commit(git: Path) -> datetime | None:
    """The committer's time of HEAD, or None when it cannot be told.

    Args:
        git: the `.git` folder, which a student filled. `git log` there would read its config, and that can name
            programs to run; so names are read here, and packed objects by a git that has an empty config.
    """
    try:
        name = _head(git)
        commit = _loose(git, name) or _packed(git, name)
    except (Unreadable, OSError, zlib.error, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    found = _COMMITTER.search(commit.partition(b"\n\n")[0])
    if not found:
        return None
    offset = timedelta(hours=int(found[3]), minutes=int(found[4])) * (-1 if found[2] == b"-" else 1)
    try:
        zone = timezone(offset) if abs(offset) < timedelta(days=1) else UTC
        return datetime.fromtimestamp(int(found[1]), zone)
    except (ValueError, OverflowError, OSError):
        return None


def _head(git: Path) -> str:
    head = _text(git / "HEAD")
    if head.startswith("ref:"):
        ref = head[4:].strip()
        if not _REF.fullmatch(ref) or ".." in ref:
            raise Unreadable("has an odd HEAD")
        try:
            head = _text(git / ref)
        except Unreadable:
            lines = (line.split(" ", 1) for line in _text(git / "packed-refs").splitlines() if " " in line)
            head = next((name for name, of in lines if of == ref), "")
    if not _NAME.fullmatch(head):
        raise Unreadable("has an odd HEAD")
    return head


def _text(path: Path) -> str:
    return read_file(path, _SMALL).decode("ascii").strip()


def _loose(git: Path, name: str) -> bytes:
    try:
        packed = read_file(git / "objects" / name[:2] / name[2:], _SMALL)
    except Unreadable:
        return b""
    data = zlib.decompressobj().decompress(packed, _SMALL)
    return data.partition(b"\0")[2] if data.startswith(b"commit ") else b""


def _packed(git: Path, name: str) -> bytes:
    """Read by git itself, from a repository of ours that borrows only the student's objects."""
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_REPLACE_OBJECTS": "1"}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    with tempfile.TemporaryDirectory(prefix="jaxstudy-git-") as folder:
        make = ["git", "init", "--quiet", "--bare", f"--object-format={'sha256' if len(name) == 64 else 'sha1'}", "."]
        options = {"cwd": folder, "capture_output": True, "timeout": 20, "stdin": subprocess.DEVNULL}
        try:
            subprocess.run(make, env=environment, check=True, **options)  # type: ignore[call-overload]
        except FileNotFoundError:
            return b""
        environment["GIT_OBJECT_DIRECTORY"] = str((git / "objects").absolute())
        done = subprocess.run(["git", "cat-file", "commit", name], env=environment, **options)  # type: ignore[call-overload]
        return bytes(done.stdout) if done.returncode == 0 else b""
