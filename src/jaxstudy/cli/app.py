"""The command line as a whole, or only as much of it as one command needs.

`jaxstudy --help` must not wait for JAX or Jupyter, and no command for the others: only click is imported up here.
"""

from __future__ import annotations

import sys
from importlib import import_module

from jaxstudy.cli.commands import App
from jaxstudy.cli.completion import options

_COMMANDS = ("build", "check", "present", "serve", "pdf", "doctor", "drift")
"""Modules beside this one, each with a function of its name."""
_GROUPS = ("new", "data", "homework", "replay", "recording")
"""Modules beside this one, each with commands of its own: an `app`."""


def make(wanted: str = "") -> App:
    """The command line.

    Args:
        wanted: its first word. If that is a command, only this one is there.
    """
    app = App(
        help="A lecture is one Python script. From it: live slides, an offline deck, a notebook, a study page.",
        epilog="Start with: jaxstudy new course NAME; in a course: jaxstudy build, then jaxstudy present 01.",
    )
    app.group.params += options()
    app.first(_refuse_windows)
    known = wanted in _COMMANDS or wanted in _GROUPS
    for name in _COMMANDS:
        if not known or name == wanted:
            app.command(name)(getattr(import_module(f"jaxstudy.cli.{name}"), name))
    for name in _GROUPS:
        if not known or name == wanted:
            app.add(import_module(f"jaxstudy.cli.{name}").app, name)
    return app


def _refuse_windows() -> None:
    if sys.platform == "win32":  # before a command imports what only Unix has
        from jaxstudy.errors import Problem, ToolMissing

        do = "use WSL: run `wsl --install` once, open its terminal, and install jaxstudy there"
        raise ToolMissing(Problem("Linux, macOS, or Windows' Linux (WSL)", "Windows itself", do))
