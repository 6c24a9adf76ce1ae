"""Released homework → a page for each: what it asks, points, due date, downloads. Solutions never come near it."""

from __future__ import annotations

import ast
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.course import Course
from jaxstudy.homework.answers import answers_for
from jaxstudy.homework.assignment import Assignment, homework_folders, load_assignment
from jaxstudy.homework.recorded import FILE
from jaxstudy.homework.release import student_files
from jaxstudy.homework.trying import all_checks
from jaxstudy.site.files import Content
from jaxstudy.site.head import Link
from jaxstudy.site.templates import render

_THEN = (1980, 1, 1, 0, 0, 0)  # one zip for one content: no times of today in it


@dataclass(frozen=True, slots=True)
class HomeworkPage:
    """One page of the site's sources, and the files to download from it."""

    assignment: Assignment
    text: str
    files: dict[str, bytes]

    @property
    def tree(self) -> dict[str, Content]:
        """Path in the docs folder → what it holds."""
        name = self.assignment.name
        # A README.md would become a page of the site; it is in the zip.
        files = {f"homework/{name}/{file}": data for file, data in self.files.items() if not file.endswith(".md")}
        return {f"homework/{name}.md": self.text.encode(), **files}

    def link(self, up: str) -> Link:
        """A button that leads to the page; `up` leads to the site's top."""
        return Link("Homework", f"{up}homework/{self.assignment.name}.md", "what to write, and its checks")


def homework_pages(course: Course) -> list[HomeworkPage]:
    """A page for each homework that is released, in order.

    Raises:
        InputError: an assignment that can't be released.
        FoundWanting: the reference gives no answer to a shown check.
    """
    assignments = [load_assignment(folder) for folder in homework_folders(course.root)]
    student = (course.root / "docs" / "guides" / "student.md").is_file()
    lectures = {path.stem for path in course.lectures}
    return [_page(item, lectures, student) for item in assignments if item.released]


def _page(assignment: Assignment, lectures: set[str], student: bool) -> HomeworkPage:
    files = {**student_files(assignment), FILE: answers_for(assignment)}
    checks = all_checks(assignment)
    shown, hidden = [c for c in checks if not c.hidden], [c for c in checks if c.hidden]
    points = sum(check.worth.points for check in checks if not check.worth.bonus)
    due = [f"due {assignment.due:%A, %d %B %Y, %H:%M %Z}"] if assignment.due else []
    text = render(
        "homework.md.j2",
        title=assignment.title,
        name=assignment.name,
        facts=[f"Homework {assignment.number}" if assignment.lecture else "Homework", f"{points:g} points", *due],
        lecture=assignment.lecture if assignment.lecture in lectures else "",
        functions=list(_functions(files[f"{assignment.name}.py"].decode())),
        checks=shown,
        hidden=len(hidden),
        hidden_points=sum(check.worth.points for check in hidden),
        late=_late(assignment),
        student_guide=student,
    )
    files[f"{assignment.name}-homework.zip"] = _zipped(assignment.name, files)
    return HomeworkPage(assignment, text, files)


def _functions(starter: str) -> Iterator[tuple[str, str]]:
    """Each function that is to be written, and the first sentence of its docstring."""
    for node in ast.parse(starter).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and "your turn" in ast.unparse(node):
            yield node.name, re.split(r"\.(?= |$)|\n", ast.get_docstring(node) or "")[0]


def _late(assignment: Assignment) -> str:
    policy = assignment.late
    if assignment.due is None or not (policy.percent_per_day or policy.days is not None):
        return ""
    words = f"Handed in late, each day begun costs {policy.percent_per_day:g} % of the points"
    words += f", after {policy.grace_minutes:g} minutes of grace" if policy.grace_minutes else ""
    return words + (f"; after {policy.days:g} days nothing is earned." if policy.days is not None else ".")


def _zipped(name: str, files: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for file, content in files.items():
            info = zipfile.ZipInfo(f"{Path(name)}/{file}", _THEN)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return memory.getvalue()
