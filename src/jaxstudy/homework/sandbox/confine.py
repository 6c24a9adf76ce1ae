"""From a fork to a process that can only calculate: the layers, in the one order in which they work."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
from pathlib import Path

from jaxstudy.homework.sandbox import calls, system, view
from jaxstudy.homework.sandbox.spawning import HOME
from jaxstudy.homework.sandbox.terms import Terms

_FIRST_USER = 0x70000000  # of a range that no system hands out: one user a worker, so that none counts for another
_FILE_READ, _FILE_WRITE = (1 << 2) | (1 << 3), (1 << 1) | sum(1 << bit for bit in (4, 5, 7, 8, 12, 13, 14))
_NAMESPACES = system.NEWNS | system.NEWPID | system.NEWNET | system.NEWIPC | system.NEWUTS | system.NEWCGROUP
_ALL_FILES = {1: 13, 2: 14, 3: 15, 4: 15}  # how many kinds of access each version of Landlock knows; 5 and on: 16


class Refused(Exception):
    """A layer that this tier needs can't be had here; the message says which and why."""


def fork(terms: Terms) -> tuple[int, list[str]]:
    """`os.fork`, the child in namespaces of its own where the tier says so. Returns the layers' names too.

    Raises:
        Refused: there are no namespaces to be had.
        OSError: the system has no room for another process.
    """
    if terms.tier != "namespaces":
        return os.fork(), []
    names = ["pid-ns", "net-ns", "ipc-ns", "uts-ns", "cgroup-ns"]
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # root of a container may not; like anybody, it may with a user namespace
            return system.fork(_NAMESPACES), names
    try:
        return system.fork(_NAMESPACES | system.NEWUSER), ["user-ns", *names]
    except OSError as error:
        limit = "the limit user.max_user_namespaces is reached"  # the kernel's word for it is: no space left on device
        raise Refused(f"no namespaces of its own ({limit if error.errno == errno.ENOSPC else error})") from error


def be_the_same(user: int, group: int) -> None:
    """In a new user namespace: this process is who it was outside."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)


def confine(terms: Terms, number: int) -> list[str]:
    """In the worker: all layers but the last, `seal`. Returns their names.

    Args:
        terms: the tier and the limits.
        number: of this worker, to choose its user by.

    Raises:
        Refused: one that the tier needs can't be had.
    """
    layers = []
    try:
        if terms.tier == "namespaces":
            layers += view.enter(terms)
            system.sethostname("homework")
        _limit(terms)
        layers.append("rlimits")
        if os.geteuid() == 0:
            layers += _become_nobody(terms, _FIRST_USER + number % (1 << 24))
        system.drop_capabilities()
        system.no_new_privileges()
        layers.append("no-new-privileges")
        if system.landlock_version():
            _landlock(terms)
            layers.append("landlock")
    except OSError as error:
        raise Refused(str(error)) from error
    if terms.tier == "landlock" and not (system.landlock_version() and calls.available()):
        raise Refused("no Landlock, or no filter of system calls")
    return layers


def seal(parent_pid: int) -> list[str]:
    """The last layers: dies with who forked it, and makes no system call that calculating does not need."""
    system.die_with_parent()
    if parent_pid and os.getppid() not in (parent_pid, 0):
        os._exit(1)  # that ended in between
    if not calls.available():
        return []
    calls.restrict()
    return ["seccomp"]


def _become_nobody(terms: Terms, user: int) -> list[str]:
    if terms.tier != "namespaces" and not all(_open_to_all(path) for path in terms.visible):
        return []  # a Python in root's home: no other user could read it. Root without a capability owns files, no more
    try:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:  # root of a user namespace that has no other user to become
        if terms.tier != "namespaces":
            raise
        return []
    return ["own-user"]


def _open_to_all(path: str) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in Path(path).parents)


def _limit(terms: Terms) -> None:
    mega = 1 << 20
    # JAX reserves address space for threads, one a core, and its code: counted apart from what it uses.
    space = (terms.memory_mb + 2048 + 64 * (os.cpu_count() or 1)) * mega
    limits = {
        resource.RLIMIT_AS: space,
        resource.RLIMIT_DATA: terms.memory_mb * mega,
        resource.RLIMIT_CPU: terms.cpu_seconds,
        resource.RLIMIT_NPROC: terms.processes,
        resource.RLIMIT_NOFILE: terms.open_files,
        resource.RLIMIT_FSIZE: terms.file_mb * mega,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, wanted in limits.items():
        most = resource.getrlimit(kind)[1]
        value = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(kind, (value, value))


def _landlock(terms: Terms) -> None:
    version = system.landlock_version()
    every = (1 << _ALL_FILES.get(version, 16)) - 1
    read, write = _FILE_READ & every, (_FILE_READ | _FILE_WRITE) & every
    if terms.tier == "namespaces":
        rules = [("/", read), (HOME, write), ("/dev/null", write)]
        cache = view.CACHE
    else:
        rules = [(path, read) for path in (*terms.visible, "/dev/urandom", "/dev/random", "/dev/zero")]
        rules.append(("/dev/null", write))
        cache = terms.cache
    rules.append((cache, write if terms.fills_cache else read))
    system.landlock(rules, (every, 3, 3))  # no file but these, no TCP port, no signal or abstract socket to outside
