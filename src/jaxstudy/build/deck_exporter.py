"""The deck's HTML, by nbconvert with a template of our own. Importing this imports nbconvert: half a second."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters.slides import SlidesExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

from jaxstudy.build import deck_outputs as outputs
from jaxstudy.build.deck_markdown import balanced, code_html, has_maths, latex_html, markdown_html, offline, PictureMissing
from jaxstudy.build.deck_page import POLICY, first_script, scripts, styles
from jaxstudy.course import Lecture
from jaxstudy.errors import InputError, Problem

ASSETS = Path(__file__).resolve().parents[1] / "assets"


class DeckExporter(SlidesExporter):
    """nbconvert's slides exporter with the template in `assets/deck`."""

    def __init__(self) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            template_name="deck",
            extra_template_basedirs=[str(ASSETS)],
            exclude_input_prompt=True,
            exclude_output_prompt=True,
        )

    def default_filters(self) -> Any:
        """nbconvert's filters, and ours."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "markdown2html", _output_markdown
        yield "latex_html", latex_html
        yield "highlight_code", code_html
        yield "carried", _carried
        yield "shortened", outputs.shortened
        yield "coloured", outputs.coloured
        yield "error_parts", outputs.error_parts
        yield "filter_data_type", outputs.best_type

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own HTMLExporter does
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, straight from the template.

        HTMLExporter would parse and write the page once more with BeautifulSoup, which costs as much
        as all the rest and rewrites the scripts.
        """
        page, found = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        return str(page), found


def export(notebook: NotebookNode, lecture: Lecture, stylesheet: str, made: str) -> str:
    """The page for cells laid out by `jaxstudy.build.deck.arranged`.

    Raises:
        InputError: pictures that are not there, all of them.
        ToolMissing: reveal.js or KaTeX is not installed.
    """
    _render_markdown(notebook, lecture)
    maths = any(_cell_has_maths(cell) for cell in notebook.cells)
    language = str(lecture.metadata.get("language", "en"))
    deck = {
        "title": lecture.title,
        "made": made,
        "language": language if language.replace("-", "").isalpha() and language.lower() != "python" else "en",
        "policy": POLICY,
        "styles": styles(stylesheet, maths),
        "first_script": first_script(),
        "scripts": scripts(maths),
    }
    page, _ = _exporter().from_notebook_node(notebook, {"deck": deck})
    return page


@cache
def _exporter() -> DeckExporter:
    return DeckExporter()


def _render_markdown(notebook: NotebookNode, lecture: Lecture) -> None:
    """Give every Markdown cell and note its HTML."""
    problems: list[Problem] = []
    for cell in notebook.cells:
        place = cell.metadata["deck"]
        texts = [place] if cell.cell_type == "markdown" else []
        for text in [*texts, *place["notes"]]:
            source = cell.source if text is place else text["source"]
            try:
                text["html"] = markdown_html(source, lecture.path.parent, cell.get("attachments"))
            except PictureMissing as missing:
                problems.append(_no_picture(lecture, text["step"], str(missing)))
    if problems:
        raise InputError(*problems)


def _no_picture(lecture: Lecture, step_id: str, address: str) -> Problem:
    step = lecture.step(step_id)
    before, _, _ = step.source.partition(address)
    line = step.line + before.count("\n") if address in step.source else step.line
    do = "correct the path (it is relative to the lecture), or add the picture"
    return Problem("a picture beside the lecture", f"no picture at {address!r}", do, lecture.path, line)


def _cell_has_maths(cell: NotebookNode) -> bool:
    place = cell.metadata["deck"]
    texts = [place.get("html", ""), *(note["html"] for note in place["notes"])]
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    shown = [kind for types in data for kind in outputs.best_type(types)]
    markdown = [types["text/markdown"] for types in data if "text/markdown" in outputs.best_type(types)]
    return any(map(has_maths, texts)) or "text/latex" in shown or any("$" in text for text in markdown)


def _output_markdown(source: str) -> str:
    return markdown_html(source, None)


def _carried(fragment: str) -> str:
    return balanced(offline(fragment, None))
