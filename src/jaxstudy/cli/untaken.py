"""Files in lectures/ that are taken for no lecture, in a terminal."""

from __future__ import annotations

from jaxstudy.course import Course


def say_untaken(course: Course) -> None:
    """A line for each; nothing where there is none."""
    from rich.markup import escape

    from jaxstudy.cli.show import console
    from jaxstudy.course.untaken import untaken

    for line in untaken(course):
        console.print(f"[yellow]–[/] {escape(line)}")
