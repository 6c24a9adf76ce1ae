"""`jaxstudy check`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def check(
    lectures: Annotated[list[str] | None, Argument(help="Numbers, names or files; without any: all.")] = None,
    screen: Annotated[bool, Option(help="Look at every slide in a real browser (needs Chromium).")] = True,
) -> None:
    """Judge lectures by the house's rules: prose, code, notes, minutes; overflow, alt text, contrast on screen."""
    from jaxstudy.cli.checks import check_lectures, read_all
    from jaxstudy.cli.course import course_for
    from jaxstudy.cli.pacing import recaps_of
    from jaxstudy.cli.show import console
    from jaxstudy.cli.untaken import say_untaken

    course, paths = course_for(lectures or [])
    if not lectures:
        say_untaken(course)
    count = check_lectures(course, paths, screen)
    for line in recaps_of(course, read_all(paths)):
        console.print(f"[yellow]–[/] {line}")
    console.print(f"[green]✓[/] {count} {'lecture' if count == 1 else 'lectures'}: nothing to mend")
