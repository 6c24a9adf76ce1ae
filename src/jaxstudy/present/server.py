"""The notebook server of one lecture: `python -m jaxstudy.present.server`, started by `present.session`.

A Jupyter server with only what slides need, that listens on a socket it was handed (so that no port can be lost
between choosing and opening it), keeps one kernel a lecture and warms it, and ends with its owner.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxstudy.warm.ties import exit_of, kill_group

if TYPE_CHECKING:
    from jaxstudy.present.jupyter import RiseServer

_PATIENCE = 4.0  # seconds for the kernels to shut down in order

# A grammar that takes 0.6 s to compile, at import, to check the format of addresses in JSON schemas which Jupyter's
# own have none of. jsonschema does without it where it is not installed.
_NOT_WANTED = "rfc3987_syntax"


@dataclass(frozen=True, slots=True)
class Orders:
    """What the owner wants, sent as one line of JSON on stdin (not as arguments: anyone here may read those)."""

    owner: int
    """Process to end with."""
    token: str
    """What the browser has to show."""
    root: str
    """Folder whose files are served."""
    lecture: str
    """The working copy, relative to `root`, with slashes."""
    beside: str
    """The folder that `root` stands in for: what is not in `root` is read from there."""
    working_directory: str
    """Where the lecture's kernel runs: the folder of the original."""
    front_end: str
    """`classic` or `lab`."""
    warm_up: str
    """Code that is run silently in a new kernel; may be empty."""
    plan: str
    """File with the talk's plan, as `companion.plan` writes it."""
    talks: str
    """Folder with what earlier talks took."""
    rehearsal: str = ""
    """File with what the lecture's build knows of its cells, as `standby.rehearsal` writes it; may not be there yet."""
    at: str = ""
    """Step to start at, with the state it needs; empty for the beginning."""
    audience: int = -1
    """File descriptor of the line to the audience's server; -1 where there is none."""
    invitation: str = ""
    """Address of the follow page."""
    phone: str = ""
    """Address of the speaker's window for a phone; empty for none."""
    recording: str = ""
    """File to record the talk in, or to go on with; empty for none."""
    socket: int = -1
    """File descriptor of the listening socket."""
    port: int = 0
    """What it listens on."""
    news: int = -1
    """File descriptor to report on, one JSON object a line."""


def main() -> None:
    """Serve until the owner closes our stdin, or is gone."""
    orders = Orders(**json.loads(sys.stdin.readline()))
    for descriptor in (orders.socket, orders.news, *([orders.audience] if orders.audience >= 0 else [])):
        os.set_inheritable(descriptor, False)  # not for the kernels
    lifeline = threading.Thread(target=_wait_for_owner, args=(orders.owner,), daemon=True)
    lifeline.start()
    sys.modules[_NOT_WANTED] = None  # type: ignore[assignment]  # the documented way to make an import fail
    from jaxstudy.present.jupyter import make_server

    server = make_server(orders)
    threading.Thread(target=_end_with, args=(lifeline, server), daemon=True).start()
    server.start()


def _wait_for_owner(owner: int) -> None:
    """Return when the owner closes our stdin or ends; of these, a kill -9 does both."""
    watched: list[int] = [sys.stdin.fileno()]
    try:
        if (end := exit_of(owner)) is not None:
            watched.append(end)
    except ProcessLookupError:
        return
    select.select(watched, [], [])


def _end_with(lifeline: threading.Thread, server: RiseServer) -> None:
    lifeline.join()
    server.io_loop.add_callback(server.stop)
    time.sleep(_PATIENCE)  # past that, somebody hangs: as a daemon, this thread ends with an orderly exit
    for pid in server.kernel_pids():
        kill_group(pid)
    os._exit(1)


def report(news: int, **event: object) -> None:
    """Tell the owner; silent when it is gone, which the lifeline notices."""
    with contextlib.suppress(OSError):
        os.write(news, (json.dumps(event) + "\n").encode())


if __name__ == "__main__":
    main()
