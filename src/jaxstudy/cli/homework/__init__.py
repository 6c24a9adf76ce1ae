"""`jaxstudy homework …`: one small file a command."""

from __future__ import annotations

from jaxstudy.cli.commands import App
from jaxstudy.cli.homework import autograder, bundle, check, grade, new, regrade, release, report, similarity, verify

_FIRST = (
    "Students: check, then bundle. Graders: grade 02 submissions/ makes marks.csv and overview.html; then regrade and "
    "similarity. Authors: new, verify, release."
)

app = App(help="Homework: write, release, check, grade.", epilog=_FIRST)
app.command("new")(new.new)
app.command("release")(release.release)
app.command("verify")(verify.verify)
app.command("check")(check.check)
app.command("grade")(grade.grade)
app.command("regrade")(regrade.regrade)
app.command("report")(report.report)
app.command("similarity")(similarity.similarity)
app.command("autograder")(autograder.autograder)
app.command("grade-one")(autograder.grade_one)
app.command("bundle")(bundle.bundle)
