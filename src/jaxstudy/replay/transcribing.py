"""A recording's sound → a transcript, by faster-whisper where it is installed; never without saying so."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem, ToolMissing
from jaxstudy.installing import extra_words
from jaxstudy.replay.glossary import Glossary
from jaxstudy.replay.transcript import Segment, Transcript

HOTWORDS = 400
"""Characters. Whisper takes some 220 tokens of context, and cuts what is longer from the front."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How to listen."""

    model: str = "small"
    """A model's name (`tiny` … `large-v3`, `turbo`), or the folder of one on this machine."""
    language: str | None = "en"
    """None lets the model guess from the first half minute."""
    device: str = "auto"


def arguments(how: Listening, glossary: Glossary | None) -> dict[str, Any]:
    """What `WhisperModel.transcribe` is called with."""
    return {
        "language": how.language,
        "hotwords": hotwords(glossary) or None,
        "vad_filter": True,  # silence makes Whisper invent sentences
        "condition_on_previous_text": False,  # or one invented sentence is repeated for minutes
        "word_timestamps": True,  # or starts lie on whole seconds, and early
    }


def hotwords(glossary: Glossary | None) -> str:
    """The terms, most often misheard first, as many as fit. They bias the model; they are no guarantee."""
    if glossary is None:
        return ""
    forms = [form.term for form in glossary.forms]
    ordered = sorted(glossary.terms, key=lambda term: -forms.count(term))
    chosen: list[str] = []
    for term in ordered:
        if len(", ".join([*chosen, term])) > HOTWORDS:
            break
        chosen.append(term)
    return ", ".join(chosen)


def transcribe(
    media: Path, how: Listening, glossary: Glossary | None = None, heard: Callable[[Segment], None] = lambda _: None
) -> Transcript:
    """The transcript of an audio or video file.

    Args:
        heard: Called with each segment as it comes, seconds from the start of the file.

    Raises:
        InputError: no such file, or nothing in it that can be played.
        ToolMissing: faster-whisper or its model is not on this machine; how to get it.
    """
    if not media.is_file():
        raise InputError(Problem("an audio or video file", "nothing there", "check the path", media))
    if importlib.util.find_spec("faster_whisper") is None:
        raise ToolMissing(Problem("faster-whisper, to listen with", "not installed", f"run: {extra_words('asr')}"))
    model = _model(how)
    segments = []
    try:
        found, _ = model.transcribe(str(media), **arguments(how, glossary))
        for one in found:
            segments.append(Segment(float(one.start), float(one.end), one.text.strip()))
            heard(segments[-1])
    except (OSError, ValueError) as error:  # PyAV's errors are OSErrors and ValueErrors
        do = "check that a player plays it, or convert it with ffmpeg"
        raise InputError(Problem("sound that can be decoded", str(error), do, media)) from error
    if not segments:
        raise InputError(Problem("speech", "none", "check the sound track and --language", media))
    return Transcript(media, tuple(segments), format="faster-whisper")


def _model(how: Listening) -> Any:
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(how.model, device=how.device)
    except (OSError, ValueError, RuntimeError) as error:  # no network and no copy here; an unknown name; no CUDA
        got = str(error).splitlines()[0]
        do = "go online once so that it is fetched, or name a folder with --model"
        raise ToolMissing(Problem(f"the model {how.model!r}", got, do)) from error
