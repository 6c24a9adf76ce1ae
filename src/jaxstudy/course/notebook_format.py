"""nbformat and jupytext without the wait."""

from __future__ import annotations

import sys


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
