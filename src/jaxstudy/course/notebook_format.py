"""nbformat and jupytext without the wait, and taking what other tools write."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


def import_quickly() -> None:
    """Let nbformat and jupytext be imported without jsonschema's grammars for international addresses.

    jsonschema imports `rfc3987_syntax` where it is installed (Jupyter's server brings it along), and
    that compiles 39 grammars: most of a second, on every command, for a check that notebooks never
    ask for. Hidden while jsonschema is imported, it is as if it were not installed; later imports find it.
    """
    if "jsonschema" in sys.modules or "rfc3987_syntax" in sys.modules:
        return
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # the import system's "not there"
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        pass  # nbformat will say so in its own words
    finally:
        del sys.modules["rfc3987_syntax"]


_LOCK = threading.RLock()


@contextmanager
def unvalidated() -> Iterator[None]:
    """While this lasts, nbformat makes cells and notebooks without judging them: what is read is judged later."""
    from nbformat.v4 import nbbase

    with _LOCK:
        judge = nbbase.validate
        nbbase.validate = lambda *_, **__: None
        try:
            yield
        finally:
            nbbase.validate = judge


def read_ipynb(text: str) -> Any:
    """The notebook of a file of any nbformat, as 4; what tools leave out or write otherwise is put right.

    Raises:
        ValueError: it is none, or of a format that nbformat does not know.
    """
    import nbformat

    raw = json.loads(text)
    if isinstance(raw, dict) and isinstance(raw.get("cells"), list):
        if int(raw.get("nbformat") or 4) > 4:
            raise ValueError("a newer format than 4")
        raw = {**raw, "nbformat": int(raw.get("nbformat") or 4), "nbformat_minor": int(raw.get("nbformat_minor") or 0)}
        raw["metadata"] = _mapping(raw.get("metadata"))
        raw["cells"] = [_whole(cell) for cell in raw["cells"]]
        notebook = nbformat.from_dict(raw)
        return notebook if notebook.nbformat == 4 else nbformat.convert(notebook, 4)
    return nbformat.convert(nbformat.reader.reads(text), 4)


def _whole(cell: Any) -> dict[str, Any]:
    """A cell with all that nbformat 4 asks for."""
    if not isinstance(cell, dict):
        raise ValueError(f"a cell that is {cell!r}")
    source = cell.get("source", cell.get("input")) or ""
    if isinstance(source, list):
        source = "".join(map(str, source))
    kind = cell.get("cell_type")
    if kind == "heading":  # nbformat 3, in what says that it is 4
        kind, source = "markdown", f"{'#' * int(cell.get('level') or 1)} {source}"
    if kind not in ("code", "markdown", "raw"):
        raise ValueError(f"a cell of type {kind!r}")
    whole = {
        **cell,
        "cell_type": kind,
        "source": str(source).replace("\r\n", "\n"),
        "metadata": _mapping(cell.get("metadata")),
    }
    if kind == "code":
        outputs = cell.get("outputs")
        whole |= {"outputs": outputs if isinstance(outputs, list) else [], "execution_count": None}
    return whole


def fitting_notebook_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without what nbformat would refuse, and with a name for the kernel."""
    kept = dict(metadata)
    kernel = _mapping(kept.get("kernelspec"))
    name = kernel.get("name")
    if isinstance(name, str) and name:
        shown = kernel.get("display_name")
        kept["kernelspec"] = {**kernel, "display_name": shown if isinstance(shown, str) and shown else name}
    else:
        kept.pop("kernelspec", None)
    if not isinstance(_mapping(kept.get("language_info")).get("name"), str):
        kept.pop("language_info", None)
    for key, kind in (("title", str), ("authors", list), ("orig_nbformat", int)):
        if not isinstance(kept.get(key, kind()), kind):
            del kept[key]
    return kept


def fitting_cell_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a cell without what nbformat would refuse."""
    kinds: dict[str, type] = {"name": str, "format": str, "collapsed": bool, "jupyter": dict, "execution": dict}
    kept = {key: value for key, value in metadata.items() if isinstance(value, kinds.get(key, object))}
    if kept.get("scrolled", "auto") not in (True, False, "auto"):
        del kept["scrolled"]
    if not kept.get("name", "x"):
        del kept["name"]
    return kept


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
