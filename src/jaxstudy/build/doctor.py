"""Is everything here that jaxstudy needs? Each answer with its cure."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jaxstudy.build.webparts import installed
from jaxstudy.errors import ToolMissing
from jaxstudy.installing import extra_words, install_words, names_of, requirements_of
from jaxstudy.warm import available

_NEEDED_FREE_BYTES = 1 << 30
EXTRAS = {
    "present": "live slides",
    "site": "the study site",
    "data": "real data sets without a download",
    "replay": "transcripts and replays",
    "asr": "transcripts from sound",
    "cluster": "grading on many machines",
    "torch": "the PyTorch panes",
}
"""Extra → what it is for."""
_NEEDED = ("present", "site")



@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    """Version, place, or what is missing."""
    cure: str = ""
    """What to do when it is not ok."""
    needed: bool = True
    """False: things work without it, with less comfort."""

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}" + (f"; {self.cure}" if self.cure and not self.ok else "")


def examine(folder: Path) -> list[Check]:
    """Everything worth knowing about this machine, for a course in `folder`."""
    return [platform(), _python(), _core(), *_extras(), _web_parts(), browser(), _warm(), disk(folder)]


def platform() -> Check:
    """What works on this system, and what to do where something does not."""
    if sys.platform == "linux":
        return Check("system", True, "Linux: everything works here")
    if sys.platform == "win32":
        do = "use WSL: run `wsl --install` once, open its terminal, and install jaxstudy there"
        return Check("system", False, "Windows, where the kit does not run", do)
    name = "macOS" if sys.platform == "darwin" else sys.platform
    detail = f"{name}: everything works but grading, which needs Linux's sandbox; kernels start in seconds, not at once"
    return Check("system", False, detail, "grade on Linux, or in a Linux container", needed=False)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= (3, 11), version, "use Python 3.11 or newer")


def _core() -> Check:
    versions = {name: _version(name) for name in ("jax", "flax", "optax", "jupytext", "nbconvert")}
    missing = [name for name, version in versions.items() if not version]
    detail = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    cure = f"run `{install_words(*requirements_of(missing))}`" if missing else ""
    return Check("packages", not missing, detail, cure)


def _extras() -> Iterator[Check]:
    for extra, purpose in EXTRAS.items():
        names = names_of(extra)
        missing = [name for name in names if not _version(name)]
        detail = (
            f"missing: {', '.join(missing)}" if missing else ", ".join(f"{name} {_version(name)}" for name in names)
        )
        cure = f"for {purpose}: {extra_words(extra)}"
        yield Check(f"extra {extra}", not missing, detail, cure, needed=extra in _NEEDED)


def _web_parts() -> Check:
    here = installed()
    detail = "reveal.js, KaTeX, Mermaid" if here else "not installed"
    return Check("web parts", here, detail, "run `jaxstudy doctor --install`")


def browser() -> Check:
    """Whether a Chromium is here: for PDFs, for the checks on screen, and to present in."""
    from jaxstudy.build.chromium import find_chromium

    try:
        return Check("Chromium", True, str(find_chromium()), needed=False)
    except ToolMissing as error:
        return Check("Chromium", False, "none found", error.problems[0].do, needed=False)


def _warm() -> Check:
    detail = "forked from a pre-imported process" if available() else "plain kernels: each imports JAX anew"
    return Check("warm kernels", available(), detail, "they need Linux, and JAXSTUDY_WARM not set to 0", needed=False)


def disk(folder: Path) -> Check:
    """Whether there is room to build."""
    free = shutil.disk_usage(folder).free
    return Check("disk", free >= _NEEDED_FREE_BYTES, f"{free / 2**30:.1f} GiB free", "make room: 1 GiB at least")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
