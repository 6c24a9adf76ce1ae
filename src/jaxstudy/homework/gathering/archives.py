"""Zip files from outside: listed, and read one entry at a time within limits. Nothing is unpacked by its name."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from jaxstudy.homework.gathering.files import kind_problem
from jaxstudy.homework.gathering.handed import Entry
from jaxstudy.homework.sources import Unreadable

_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError)


def list_zip(file: Path | IO[bytes], most: int) -> list[Entry]:
    """Every file in a zip.

    Args:
        file: its path, or its bytes as a file.
        most: how many entries it may have.

    Raises:
        Unreadable: it is no zip, or has more entries.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (*_BROKEN, ValueError, UnicodeDecodeError) as error:
        raise Unreadable("is not a zip file, or a broken one") from error
    infos = archive.infolist()
    if len(infos) > most:
        raise Unreadable(f"holds more than {most} files")
    return [_entry(archive, info) for info in infos if not info.is_dir()]


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    # What some tools write: backslashes. zipfile has cut the name at a NUL already.
    names = info.filename.replace("\\", "/").split("/")
    parts = tuple(name for name in names if name not in ("", ".", ".."))
    return Entry(parts or ("?",), _when(info), partial(_read, archive, info), _problem(info, names))


def _problem(info: zipfile.ZipInfo, names: list[str]) -> str:
    if ".." in names or names[0] == "" or names[0].endswith(":"):
        return "has a name that leads out of the zip file"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; hand it in without a password"
    return kind_problem(mode) if stat.S_IFMT(mode := info.external_attr >> 16) else ""


def _when(info: zipfile.ZipInfo) -> datetime | None:
    """The entry's time. A zip knows no time zones: it is taken as one of this machine's."""
    try:
        return datetime(*info.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """At most `most` bytes, counted while unpacking: what the header claims is not believed."""
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except _BROKEN as error:
        raise Unreadable(f"is broken inside its zip file: {error}") from error
    if len(data) > most:
        raise Unreadable(f"is larger than {most // 1_000_000} MB when unpacked")
    return data
