"""`jaxstudy pdf`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument


def pdf(
    lectures: Annotated[list[str] | None, Argument(help="Numbers, names or files; without any: all.")] = None,
) -> None:
    """Print decks to PDF, one page a slide, through Chromium."""
    from jaxstudy.build.lectures import Options, Targets, build_lectures
    from jaxstudy.build.versions import size_from
    from jaxstudy.cli.course import course_for
    from jaxstudy.cli.show import building, console, relative

    course, paths = course_for(lectures or [])
    with building() as on_event:
        build_lectures(course, paths, Options(size_from(), pdf=True), on_event)
    for path in paths:
        console.print(f"[green]✓[/] {relative(Targets.of(course, path).pdf)}")
