"""This very jaxstudy as a wheel, however it was installed: what an autograder elsewhere installs."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import jaxstudy
from jaxstudy.course.config import shipped

_AT_THE_TOP = {
    "theme": "slides/theme",
    "mkdocs.yml": "mkdocs.yml",
    "web/package.json": "package.json",
    "web/package-lock.json": "package-lock.json",
}
"""What pyproject.toml puts into the wheel's `assets` from the top of the repository."""
_LEFT_OUT = ("__pycache__", "node_modules")


def own_wheel() -> tuple[str, bytes]:
    """The wheel's file name and bytes. The same sources give the same bytes.

    Source: PyPA, "Binary distribution format".
    """
    about = distribution("jaxstudy")
    info = f"jaxstudy-{about.version}.dist-info"
    top = Path(jaxstudy.__file__).parent
    files = _below(top, "jaxstudy/")
    for name, in_repository in _AT_THE_TOP.items():  # in the repository; a wheel's own have them below assets already
        files |= _below(shipped(name, in_repository), f"jaxstudy/assets/{name}")
    files[f"{info}/METADATA"] = (about.read_text("METADATA") or "").encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: jaxstudy\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = (about.read_text("entry_points.txt") or "").encode()
    files[f"{info}/licenses/LICENSE"] = (about.read_text("licenses/LICENSE") or "").encode()
    record = "".join(f"{name},sha256={_hash(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    return f"jaxstudy-{about.version}-py3-none-any.whl", packed(files)


def _below(top: Path, name: str) -> dict[str, bytes]:
    """A file, or all files of a folder, by what they are called in the wheel."""
    if top.is_file():
        return {name: top.read_bytes()}
    found = (path for path in sorted(top.rglob("*")) if path.is_file())
    places = {path: path.relative_to(top) for path in found}
    return {
        f"{name.rstrip('/')}/{place.as_posix()}": path.read_bytes()
        for path, place in places.items()
        if not any(part in _LEFT_OUT for part in place.parts)
    }


def packed(files: dict[str, bytes], runnable: tuple[str, ...] = ()) -> bytes:
    """A zip of these files, with fixed times; `runnable` ones may be executed."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in runnable else 0o100644) << 16
            archive.writestr(entry, data)
    return memory.getvalue()


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
