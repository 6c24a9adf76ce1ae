"""A lecture presented: the context in which its slides are up and its kernel runs.

with PresentSession(lecture, course.root, course.theme) as session:
    webbrowser.open(session.door.as_uri())   # at once: the connection waits until the server accepts it
    session.wait_until_up()
    ...
if diff := session.edits():
    session.keep()
"""

from __future__ import annotations

import contextlib
import datetime
import html
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from jaxstudy.atomic import write_atomically
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.versions import size_from
from jaxstudy.course import Lecture
from jaxstudy.errors import FoundWanting, InputError, KernelLost, Problem
from jaxstudy.present.audience.folder import write_folder
from jaxstudy.present.audience.home import Home
from jaxstudy.present.audience.serving import Audience, Invitation
from jaxstudy.present.companion.plan import plan_of, step_at
from jaxstudy.present.edits import keep_edits, live_edits, save_patch
from jaxstudy.present.front_end import FRONT_ENDS, address, furnish, require
from jaxstudy.present.recorder.places import FOLDER, Place, end_recording, place_for
from jaxstudy.present.server import Orders
from jaxstudy.present.serving import Serving, listen
from jaxstudy.present.standby.from_build import rehearsal_of
from jaxstudy.present.standby.rehearsal import Rehearsal
from jaxstudy.present.warming import warm_up_code
from jaxstudy.present.workplace import Workplace, environment, workplaces
from jaxstudy.warm import SOCKET_VARIABLE, kernelspec_folder


