"""What else can spoil a talk: data not here, parts of slides on other hosts, an old rehearsal, fonts, the screen."""

from __future__ import annotations

import datetime
import http.client
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jaxstudy.build.datasets import sets_of
from jaxstudy.build.doctor import Check
from jaxstudy.build.keys import search_roots
from jaxstudy.course import Lecture
from jaxstudy.data.origin import nowhere, origin_of
from jaxstudy.data.sets import recipe_of
from jaxstudy.errors import StudyError
from jaxstudy.present.companion.talks import talks
from jaxstudy.present.references import remote_links, remote_parts
from jaxstudy.present.standby.rehearsal import Rehearsal

_OLD_DAYS = 14
_LEAST_PIXELS = 1280
_LINK_SECONDS = 8.0
_LINKS_AT_ONCE = 8
_MONO = ("Menlo", "Consolas", "Cascadia Mono", "SF Mono", "Liberation Mono", "DejaVu Sans Mono")
"""Of the theme's list: with none of these, code is set in whatever the browser has."""
_MODE = re.compile(r"^(\d+)x(\d+)")


def data_sets(lecture: Lecture, course_root: Path) -> Iterator[Check]:
    """Whether the data sets that cells load are on this machine."""
    for name in sorted(sets_of(lecture, search_roots(lecture.path, course_root))):
        origin = origin_of(name)
        if origin.kind == "nowhere":
            yield Check("data", False, f"{name} is not on this machine", nowhere(recipe_of(name)).problems[0].do)
        elif origin.kind == "broken":
            yield Check("data", False, f"{name}: {origin.says}", "mend the folder, or unset JAXSTUDY_DATA")
        elif origin.kind == "download":
            do = f"run `jaxstudy data fetch {name}` while there is a network"
            yield Check("data", False, f"{name} would be downloaded before the audience", do)
        else:
            yield Check("data", True, f"{name}: {origin.says}")


def network(lecture: Lecture) -> Iterator[Check]:
    """Whether a slide shows what lies on another host."""
    lacking = list(remote_parts(lecture))
    if not lacking:
        yield Check("network", True, "no slide needs one")
    for target, line in lacking:
        do = "save it beside the lecture and link that file"
        yield Check("network", False, f"{lecture.path.name}:{line}: {target} lies on another host", do)


def warm_kernel(start: Callable[[], float]) -> Check:
    """Whether a kernel starts, imports JAX and runs it; `start` waits for that and gives the seconds."""
    try:
        return Check("kernel", True, f"imports JAX and runs it, warm in {start():.1f} s")
    except StudyError as error:
        return Check("kernel", False, error.problems[0].got, error.problems[0].do)


def rehearsed(folder: Path, lecture: Lecture, today: datetime.datetime) -> Check:
    """How old the last talk or rehearsal is, by the log in `folder`; one that stopped half-way does not count."""
    given = [talk for talk in talks(folder, lecture.name) if talk.given]
    if not given:
        do = "give it once aloud, from `jaxstudy present` to the last slide"
        return Check("rehearsal", False, "none from start to end yet", do, needed=False)
    last = given[-1]
    days = (today - datetime.datetime.fromisoformat(last.started)).days
    ago = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
    detail = f"{ago}, {last.seconds / 60:.0f} min"
    return Check(
        "rehearsal", days <= _OLD_DAYS, detail, "" if days <= _OLD_DAYS else "go through it once", needed=False
    )


def recorded(rehearse: Callable[[], Rehearsal]) -> Check:
    """Whether there is a recorded output for each cell, should it fail."""
    try:
        rehearsal = rehearse()
    except StudyError as error:
        return Check("recorded", False, error.problems[0].got, error.problems[0].do, needed=False)
    lacking = rehearsal.missing
    if not lacking:
        return Check("recorded", True, f"outputs of all {len(rehearsal.steps)} cells, should one fail")
    named = ", ".join(lacking[:3]) + (", …" if len(lacking) > 3 else "")
    do = "run `jaxstudy build`: a cell that fails can then show its recorded output"
    return Check("recorded", False, f"{len(lacking)} cells have no output yet: {named}", do, needed=False)


def fonts() -> Iterator[Check]:
    """Whether one of the theme's fonts for code is installed; nothing where that can't be told."""
    if shutil.which("fc-list") is None:
        return
    asked = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False)
    here = next((name for name in _MONO if name in asked.stdout), "")
    do = "install one, such as fonts-dejavu-core: code is then set as it was rehearsed"
    yield Check("fonts", bool(here), here or "none of the theme's fonts for code", "" if here else do, needed=False)


def screen(devices: Path = Path("/sys/class/drm")) -> Iterator[Check]:
    """Whether all screens that are connected are as wide as a slide; nothing where that can't be told."""
    sizes = [found for found in map(_mode, sorted(devices.glob("card*-*"))) if found]
    if sizes:
        fine = all(width >= _LEAST_PIXELS for width, _ in sizes)
        detail = ", ".join(f"{width} × {height}" for width, height in sizes)
        do = "" if fine else f"choose a mode of {_LEAST_PIXELS} × 720 or more: slides are made for that"
        yield Check("screen", fine, detail, do, needed=False)


def _mode(device: Path) -> tuple[int, int] | None:
    """The best mode of a screen that is connected, in pixels."""
    try:
        if (device / "status").read_text().strip() != "connected":
            return None
        found = _MODE.match((device / "modes").read_text())
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else None


def links(lecture: Lecture) -> Iterator[Check]:
    """Ask the hosts behind the lecture's links whether these still lead somewhere. Only when wished for."""
    targets = remote_links(lecture)
    with ThreadPoolExecutor(_LINKS_AT_ONCE) as pool:
        answers = dict(zip(targets, pool.map(_answer, targets), strict=True))
    dead = {target: why for target, why in answers.items() if why}
    if not dead:
        yield Check("links", True, f"{len(targets)} links to other hosts, all alive")
    for target, why in dead.items():
        detail = f"{lecture.path.name}:{targets[target]}: {target} ({why})"
        yield Check("links", False, detail, "correct or remove it", needed=False)


def _answer(target: str) -> str:
    """Why a link is dead; empty for one that is alive, or that merely refuses programs."""
    request = urllib.request.Request(target, method="HEAD", headers={"User-Agent": "Mozilla/5.0 (jaxstudy links)"})
    try:
        with urllib.request.urlopen(request, timeout=_LINK_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return f"{error.code}" if error.code in (404, 410) or error.code >= 500 else ""
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", "") or error)
