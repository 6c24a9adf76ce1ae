"""`jaxstudy homework verify`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def verify(
    homework: Annotated[list[str] | None, Argument(help="Numbers, names or folders; without any: all.")] = None,
    rounds: Annotated[int, Option(min=1, help="How often, each time on a fresh seed.")] = 3,
    seed: Annotated[int | None, Option(help="Of the first round; default: a fresh one.")] = None,
    sandbox: Annotated[bool, Option("--sandbox", help="Run everything as it is graded, in the sandbox.")] = False,
) -> None:
    """Try the solutions, the bare release and every listed wrong answer on all checks."""
    from jaxstudy.cli.homework.place import every
    from jaxstudy.cli.homework.verifying import verified
    from jaxstudy.cli.show import console
    from jaxstudy.errors import FoundWanting, Problem

    problems: list[Problem] = []
    for assignment in every(homework or [])[1]:
        try:
            found = verified(assignment, rounds=rounds, seed=seed, sandbox=sandbox)
        except FoundWanting as error:
            problems += error.problems
            continue
        points = f"{found.points:g} points in {found.checks} checks, as script and as notebook"
        told = f"{points}; {len(found.wrong)} wrong answers caught"
        console.print(f"[green]✓[/] {assignment.name:16} {told} [dim](seeds {', '.join(map(str, found.seeds))})[/]")
    if problems:
        raise FoundWanting(*problems)
    console.print("  next: [bold]jaxstudy homework release[/]")
