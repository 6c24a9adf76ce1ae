"""`make bench`: every benchmark, or the ones named: build, present, replay."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent


def build() -> None:
    import build_times

    with Console().status("building the same six notebooks with every tool (a minute or two)"):
        rows = build_times.main(ROOT / "build" / "bench")
    best = next(row for row in rows if row.what.startswith("nbclient"))
    table = Table(title="Six notebooks to slides; ratio = seconds / nbclient in two processes")
    for column in ("", "seconds", "ratio", "CPU s", "peak MB", "cells run"):
        table.add_column(column, justify="left" if column == "" else "right")
    for row in rows:
        run = row.run
        ratio = f"{run.seconds / best.run.seconds:.2f}"
        table.add_row(row.what, f"{run.seconds:.2f}", ratio, f"{run.cpu_seconds:.1f}", f"{run.peak_mb:.0f}", row.cells)
    Console(width=120).print(table)


def present() -> None:
    subprocess.run([sys.executable, str(HERE / "present_start.py")], check=True)


def replay() -> None:
    subprocess.run([sys.executable, str(HERE / "replay_text.py")], check=True)


def main() -> None:
    wanted = sys.argv[1:] or ["build", "present", "replay"]
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{platform.machine()}, {os.cpu_count()} cores, {load}, Python {platform.python_version()}")
    known = {"build": build, "present": present, "replay": replay}
    unknown = [word for word in wanted if word not in known]
    if unknown:
        sys.exit(f"expected some of {', '.join(known)}, got {', '.join(unknown)}")
    for word in wanted:
        known[word]()


if __name__ == "__main__":
    main()
