"""One worker seen from outside: ask it, watch it, end it. Nothing that it does is believed or waited for too long."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import time
from pathlib import Path
from typing import Any

from jaxstudy.homework.answering.data import Died, NotAnswered, OutOfMemory, TimedOut
from jaxstudy.homework.sandbox import wire
from jaxstudy.homework.sandbox.nursery import Born, Nursery, received
from jaxstudy.homework.sandbox.terms import Terms

_START = 60.0  # seconds, from the question to a worker that is held, on a machine that is busy
_LOOK = 0.05  # seconds between two looks at its memory
_END = 10.0  # seconds for the system to report the end of a killed worker
_SPARE_MB = 256  # resident and not its own: what all workers share with the process that forked them


class Refused(Exception):
    """The worker can't be held as its terms say; the message says why."""


class Printed:
    """What a submission's workers printed: the first kilobytes of it, and whether it never ends."""

    def __init__(self, keep: int) -> None:
        self._keep, self._most = keep, max(16 * keep, 1 << 20)
        self._text, self._size = bytearray(), 0
        self.quiet = False
        """While set, nothing is kept: a hidden check's inputs could be printed."""

    def add(self, data: bytes) -> bool:
        """Take what came; False when it is a flood."""
        self._size += len(data)
        if not self.quiet:
            self._text += data[: max(0, self._keep - len(self._text))]
        return self._size <= self._most

    @property
    def text(self) -> str:
        """The kept part, fit to be shown."""
        return wire.clean(self._text.decode("utf-8", "replace"), len(self._text))


