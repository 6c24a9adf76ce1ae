"""`jaxstudy recording …`: one small file a command."""

from __future__ import annotations

from jaxstudy.cli.commands import App
from jaxstudy.cli.recording import export, redact, shift, show, trim

app = App(help="Recordings of talks: shown, trimmed, redacted, exported.")
app.command("show")(show.show)
app.command("trim")(trim.trim)
app.command("shift")(shift.shift)
app.command("redact")(redact.redact)
app.command("export")(export.export)
