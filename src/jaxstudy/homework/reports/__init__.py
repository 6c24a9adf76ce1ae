"""Reports: for each student a page and Gradescope's JSON; for the class a CSV, a page, JUnit XML.

written = write_reports(results, "Functions of functions", Path("build/grades/02_functions"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.homework.gathering import name_order
from jaxstudy.homework.reports.feedback import feedback_page
from jaxstudy.homework.reports.gradescope import gradescope_json
from jaxstudy.homework.reports.junit import junit_xml
from jaxstudy.homework.reports.marks import marks_csv
from jaxstudy.homework.reports.overview import overview_page
from jaxstudy.homework.reports.pages import compile_templates
from jaxstudy.homework.results import SubmissionResult

__all__ = ["Reports", "make_ready", "write_feedback", "write_reports"]


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the reports of a class are."""

    marks: Path
    overview: Path
    junit: Path
    feedback: Path
    """The folder with a page a student."""
    gradescope: Path
    """The folder with a `results.json` a student."""


def write_reports(results: Mapping[str, SubmissionResult], title: str, folder: Path) -> Reports:
    """Write everything; pages of students who are gone are removed.

    Args:
        results: by file name; they are shown in the order of the students' names.
        title: the homework's title.
        folder: where the grades lie.
    """
    results = dict(sorted(results.items(), key=lambda item: (name_order(item[1].student), item[0])))
    places = Reports(
        folder / "marks.csv", folder / "overview.html", folder / "junit.xml", folder / "feedback", folder / "gradescope"
    )
    for key, result in results.items():
        write_feedback(key, result, title, folder)
    for path in (*places.feedback.glob("*.html"), *places.gradescope.glob("*.json")):
        if path.stem not in results:
            path.unlink()
    write_atomically(places.marks, marks_csv(list(results.values())))
    write_atomically(places.junit, junit_xml(list(results.values())))
    links = {"Marks (CSV)": "marks.csv", "JUnit XML": "junit.xml"}
    if (folder / "similarity.html").is_file():
        links["Similarity"] = "similarity.html"
    write_atomically(places.overview, overview_page(results, title, links))
    return places


def make_ready() -> None:
    """Do now, where there is time, what need not wait for results."""
    compile_templates("page.html.j2", "feedback.html.j2", "overview.html.j2")


def write_feedback(key: str, result: SubmissionResult, title: str, folder: Path) -> None:
    """Write what one student gets."""
    write_atomically(folder / "feedback" / f"{key}.html", feedback_page(result, title))
    write_atomically(folder / "gradescope" / f"{key}.json", gradescope_json(result))
