"""`jaxstudy homework bundle`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def bundle(
    file: Annotated[Path | None, Argument(help="Your script or notebook; without it, the only one here.")] = None,
    out: Annotated[Path | None, Option(help="Where to write; default: NAME.zip beside your file.")] = None,
) -> None:
    """Pack your work into one zip to hand in, and say what is in it."""
    from jaxstudy.cli.homework.check import only_file
    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.bundle import bundle as pack

    made = pack(file or only_file(Path.cwd()), out)
    console.print(f"[green]✓[/] {relative(made.path)}")
    for name, size in made.entries:
        console.print(f"    {name:24} {size / 1024:8.1f} kB")
    if made.other is not None:
        console.print(f"  [dim]left out: {made.other.name}, the same homework in the other format[/]")
    if made.waiting:
        console.print(f"  [yellow]still to be written: {', '.join(made.waiting)}[/]")
    console.print(f"  next: hand in {made.path.name}, and nothing else")
