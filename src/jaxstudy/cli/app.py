"""`jaxstudy`: one small file a command; each parses, calls one library function and shows the result.

Only typer is imported up here: `jaxstudy --help` must not wait for JAX or Jupyter.
"""

from __future__ import annotations

import typer

from jaxstudy.cli import build, check, data, doctor, drift, homework, new, pdf, present, recording, replay, serve

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A lecture is one Python script. From it: live slides, an offline deck, a notebook, a study page.",
    epilog="Start with: jaxstudy build, then jaxstudy present 01. The guides are on the site (jaxstudy serve).",
)
app.command("build")(build.build)
app.command("check")(check.check)
app.command("present")(present.present)
app.command("serve")(serve.serve)
app.command("pdf")(pdf.pdf)
app.command("doctor")(doctor.doctor)
app.command("drift")(drift.drift)
app.add_typer(new.app, name="new")
app.add_typer(data.app, name="data")
app.add_typer(homework.app, name="homework")
app.add_typer(replay.app, name="replay")
app.add_typer(recording.app, name="recording")
