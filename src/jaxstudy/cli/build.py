"""`jaxstudy build`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def build(
    lectures: Annotated[
        list[str] | None, Argument(help="Numbers, names or files; without any: the whole course and its site.")
    ] = None,
    fresh: Annotated[bool, Option("--fresh", help="Run every cell again, whatever is known.")] = False,
    full: Annotated[bool, Option("--full", help="Full-size runs instead of smoke size.")] = False,
    pdf: Annotated[bool, Option(help="Print the decks to PDF too (needs Chromium).")] = False,
    site: Annotated[bool | None, Option(help="Build the study site; default: when the whole course is built.")] = None,
    kernel: Annotated[str, Option(help="warm (forked, fast) or plain; auto takes warm where it works.")] = "auto",
    jobs: Annotated[int, Option(help="Lectures at once; 0: one more than cores.")] = 0,
    timeout: Annotated[int, Option(min=1, help="Seconds a single cell may take.")] = 600,
) -> None:
    """Run lectures and write their notebooks, decks and study pages; only what changed runs."""
    from jaxstudy.build.lectures import Options, build_lectures
    from jaxstudy.cli.course import course_for, size_for
    from jaxstudy.cli.kernel import warm_for
    from jaxstudy.cli.show import building, show_results
    from jaxstudy.cli.untaken import say_untaken

    course, paths = course_for(lectures or [])
    size = size_for(full)
    options = Options(size, pdf, warm_for(kernel), jobs, timeout, fresh)
    with building() as on_event:
        results = build_lectures(course, paths, options, on_event)
    show_results(results)
    if not lectures:
        say_untaken(course)
    _say_where(course.build / "notebooks", course.decks, paths)
    if site or (site is None and not lectures):
        from jaxstudy.cli.site import make_site

        make_site(course, size)


def _say_where(notebooks: Path, decks: Path, paths: list[Path]) -> None:
    from jaxstudy.cli.show import console, relative

    name = paths[0].stem if len(paths) == 1 else "*"
    console.print(f"  decks      {relative(decks)}/{name}.html\n  notebooks  {relative(notebooks)}/{name}.ipynb")
