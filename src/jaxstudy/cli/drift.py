"""`jaxstudy drift`"""

from __future__ import annotations

from typing import Annotated

import typer


def drift(
    lectures: Annotated[list[str] | None, typer.Argument(help="Numbers, names or files; without any: all.")] = None,
    jax: Annotated[str, typer.Option(help="This version of JAX instead of the newest.")] = "",
    flax: Annotated[str, typer.Option(help="This version of Flax instead of the newest.")] = "",
    optax: Annotated[str, typer.Option(help="This version of Optax instead of the newest.")] = "",
    timeout: Annotated[int, typer.Option(min=1, help="Seconds a single cell may take.")] = 600,
) -> None:
    """Run lectures against the newest JAX, Flax and Optax, and name the steps that broke or changed."""
    import signal
    import tempfile
    from pathlib import Path

    from jaxstudy.cli.checks import read_all
    from jaxstudy.cli.course import course_for, size_for
    from jaxstudy.cli.drifting import install_there, show_findings, show_stop

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also then the environment is thrown away
    course, paths = course_for(lectures or [])
    found = read_all(paths)
    with tempfile.TemporaryDirectory(prefix="jaxstudy-drift-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        try:
            python = install_there(course, found, place / "env", {"jax": jax, "flax": flax, "optax": optax})
            show_findings(course, found, python, place / "build", size_for(False), timeout)
        except KeyboardInterrupt as stop:
            for each in (signal.SIGINT, signal.SIGTERM):  # a second Ctrl-C would leave half of the environment behind
                signal.signal(each, signal.SIG_IGN)
            show_stop(stop)
            raise typer.Exit(130) from None
