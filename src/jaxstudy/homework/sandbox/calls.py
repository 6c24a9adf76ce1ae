"""The system calls that a student's process may make; all others are refused. A seccomp filter, written out as BPF."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from jaxstudy.homework.sandbox import system

_X86_64 = 0xC000003E
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000

# Calculating, memory, threads, time, and files as far as the view of the file system lets them. No socket, no new
# process, no program, no signal to others, no mount, no io_uring (which would go round this filter). The numbers are
# x86-64's.
_FREE = """
read=0 write=1 open=2 close=3 stat=4 fstat=5 lstat=6 poll=7 lseek=8 mmap=9 mprotect=10 munmap=11 brk=12
rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15 pread64=17 pwrite64=18 readv=19 writev=20 access=21 pipe=22
select=23 sched_yield=24 mremap=25 msync=26 mincore=27 madvise=28 dup=32 dup2=33 nanosleep=35 getitimer=36 alarm=37
setitimer=38 getpid=39 sendfile=40 exit=60 wait4=61 uname=63 fcntl=72 flock=73 fsync=74 fdatasync=75 truncate=76
ftruncate=77 getdents=78 getcwd=79 chdir=80 fchdir=81 rename=82 mkdir=83 rmdir=84 creat=85 link=86 unlink=87
symlink=88 readlink=89 chmod=90 fchmod=91 umask=95 gettimeofday=96 getrlimit=97 getrusage=98 sysinfo=99 times=100
getuid=102 getgid=104 geteuid=107 getegid=108 getppid=110 getpgrp=111 getgroups=115 getresuid=118 getresgid=120
getpgid=121 getsid=124 rt_sigpending=127 rt_sigtimedwait=128 rt_sigsuspend=130 sigaltstack=131 utime=132 statfs=137
fstatfs=138 getpriority=140 sched_getparam=143 sched_getscheduler=145 sched_get_priority_max=146
sched_get_priority_min=147 mlock=149 munlock=150 arch_prctl=158 gettid=186 readahead=187 getxattr=191 lgetxattr=192
fgetxattr=193 listxattr=194 time=201 futex=202 sched_setaffinity=203 sched_getaffinity=204 epoll_create=213
getdents64=217 set_tid_address=218 restart_syscall=219 fadvise64=221 timer_create=222 timer_settime=223
timer_gettime=224 timer_getoverrun=225 timer_delete=226 clock_gettime=228 clock_getres=229 clock_nanosleep=230
exit_group=231 epoll_wait=232 epoll_ctl=233 utimes=235 mbind=237 set_mempolicy=238 get_mempolicy=239 waitid=247
openat=257 mkdirat=258 futimesat=261 newfstatat=262 unlinkat=263 renameat=264 linkat=265 symlinkat=266 readlinkat=267
fchmodat=268 faccessat=269 pselect6=270 ppoll=271 set_robust_list=273 get_robust_list=274 splice=275 tee=276
utimensat=280 epoll_pwait=281 eventfd=284 fallocate=285 eventfd2=290 epoll_create1=291 dup3=292 pipe2=293 preadv=295
pwritev=296 getcpu=309 renameat2=316 getrandom=318 membarrier=324 mlock2=325 copy_file_range=326 preadv2=327
pwritev2=328 pkey_mprotect=329 pkey_alloc=330 pkey_free=331 statx=332 rseq=334 openat2=437 faccessat2=439
epoll_pwait2=441
"""
# Allowed with some arguments only.
_SOME = """
clone=56 clone3=435 ioctl=16 kill=62 tgkill=234 rt_tgsigqueueinfo=297 prctl=157 prlimit64=302
"""
_OWN_PROCESS = ("kill", "tgkill", "rt_tgsigqueueinfo")  # abort() raises its signal so
_ABSENT = ("clone3",)  # glibc then falls back to clone, whose flags can be looked at
_PRCTL = (15, 16, 3, 0x53564D41)  # set and get a thread's name, get dumpable, name a mapping
_IOCTL = (0x5401, 0x541B, 0x5451, 0x5450, 0x5413, 0x5421)  # TCGETS, FIONREAD, FIOCLEX, FIONCLEX, TIOCGWINSZ, FIONBIO


def _numbers(table: str) -> dict[str, int]:
    return {name: int(number) for name, _, number in (pair.partition("=") for pair in table.split())}


_NUMBERS = _numbers(_SOME)
_NR, _ARCH = 0, 4


def available() -> bool:
    """Whether this machine's system calls are known here: x86-64 only so far."""
    return os.uname().machine == "x86_64" and struct.calcsize("P") == 8


def restrict() -> None:
    """Refuse all but the calls above to this process and its threads, for good.

    `no_new_privileges` must have been called, or the process be root.
    """
    system.load_filter(program(os.getpid()))


def program(pid: int) -> bytes:
    """The filter of process `pid` as BPF. Signals may be sent to itself only."""
    lines = [
        _load(_ARCH),
        _unless_equal(_X86_64, _return(_KILL)),
        _load(_NR),
        _if_at_least(0x40000000, _return(_KILL)),  # the x32 calls: other numbers for the same things
    ]
    for name in _ABSENT:
        lines.append(_if_equal(_NUMBERS[name], _return(_ERRNO | _ENOSYS)))
    lines += _argument_rule("clone", _all_bits(0, _CLONE_THREAD))
    for name in _OWN_PROCESS:
        lines += _argument_rule(name, _one_of(0, (pid,)))
    lines += _argument_rule("prctl", _one_of(0, _PRCTL))
    lines += _argument_rule("ioctl", _one_of(1, _IOCTL))
    lines += _argument_rule("prlimit64", _zero(2))  # asking for a limit, not setting one
    lines += [_if_equal(number, _return(_ALLOW)) for number in sorted(_numbers(_FREE).values())]
    lines.append(_return(_ERRNO | _EPERM))
    return b"".join(lines)


def _op(code: int, true: int, false: int, value: int) -> bytes:
    return struct.pack("HBBI", code, true, false, value)


def _load(offset: int) -> bytes:
    return _op(0x20, 0, 0, offset)


def _return(action: int) -> bytes:
    return _op(0x06, 0, 0, action)


def _if_equal(value: int, then: bytes) -> bytes:
    return _op(0x15, 0, len(then) // 8, value) + then


def _unless_equal(value: int, then: bytes) -> bytes:
    return _op(0x15, len(then) // 8, 0, value) + then


def _if_at_least(value: int, then: bytes) -> bytes:
    return _op(0x35, 0, len(then) // 8, value) + then


def _argument(number: int, half: int = 0) -> bytes:
    return _load(16 + 8 * number + 4 * half)  # of seccomp_data; little endian: the low half first


def _argument_rule(name: str, allowed: bytes) -> list[bytes]:
    """If it is this call: `allowed` decides with a return, or falls through to a refusal."""
    return [_if_equal(_NUMBERS[name], allowed + _return(_ERRNO | _EPERM))]


def _one_of(argument: int, values: Iterable[int]) -> bytes:
    return _argument(argument) + b"".join(_if_equal(value, _return(_ALLOW)) for value in values)


def _all_bits(argument: int, bits: int) -> bytes:
    masked = _argument(argument) + _op(0x54, 0, 0, bits)
    return masked + _if_equal(bits, _return(_ALLOW))


def _zero(argument: int) -> bytes:
    inner = _argument(argument, 1) + _if_equal(0, _return(_ALLOW))
    return _argument(argument) + _if_equal(0, inner)
