"""What the drift guard shows: the installation, the runs, the findings."""

from __future__ import annotations

import sys
from pathlib import Path

from jaxstudy.build.drift import Comparison, Finding, Stopped, drift
from jaxstudy.build.interpreters import checked_python, newest_python
from jaxstudy.build.notebook import requirements
from jaxstudy.build.throwaway import make_environment, versions_in, wanted
from jaxstudy.cli.show import building, console, show_problems
from jaxstudy.course import Course, Lecture
from jaxstudy.errors import FoundWanting


def install_there(
    course: Course, lectures: list[Lecture], folder: Path, asked: dict[str, str], named: Path | None = None
) -> Path:
    """The interpreter of a fresh environment with what the lectures need; says which versions it got."""
    base, version = checked_python(named) if named else newest_python()
    needs = sorted({need for lecture in lectures for need in requirements(course, lecture)})
    with console.status("installing into a throw-away environment") as status:
        python = make_environment(folder, wanted(needs, asked), lambda line: status.update(line[:90] or "…"), base)
    got = ", ".join(f"{name} {version}" for name, version in versions_in(python).items())
    console.print(f"[green]✓[/] a throw-away environment with Python {version}, {got}")
    if named is None and version == ".".join(map(str, sys.version_info[:2])):
        console.print("  [dim]no newer Python is here; the newest JAX may need one: name it with --python[/]")
    return python


def show_findings(course: Course, lectures: list[Lecture], python: Path, folder: Path, size: str, timeout: int) -> None:
    """Run and compare.

    Raises:
        FoundWanting: a step broke or changed.
    """
    with building() as on_event:
        findings = drift(course, lectures, python, folder, size, on_event, timeout)
    for lecture in lectures:
        _show_lecture(lecture, [finding for finding in findings if finding.lecture == lecture.path])
    if findings:
        raise FoundWanting(*(finding.problem() for finding in findings))


def show_stop(stop: KeyboardInterrupt) -> None:
    """That it was stopped, what had been compared by then, and what is known of the rest: nothing."""
    comparisons = stop.comparisons if isinstance(stop, Stopped) else ()
    compared = any(comparison.done for comparison in comparisons)
    console.print(f"\n[yellow]Stopped.[/] {'Compared so far:' if compared else 'Nothing was compared yet.'}")
    for comparison in comparisons if compared else ():
        if comparison.settled:
            _show_lecture(comparison.lecture, comparison.findings)
        else:
            console.print(f"[yellow]–[/] {comparison.lecture.name:24} {_how_far(comparison)}")
    # What changed in a lecture that is not settled may be what differs at every run.
    told = [each for comparison in comparisons for each in comparison.findings if comparison.settled or each.broke]
    show_problems([finding.problem() for finding in told])
    console.print("The throw-away environment goes; the same command starts again with a new one.")


def _show_lecture(lecture: Lecture, mine: list[Finding]) -> None:
    broke = sum(finding.broke for finding in mine)
    words = f"{broke} steps broke, {len(mine) - broke} changed" if mine else "every step as here"
    console.print(f"{'[red]✗[/]' if mine else '[green]✓[/]'} {lecture.name:24} {words}")


def _how_far(comparison: Comparison) -> str:
    if not comparison.done:
        return "not compared"
    broke = sum(finding.broke for finding in comparison.findings)
    differ = len(comparison.findings) - broke
    found = f"{broke} broke, {differ} differ and may do so at every run" if comparison.findings else "all as here"
    return f"stopped after {comparison.done} of {comparison.steps} steps: {found}"
