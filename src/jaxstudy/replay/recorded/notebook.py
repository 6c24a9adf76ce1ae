"""A recording as a notebook: every run a cell, in the order in which they ran, with what it gave."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jaxstudy.recording import Event, Recording
from jaxstudy.replay.recorded.copying import figures_of

_MIME = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".gif": "image/gif"}
_TEXTS = {"text": "text/plain", "html": "text/html", "markdown": "text/markdown", "latex": "text/latex"}
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook_of(recording: Recording, titles: Mapping[str, str] | None = None) -> str:
    """The text of an `.ipynb` that needs no file beside it: figures are in it. Nothing is run.

    A cell that ran twice is there twice. A figure that is not beside the recording is replaced by its text.
    """
    import nbformat
    from nbformat.v4 import new_markdown_cell, new_notebook

    header = recording.header
    title = str(header.more.get("title") or header.lecture)
    cells = [
        new_markdown_cell(f"# {title}\n\nAs it was run live, {header.started[:16].replace('T', ' ')}.", id="title")
    ]
    pen = _Pen(recording.path.parent, titles or {})
    for event in recording.events:
        cells += pen.cells(event)
    notebook = new_notebook(
        cells=cells, metadata={"kernelspec": _KERNEL, "jaxstudy": {"recording": str(header.lecture)}}
    )
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs = pen.outputs[cell.execution_count]
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


class _Pen:
    def __init__(self, folder: Path, titles: Mapping[str, str]) -> None:
        self.folder, self.titles = folder, titles
        self.outputs: dict[Any, list[Any]] = {}
        self._displays: dict[str, list[Any]] = {}
        self._clear: set[Any] = set()
        self._section = ""

    def cells(self, event: Event) -> Iterator[Any]:
        """New cells; outputs go to those that are there."""
        from nbformat.v4 import new_code_cell, new_markdown_cell

        data = event.data
        if event.kind == "run" and data.get("n") not in self.outputs:
            section = self.titles.get(event.step or "", "")
            if section and section != self._section:
                self._section = section
                yield new_markdown_cell(f"## {section}", id=f"section-{data.get('n')}")
            self.outputs[data.get("n")] = []
            about = {"jaxstudy": {"time": event.time} | ({"step": event.step} if event.step else {})}
            source = str(data.get("source", ""))
            yield new_code_cell(source, execution_count=data.get("n"), metadata=about, id=f"run-{data.get('n')}")
        elif event.kind == "output" and data.get("parent") in self.outputs:
            self._output(data)
        elif event.kind == "kernel" and data.get("state") in ("restarted", "swapped"):
            yield new_markdown_cell("*A new kernel from here on.*", id=f"kernel-{len(self.outputs)}-{event.time:.0f}")

    def _output(self, data: Mapping[str, Any]) -> None:
        outputs = self.outputs[data["parent"]]
        if data.get("type") == "clear":
            if data.get("wait"):
                self._clear.add(data["parent"])
            else:
                outputs.clear()
            return
        if data["parent"] in self._clear:
            self._clear.discard(data["parent"])
            outputs.clear()
        made = self._made(data)
        display = str(data.get("display", ""))
        if data.get("update"):
            for shown in self._displays.get(display, ()):
                shown["data"] = made["data"]
            return
        last = outputs[-1] if outputs else {}
        if made["output_type"] == "stream" and last.get("name") == made.get("name") and "text" in last:
            last["text"] += made["text"]
            return
        outputs.append(made)
        if display:
            self._displays.setdefault(display, []).append(made)

    def _made(self, data: Mapping[str, Any]) -> Any:
        from nbformat.v4 import new_output

        text = str(data.get("text", "")) + (f"\n… {data['cut']} bytes left out\n" if data.get("cut") else "")
        if data.get("type") == "stream":
            return new_output("stream", name=str(data.get("name", "stdout")), text=text)
        if data.get("type") == "error":
            trace = [str(line) for line in data.get("traceback") or ()]
            ename, evalue = str(data.get("ename", "")), str(data.get("evalue", ""))
            return new_output("error", ename=ename, evalue=evalue, traceback=trace)
        bundle = {_TEXTS[key]: str(data[key]) for key in _TEXTS if key in data} | self._figure(data)
        if not bundle:
            bundle = {"text/plain": text}
        if data.get("type") == "execute_result":
            return new_output("execute_result", bundle, execution_count=data["parent"])
        return new_output("display_data", bundle)

    def _figure(self, data: Mapping[str, Any]) -> dict[str, str]:
        for name in figures_of([Event(0.0, "output", data)]):
            path = self.folder / name
            if path.is_file():
                content = path.read_bytes()
                mime = _MIME[path.suffix]
                text = (
                    content.decode("utf-8", "replace") if path.suffix == ".svg" else base64.b64encode(content).decode()
                )
                return {mime: text}
        return {}
