"""A peer as a careful user would write it: nbclient over two processes, then nbconvert's slides and page in-process."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def build(name: str) -> None:
    import nbformat
    from nbclient import NotebookClient
    from nbconvert.exporters import HTMLExporter, SlidesExporter

    notebook = nbformat.read(name, as_version=4)
    NotebookClient(notebook, kernel_name="python3").execute()
    for kind, exporter in (("html", HTMLExporter()), ("slides.html", SlidesExporter())):
        Path(name).with_suffix(f".{kind}").write_text(exporter.from_notebook_node(notebook)[0])


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(build, sys.argv[1:]))
