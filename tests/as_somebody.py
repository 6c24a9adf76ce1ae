"""Run a command as another kind of user: `python as_somebody.py [nobody] [no-namespaces|none-left] -- command …`.

`nobody`: an ordinary user (only when this is root). `no-namespaces`: the system refuses new namespaces, as containers
and hardened systems do. `none-left`: the limit of user namespaces (`user.max_user_namespaces`) is 0.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

from jaxstudy.homework.sandbox import system

NOBODY = 65534
_MS_MOVE = 8192
_PR_SET_DUMPABLE = 4


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(ctypes.c_int(flags)):
        raise OSError(ctypes.get_errno(), "unshare")


def become_nobody() -> None:
    """An ordinary user, who can read Python even where it lives in root's home."""
    unshare(system.NEWNS)
    system.mount(None, "/", None, system.MS_REC | system.MS_PRIVATE)
    prefix = Path(sys.base_prefix).resolve()
    closed = [folder for folder in prefix.parents if not folder.stat().st_mode & 0o001]
    if closed:
        system.mount(str(prefix), "/mnt", None, system.MS_BIND | system.MS_REC)
        system.mount("open", str(closed[-1]), "tmpfs", 0, "mode=755")
        prefix.mkdir(parents=True)
        system.mount("/mnt", str(prefix), None, _MS_MOVE)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def refuse_namespaces() -> None:
    """unshare(2) and clone(2) with new namespaces are refused from here on."""
    clone, unshare, allow, refuse = 56, 272, 0x7FFF0000, 0x00050001
    namespaces = 0x7E020000
    steps = [
        *[(0x20, 0, 0, 0), (0x15, 3, 0, unshare), (0x15, 0, 3, clone)],  # the number of the call
        *[(0x20, 0, 0, 16), (0x45, 0, 1, namespaces)],  # its first argument
        *[(0x06, 0, 0, refuse), (0x06, 0, 0, allow)],
    ]
    system.no_new_privileges()
    system.load_filter(b"".join(struct.pack("HBBI", *step) for step in steps))


def leave_none() -> None:
    """In a user namespace of its own, no other may be made; the right to change that goes with the next program."""
    user, group = os.geteuid(), os.getegid()
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # who changed users does not own his files in /proc
    unshare(system.NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


if __name__ == "__main__":
    words, command = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    if "nobody" in words and os.geteuid() == 0:
        become_nobody()
    if "no-namespaces" in words:
        refuse_namespaces()
    if "none-left" in words:
        leave_none()
    os.execv(command[0], command)
