"""`make bench`: every benchmark, or the ones named (build, present, recorder, audience, live, replay, grading …)."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent
CLASS = 200  # submissions of a large class


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


def rescue() -> None:
    subprocess.run([sys.executable, str(HERE / "rescue_swap.py")], check=True)


def recorder() -> None:
    subprocess.run([sys.executable, str(HERE / "recorder.py")], check=True)


def replay() -> None:
    subprocess.run([sys.executable, str(HERE / "replay_text.py")], check=True)


def replaypage() -> None:
    subprocess.run([sys.executable, str(HERE / "replay_page.py")], check=True)


def grading() -> None:
    import grading as graders
    from grading_class import submissions

    with Console().status("grading the same 20 submissions with every grader (about eight minutes)"):
        rows = graders.main(ROOT / "build" / "bench")
        crowd = graders.at_scale(CLASS)
    right = {name: mark for name, (_, mark) in submissions().items()}
    ours, peers = rows[-1], rows[:-1]
    honest = len(right) - 1
    table = Table(title="20 submissions, 8 checks; per submission without the one that hangs; ratios to ours")
    columns = ("", "s each", "ratio", "CPU s each", "ratio", "peak MB", "hanging one s", "marks as earned", "others")
    for column in columns:
        table.add_column(column, justify="left" if column in ("", "others") else "right")
    for row in rows:
        wrong = {name: row.marks.get(name) for name in right if row.marks.get(name) != right[name]}
        told = ", ".join(f"{name}: {'none' if mark is None else f'{mark:g}'}" for name, mark in wrong.items())
        times = (row.honest.seconds / ours.honest.seconds, row.honest.cpu_seconds / ours.honest.cpu_seconds)
        each = (row.honest.seconds / honest, row.honest.cpu_seconds / honest)
        table.add_row(
            row.what, f"{each[0]:.2f}", f"{times[0]:.1f}", f"{each[1]:.2f}", f"{times[1]:.1f}",
            f"{row.honest.peak_mb:.0f}", f"{row.hanging.seconds:.1f}", f"{20 - len(wrong)} of 20", told,
        )  # fmt: skip
    Console(width=160).print(table)
    best = min(peers, key=lambda row: row.honest.seconds)
    peer = (best.honest.seconds / honest, best.honest.cpu_seconds / honest)
    runs = [(f"{honest}, starting included", ours.honest, honest), (f"{CLASS}, starting included", crowd, CLASS)]
    if ours.again:
        runs.insert(1, (f"{honest} of an assignment graded before", ours.again, honest))
    for words, run, count in runs:
        each = (run.seconds / count, run.cpu_seconds / count)
        print(
            f"a class of {words}: ours {run.seconds:.1f} s, {each[0]:.3f} s and {each[1]:.3f} CPU s each; "
            f"{best.what} takes {peer[0] / each[0]:.1f} times as long, {peer[1] / each[1]:.1f} times the CPU"
        )
    fastest, slowest = min(ours.spread), max(ours.spread)
    print(
        f"ours was run {len(ours.spread)} times beside the others: {fastest:.2f} to {slowest:.2f} s; the middle counts"
    )
    if best.single:  # what is left when the start is taken off: the price of one more student
        further = (crowd.seconds - ours.honest.seconds) / (CLASS - honest)
        peers_further = (best.honest.seconds - best.single.seconds) / (honest - 1)
        print(
            f"one more submission, start not counted: ours {further:.3f} s, {best.what} {peers_further:.2f} s: "
            f"{peers_further / further:.1f} times as long"
        )


def unet() -> None:
    """Times and accuracy in processes of their own: neither warms, nor weighs on, the other."""
    found = []
    for what in ("times", "accuracy"):
        with Console().status(f"U-Net, {what} (a minute or two)"):
            command = [sys.executable, str(HERE / "unet_step.py"), what]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    times, reached = found
    table = Table(title="U-Net step, 3 x 64 x 64, batch 16, base 16, depth 3, Adam; ratio = ms / ms of PyTorch eager")
    for column in ("", "ms", "ratio"):
        table.add_column(column, justify="left" if column == "" else "right")
    for name, milliseconds in times.items():
        table.add_row(name, f"{milliseconds:.1f}", f"{milliseconds / times['PyTorch eager']:.2f}")
    Console(width=120).print(table)
    passed = "met" if reached["iou"] >= 0.93 else "MISSED"
    print(
        f"IoU {reached['iou']:.3f} on 200 test pictures (0.93 wanted: {passed}), "
        f"{reached['seconds']:.0f} s of training, peak {reached['peak_mb']:.0f} MB"
    )


def mnist() -> None:
    subprocess.run([sys.executable, str(HERE / "mnist_epoch.py")], check=True)


def audience() -> None:
    subprocess.run([sys.executable, str(HERE / "audience.py")], check=True)


def hundred() -> None:
    subprocess.run([sys.executable, str(HERE / "hundred_lectures.py"), os.environ.get("BEFORE", "")], check=True)


def live() -> None:
    subprocess.run([sys.executable, str(HERE / "live_keys.py")], check=True)


def main() -> None:
    wanted = sys.argv[1:] or [
        "build",
        "present",
        "recorder",
        "audience",
        "live",
        "rescue",
        "replay",
        "replaypage",
        "hundred",
        "grading",
        "unet",
        "mnist",
    ]
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{platform.machine()}, {os.cpu_count()} cores, {load}, Python {platform.python_version()}")
    known = {
        "build": build,
        "present": present,
        "recorder": recorder,
        "replay": replay,
        "replaypage": replaypage,
        "grading": grading,
        "unet": unet,
        "mnist": mnist,
    }
    known |= {"audience": audience, "live": live, "rescue": rescue, "hundred": hundred}
    unknown = [word for word in wanted if word not in known]
    if unknown:
        sys.exit(f"expected some of {', '.join(known)}, got {', '.join(unknown)}")
    for word in wanted:
        known[word]()


if __name__ == "__main__":
    main()
