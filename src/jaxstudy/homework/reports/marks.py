"""The class as a table: CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence

from jaxstudy.homework.gathering import clean
from jaxstudy.homework.results import SubmissionResult

# What starts a formula, in every width that a spreadsheet folds into the plain one.
_TRIGGERS = "=+\\-@|%"
# In a locale where `;` or a tab separates, a cell may begin in the middle of ours.
_INSIDE = re.compile(rf"([;,\t|])([\s\"']*)(?=[{_TRIGGERS}])")
_START = re.compile(rf"[\s\"']*[{_TRIGGERS}]")
_LENGTH = 500


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before whatever could start one.

    Source: OWASP, "CSV Injection"; and what separators of other locales make of the same line.
    """
    plain = clean(text, _LENGTH)
    if _START.match(unicodedata.normalize("NFKC", plain).replace("−", "-").lstrip("�")):
        plain = "'" + plain
    return _INSIDE.sub(r"\1\2'", plain)


def marks_csv(results: Sequence[SubmissionResult]) -> str:
    """One line a student: mark, lateness, points of each check. Nothing in it depends on how fast grading was.

    Begins with a byte order mark, by which spreadsheets know UTF-8.
    """
    checks = list(dict.fromkeys(check.id for result in results for check in result.checks))
    head = ["student", "mark", "total", "earned", "late_penalty", "late_hours", "submitted", "file", "unreadable"]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([*head, "incidents", *(safe_cell(check) for check in checks)])
    for result in results:
        points = {check.id: check.earned for check in result.checks}
        writer.writerow([
            safe_cell(result.student), _number(result.mark), _number(result.total), _number(result.earned),
            _number(result.penalty), _number(result.late_seconds / 3600), safe_cell(result.submitted),
            safe_cell(result.source), safe_cell(result.unreadable), len(result.incidents),
            *(_number(points.get(check, 0.0)) for check in checks),
        ])  # fmt: skip
    return "\ufeff" + text.getvalue()


def _number(value: float) -> float | int:
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded
