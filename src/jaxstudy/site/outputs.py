"""What a cell gave → Markdown: text, errors, pictures, tables."""

from __future__ import annotations

import base64
import html
import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jaxstudy.course import Step
from jaxstudy.course.pictures import alt_text
from jaxstudy.site.files import PageFiles
from jaxstudy.site.prose import latex_on_page, portable

MOST_LINES = 400
"""Longer text is cut; the executed notebook has all of it."""
MOST_ERROR_LINES = 12
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_PICTURES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
# JAX's note on hidden frames: true, and of no help to a reader.
_FRAMES = re.compile(r"\n-{10,}\nFor simplicity, JAX has removed.*", re.DOTALL)
# Where packages lie on the machine that built the site is nobody's business.
_PLACES = re.compile(r"(?<![\w.])/[^\s:\"']*/(?=(?:site|dist)-packages/|python3\.\d+/)|(?<=/tmp/)ipykernel_\d+/")
_ASKS_HOSTS = ("iframe", "link", "object", "embed", "base", "form")


@dataclass(frozen=True, slots=True)
class Shown:
    """Where outputs are shown: the step they belong to, the page's files, whether it has drawn before."""

    step: Step
    files: PageFiles

    def picture(self, number: int, kind: str, data: bytes, size: tuple[int, int] | None) -> str:
        """A picture file and the Markdown that shows it."""
        suffix = f"-{number}" if number > 1 else ""
        link = self.files.add(f"{self.step.id}{suffix}.{kind}", data)
        words = alt_text(self.step.source, self.step.metadata) or f"Output of the cell {self.step.id}"
        alt = re.sub(r"([\[\]\\])", r"\\\1", words) + (f" ({number})" if number > 1 else "")
        width = f' width="{size[0]}" height="{size[1]}"' if size else ""
        return f'![{alt}]({link}){{ .jx-figure{width} loading="lazy" }}'


def outputs_markdown(outputs: Sequence[Mapping[str, Any]], shown: Shown) -> Iterator[str]:
    """One Markdown block an output; neighbouring text of one stream is one block."""
    pictures = 0
    for output in joined(outputs):
        kind = output["output_type"]
        if kind == "stream":
            yield from _text(output["text"], "jx-stderr" if output.get("name") == "stderr" else "")
        elif kind == "error":
            yield _error(output, shown.step.must_raise)
        else:
            picture = picture_of(output["data"], output.get("metadata", {}))
            pictures += picture is not None
            yield from [shown.picture(pictures, *picture)] if picture else _rich(output["data"], shown.files)


def fenced(text: str, info: str) -> str:
    """A code fence longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"^ *(`{3,})", text, re.MULTILINE)), default=2)
    mark = "`" * (longest + 1)
    return f"{mark}{info}\n{text}\n{mark}"


def preformatted(text: str, css: str) -> str:
    """Text as it is. Not a code fence: Material would measure each one and give it a button."""
    # A fence is looked for before HTML is, so no three backticks may stand in a row.
    shown = html.escape(text.expandtabs(8), quote=False).replace("```", "&#96;&#96;&#96;")
    # Inside of a block, Markdown would take a last line {…} for attributes of the element.
    shown = shown.replace("{", "&#123;")
    return f'<pre class="{css}">{shown}</pre>'


def joined(outputs: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The outputs, neighbouring text of one stream as one."""
    waiting: dict[str, Any] | None = None
    for output in outputs:
        same = waiting and output["output_type"] == "stream" and output.get("name") == waiting.get("name")
        if waiting and same:
            waiting["text"] += output["text"]
            continue
        if waiting:
            yield waiting
        waiting = dict(output) if output["output_type"] == "stream" else None
        if waiting is None:
            yield output
    if waiting:
        yield waiting


def plain_text(text: str) -> str:
    """Terminal text as it looked in the end: no colours, progress bars at their last state."""
    lines = _ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in lines).strip("\n")


def without_places(text: str) -> str:
    """The text without the folders that say where packages lie on the machine it came from."""
    return _PLACES.sub("", text)


def _text(text: str, css: str = "") -> Iterator[str]:
    lines = plain_text(text).split("\n")
    if not any(lines):
        return
    left = len(lines) - MOST_LINES
    if left > 0:
        lines = [*lines[:MOST_LINES], f"… {left} more lines are in the executed notebook"]
    yield preformatted("\n".join(lines), f"jx-output {css}".strip())


