"""`jaxstudy recording redact`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option
from jaxstudy.cli.recording.showing import NAMED


def redact(
    recording: Annotated[str, Argument(help=NAMED)] = "",
    pattern: Annotated[
        list[str] | None, Option(help="Regular expression of what goes too; may be given often.")
    ] = None,
    out: Annotated[Path | None, Option(help="Folder for the new recording; default: beside the old.")] = None,
) -> None:
    """Take out home folders, user names, e-mail addresses, tokens and passwords. Figures are not looked into."""
    from dataclasses import replace

    from rich.markup import escape

    from jaxstudy.cli.recording.showing import counted, recording_named, root_here, show_next
    from jaxstudy.cli.show import console, relative
    from jaxstudy.replay.recorded.copying import beside, write_copy
    from jaxstudy.replay.recorded.secrets import redact as without_secrets

    found = recording_named(recording)
    clean = without_secrets(found, pattern or (), root_here())
    header = replace(found.header, more=clean.more)
    target = write_copy(found.path, out or beside(found.path, "redacted"), header, clean.events)
    console.print(f"[green]✓[/] {escape(relative(target.parent))}: {sum(clean.found.values())} places replaced")
    for name, count in sorted(clean.found.items()):
        console.print(f"  {escape(name)}: {count}")
    if clean.figures:
        console.print(f"  [yellow]not looked into:[/] {counted((len(clean.figures), 'figure'))}; look at them yourself")
        for figure in clean.figures:
            console.print(f"    {escape(relative(target.parent / figure))}")
    show_next(f"jaxstudy replay new {relative(target.parent)}, or jaxstudy recording export {relative(target.parent)}")
