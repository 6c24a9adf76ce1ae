"""`jaxstudy present`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def present(
    lecture: Annotated[str, Argument(help="Number, name or file of the lecture.")],
    lab: Annotated[bool, Option("--lab", help="Slides in jupyterlab-rise instead of classic RISE.")] = False,
    static: Annotated[bool, Option("--static", help="The offline deck: no kernel, nothing can fail.")] = False,
    port: Annotated[int | None, Option(help="Port on 127.0.0.1; default: a free one.")] = None,
    browser: Annotated[bool, Option(help="Open a browser; without it, the address is printed.")] = True,
    anyway: Annotated[bool, Option("--anyway", help="Go on when the preflight found something.")] = False,
    at: Annotated[str, Option(help="Start late: a slide's number or a step's id, with its state.")] = "",
    links: Annotated[bool, Option("--links", help="Also ask other hosts whether links are alive.")] = False,
    record: Annotated[bool, Option(help="Record the talk below recordings/, on this machine.")] = True,
    audience: Annotated[bool, Option("--audience", help="A page to follow and ask on; QR code on the title.")] = False,
    audience_host: Annotated[
        str, Option(help="Where that page listens; 0.0.0.0 lets in your whole network.")
    ] = "127.0.0.1",
    audience_port: Annotated[int | None, Option(help="Its port; default: 8822, or a free one.")] = None,
    phone: Annotated[bool, Option("--phone", help="The speaker window for your phone, too.")] = False,
) -> None:
    """Give a lecture live: slides whose cells run, from a working copy; your edits come back as a diff."""
    from jaxstudy.cli.live import Wishes, invited, present_live, present_static
    from jaxstudy.cli.show import console
    from jaxstudy.course import load_course, read_lecture

    course = load_course()
    invitation = invited(audience, audience_host, audience_port, phone, lab or static)
    wishes = Wishes("lab" if lab else "classic", port, browser, anyway, invitation, record, at, links)
    if static:
        address = present_static(course, course.find(lecture), browser, at)
        console.print(f"[green]✓[/] {address}\n  s opens the speaker window, ? lists the keys")
        return
    present_live(course, read_lecture(course.find(lecture)), wishes)
