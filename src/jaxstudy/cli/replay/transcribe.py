"""`jaxstudy replay transcribe`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def transcribe(
    media: Annotated[Path, Argument(help="The recording: any audio or video file.")],
    model: Annotated[str, Option(help="tiny … large-v3, turbo, or the folder of a model.")] = "small",
    language: Annotated[str, Option(help="en, de, …; auto lets the model guess.")] = "en",
    device: Annotated[str, Option(help="auto, cpu or cuda.")] = "auto",
    glossary: Annotated[Path | None, Option(help="Its terms are hinted; default: the course's.")] = None,
    out: Annotated[Path | None, Option(help="Folder for what is written; default: beside the file.")] = None,
) -> None:
    """Write down what is said in a recording (faster-whisper, on this machine; needs the extra `asr`)."""
    from jaxstudy.cli.replay.showing import glossary_if_any, show_next, show_summary, show_written
    from jaxstudy.cli.show import console, relative
    from jaxstudy.replay.transcribing import Listening
    from jaxstudy.replay.transcribing import transcribe as listen
    from jaxstudy.replay.writing import write_vtt

    how = Listening(model, None if language == "auto" else language, device)
    words = glossary_if_any(glossary)
    heard = listen(media, how, words, lambda segment: console.print(str(segment), markup=False))
    show_summary(heard)
    captions = write_vtt(heard, heard.beside("heard.vtt", out))
    show_written([captions])
    show_next(f"jaxstudy replay transcript {relative(captions)}")
