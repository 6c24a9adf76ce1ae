"""jaxstudy: a lecture is one plain Python script; slides, deck, notebook and study page are made from it."""

from __future__ import annotations

TYPE_CHECKING = False  # a type checker takes it for true; `typing` is much to import where a command has just begun
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext jaxstudy` in a notebook: gives it `%check`."""
    from importlib import import_module

    # By name, not by `import`: a lecture's notebook carries along all that an `import` in a module it uses names, and
    # its steps run again when any of that changes. This module is used by every lecture that loads data.
    import_module("jaxstudy.cli.homework.check").load_magic(shell)
