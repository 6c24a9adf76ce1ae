"""A talk from the terminal's side: preflight, address, the wait, and what becomes of the edits."""

from __future__ import annotations

import datetime
import signal
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from jaxstudy.build.lectures import Options, Targets, build_lectures
from jaxstudy.build.versions import size_from
from jaxstudy.cli.pacing import recap_of, say_pacing
from jaxstudy.cli.recording.talk import say_recorded, say_where, watch
from jaxstudy.cli.show import building, console, relative, show_checks
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.errors import FoundWanting, InputError, Problem
from jaxstudy.present.audience.serving import Invitation
from jaxstudy.present.companion.plan import step_at
from jaxstudy.present.front_end import LAB_HELP
from jaxstudy.present.preflight import preflight
from jaxstudy.present.session import PresentSession

_CLASSIC_HELP = "Space next · Shift+Enter run · g go to · r recorded output · w overview · / black · ? button: all keys"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the presenter asked for."""

    front_end: str
    port: int | None
    browser: bool
    anyway: bool
    audience: Invitation | None = None
    record: bool = True
    at: str = ""
    links: bool = False


def invited(audience: bool, host: str, port: int | None, phone: bool, elsewhere: bool) -> Invitation | None:
    """How an audience may follow, by the command's options.

    Raises:
        InputError: options for a follow page that nobody asked for, or slides that can't be followed.
    """
    if not audience:
        if phone or port is not None or host != "127.0.0.1":
            do = "add --audience, or leave --audience-host, --audience-port and --phone out"
            raise InputError(Problem("--audience", "options for its page alone", do))
        return None
    if elsewhere:
        do = "leave one of them out: only the live slides in classic RISE say where they are"
        raise InputError(Problem("--audience without --lab and --static", "both", do))
    return Invitation(host, port, phone)


def present_static(course: Course, path: Path, browser: bool, at: str = "") -> str:
    """Build the deck where it is stale, open it (at that step or slide), and return its address."""
    place = "#" + step_at(read_lecture(path), at) if at else ""
    with building() as on_event:
        build_lectures(course, [path], Options(size_from()), on_event)
    address = Targets.of(course, path).deck.as_uri() + place
    if browser:
        webbrowser.open(address)
    return address


def present_live(course: Course, lecture: Lecture, wishes: Wishes) -> None:
    """Serve the slides until Ctrl-C, then deal with the edits.

    Raises:
        FoundWanting: the preflight found something.
    """
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stop)
    where = {"front_end": wishes.front_end, "port": wishes.port, "build": course.build, "audience": wishes.audience}
    where |= {"at": wishes.at, "record": wishes.record, "recap": recap_of(course, lecture)}
    began = datetime.datetime.now().astimezone().replace(microsecond=0)  # as talks are logged
    with PresentSession(lecture, course.root, course.theme, **where) as session:  # type: ignore[arg-type]
        _preflight(course, lecture, wishes, session)
        ended = _talk(session, course, lecture, wishes)
    say_pacing(session.talks, lecture, began)
    say_recorded(session, ended)
    if edits := session.edits():
        _settle(session, edits)
    if not ended:
        do = f"run `jaxstudy present {lecture.number}` again; `--static` needs no server"
        raise FoundWanting(Problem("the slides' server to live as long as the talk", "it ended", do))


def _preflight(course: Course, lecture: Lecture, wishes: Wishes, session: PresentSession) -> None:
    with building() as on_event:
        checks = preflight(
            lecture,
            course.root,
            execute=lambda: build_lectures(course, [lecture.path], Options(size_from()), on_event),
            front_end=wishes.front_end,
            browser=wishes.browser,
            build=course.build,
            rehearse=session.rehearse,
            links=wishes.links,
        )
    failed = [check for check in checks if not check.ok and check.needed]
    if not failed:
        console.print(f"[green]✓[/] preflight: {len(checks)} checks, nothing that stands in the way")
        show_checks([check for check in checks if not check.ok])
        return
    show_checks(checks)
    if not wishes.anyway:
        do = "follow the cures above, or go on with --anyway (or --static)"
        raise FoundWanting(Problem("a preflight without findings", f"{len(failed)}", do, lecture.path))


def _talk(session: PresentSession, course: Course, lecture: Lecture, wishes: Wishes) -> bool:
    """Open the slides and wait for Ctrl-C (True) or the server's end (False)."""
    try:
        # At once: the address is listened on already, and the page waits for the server while both start.
        opened = wishes.browser and webbrowser.open(session.door.as_uri())
        console.print(f"[bold]{lecture.title}[/]  {'' if opened else session.url}")
        _admit(session)
        session.wait_until_up()
        for place in session.leftovers:
            console.print(f"[yellow]edits of an earlier session are in {relative(place.folder)}[/]")
        seconds = session.wait_until_warm()  # here, and not in the preflight: the browser starts meanwhile
        if recap := recap_of(course, lecture):
            console.print(f"[yellow]{recap}[/]; it is in the notes, too")
        console.print(f"  kernel warm: it imported JAX and ran it in {seconds:.1f} s")
        console.print(f"  {_CLASSIC_HELP if wishes.front_end == 'classic' else LAB_HELP}")
        console.print(f"  speaker window: s in the slides, or {session.speaker_url}")
        say_where(session)
        console.print("  Ctrl-C here ends the talk and shows what you changed")
        watch(session)
    except KeyboardInterrupt:
        return True
    return False


def _admit(session: PresentSession) -> None:
    """Open the follow page, and say who can reach it."""
    if (audience := session.audience) is None:
        return
    session.admit()
    here = audience.invitation.host.startswith("127.")
    reach = "this computer alone; --audience-host 0.0.0.0 opens it to your network" if here else "your network"
    console.print(f"  audience: {audience.address}  ({reach})", soft_wrap=True)
    if audience.speaker_address:
        console.print(f"  your phone, and nobody else's: {audience.speaker_address}", soft_wrap=True)


def _settle(session: PresentSession, edits: str) -> None:
    """Show the presenter's edits; keep them, drop them, or leave them for later."""
    console.print()
    for line in edits.splitlines():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        console.print(line, style=colour, markup=False)
    answer = _ask() if sys.stdin.isatty() else "l"
    if answer == "k":
        console.print(f"[green]✓[/] kept in {relative(session.keep())}")
    elif answer == "d":
        session.discard()
        console.print("dropped")
    else:
        patch = relative(session.workplace.patch)
        console.print(f"saved in {patch}; take them over with [bold]patch -p1 < {patch}[/]")


def _ask() -> str:
    try:
        return console.input("[bold]k[/]eep these edits in the script, [bold]d[/]rop them, or decide [bold]l[/]ater? ")[
            :1
        ].lower()
    except (KeyboardInterrupt, EOFError):
        return "l"


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
