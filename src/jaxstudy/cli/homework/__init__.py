"""`jaxstudy homework …`: one small file a command."""

from __future__ import annotations

import typer

from jaxstudy.cli.homework import grade, regrade, report, similarity

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Homework: write, release, check, grade.")


@app.callback()
def homework() -> None:
    """Write assignments, release them, check your own work, grade a class."""


app.command("grade")(grade.grade)
app.command("regrade")(regrade.regrade)
app.command("report")(report.report)
app.command("similarity")(similarity.similarity)
