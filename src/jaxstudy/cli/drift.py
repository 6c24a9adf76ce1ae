"""`jaxstudy drift`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Exit, Option


def drift(
    lectures: Annotated[list[str] | None, Argument(help="Numbers, names or files; without any: all.")] = None,
    jax: Annotated[str, Option(help="This version of JAX instead of the newest.")] = "",
    flax: Annotated[str, Option(help="This version of Flax instead of the newest.")] = "",
    optax: Annotated[str, Option(help="This version of Optax instead of the newest.")] = "",
    python: Annotated[
        Path | None, Option(help="The Python to run them with; default: the newest on this machine.")
    ] = None,
    timeout: Annotated[int, Option(min=1, help="Seconds a single cell may take.")] = 600,
) -> None:
    """Run lectures against the newest JAX, Flax and Optax, and name the steps that broke or changed."""
    import signal
    import tempfile

    from jaxstudy.cli.checks import read_all
    from jaxstudy.cli.course import course_for, size_for
    from jaxstudy.cli.drifting import install_there, show_findings, show_stop

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also then the environment is thrown away
    course, paths = course_for(lectures or [])
    found = read_all(paths)
    with tempfile.TemporaryDirectory(prefix="jaxstudy-drift-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        try:
            asked = {"jax": jax, "flax": flax, "optax": optax}
            there = install_there(course, found, place / "env", asked, python)
            show_findings(course, found, there, place / "build", size_for(False), timeout)
        except KeyboardInterrupt as stop:
            for each in (signal.SIGINT, signal.SIGTERM):  # a second Ctrl-C would leave half of the environment behind
                signal.signal(each, signal.SIG_IGN)
            show_stop(stop)
            raise Exit(130) from None