def _error(output: Mapping[str, Any], expected: bool) -> str:
    """The message first, the traceback on request."""
    message = _FRAMES.sub("", plain_text(f"{output['ename']}: {output['evalue']}")).strip("\n")
    lines = message.split("\n")
    short = "\n".join(lines if len(lines) <= MOST_ERROR_LINES else [*lines[:MOST_ERROR_LINES], "…"])
    trace = without_places(plain_text("\n".join(output.get("traceback", ()))))
    label = "Expected error" if expected else "Error"
    parts = [f'<div class="jx-error" markdown="1">\n\n<p class="jx-label">{label}</p>']
    parts.append(preformatted(short, "jx-message"))
    if trace:
        parts.append('<details markdown="1">\n<summary>Show the traceback</summary>')
        parts += [preformatted(trace, "jx-output"), "</details>"]
    return "\n\n".join([*parts, "</div>"])


def picture_of(data: Mapping[str, Any], meta: Mapping[str, Any]) -> tuple[str, bytes, tuple[int, int] | None] | None:
    """Suffix, bytes, and size in CSS pixels of the best picture among the data."""
    for mime, suffix in _PICTURES.items():
        if mime not in data:
            continue
        raw = "".join(data[mime])
        content = raw.encode() if suffix == "svg" else base64.b64decode(raw)
        said = meta.get(mime, {})
        size = (int(said["width"]), int(said["height"])) if {"width", "height"} <= set(said) else _size(content)
        return suffix, content, size
    return None


def _size(content: bytes) -> tuple[int, int] | None:
    """Pixels of a PNG: they keep the page from jumping while it loads."""
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _rich(data: Mapping[str, Any], files: PageFiles) -> Iterator[str]:
    markup = _clean_html("".join(data["text/html"]), files) if "text/html" in data else ""
    if markup:
        yield f'<div class="jx-html">\n{markup}\n</div>'
    elif "text/markdown" in data:
        yield portable("".join(data["text/markdown"]), lambda level: min(6, level + 3))
    elif "text/latex" in data:
        yield latex_on_page("".join(data["text/latex"]))
    elif "text/plain" in data:
        yield from _text("".join(data["text/plain"]))
    elif "application/json" in data:
        yield from _text(json.dumps(data["application/json"], indent=2))


def raw_html(source: str) -> str:
    """HTML that the author wrote as HTML, styles included; closed in itself, asking no other host, no blank line."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(source, "html.parser")
    for tag in soup.find_all(["script", *_ASKS_HOSTS]):
        tag.decompose()
    for tag in soup.find_all(True):
        for name in [name for name in tag.attrs if name.startswith("on")]:
            del tag[name]
        for name in ("src", "srcset", "poster"):
            if re.match(r"(\w+:)?//", str(tag.attrs.get(name, ""))):
                del tag[name]
    return re.sub(r"\n\s*\n", "\n", str(soup)).strip()


def _clean_html(markup: str, files: PageFiles) -> str:
    """HTML that stands still: no script, no style, nothing from another host; empty when nothing is left to see.

    What needs a script to show itself (widgets, interactive plots) has a text form, which is shown instead.
    """
    if re.search(r"<script\b", markup, re.IGNORECASE):
        return ""
    from bs4 import BeautifulSoup  # 50 ms that most builds need not spend

    soup = BeautifulSoup(markup, "html.parser")
    for tag in soup(["style", *_ASKS_HOSTS]):
        tag.decompose()
    for tag in soup.find_all(True):
        _clean_attributes(tag, files)
    seen = soup.get_text(strip=True) or soup.find(["img", "svg", "video", "audio", "table"])
    # A blank line would end the raw HTML for some Markdown parsers.
    return re.sub(r"\n\s*\n", "\n", str(soup)).strip() if seen else ""


def _clean_attributes(tag: Any, files: PageFiles) -> None:
    for name in [name for name in tag.attrs if name.startswith("on") or name in ("border", "id")]:
        del tag[name]
    if tag.name == "table":
        tag.attrs.pop("class", None)  # Material sets only tables without a class
    for name in ("src", "srcset", "poster"):
        link = str(tag.attrs.get(name, ""))
        inline = re.match(r"data:\w+/([\w.+-]+);base64,(.+)", link, re.DOTALL)
        if inline:
            content = base64.b64decode(inline[2])
            tag[name] = files.add(f"inline-{len(files.found)}.{html.escape(inline[1].split('+')[0])}", content)
        elif re.match(r"(\w+:)?//", link):
            del tag[name]
