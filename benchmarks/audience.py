"""Three hundred followers on loopback: from a slide's change to the last of them that was told, and what that costs.

`python benchmarks/audience.py [FOLLOWERS] [CHANGES]`. The followers are plain sockets in a process of their own; what
is measured is the audience's server, as `jaxstudy present --audience` starts it.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.course import load_course, read_lecture
from jaxstudy.present.audience.folder import write_folder
from jaxstudy.present.audience.serving import Audience, Invitation
from measure import _pss

ROOT = Path(__file__).resolve().parents[1]
EVERY_SECONDS = 0.25  # much faster than anybody presents
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    followers: int
    changes: int
    one: list[float]
    """Milliseconds from a change to one follower, for all of them."""
    all: list[float]
    """… to the last of them, a change each."""
    cores: float
    megabytes: float


def load(followers: int, changes: int) -> Load:
    lecture = read_lecture(ROOT / "lectures" / "02_functions.py")
    steps = [slide.id for slide in lecture.slides]
    with tempfile.TemporaryDirectory() as name, Audience(Invitation()) as audience:
        folder = Path(name) / "audience"
        write_folder(folder, lecture, None, ROOT / "slides" / "theme")
        course = load_course(ROOT)
        audience.open(folder, lecture.path, lecture.path, course.root, Path(name) / "log")
        audience.hub_line.setblocking(True)
        command = [
            sys.executable,
            __file__,
            "follow",
            str(audience.port),
            audience.secret,
            str(followers),
            str(changes),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as crowd:
            assert crowd.stdout is not None
            crowd.stdout.readline()  # all are there
            time.sleep(2)  # and the notebook is made
            before, started = _cpu(audience.pid), time.monotonic()
            sent = []
            for number in range(changes):
                sent.append(time.monotonic())
                report = json.dumps(["slide", {"step": steps[number % len(steps)], "fragment": -1}])
                audience.hub_line.sendall(report.encode() + b"\n")
                time.sleep(EVERY_SECONDS)
            told: list[list[float]] = json.loads(crowd.stdout.readline())
            cores = (_cpu(audience.pid) - before) / (time.monotonic() - started)
            megabytes = _pss(audience.pid) / 1e6
    waits = [[1000 * (at - since) for at in times] for since, times in zip(sent, told, strict=True)]
    return Load(
        followers, changes, [wait for one in waits for wait in one], [max(one) for one in waits], cores, megabytes
    )


def _cpu(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def follow(port: int, secret: str, followers: int, changes: int) -> None:
    """Be the crowd: say when all are connected, then, a change each, when each follower heard of it."""
    told: list[list[float]] = [[] for _ in range(changes)]
    there = asyncio.Semaphore(0)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /{secret}/live?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        heard = 0
        while heard < changes:
            line = await reader.readline()
            if line.startswith(b"event: hello"):
                there.release()
            elif line.startswith(b"id: "):
                told[int(line[4:]) - 1].append(time.monotonic())
                heard += 1
        writer.close()

    tasks = []
    for _ in range(followers):
        tasks.append(asyncio.create_task(one()))
    for _ in range(followers):
        await there.acquire()
    print("there", flush=True)
    await asyncio.gather(*tasks)
    print(json.dumps(told), flush=True)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:]]
    found = load(*(numbers or [300, 100]))
    print(f"{found.followers} followers on loopback, {found.changes} changes of slide, {EVERY_SECONDS:g} s apart")
    for what, values in (("told, one", found.one), ("told, all", found.all)):
        print(f"  {what}   median {statistics.median(values):6.1f} ms   p99 {percentile(values, 0.99):6.1f} ms")
    print(f"  audience's server: {found.cores:.2f} cores, {found.megabytes:.0f} MB")
    passed = percentile(found.all, 0.99) <= 200 and found.cores <= 1 and found.megabytes <= 300
    print(f"  wanted: p99 of all ≤ 200 ms, ≤ 1 core, ≤ 300 MB: {'met' if passed else 'MISSED'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["follow"]:
        asyncio.run(follow(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
    else:
        main()
