"""Bytes → text, with what was wrong with them: encodings, byte-order marks, line ends, mojibake."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from jaxstudy.errors import InputError, Problem
from jaxstudy.replay.transcript import Mended

MAX_BYTES = 256 * 2**20
"""Ten hours of talk with a time for each word are some 20 MB of JSON; more than this is no transcript."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2028\u2029\ufeff]")
_FOREIGN = re.compile(r"[^\x00-\x7f]{2,}")


def read_text(path: Path) -> tuple[str, list[Mended]]:
    """The file as text with `\\n` line ends, and what had to be mended on the way.

    Raises:
        InputError: no such file, or one too large to be a transcript.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            do = "give it the transcript, not the recording (`jaxstudy replay transcribe` reads those)"
            raise InputError(Problem(f"a transcript of up to {MAX_BYTES // 2**20} MB", f"{size // 2**20} MB", do, path))
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem("a readable file", error.strerror or str(error), "check the path", path)) from error
    return mend(*_decoded(data))


def _decoded(data: bytes) -> tuple[str, list[Mended]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    lines, mended = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", "replace"))
            mended.append(Mended("encoding", "a line that is not UTF-8", "read as Windows-1252", number))
    return "\n".join(lines), mended


def mend(text: str, mended: list[Mended]) -> tuple[str, list[Mended]]:
    """The text with plain line ends, without control characters, with mojibake turned back into what it was."""
    lines = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        plain = _CONTROL.sub("", line)
        # Two rounds: some files went through the wrong encoding twice.
        fixed = unmangle(unmangle(plain)) if not plain.isascii() else plain
        if fixed != plain:
            first = next((run[0] for run in _FOREIGN.finditer(plain) if _repaired(run[0])), "")
            mended.append(Mended("mojibake", repr(first), f"read as {_repaired(first)!r}", number))
        lines.append(fixed)
    return "\n".join(lines), mended


def unmangle(text: str) -> str:
    """The text with runs that are UTF-8 read as Windows-1252 or Mac Roman turned back; all else untouched."""
    return _FOREIGN.sub(lambda run: _repaired(run[0]) or run[0], text)


def _repaired(run: str) -> str | None:
    """What the run was, or None where it is itself."""
    for encode in (_as_cp1252, _as_mac):
        data = encode(run)
        if data is None:
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        # Two letters in a row can be both right and valid UTF-8 (`É”`): only the usual Western leads are believed.
        if len(data) == 2 and not 0xC2 <= data[0] <= 0xC5:
            continue
        if text.isprintable():
            return text
    return None


def _as_cp1252(run: str) -> bytes | None:
    # Python leaves five bytes of cp1252 undefined; files in the wild carry them as C1 controls.
    try:
        return b"".join(bytes([ord(c)]) if "\x80" <= c <= "\x9f" else c.encode("cp1252") for c in run)
    except UnicodeEncodeError:
        return None


def _as_mac(run: str) -> bytes | None:
    try:
        return run.encode("mac_roman")
    except UnicodeEncodeError:
        return None
