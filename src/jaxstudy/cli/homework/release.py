"""`jaxstudy homework release`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument


def release(
    homework: Annotated[list[str] | None, Argument(help="Numbers, names or folders; without any: all.")] = None,
) -> None:
    """Write what students get to build/release/NN_topic/: notebook, script, shown checks; no solutions."""
    from jaxstudy.cli.homework.place import every
    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.release import release as write

    course, assignments = every(homework or [])
    for assignment in assignments:
        made = write(assignment, course.build / "release" / assignment.name)
        names = ", ".join(path.relative_to(made.folder).as_posix() for path in made.files)
        console.print(f"[green]✓[/] {relative(made.folder)}/  [dim]{names}[/]")
        if made.left:
            stays = f"  stays here, since nothing in the assignment names it: {', '.join(made.left)}"
            console.print(stays, style="yellow", markup=False)
    console.print("  next: hand the folder out; students say [bold]jaxstudy homework check[/] in it")
