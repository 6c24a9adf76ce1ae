"""The tiny file system that a student's process sees: libraries to read, one small folder to write, nothing else."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jaxstudy.homework.sandbox import system
from jaxstudy.homework.sandbox.spawning import HOME
from jaxstudy.homework.sandbox.terms import Terms

CACHE = "/cache"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo")


def libraries() -> tuple[str, ...]:
    """What Python needs to import: the system's libraries, Python's own, and the installed packages.

    This package itself is not among them where it is run from its sources: what workers need of it is imported before.
    """
    return _libraries(tuple(entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))))


@cache
def _libraries(packages: tuple[str, ...]) -> tuple[str, ...]:
    own = Path(__file__).resolve().parents[3]
    wanted = {*_SYSTEM, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    wanted |= {f"{prefix}/lib" for prefix in (sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix)}
    wanted |= set(packages)
    return _outermost(path for path in wanted if os.path.exists(path) and Path(path).resolve() != own)  # noqa: PTH110


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(os.path.abspath(path) for path in paths):  # noqa: PTH100 - links stay: /lib is one
        if not any(path.startswith(f"{other}/") for other in kept):
            kept.append(path)
    return tuple(kept)


def enter(terms: Terms) -> list[str]:
    """Build the view in this process's own mount namespace and make it the root; returns the layers' names.

    The mounts are this namespace's alone: they go when its last process does, however that ends.
    """
    system.mount(None, "/", None, system.MS_REC | system.MS_PRIVATE)
    # Any folder will do that holds nothing to be shown: what is in it outside can't be reached from here on.
    root = next(folder for folder in ("/sys", "/mnt", "/srv") if os.path.isdir(folder))  # noqa: PTH112
    system.mount("root", root, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "size=4m,mode=755")
    for path in terms.visible:
        _show(path, root + path)
    _show(terms.cache, root + CACHE, writable=terms.fills_cache)
    for device in _DEVICES:
        _show(device, root + device, device=True)
    _writable(root + HOME, terms.file_mb)
    if not os.path.lexists(root + "/tmp"):  # it is there where Python itself, or an environment, lies in /tmp
        os.symlink(HOME, root + "/tmp")  # noqa: PTH211
    os.mkdir(root + "/proc")  # noqa: PTH102
    layers = ["mount-ns", *_proc(root + "/proc")]
    system.pivot_root(root)
    flags = system.MS_REMOUNT | system.MS_BIND | system.MS_RDONLY | system.MS_NOSUID | system.MS_NODEV
    system.mount(None, "/", None, flags)
    os.chdir(HOME)
    return layers


def _show(source: str, target: str, *, writable: bool = False, device: bool = False) -> None:
    if os.path.islink(source):  # noqa: PTH114 - /lib → usr/lib
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        os.symlink(os.readlink(source), target)  # noqa: PTH115, PTH211
        return
    if os.path.isdir(source):  # noqa: PTH112
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    system.mount(source, target, None, system.MS_BIND | system.MS_REC)
    system.protect(target, writable=writable, device=device)


def _writable(path: str, megabytes: int) -> None:
    os.makedirs(path)  # noqa: PTH103
    options = f"size={megabytes}m,nr_inodes=4096,mode=777"
    system.mount("home", path, "tmpfs", system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC, options)


def _proc(path: str) -> list[str]:
    """A /proc of the own processes; without one where a container hides its own (the kernel then refuses)."""
    try:
        system.mount("proc", path, "proc", system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC)
    except OSError:
        return []
    return ["own-proc"]
