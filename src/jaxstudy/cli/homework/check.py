"""`jaxstudy homework check`, and the same in a notebook: `%check softmax`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from jaxstudy.cli.commands import Argument, Exit, Option

if TYPE_CHECKING:
    from rich.console import Console

    from jaxstudy.homework.checks.running import Check
    from jaxstudy.homework.own_check import Own
    from jaxstudy.homework.results import CheckResult


def check(
    file: Annotated[Path | None, Argument(help="Your script or notebook; without it, the only one here.")] = None,
    homework: Annotated[str | None, Option("--homework", "-H", help="Which homework: 02, or its folder.")] = None,
    only: Annotated[list[str] | None, Option("--only", help="Check this function alone (repeatable).")] = None,
) -> None:
    """Check your own work: the checks you were given, on this machine, without the network."""
    from jaxstudy.homework.checks.here import uncollected

    with uncollected(freeze=True):
        from jaxstudy.cli.show import console
        from jaxstudy.homework.own_check import folder_of, own_check
        from jaxstudy.homework.sandbox.context import hasten

        chosen = file or only_file(Path.cwd())
        hasten(if_tried=True)
    own = own_check(folder_of(chosen, homework, _course_root()), chosen, only or ())
    if not show(console, own, chosen.name, not only):
        raise Exit(1)


def show(console: Console, own: Own, name: str, everything: bool) -> bool:
    """Run the checks, all there are or some, and say what became of each, then what to do next; whether all hold."""
    from rich.text import Text

    for failed in own.failed:
        console.print(Text(f"! {failed.cell} did not run: {failed.error}", style="yellow"))
    results = []
    with _what_runs(console) as on_start:
        for result in own.run(on_start):
            results.append(result)
            _show_one(console, result)
    held = [result for result in results if result.status == "passed"]
    unjudged = [result for result in results if result.status == "unjudged"]
    console.print()
    if unjudged and len(held) + len(unjudged) == len(results):
        words = f"{len(held)} of {len(results)} checks hold; {len(unjudged)} can be judged only when it is graded"
        console.print(Text(words + ".", style="yellow"))
        console.print(f"Next: hand in {name}." if everything else "Next: the next function; at the end, check all.")
        return True
    if len(held) == len(results):
        all_of_them = "The check holds" if len(results) == 1 else f"All {len(results)} checks hold"
        console.print(Text(f"{all_of_them}. Grading adds hidden ones, on other inputs.", style="green"))
        console.print(f"Next: hand in {name}." if everything else "Next: the next function; at the end, check all.")
        return True
    first = next(result for result in results if result.status not in ("passed", "unjudged"))
    waiting = sum(result.status == "missing" for result in results)
    words = f"{len(held)} of {len(results)} checks hold{_waiting(waiting)}"
    console.print(Text(words + ".", style="bold"))
    verb = "write" if first.status == "missing" else "mend"
    console.print(f"Next: {verb} {' and '.join(first.functions) or first.title}, save, and check again.")
    return False


def _waiting(count: int) -> str:
    if count == 1:
        return "; 1 waits for its function"
    return f"; {count} wait for their functions" if count else ""


@contextmanager
def _what_runs(console: Console) -> Iterator[Callable[[Check], None]]:
    """A line with the check that runs now, where there is a terminal: one that trains takes a while."""
    if not console.is_terminal:
        yield lambda _: None
        return
    from rich.markup import escape

    with console.status("starting") as line:
        yield lambda check: line.update(f"[dim]{escape(check.title)}[/]")


def _show_one(console: Console, result: CheckResult) -> None:
    from rich.text import Text

    marks = {"passed": "✓", "missing": "·", "partial": "◐", "unjudged": "?"}
    mark = marks.get(result.status, "✗")
    style = {"✓": "green", "✗": "red"}.get(mark, "yellow")
    earned = "?" if result.status == "unjudged" else f"{result.earned:g}"
    points = f"{earned}/{result.points:g}" + (" bonus" if result.bonus else "")
    console.print(Text.assemble((mark, style), " ", (result.title, "bold"), f"  {points}"))
    for line in result.message.splitlines():
        console.print(Text("    " + line))
    if result.reread:
        console.print(Text(f"    reread: {result.reread}", style="cyan"))


def only_file(folder: Path) -> Path:
    """The script or notebook that is meant when none is named.

    Raises:
        InputError: none, or several that could be meant.
    """
    from jaxstudy.errors import InputError, Problem

    found = [path for path in sorted(folder.iterdir()) if path.suffix in (".py", ".ipynb") and path.name != "checks.py"]
    # A release brings the notebook and the script of one name; whichever was worked on last is meant.
    names = {path.stem for path in found}
    if len(names) == 1:
        return max(found, key=lambda path: path.stat().st_mtime)
    got = f"{len(found)} that could be meant" if found else "none"
    raise InputError(Problem("one script or notebook here", got, "name the file: jaxstudy homework check FILE", folder))


def _course_root() -> Path | None:
    from jaxstudy.course import load_course
    from jaxstudy.errors import InputError

    try:
        return load_course().root
    except InputError:
        return None


def load_magic(shell: Any) -> None:
    """Give a notebook `%check`, which checks what is defined in it right now."""

    def magic(line: str) -> None:
        from rich.console import Console

        from jaxstudy.cli.show import show_error
        from jaxstudy.errors import StudyError
        from jaxstudy.homework.own_check import own_check

        try:
            names = line.split()
            own = own_check(Path.cwd(), shell.user_ns, names)
            show(Console(highlight=False, soft_wrap=True, emoji=False), own, "this notebook", not names)
        except StudyError as error:
            show_error(error)

    shell.register_magic_function(magic, "line", "check")
