"""Completion of commands and options in the shell that called us."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_JAXSTUDY_COMPLETE"
_PLACES = {
    "bash": (".bashrc", 'eval "$({variable}=bash_source {name})"'),
    "zsh": (".zshrc", 'eval "$({variable}=zsh_source {name})"'),
    "fish": (".config/fish/completions/{name}.fish", "{variable}=fish_source {name} | source"),
}


def options() -> list[click.Parameter]:
    """`--install-completion` and `--show-completion`."""
    shared: dict[str, Any] = {"is_flag": True, "is_eager": True, "expose_value": False}
    install = "Install completion for the current shell."
    show = "Show completion for the current shell, to copy it or customize the installation."
    return [
        click.Option(["--install-completion"], help=install, callback=_install, **shared),
        click.Option(["--show-completion"], help=show, callback=_show, **shared),
    ]


def _shell() -> str:
    name = Path(os.environ.get("SHELL", "bash")).name
    if name not in _PLACES:
        raise click.UsageError(f"expected bash, zsh or fish as the shell, got {name}; set SHELL to one of them")
    return name


def _show(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        made = get_completion_class(_shell())
        assert made is not None
        click.echo(made(ctx.command, {}, "jaxstudy", _VARIABLE).source())
        ctx.exit()


def _install(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    place, line = (text.format(name="jaxstudy", variable=_VARIABLE) for text in _PLACES[_shell()])
    path = Path.home() / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or line not in path.read_text(encoding="utf-8"):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    click.echo(f"{_shell()} completes jaxstudy by {path}; it does so in the next shell you open.")
    ctx.exit()
