"""The follow page's folder: all that it needs as plain files, which any file server can serve.

index.html   the slides, without notes          follow.css, follow.js, first.js
talk.json    title, step → slide, live steps    katex.js, maths.js   where there is maths
figures/     pictures and fonts, by their digest   state/               see `eventlog`
notebook.ipynb   the lecture as it is now       qr.svg
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jaxstudy
from jaxstudy.atomic import write_atomically
from jaxstudy.build.webparts import web_part
from jaxstudy.course import Lecture
from jaxstudy.course.notebook_format import import_quickly

ASSETS = Path(jaxstudy.__file__).parent / "assets" / "audience"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; media-src data:; form-action 'none'; base-uri 'none'"
)
"""Scripts come from our own files alone: what stands in an output or a question can never run."""
FRAMED_BY_NOBODY = "; frame-ancestors 'none'"
"""What only a header may say."""
_KATEX = {"katex.js": "katex/dist/katex.min.js", "maths.js": "katex/dist/contrib/auto-render.min.js"}
_START, _END = '<div class="slides">', "</div>\n</main>"
_CARRIED = re.compile(r'src="data:(image/(?:png|jpeg|gif|webp|svg\+xml));base64,([A-Za-z0-9+/=\s]{3000,})"')
_FONT = re.compile(r"url\(data:font/woff2;base64,([A-Za-z0-9+/=]+)\)")
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/svg+xml": "svg"}


def write_folder(folder: Path, lecture: Lecture, executed: Path | None, theme: Path) -> None:
    """Write the files of the follow page, but for the state, the notebook and the QR code.

    `executed` is the executed lecture, one cell a step; with None, or where it is not of this lecture, the slides
    have no outputs yet.

    Raises:
        InputError: pictures that are not there, a theme without a stylesheet.
        ToolMissing: KaTeX or reveal.js is not installed.
    """
    import_quickly()
    from jaxstudy.build.deck import arranged  # half a second of imports, for those who have an audience
    from jaxstudy.build.deck_exporter import export

    cells = arranged(lecture, _notebook(lecture, executed))
    for cell in cells.cells:
        cell.metadata["deck"]["notes"] = []  # they are the presenter's
    order = [cell.metadata["deck"]["slide_id"] for cell in cells.cells]
    stylesheet = (theme / "jaxstudy.css").read_text(encoding="utf-8")
    page = export(cells, lecture, stylesheet, "")
    maths = "KaTeX_Main" in page[: page.index(_START)]  # the deck carries the fonts where it has maths
    slides = page[page.index(_START) + len(_START) : page.index(_END)]
    for name, content in _files(folder, _with_figures(folder, slides), lecture, stylesheet, maths):
        write_atomically(folder / name, content)
    numbers = json.dumps(_about(lecture, list(dict.fromkeys(order))), ensure_ascii=False)
    write_atomically(folder / "talk.json", numbers)


def _notebook(lecture: Lecture, executed: Path | None) -> Any:
    import nbformat

    from jaxstudy.build.execute import executed_notebook

    if executed is not None and executed.is_file():
        found = nbformat.read(executed, as_version=4)
        if {step.id for step in lecture} <= {cell.get("id") for cell in found.cells}:
            return found
    return executed_notebook(lecture, None)


def _files(folder: Path, slides: str, lecture: Lecture, theme: str, maths: bool) -> Iterator[tuple[str, str]]:
    from jinja2 import Environment, FileSystemLoader

    from jaxstudy.build.deck_page import styles

    environment = Environment(loader=FileSystemLoader(ASSETS), autoescape=True)
    scripts = [*(_KATEX if maths else ()), "follow.js"]
    values = {"title": lecture.title, "slides": slides, "policy": POLICY, "scripts": scripts}
    yield "index.html", environment.get_template("follow.html.j2").render(values)
    own = (ASSETS / "follow.css").read_text(encoding="utf-8")
    sheet = "\n".join([*styles(theme, maths), own])
    yield "follow.css", _FONT.sub(lambda found: f"url({_placed(folder, found[1], 'woff2')})", sheet)
    for name in ("follow.js", "first.js"):
        yield name, (ASSETS / name).read_text(encoding="utf-8")
    for name in _KATEX if maths else ():
        yield name, web_part(_KATEX[name]).read_text(encoding="utf-8")


def _with_figures(folder: Path, slides: str) -> str:
    """The slides with larger pictures as files of their own: a phone loads those of the slide it shows."""

    def placed(found: re.Match[str]) -> str:
        return f'loading="lazy" src="{_placed(folder, found[2], _ENDINGS[found[1]])}"'

    return _CARRIED.sub(placed, slides)


def _placed(folder: Path, carried: str, ending: str) -> str:
    """Write data that was carried along as base64 into a file named for its digest; the file's name."""
    data = base64.b64decode(carried)
    name = f"figures/{hashlib.sha256(data).hexdigest()[:20]}.{ending}"
    write_atomically(folder / name, data)
    return name


def _about(lecture: Lecture, shown: list[str]) -> dict[str, Any]:
    """What the page's script must know: every step's slide, by number among those that are shown."""
    steps: dict[str, int] = {}
    number = 0
    for slide in lecture.slides:
        number = shown.index(slide.id) if slide.id in shown else number
        steps |= {step.id: number for step in slide.steps}
    live = [step.id for step in lecture if "live" in step.tags]
    return {"title": lecture.title, "name": lecture.name, "steps": steps, "live": live}
