"""Functions with annotated parameters → click's commands. Imports nothing but click: commands start in a moment.

app = App(help="…")

@app.command("list")
def list_sets(full: Annotated[bool, Option("--full", help="…")] = False) -> None:
    "What the command does."
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit as Exit
from click.utils import echo as echo

_TYPES: dict[type, click.ParamType[Any]] = {
    str: click.STRING,
    int: click.INT,
    float: click.FLOAT,
    Path: click.Path(path_type=Path),
}
_WORDS = {str: "str", int: "int", float: "float", Path: "path"}


@dataclass(frozen=True, slots=True)
class _Said:
    names: tuple[str, ...]
    help: str
    metavar: str | None
    min: int | None


class Option(_Said):
    """An option: its names (default: the parameter's), what it means, its least value."""

    def __init__(self, *names: str, help: str = "", metavar: str | None = None, min: int | None = None) -> None:
        super().__init__(names, help, metavar, min)


class Argument(_Said):
    """An argument: what it means, and what to call it."""

    def __init__(self, *, help: str = "", metavar: str | None = None) -> None:
        super().__init__((), help, metavar, None)


class App:
    """A group of commands."""

    def __init__(self, help: str, epilog: str = "") -> None:
        self._group = _Group(
            help=help,
            epilog=epilog or None,
            no_args_is_help=True,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    @property
    def group(self) -> click.Group:
        """What click knows of it."""
        return self._group

    def command(self, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register a function as the command `name`."""

        def register(function: Callable[..., None]) -> Callable[..., None]:
            summary = inspect.cleandoc(function.__doc__ or "")
            settings = {"help_option_names": ["-h", "--help"]}
            options = {"help": summary, "callback": _called(function), "params": list(_parameters(function))}
            self._group.add_command(_Command(name, context_settings=settings, **options))  # type: ignore[arg-type]
            return function

        return register

    def first(self, function: Callable[[], None]) -> None:
        """Call this before any command of the group."""
        self._group.callback = function

    def add(self, app: App, name: str) -> None:
        """Register another group as `name`."""
        self._group.add_command(app.group, name)

    def __call__(self, words: Sequence[str] | None = None) -> None:
        """Run the command line; ends the process where click would, but for Ctrl-C, which is raised."""
        try:
            code = self._group.main(words, standalone_mode=False)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort:
            raise KeyboardInterrupt from None
        sys.exit(code if isinstance(code, int) else 0)


class _Command(click.Command):
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The arguments with what they mean, which click leaves out, then the options."""
        given = [one for one in self.get_params(ctx) if isinstance(one, _Argument)]
        if given:
            with formatter.section("Arguments"):
                formatter.write_dl([(one.shown, one.meaning) for one in given])
        super().format_options(ctx, formatter)


class _Group(click.Group):
    command_class = _Command

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """In the order in which a newcomer meets them, not by the alphabet."""
        return list(self.commands)


class _Argument(click.Argument):
    def __init__(self, name: str, said: _Said, **options: Any) -> None:
        super().__init__([name], **options)
        self.shown = (said.metavar or name) + ("..." if self.nargs == -1 else "")
        default = "" if self.default in (None, (), "") or self.required else f"  [default: {self.default}]"
        self.meaning = said.help + ("  [required]" if self.required else default)

    def get_help_record(self, ctx: click.Context) -> Any:  # noqa: ARG002 - click's
        """Nothing: `_Command` writes arguments itself, which older versions of click would leave out."""
        return None

    def make_metavar(self, ctx: click.Context) -> str:  # noqa: ARG002 - click's
        """As it stands in the usage line."""
        name = self.shown.removesuffix("...")
        return (f"{{{name}}}" if self.required else f"[{name}]") + ("..." if self.nargs == -1 else "")


def _parameters(function: Callable[..., None]) -> Iterator[click.Parameter]:
    hints = typing.get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, said = typing.get_args(hints[name])
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        inner, many = _kind_of(kind)
        if isinstance(said, Argument):
            count = -1 if many else 1
            yield _Argument(name, said, type=_TYPES[inner], nargs=count, required=required, default=default)
        else:
            yield _option(name, said, inner, many, required, default)


def _option(name: str, said: Option, kind: type, many: bool, required: bool, default: Any) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    shown: dict[str, Any] = {"help": said.help, "required": required, "default": default}
    if kind is bool:
        names = said.names or (f"{flag}/--no-{flag[2:]}",)
        both = any("/" in one for one in names)
        return click.Option([*names, name], is_flag=True, show_default=both and default is not None, **shown)
    ranged = said.min is not None
    value = click.IntRange(min=said.min) if ranged else _TYPES[kind]
    metavar = said.metavar or f"<{_WORDS[kind]}{' range' if ranged else ''}>"
    more: dict[str, Any] = {"multiple": many, "metavar": metavar, "show_default": default not in (None, "")}
    return click.Option([*(said.names or (flag,)), name], type=value, **more, **shown)


def _kind_of(annotation: Any) -> tuple[type, bool]:
    """The type of one value, and whether there may be many: `list[Path] | None` → Path, True."""
    if isinstance(annotation, types.UnionType):
        annotation = next(one for one in typing.get_args(annotation) if one is not type(None))
    many = typing.get_origin(annotation) is list
    return (typing.get_args(annotation)[0] if many else annotation), many


def _called(function: Callable[..., None]) -> Callable[..., None]:
    """The function, given lists where click gives tuples; an empty one is the default."""

    def call(**given: Any) -> None:
        defaults = inspect.signature(function).parameters
        lists = {name: list(value) or defaults[name].default for name, value in given.items() if type(value) is tuple}
        function(**{**given, **lists})

    return call
