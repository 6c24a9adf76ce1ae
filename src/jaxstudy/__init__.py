"""jaxstudy: a lecture is one plain Python script; slides, deck, notebook and study page are made from it."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext jaxstudy` in a notebook: gives it `%check`."""
    from jaxstudy.cli.homework.check import load_magic

    load_magic(shell)
