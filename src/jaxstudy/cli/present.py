"""`jaxstudy present`"""

from __future__ import annotations

from typing import Annotated

import typer


def present(
    lecture: Annotated[str, typer.Argument(help="Number, name or file of the lecture.")],
    lab: Annotated[bool, typer.Option("--lab", help="Slides in jupyterlab-rise instead of classic RISE.")] = False,
    static: Annotated[bool, typer.Option("--static", help="The offline deck: no kernel, nothing can fail.")] = False,
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1; default: a free one.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser; without it, the address is printed.")] = True,
    anyway: Annotated[bool, typer.Option("--anyway", help="Go on when the preflight found something.")] = False,
) -> None:
    """Give a lecture live: slides whose cells run, from a working copy; your edits come back as a diff."""
    from jaxstudy.cli.live import Wishes, present_live, present_static
    from jaxstudy.cli.show import console
    from jaxstudy.course import load_course, read_lecture

    course = load_course()
    wishes = Wishes("lab" if lab else "classic", port, browser, anyway)
    if static:
        deck = present_static(course, course.find(lecture), browser)
        console.print(f"[green]✓[/] {deck.as_uri()}\n  s opens the speaker window, ? lists the keys")
        return
    present_live(course, read_lecture(course.find(lecture)), wishes)
