"""What could go wrong before an audience, looked at beforehand; all of it at once, each with a cure."""

from __future__ import annotations

import datetime
import shutil
import webbrowser
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from jaxstudy.build.chromium import find_chromium
from jaxstudy.build.distributions import distribution_of
from jaxstudy.build.doctor import Check
from jaxstudy.course import Lecture
from jaxstudy.errors import InputError, StudyError, ToolMissing
from jaxstudy.installing import extra_words, install_words
from jaxstudy.present import readiness
from jaxstudy.present.front_end import missing
from jaxstudy.present.references import missing_modules, missing_references
from jaxstudy.present.serving import listen
from jaxstudy.present.standby.rehearsal import Rehearsal

_FREE_MEGABYTES = 200
# The two that drive the page must be the versions that the real-browser tests ran with, in these first numbers.
_TESTED = {"classic": {"rise": "5.7", "nbclassic": "1."}, "lab": {"jupyterlab-rise": "0.43"}}
_TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")


def preflight(
    lecture: Lecture,
    course_root: Path,
    *,
    execute: Callable[[], object] | None = None,
    front_end: str = "classic",
    port: int | None = None,
    browser: bool = True,
    build: Path | None = None,
    kernel: Callable[[], float] | None = None,
    rehearse: Callable[[], Rehearsal] | None = None,
    links: bool = False,
) -> list[Check]:
    """Every check of one lecture, those that passed too, in the order in which they are best read.

    `execute` runs the lecture (through the cache) and raises `StudyError` when it fails; it is called late, and
    whatever the other checks say; after it `rehearse`, which gives what the cache then has, and `kernel`, which waits
    until one is warm. `port` is the one asked for; leave it None once a session holds it. With `links`, other hosts
    are asked whether they answer: nothing else here leaves this machine.
    """
    checks = [*_front_end(front_end), _port(port)]
    if browser:
        checks.append(_browser())
    checks += [*readiness.fonts(), *readiness.screen()]
    checks += [_disk(build or course_root / "build"), _modules(lecture, course_root), *_data(lecture)]
    checks += [*readiness.data_sets(lecture, course_root), *readiness.network(lecture), *_references(lecture)]
    if links:
        checks += readiness.links(lecture)
    if execute is not None:
        checks += _runs(execute)
    if rehearse is not None:
        today = datetime.datetime.now().astimezone()
        talks = (build or course_root / "build") / "talks"
        checks += [readiness.recorded(rehearse), readiness.rehearsed(talks, lecture, today)]
    if kernel is not None:
        checks.append(readiness.warm_kernel(kernel))
    return checks


def _front_end(front_end: str) -> Iterator[Check]:
    if lacking := missing(front_end):
        do = f"run `{extra_words('present')}`"
        yield Check("front end", False, f"{', '.join(lacking)} not installed", do)
        return
    for package, tested in _TESTED[front_end].items():
        version = metadata.version(package)
        fine = version.startswith(tested)
        pinned = f"{package}=={tested.rstrip('.')}.*"
        cure = "" if fine else f"run `{install_words(pinned)}`"
        yield Check("front end", fine, f"{package} {version}" + ("" if fine else f", tested with {tested}*"), cure)


def _port(port: int | None) -> Check:
    if port is None:
        return Check("port", True, "any free one")
    try:
        listen(port).close()
    except InputError as error:
        return Check("port", False, f"{port}: {error.problems[0].got}", error.problems[0].do)
    return Check("port", True, f"{port} is free")


def _browser() -> Check:
    try:
        return Check("browser", True, Path(find_chromium()).name)
    except ToolMissing as error:
        cure = error.problems[0].do
    try:
        name = str(getattr(webbrowser.get(), "name", "the system's own"))
    except webbrowser.Error:
        name = ""
    if name and Path(name).name not in _TEXT_BROWSERS:
        return Check("browser", True, name)
    return Check("browser", False, "none that shows slides", f"{cure}; or use --no-browser and open the address")


def _disk(build: Path) -> Check:
    there = next(folder for folder in (build, *build.parents) if folder.exists())
    free = shutil.disk_usage(there).free // 10**6
    cure = "" if free >= _FREE_MEGABYTES else f"make room: {_FREE_MEGABYTES} MB are needed"
    return Check("disk", not cure, f"{free:,} MB free for outputs and a recording", cure)


def _modules(lecture: Lecture, course_root: Path) -> Check:
    lacking = missing_modules(lecture, course_root)
    if not lacking:
        return Check("modules", True, "all that the cells import are here")
    named = ", ".join(f"{name} (line {line})" for name, line in lacking.items())
    cure = f"run `{install_words(*map(distribution_of, lacking))}`"
    return Check("modules", False, f"not installed: {named}", cure)


def _data(lecture: Lecture) -> Iterator[Check]:
    for name in lecture.header.data:
        there = (lecture.path.parent / name).exists()
        cure = "" if there else f"put it at {lecture.path.parent / name}, or take it out of the header's `data`"
        yield Check("data", there, name if there else f"{name} is missing", cure)


def _references(lecture: Lecture) -> Iterator[Check]:
    lacking = list(missing_references(lecture))
    if not lacking:
        yield Check("links", True, "local links and pictures all lead somewhere")
    for target, line in lacking:
        where = f"{lecture.path.name}:{line}"
        yield Check("links", False, f"{where}: no file {target}", "correct the path, relative to the lecture")


def _runs(execute: Callable[[], object]) -> Iterator[Check]:
    try:
        execute()
    except StudyError as error:
        for problem in error.problems:
            where = f"{problem.where}: " if problem.where else ""
            yield Check("lecture runs", False, f"{where}expected {problem.expected}, got {problem.got}", problem.do)
        return
    yield Check("lecture runs", True, "every cell, from top to bottom")
