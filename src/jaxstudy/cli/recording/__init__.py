"""`jaxstudy recording …`: one small file a command."""

from __future__ import annotations

import typer

from jaxstudy.cli.recording import export, redact, shift, show, trim

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Recordings of talks: shown, trimmed, redacted, exported."
)
app.command("show")(show.show)
app.command("trim")(trim.trim)
app.command("shift")(shift.shift)
app.command("redact")(redact.redact)
app.command("export")(export.export)
