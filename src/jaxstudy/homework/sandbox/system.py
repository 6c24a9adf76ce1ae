"""The system calls that Python has no name for, by ctypes; each raises `OSError` with its own name when refused."""

from __future__ import annotations

import ctypes
import errno
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_held = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock during a call

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    *(0x00020000, 0x02000000, 0x04000000, 0x08000000),
    *(0x10000000, 0x20000000, 0x40000000),
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    *(1, 2, 4, 8, 32, 4096),
    *(16384, 1 << 18),
)
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
_PR_GET_TID_ADDRESS = 40
_CHILD_CLEARTID, _CHILD_SETTID, _SIGCHLD = 0x00200000, 0x01000000, 17
_CLONE = {"x86_64": 56, "aarch64": 220}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
# The same on every architecture.
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446


def _checked(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _syscall(
    name: str, number: int, *args: ctypes._SimpleCData[object] | ctypes.Array[ctypes.c_char] | int | None
) -> int:
    _libc.syscall.restype = ctypes.c_long
    wide = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return _checked(int(_libc.syscall(ctypes.c_long(number), *wide)), name)


def fork(flags: int) -> int:
    """`os.fork`, the child as the first process of the new namespaces that `flags` name.

    clone(2), with what Python and the C library do around fork(2): by `unshare` there would be a process between the
    two, with all their memory, only to leave for the namespaces. Handlers of `pthread_atfork` are not called.
    """
    if (machine := os.uname().machine) not in _CLONE:
        raise OSError(errno.ENOSYS, f"clone: unknown on {machine}")
    number = ctypes.c_void_p(_thread_number())
    last = (number, None) if machine == "x86_64" else (None, number)
    _held.syscall.restype = ctypes.c_long
    ctypes.pythonapi.PyOS_BeforeFork()
    flags |= _SIGCHLD | (_CHILD_SETTID | _CHILD_CLEARTID if number else 0)
    pid = int(_held.syscall(ctypes.c_long(_CLONE[machine]), ctypes.c_ulong(flags), None, None, *last))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return _checked(pid, "clone")


def _thread_number() -> int:
    """Where the C library keeps this thread's number, for the kernel to write the child's there; 0: not known."""
    address = ctypes.c_ulong()
    return 0 if _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) else address.value


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2)."""
    encoded = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    result = _libc.mount(*encoded, ctypes.c_ulong(flags), options.encode() or None)
    _checked(result, f"mount {target}")


def protect(path: str, *, writable: bool = False, device: bool = False) -> None:
    """No set-user-id files beneath a mount and its submounts; unless said otherwise no devices and no writing."""
    attributes = (0 if writable or device else 1) | 2 | (0 if device else 4)
    wanted = ctypes.create_string_buffer(struct.pack("QQQQ", attributes, 0, 0, 0), 32)
    name = ctypes.create_string_buffer(os.fsencode(path))
    _syscall(f"mount_setattr {path}", _MOUNT_SETATTR, -100, name, 0x8000, wanted, 32)  # AT_RECURSIVE


def pivot_root(new: str) -> None:
    """Make `new` the root, and let go of the old one."""
    os.chdir(new)
    here = ctypes.create_string_buffer(b".")
    _syscall("pivot_root", _PIVOT_ROOT[os.uname().machine], here, here)
    _checked(_libc.umount2(b".", ctypes.c_int(_MNT_DETACH)), "umount")
    os.chdir("/")


def sethostname(name: str) -> None:
    """The host's name, in a namespace of its own."""
    _checked(_libc.sethostname(name.encode(), ctypes.c_size_t(len(name))), "sethostname")


def die_with_parent() -> None:
    """SIGKILL for this process when its parent ends. To be called after the last change of user."""
    prctl(_PR_SET_PDEATHSIG, 9)


def no_new_privileges() -> None:
    """No program run from here on can have more rights than this process."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def not_dumpable() -> None:
    """No core file, no ptrace, /proc files owned by root."""
    prctl(_PR_SET_DUMPABLE, 0)


def prctl(option: int, value: int, address: int = 0) -> None:
    """prctl(2) with up to two arguments."""
    arguments = (ctypes.c_ulong(value), ctypes.c_ulong(address), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _checked(_libc.prctl(ctypes.c_int(option), *arguments), f"prctl {option}")


def load_filter(program: bytes) -> None:
    """Install a seccomp filter: `program` is the bytes of its BPF instructions, eight each."""
    code = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)), 16)
    prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(head))


def drop_capabilities() -> None:
    """Give up every capability, and the chance to get one back."""
    for number in range(64):
        try:
            prctl(_PR_CAPBSET_DROP, number)
        except OSError:
            break  # past the last one that this kernel knows, or not ours to drop: capset below takes them
    head = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(bytes(24))
    _syscall("capset", _CAPSET[os.uname().machine], head, data)


def landlock_version() -> int:
    """The version of Landlock that the kernel has; 0: none."""
    try:
        return _syscall("landlock", _LANDLOCK_CREATE, None, 0, 1)
    except OSError:
        return 0


def landlock(rules: list[tuple[str, int]], handled: tuple[int, int, int]) -> None:
    """Restrict this process.

    Args:
        rules: paths and the accesses (bits) allowed beneath them.
        handled: bits of file accesses, network accesses and scopes that are refused unless a rule allows them.
    """
    version = landlock_version()
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = ctypes.create_string_buffer(struct.pack("QQQ", *handled)[:size], size)
    ruleset = _syscall("landlock_create_ruleset", _LANDLOCK_CREATE, attributes, size, 0)
    try:
        for path, allowed in rules:
            _landlock_rule(ruleset, path, allowed)
        _syscall("landlock_restrict_self", _LANDLOCK_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _landlock_rule(ruleset: int, path: str, allowed: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - a Path here would import it in every fork
            allowed &= (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14) | (1 << 15)  # what a file can have
        rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, beneath), 12)
        _syscall("landlock_add_rule", _LANDLOCK_ADD, ruleset, 1, rule, 0)
    finally:
        os.close(beneath)
