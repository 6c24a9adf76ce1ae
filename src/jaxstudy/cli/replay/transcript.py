"""`jaxstudy replay transcript`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def transcript(
    file: Annotated[Path, Argument(help="Whisper's log or JSON, SRT, WebVTT, YouTube's XML or json3.")],
    out: Annotated[Path | None, Option(help="Folder for what is written; default: beside the file.")] = None,
    everything: Annotated[bool, Option("--all", help="List every finding, not the first few of a kind.")] = False,
) -> None:
    """Read a transcript, say what is wrong with it line by line, and write it mended, as captions and as text."""
    from jaxstudy.cli.replay.showing import show_mended, show_next, show_summary, show_written
    from jaxstudy.cli.show import relative
    from jaxstudy.replay.reading import read_transcript
    from jaxstudy.replay.writing import write_plain, write_vtt

    found = read_transcript(file)
    show_summary(found)
    show_mended(found.mended, everything)
    captions = write_vtt(found, found.beside("transcript.vtt", out))
    show_written([captions, write_plain(found, found.beside("transcript.txt", out))])
    show_next(f"jaxstudy replay glossary {relative(captions)}")
