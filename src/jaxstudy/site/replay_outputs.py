"""What the built lecture's cells gave, as a replay shows it: for a talk that nobody recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jaxstudy.build.built import BuiltLecture
from jaxstudy.course.pictures import alt_text
from jaxstudy.replay.player import Output
from jaxstudy.site.files import PageFiles
from jaxstudy.site.outputs import joined, picture_of


def built_outputs(built: BuiltLecture, files: PageFiles) -> dict[str, list[Output]]:
    """Step id → outputs; figures are added to the page's files, and `Output.figure` is the link to them."""
    steps = {step.id: step for step in built.lecture}
    found: dict[str, list[Output]] = {}
    for cell in built.notebook.cells:
        given = cell.get("outputs", ())
        if given and cell.id in steps:
            alt = alt_text(steps[cell.id].source, steps[cell.id].metadata) or f"Output of the cell {cell.id}"
            found[cell.id] = list(_outputs(cell.id, given, alt, files))
    return found


def _outputs(step: str, outputs: Sequence[Mapping[str, Any]], alt: str, files: PageFiles) -> Iterator[Output]:
    for number, output in enumerate(joined(outputs), 1):
        kind = output["output_type"]
        if kind == "stream":
            yield Output(0.0, "stderr" if output.get("name") == "stderr" else "stdout", output["text"])
        elif kind == "error":
            said = f"{output['ename']}: {output['evalue']}"
            yield Output(0.0, "error", said, trace="\n".join(output.get("traceback", ())))
        elif picture := picture_of(output["data"], output.get("metadata", {})):
            suffix, content, _ = picture
            yield Output(0.0, "figure", figure=files.add(f"{step}-{number}.{suffix}", content), alt=alt)
        elif "text/plain" in output["data"]:
            yield Output(0.0, "result", "".join(output["data"]["text/plain"]))