class Held:
    """A worker that has started and reported its layers."""

    def __init__(self, nursery: Nursery, terms: Terms, printed: Printed) -> None:
        """Start it.

        Raises:
            Refused: a layer can't be had.
        """
        self._born: Born = nursery.fork(terms)
        self._terms, self._printed = terms, printed
        self._poll = select.poll()
        self._pidfd: int | None = None
        self.cpu_seconds = self.peak_mb = 0.0
        self.ended = False
        try:
            self.layers = self._report()
        except BaseException:
            self.end()
            raise
        self._pid = self._pid_of(self._pidfd)
        for descriptor in (self._born.answers, self._born.output):
            self._poll.register(descriptor, select.POLLIN)

    def _report(self) -> tuple[str, ...]:
        """What it says of its layers, and its pidfd from who forked it; either may come first."""
        self._born.status.settimeout(_START)
        said: dict[str, Any] = {}
        while self._pidfd is None or "layers" not in said:
            try:
                came, pidfd = received(self._born.status)
            except TimeoutError:
                raise Refused(f"the worker did not start within {_START:g} s") from None
            self._pidfd = self._pidfd if pidfd is None else pidfd
            said |= came
            if not came or not said.keys().isdisjoint({"refused", "status"}):
                raise Refused(str(said.get("refused", "the worker did not start")))
        return tuple(str(layer) for layer in said["layers"])

    @staticmethod
    def _pid_of(pidfd: int | None) -> int:
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))

    def ask(self, value: Any, seconds: float) -> Any:
        """Its answer to one frame.

        Raises:
            NotAnswered: the refusal that it sent; `TimedOut`, `Died`, `OutOfMemory` if there was none: it has been
                ended then.
        """
        number = secrets.randbits(63)
        frame = wire.encode(value, number)  # a question too large raises Unusable, and the worker lives on
        try:
            answer = self._exchange(frame, number, time.monotonic() + seconds, seconds)
        except wire.Malformed:
            self.end()
            raise Died("its process sent something that is no answer") from None
        except (TimedOut, Died):
            self.end()
            raise
        if isinstance(answer, OutOfMemory):
            self.end()
            raise answer
        if isinstance(answer, NotAnswered):
            raise answer
        return answer

    def _exchange(self, frame: bytes, number: int, until: float, seconds: float) -> Any:
        pending, came = memoryview(frame), bytearray()
        self._poll.register(self._born.questions, select.POLLOUT)
        while True:
            if (left := until - time.monotonic()) <= 0:
                raise TimedOut(seconds)
            events = dict(self._poll.poll(1000 * min(left, _LOOK)))
            if not events:
                self._look_at_memory()
            if self._born.output in events:
                self._take_output()
            if self._born.questions in events:
                pending = self._send(pending)
            if self._born.answers in events:
                self._receive(came)
                if (answer := self._whole(came, number)) is not None:
                    return answer[0]

    def _send(self, pending: memoryview) -> memoryview:
        with contextlib.suppress(BlockingIOError):
            try:
                pending = pending[os.write(self._born.questions, pending[: 1 << 16]) :]
            except BrokenPipeError:
                pending = pending[:0]  # it closed its end; what that means is seen at the answers
        if not pending:
            self._poll.unregister(self._born.questions)
        return pending

    def _receive(self, came: bytearray) -> None:
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self._born.answers, 1 << 20)
            if not piece:
                raise self._death()
            came += piece

    @staticmethod
    def _whole(came: bytearray, number: int) -> tuple[Any] | None:
        if len(came) < wire.HEAD.size:
            return None
        header, payload, given = wire.sizes(bytes(came[: wire.HEAD.size]))
        if given != number:
            raise wire.Malformed("an answer to another question")
        at = wire.HEAD.size
        if len(came) < at + header + payload:
            return None
        if len(came) > at + header + payload:
            raise wire.Malformed("two answers to one question")
        return (wire.decode(bytes(came[at : at + header]), came[at + header :]),)

    def _take_output(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._born.output, 1 << 16)
            if not data:
                self._poll.unregister(self._born.output)
            elif not self._printed.add(data):
                raise Died("it printed without end")

    def _look_at_memory(self) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = int(Path(f"/proc/{self._pid}/statm").read_text(encoding="ascii").split()[1])
            if pages * os.sysconf("SC_PAGE_SIZE") >> 20 > self._terms.memory_mb + _SPARE_MB:
                raise OutOfMemory(f"it used more than {self._terms.memory_mb} MB")

    def _death(self) -> Died:
        """How it came to its end, by the report of who forked it."""
        code = self.end()
        if code == -signal.SIGXCPU or (code == -signal.SIGKILL and self.cpu_seconds >= self._terms.cpu_seconds - 1):
            return Died(f"it used more than {self._terms.cpu_seconds} s of processor time")
        if code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS) and self.peak_mb > 0.7 * self._terms.memory_mb:
            return OutOfMemory(f"it used more than {self._terms.memory_mb} MB")
        if code is None or code >= 0:
            return Died("its process ended (a call of exit?)")
        return Died(f"its process was ended by {signal.Signals(-code).name}")

    def end(self) -> int | None:
        """Kill it and all that it started, and wait until it is gone; its exit code. Later calls do nothing."""
        if self.ended:
            return None
        self.ended = True
        code: int | None = None
        if self._pidfd is not None:
            with contextlib.suppress(OSError):
                # One that ended by itself is a zombie until its end is reported: the signal does not hide its code.
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            os.close(self._pidfd)
            code = self._last_report()
        self._born.status.close()
        for descriptor in (self._born.questions, self._born.answers, self._born.output):
            os.close(descriptor)
        return code

    def _last_report(self) -> int | None:
        self._born.status.settimeout(_END)
        said: dict[str, Any] = {"started": True}
        try:
            while said and "status" not in said:
                said, _ = received(self._born.status)
        except (OSError, ValueError):
            return None
        with contextlib.suppress(BlockingIOError):
            self._printed.add(os.read(self._born.output, 1 << 16))
        self.cpu_seconds, self.peak_mb = float(said.get("cpu", 0.0)), float(said.get("peak_mb", 0.0))
        status = said.get("status")
        return status if isinstance(status, int) else None
