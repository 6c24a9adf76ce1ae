"""`jaxstudy recording show`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument, Option, echo
from jaxstudy.cli.recording.showing import NAMED


def show(
    recording: Annotated[str, Argument(help=NAMED)] = "",
    as_json: Annotated[bool, Option("--json", help="For programs: all of it as JSON.")] = False,
) -> None:
    """Say what is in a recording: sections, runs, errors, marks, questions, each with its time."""
    from jaxstudy.cli.recording.listing import list_summary
    from jaxstudy.cli.recording.showing import recording_named, show_line, show_next, titles_for
    from jaxstudy.cli.show import relative
    from jaxstudy.replay.recorded.summary import summary_of

    found = recording_named(recording)
    summary = summary_of(found, titles_for(found))
    if as_json:
        import json
        from dataclasses import asdict

        echo(json.dumps({"path": str(found.path), **asdict(summary)}, ensure_ascii=False, indent=1))
        return
    show_line(found.path, summary)
    list_summary(summary)
    show_next(f"jaxstudy recording redact {relative(found.path.parent)}")
