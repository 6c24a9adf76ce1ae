"""`jaxstudy doctor`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Exit, Option


def doctor(
    install: Annotated[bool, Option("--install", help="Install the web parts (reveal.js, KaTeX, Mermaid).")] = False,
    has: Annotated[str, Option(help="Only say whether this is here, for scripts: chromium.")] = "",
) -> None:
    """Say what is here, what is missing and how to get it."""
    from jaxstudy.build.doctor import browser, examine
    from jaxstudy.cli.show import console, relative, show_checks

    if has:
        _answer(has, browser().ok)
    if install:
        from jaxstudy.build.webparts import install_web_parts

        console.print(f"[green]✓[/] web parts in {relative(install_web_parts())}")
        return
    well = show_checks(examine(Path.cwd()))
    _say_of_course()
    if not well:
        raise Exit(1)


def _say_of_course() -> None:
    """What the course here, if there is one, holds and does not use."""
    from jaxstudy.cli.untaken import say_untaken
    from jaxstudy.course import load_course
    from jaxstudy.errors import InputError

    try:
        course = load_course()
    except InputError:
        return
    say_untaken(course)


def _answer(word: str, chromium: bool) -> None:
    from jaxstudy.cli.show import console
    from jaxstudy.errors import InputError, Problem

    if word != "chromium":
        raise InputError(Problem("--has chromium", f"--has {word}", "ask for chromium"))
    if chromium:
        console.print("yes")
    raise Exit(0)
