"""What the drift guard shows: the installation, the runs, the findings."""

from __future__ import annotations

from pathlib import Path

from jaxstudy.build.drift import drift
from jaxstudy.build.notebook import requirements
from jaxstudy.build.throwaway import make_environment, versions_in, wanted
from jaxstudy.cli.show import building, console
from jaxstudy.course import Course, Lecture
from jaxstudy.errors import FoundWanting


def install_there(course: Course, lectures: list[Lecture], folder: Path, asked: dict[str, str]) -> Path:
    """The interpreter of a fresh environment with what the lectures need; says which versions it got."""
    needs = sorted({need for lecture in lectures for need in requirements(course, lecture)})
    with console.status("installing into a throw-away environment") as status:
        python = make_environment(folder, wanted(needs, asked), lambda line: status.update(line[:90] or "…"))
    got = ", ".join(f"{name} {version}" for name, version in versions_in(python).items())
    console.print(f"[green]✓[/] a throw-away environment with {got}")
    return python


def show_findings(course: Course, lectures: list[Lecture], python: Path, folder: Path, size: str, timeout: int) -> None:
    """Run and compare.

    Raises:
        FoundWanting: a step broke or changed.
    """
    with building() as on_event:
        findings = drift(course, lectures, python, folder, size, on_event, timeout)
    for lecture in lectures:
        mine = [finding for finding in findings if finding.lecture == lecture.path]
        broke = sum(finding.broke for finding in mine)
        words = f"{broke} steps broke, {len(mine) - broke} changed" if mine else "every step as here"
        console.print(f"{'[red]✗[/]' if mine else '[green]✓[/]'} {lecture.name:24} {words}")
    if findings:
        raise FoundWanting(*(finding.problem() for finding in findings))
