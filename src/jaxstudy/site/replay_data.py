"""A replay's timeline → the data of its page: slides as built, code as it stood, outputs as they came."""

from __future__ import annotations

import difflib
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from jaxstudy.build.maths import Formula, set_aside
from jaxstudy.course import Lecture, Slide, Step
from jaxstudy.course.exercises import without_markers
from jaxstudy.replay.chapters import Chapter
from jaxstudy.replay.player import Output, Run, Timeline
from jaxstudy.replay.transcript import Transcript
from jaxstudy.site.files import PageFiles
from jaxstudy.site.lighten import COLOURLESS
from jaxstudy.site.links import Places, with_links
from jaxstudy.site.outputs import plain_text, without_places
from jaxstudy.site.prose import without_slide_markers

FigureLink = Callable[[Output], str]
"""The link to an output's figure beside the page; empty when the file is not there."""
_TO_LECTURE = re.compile(r'(?<=href=")(?P<stem>[\w-]+)\.md(?=[#"])')
_TO_STEP = re.compile(r'(?<=href=")#')


def replay_data(
    transcript: Transcript,
    chapters: Sequence[Chapter],
    timeline: Timeline,
    lecture: Lecture | None,
    files: PageFiles,
    figure: FigureLink,
) -> dict[str, Any]:
    """What the page's script needs; plain JSON, HTML only where it is our own or the lecture's."""
    shown = {slide for _, slide in timeline.slides} | {run.slide for run in timeline.runs}
    slides = [slide for slide in lecture.slides if slide.id in shown] if lecture else []
    steps = {step.id: step for step in lecture} if lecture else {}
    return {
        "seconds": round(max(transcript.seconds, timeline.seconds), 1),
        "starts": [round(segment.start, 1) for segment in transcript.segments],
        "ends": [round(segment.end, 1) for segment in transcript.segments],
        "chapters": [[round(one.start, 1), one.title] for one in chapters],
        "slides": {slide.id: _slide(slide, lecture, files) for slide in slides if lecture},
        "steps": {step.id: coloured(_script(step)) for slide in slides for step in slide.steps if _is_shown_code(step)},
        "shown": [[time, slide] for time, slide in timeline.slides],
        "runs": [_run(run, steps, figure) for run in timeline.runs],
        "questions": [[one.start, one.answered, one.text] for one in timeline.questions],
        "restarts": list(timeline.restarts),
        "rehearsed": any(run.rehearsed for run in timeline.runs),
    }


def as_script(name: str, data: Any) -> str:
    """JSON as a script that sets `window.<name>`: unlike JSON, it can be read from file:// too."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Nothing in it can end a script element, should somebody inline it, or a line of JavaScript.
    for mark in ("<", "\u2028", "\u2029"):
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return f"window.{name}={text};\n"


def _slide(slide: Slide, lecture: Lecture, files: PageFiles) -> dict[str, Any]:
    """Title, place on the lecture's page, and its parts in order: HTML, or the id of a code step."""
    parts: list[Any] = []
    for step in slide.steps:
        if step.slide_type in ("notes", "skip") or "remove-cell" in step.tags:
            continue
        if step.kind == "markdown":
            markup = prose_html(step, lecture, files)
            parts += [markup] if markup else []
        elif _is_shown_code(step):
            parts.append({"step": step.id})
    return {"title": slide.title, "link": f"../lectures/{lecture.name}.html#{slide.id}", "parts": parts}


def _is_shown_code(step: Step) -> bool:
    hidden = step.slide_type in ("notes", "skip") or "remove-cell" in step.tags
    return step.kind == "code" and bool(step.source.strip()) and not hidden


def _script(step: Step) -> str:
    return without_markers(step.source)


def prose_html(step: Step, lecture: Lecture, files: PageFiles) -> str:
    """A Markdown cell of the lecture as HTML, links leading to the site's pages."""
    source = without_slide_markers(step.source)
    source = with_links(source, files, Places({lecture.name}), step.attachments)
    found = set_aside(source)
    markup = found.put_back(str(_parser().render(found.text)).strip(), _formula, html.escape)
    markup = _TO_STEP.sub(f"../lectures/{lecture.name}.html#", markup)
    return _TO_LECTURE.sub(r"../lectures/\g<stem>.html", markup)


@cache
def _parser() -> MarkdownIt:
    def code(content: str, language: str, _: str) -> str:
        return coloured(content.rstrip("\n")) if language in ("python", "py", "") else html.escape(content)

    return MarkdownIt("commonmark", {"html": True, "highlight": code}).enable("table")


def _formula(formula: Formula) -> str:
    shown = html.escape(formula.body)
    if formula.literal:
        return shown
    if formula.displayed:
        return f'<div class="arithmatex">\\[{shown}\\]</div>'
    return f'<span class="arithmatex">\\({shown}\\)</span>'


def coloured(code: str) -> str:
    """Python code as HTML in the marks of the site's other code."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    lexer = PythonLexer(stripnl=False, ensurenl=False)
    marked: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    # The formatter ends the last line, whether the code does or not.
    return COLOURLESS.sub(r"\1", marked if code.endswith("\n") else marked.removesuffix("\n"))


def _run(run: Run, steps: Mapping[str, Step], figure: FigureLink) -> dict[str, Any]:
    found: dict[str, Any] = {"t": run.start, "slide": run.slide, "out": []}
    found["out"] = [_shown(out, figure) for out in run.outputs if out.text or out.figure or out.cut]
    script = _script(steps[run.step]) if run.step in steps else None
    source = run.source.rstrip("\n")
    if run.step:
        found["step"] = run.step
    if script is None or (run.edited and source != script.rstrip("\n")):
        found["code"] = coloured(source)
        if script is not None:
            found["diff"] = difference(script.rstrip("\n"), source)
    if run.status and run.status != "ok":
        found["status"] = run.status
    if run.seconds is not None and run.seconds >= 1:
        found["seconds"] = round(run.seconds, 1)
    if run.rehearsed:
        found["rehearsed"] = True
    return found


def difference(before: str, after: str) -> list[list[str]]:
    """Lines of both as HTML, each with ` `, `-` or `+`."""
    old, new = before.split("\n"), after.split("\n")
    old_html, new_html = coloured(before).split("\n"), coloured(after).split("\n")
    lines: list[list[str]] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            lines += [[" ", line] for line in new_html[c:d]]
            continue
        lines += [["-", line] for line in old_html[a:b]]
        lines += [["+", line] for line in new_html[c:d]]
    return lines


def _shown(output: Output, figure: FigureLink) -> dict[str, Any]:
    found: dict[str, Any] = {"t": output.start, "kind": output.kind}
    if output.end is not None:
        found["end"] = output.end
    if output.kind == "figure":
        link = figure(output)
        found |= {"src": link, "alt": output.alt or "Figure"} if link else {"kind": "result"}
        found |= {} if link else {"text": "(this figure is not part of the replay)"}
        return found
    # Streams keep their line ends: the page joins their pieces.
    text = output.text if output.kind in ("stdout", "stderr") else plain_text(output.text)
    found["text"] = without_places(_without_colour(text))
    if output.trace:
        found["trace"] = without_places(plain_text(output.trace))
    if output.cut:
        found["cut"] = output.cut
    return found


def _without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07", "", text)