class PresentSession:
    """One lecture, served on 127.0.0.1 behind a token, from a working copy; a kernel of its own, warmed.

    Entering starts everything and returns at once; leaving ends it, and so does the end of this process. What the
    presenter changed is there after leaving too, until `keep` or `discard`; without any of the two it stays in
    build/live, and the next session of the lecture finds it (`leftovers`).
    """

    def __init__(
        self,
        lecture: Lecture,
        course_root: Path,
        theme: Path,
        *,
        front_end: str = "classic",
        port: int | None = None,
        build: Path | None = None,
        kernels: Kernels | None = None,
        at: str = "",
        recap: str = "",
        audience: Invitation | None = None,
        record: bool = False,
    ) -> None:
        """Nothing is started yet.

        `port` is one to insist on; `build` the course's build folder (default `course_root/build`); `kernels` those
        of a build that goes on beside, to share its warm parent; `at` a step, or the number of a slide, to start at;
        `recap` a line for the notes of the lecture's recap;
        `audience` how others may follow, once `admit` lets them in; `record` writes the talk down below the course's
        `recordings/`.

        Raises:
            InputError: no such front end, or no such step.
            ToolMissing: it is not installed.
        """
        if front_end not in FRONT_ENDS:
            raise InputError(Problem(f"one of {', '.join(FRONT_ENDS)}", repr(front_end), "choose one of the two"))
        if at and front_end != "classic":
            do = "leave one of them out: only classic RISE can swap its kernel"
            raise InputError(Problem("a late start in classic RISE", f"front end {front_end!r}", do))
        require(front_end)
        self.lecture, self.front_end = lecture, front_end
        self._root, self._theme, self._wanted_port = course_root.resolve(), theme, port
        self._build = (build or course_root / "build").resolve()
        self._kernels = kernels
        self._at = step_at(lecture, at) if at else ""
        self._recap = recap
        self._invitation = audience
        self._record = record
        self.recording: Place | None = None
        """Where the talk is recorded."""
        self._in_order = False
        self.audience: Audience | None = None
        """The audience's server, where there is to be one."""
        self._token = secrets.token_urlsafe(24)
        self.leftovers: tuple[Workplace, ...] = ()
        """What earlier sessions of this lecture left behind: edits that nobody kept. Each has a `.patch`."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(listen(self._wanted_port))
            self.port: int = listener.getsockname()[1]
            kernels = self._kernels or stack.enter_context(Kernels(self._root, self._build, size_from()))
            kernels.prepare()  # first of all: its imports take longest
            live = self._build / "live"
            self.leftovers = tuple(_left_behind(self.lecture, live))
            self.workplace = Workplace.make(self.lecture, self._root, self._theme, live)
            stack.enter_context(self.workplace.taken())
            furnish(self.workplace, self.lecture, self.front_end)
            write_atomically(self.workplace.plan, plan_of(self.lecture, self._recap).to_json())
            self._write_kernelspec(kernels)
            self._write_door()
            if self._invitation is not None:
                self._invite(self._invitation, stack)
            if self._record:
                self.recording = place_for(self._root / FOLDER, self.lecture.name, datetime.datetime.now())
            orders, variables = self._orders(), environment(self.workplace)
            self.serving = Serving.start(listener, orders, variables, self.workplace.log)
            stack.callback(self._end)
            if self.audience is not None:
                self.audience.hub_line.close()  # the server has it
                stack.callback(self.audience.close)  # before `_end` clears the folder away
            self.rehearse()  # while the server starts
            self._closing = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._in_order = kind is None
        self._closing.close()

    @property
    def url(self) -> str:
        """Address of the slides, token included."""
        page = address(self.front_end, quote(self._path_in_server))
        return f"http://127.0.0.1:{self.port}{page}?token={self._token}"

    @property
    def speaker_url(self) -> str:
        """Address of the speaker's window, token included: for a second screen."""
        return f"http://127.0.0.1:{self.port}/jaxstudy/speaker?token={self._token}"

    @property
    def talks(self) -> Path:
        """Folder with what talks took, this one included once it has ended."""
        return self._build / "talks"

    @property
    def door(self) -> Path:
        """A local page that leads to the slides: opening it does not show the token to others on this machine."""
        return self.workplace.folder / "open.html"

    def wait_until_up(self, timeout: float = 30.0) -> None:
        """Return when the server answers.

        Raises:
            FoundWanting: it ended, or was silent for `timeout` seconds.
        """
        if self.serving.wait_for("up", timeout=timeout) is None:
            expected, do = f"the slides' server within {timeout:g} s", f"look at {self.workplace.log}"
            raise FoundWanting(Problem(expected, self.serving.last_words(), do))

    def wait_until_warm(self, timeout: float = 90.0) -> float:
        """Return when the kernel has run its first operations; the seconds that took in the server.

        Raises:
            KernelLost: it did not start.
        """
        if self.serving.wait_for("warm", "cold", timeout=timeout) == "warm":
            return float(self.serving.events["warm"]["seconds"])
        why = self.serving.events.get("cold", {}).get("why") or self.serving.last_words()
        raise KernelLost(Problem(f"a warm kernel within {timeout:g} s", why, f"look at {self.workplace.log}"))

    def rehearse(self) -> Rehearsal:
        """Tell the server what the last build of the lecture knows; again, when it has been built meanwhile."""
        rehearsal = rehearsal_of(self.lecture, self._root, self._build, size_from())
        write_atomically(self.workplace.rehearsal, rehearsal.to_json())
        return rehearsal

    def admit(self) -> None:
        """Open the follow page, made from the lecture's last build. Those who came before waited at the door.

        Raises:
            InputError: pictures that are not there.
            ToolMissing: reveal.js or KaTeX is not installed.
        """
        if self.audience is None:
            return
        place, lecture = self.workplace, self.lecture
        executed = self._build / "made" / f"{lecture.path.stem}.ipynb"
        write_folder(self.home.page, lecture, executed, self._theme)
        self.audience.open(self.home.page, place.copy, lecture.path, self._root, self.home.log)

    def edits(self) -> str:
        """What the presenter changed, as a unified diff of the lecture's file; empty for nothing."""
        return live_edits(self.workplace) if self.workplace.folder.exists() else ""

    def keep(self) -> Path:
        """Write the presenter's edits into the lecture's file; see `keep_edits`."""
        path = keep_edits(self.workplace)
        self.workplace.remove()
        return path

    def discard(self) -> None:
        """Drop the working copy and the edits in it."""
        self.workplace.remove()

    @property
    def _path_in_server(self) -> str:
        return self.workplace.copy.relative_to(self.workplace.files).as_posix()

    def _orders(self) -> Orders:
        return Orders(
            owner=os.getpid(),
            token=self._token,
            root=str(self.workplace.files),
            lecture=self._path_in_server,
            beside=str(self.workplace.beside),
            working_directory=str(self.workplace.lecture.parent),
            front_end=self.front_end,
            warm_up=warm_up_code(self.lecture),
            plan=str(self.workplace.plan),
            talks=str(self.talks),
            rehearsal=str(self.workplace.rehearsal),
            at=self._at,
            recording=str(self.recording.path) if self.recording else "",
            **self._invited(),
        )

    def _invite(self, invitation: Invitation, stack: contextlib.ExitStack) -> None:
        self.home = Home.take(self._build / "audience", self.lecture.name)
        stack.callback(self.home.release)
        self.audience = stack.enter_context(Audience(invitation, self.home.kept))
        self.home.keep(self.audience.kept)

    def _invited(self) -> dict[str, Any]:
        if self.audience is None:
            return {}
        line = self.audience.hub_line.fileno()
        return {"audience": line, "invitation": self.audience.address, "phone": self.audience.speaker_address}

    def _write_kernelspec(self, kernels: Kernels) -> None:
        wanted = kernels.environment()
        own = {name: value for name, value in wanted.items() if os.environ.get(name) != value}
        kernelspec_folder(self.workplace.jupyter / "share", SOCKET_VARIABLE in wanted, own)

    def _write_door(self) -> None:
        there = html.escape(self.url)
        self.door.touch(mode=0o600)
        self.door.write_text(
            f'<!doctype html><meta charset="utf-8"><title>{html.escape(self.lecture.title)}</title>'
            f'<meta http-equiv="refresh" content="0; url={there}"><a href="{there}">the slides</a>\n',
            encoding="utf-8",
        )

    def _end(self) -> None:
        """Stop the server and leave no folder behind that holds nothing of worth."""
        ended = self._in_order and self.serving.alive
        orderly = self.serving.stop()
        if orderly and self.audience is not None:
            self.home.clear()
        if ended and self.recording is not None:  # a talk that broke off is gone on with by the next session
            with contextlib.suppress(OSError):
                end_recording(self.recording.path)
        if live_edits(self.workplace):
            save_patch(self.workplace)
        elif orderly:  # else its log may be wanted; the next session clears it away
            self.workplace.remove()


def _left_behind(lecture: Lecture, live: Path) -> list[Workplace]:
    """Earlier sessions of the lecture with edits, patch written; those without any are removed."""
    found: list[Workplace] = []
    for place in workplaces(live):
        if place.lecture != lecture.path.resolve() or place.in_use:
            continue
        try:
            edited = bool(live_edits(place))
        except InputError:
            if place.original.exists():
                raise
            continue  # another session is clearing it away at this moment
        if edited:
            save_patch(place)
            found.append(place)
        else:
            place.remove()
    return found
