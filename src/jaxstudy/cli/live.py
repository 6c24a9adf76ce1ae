"""A talk from the terminal's side: preflight, address, the wait, and what becomes of the edits."""

from __future__ import annotations

import signal
import sys
import time
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from jaxstudy.build.lectures import Options, Targets, build_lectures
from jaxstudy.build.versions import size_from
from jaxstudy.cli.show import building, console, relative, show_checks
from jaxstudy.course import Course, Lecture
from jaxstudy.errors import FoundWanting, Problem
from jaxstudy.present.front_end import LAB_HELP
from jaxstudy.present.preflight import preflight
from jaxstudy.present.session import PresentSession

_CLASSIC_HELP = "Space next · Shift+Enter run · t speaker window · w overview · / black · ? button: all keys"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the presenter asked for."""

    front_end: str
    port: int | None
    browser: bool
    anyway: bool


def present_static(course: Course, path: Path, browser: bool) -> Path:
    """Build the deck where it is stale, open it, and return it."""
    with building() as on_event:
        build_lectures(course, [path], Options(size_from()), on_event)
    deck = Targets.of(course, path).deck
    if browser:
        webbrowser.open(deck.as_uri())
    return deck


def present_live(course: Course, lecture: Lecture, wishes: Wishes) -> None:
    """Serve the slides until Ctrl-C, then deal with the edits.

    Raises:
        FoundWanting: the preflight found something.
    """
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stop)
    where = {"front_end": wishes.front_end, "port": wishes.port, "build": course.build}
    with PresentSession(lecture, course.root, course.theme, **where) as session:  # type: ignore[arg-type]
        _preflight(course, lecture, wishes)
        ended = _talk(session, lecture, wishes)
    if edits := session.edits():
        _settle(session, edits)
    if not ended:
        do = f"run `jaxstudy present {lecture.number}` again; `--static` needs no server"
        raise FoundWanting(Problem("the slides' server to live as long as the talk", "it ended", do))


def _preflight(course: Course, lecture: Lecture, wishes: Wishes) -> None:
    with building() as on_event:
        checks = preflight(
            lecture,
            course.root,
            execute=lambda: build_lectures(course, [lecture.path], Options(size_from()), on_event),
            front_end=wishes.front_end,
            browser=wishes.browser,
            build=course.build,
        )
    failed = [check for check in checks if not check.ok]
    if not failed:
        console.print(f"[green]✓[/] preflight: {len(checks)} checks, all well")
        return
    show_checks(checks)
    if not wishes.anyway:
        do = "follow the cures above, or go on with --anyway (or --static)"
        raise FoundWanting(Problem("a preflight without findings", f"{len(failed)}", do, lecture.path))


def _talk(session: PresentSession, lecture: Lecture, wishes: Wishes) -> bool:
    """Open the slides and wait for Ctrl-C (True) or the server's end (False)."""
    try:
        # At once: the address is listened on already, and the page waits for the server while both start.
        opened = wishes.browser and webbrowser.open(session.door.as_uri())
        console.print(f"[bold]{lecture.title}[/]  {'' if opened else session.url}")
        session.wait_until_up()
        for place in session.leftovers:
            console.print(f"[yellow]edits of an earlier session are in {relative(place.folder)}[/]")
        session.wait_until_warm()
        console.print(f"  kernel warm\n  {_CLASSIC_HELP if wishes.front_end == 'classic' else LAB_HELP}")
        console.print(f"  speaker window: s in the slides, or {session.speaker_url}")
        console.print("  Ctrl-C here ends the talk and shows what you changed")
        while session.serving.alive:
            time.sleep(0.3)
    except KeyboardInterrupt:
        return True
    return False


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
