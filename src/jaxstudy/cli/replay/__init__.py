"""`jaxstudy replay …`: one small file a command."""

from __future__ import annotations

from jaxstudy.cli.commands import App
from jaxstudy.cli.replay import align, glossary, new, outline, transcribe, transcript

app = App(help="Afterwards: transcript, glossary, chapters.")
app.command("transcribe")(transcribe.transcribe)
app.command("transcript")(transcript.transcript)
app.command("glossary")(glossary.glossary)
app.command("align")(align.align)
app.command("outline")(outline.outline)
app.command("new")(new.new)


@app.first
def replay() -> None:
    """Make a talk's recording readable: its words put right, laid against the lecture they belong to."""
    from jaxstudy.replay.extras import check_installed

    check_installed()
