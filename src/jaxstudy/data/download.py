"""Fetching official files into the user's cache: only when a person asked for it.

Asked for is: `jaxstudy data fetch NAME`, or JAXSTUDY_DOWNLOAD=1, which an attendee's notebook sets in its first cell.
A file is taken from the first mirror that serves it, resumed where an earlier try stopped, checked by its SHA-256,
and renamed into place; until then it is called `.….part`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.data.alone import alone_in
from jaxstudy.data.idx import WrongContent
from jaxstudy.data.places import cache_folder
from jaxstudy.data.reading import content_of
from jaxstudy.data.sets import File, Recipe
from jaxstudy.data.transfer import Gone, Mirror, Unreachable, part_path, transfer
from jaxstudy.errors import InputError, Problem

MIRRORS_VARIABLE = "JAXSTUDY_MIRRORS"
ROUNDS = 4
"""How often all mirrors are asked for a file before giving up."""
FIRST_PAUSE_SECONDS = 0.5
"""Before the second round; doubled before each further one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is."""

    file: str
    done: int
    """Bytes that are here, as they travel (gzipped)."""
    total: int
    """Bytes in all; 0 while unknown."""
    note: str = ""
    """`waiting` for another process that fetches the same set, `resumed`, or why a mirror was left."""


Report = Callable[[Progress], None]


def mirrors_of(recipe: Recipe, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Addresses of folders with the set's files. JAXSTUDY_MIRRORS (addresses with a blank between) replaces the
    official ones; below such an address each set has a folder, as below JAXSTUDY_DATA."""
    own = environment.get(MIRRORS_VARIABLE, "").split()
    return tuple(f"{address.rstrip('/')}/{recipe.below}" for address in own) or recipe.mirrors


def fetch(
    recipe: Recipe,
    folder: Path | None = None,
    mirrors: tuple[str, ...] = (),
    report: Report = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> Path:
    """Bring every file of the set into the cache and return its folder there. Files that are right stay as they are.

    Args:
        recipe: of a set that has files.
        folder: where to; default: the user's cache.
        mirrors: addresses of folders with the files; default: see `mirrors_of`.
        report: told how far it is, several times a second.
        pause: waits so many seconds between rounds.

    Raises:
        InputError: no mirror could be reached, none has the right file, or the folder can't be written.
    """
    folder = folder or cache_folder() / recipe.below
    try:
        bring(recipe, folder, mirrors, report, pause)
    except OSError as error:
        do = "point XDG_CACHE_HOME to a folder with room that can be written"
        raise InputError(Problem("a cache that can be written", str(error), do, folder)) from error
    return folder


def bring(
    recipe: Recipe,
    folder: Path,
    mirrors: tuple[str, ...] = (),
    report: Report = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """The same, for a caller who can go on without a cache.

    Raises:
        InputError: no mirror could be reached, or none has the right file.
        OSError: the folder can't be written.
    """
    addresses = mirrors or mirrors_of(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder, waiting=lambda: report(Progress("", 0, 0, "waiting"))):
        for file in recipe.files:
            if not _is_right(file, folder):
                _fetch_file(file, folder, [Mirror(address) for address in addresses], report, pause)


def _is_right(file: File, folder: Path) -> bool:
    """Whether an official file is there; one that is not what it says is removed."""
    for path in (folder / file.name, folder / f"{file.name}.gz"):
        try:
            content_of(file, path)
            return True
        except FileNotFoundError:
            continue
        except WrongContent:
            path.unlink(missing_ok=True)
    return False


def _fetch_file(
    file: File, folder: Path, mirrors: list[Mirror], report: Report, pause: Callable[[float], None]
) -> None:
    troubles: dict[str, str] = {}
    for number in range(ROUNDS):
        if number:
            pause(FIRST_PAUSE_SECONDS * 2 ** (number - 1))
        for mirror in list(mirrors):
            try:
                _from_mirror(file, folder, mirror, report)
                return
            except (Gone, Unreachable, WrongContent) as error:
                troubles[mirror.address] = str(error)
                report(Progress(file.kept, 0, 0, f"{mirror.host}: {error}"))
                if isinstance(error, Gone) or (isinstance(error, WrongContent) and number):
                    mirrors.remove(mirror)  # it answers, but not with this file, not even the second time
                elif isinstance(error, Unreachable) and error.never_connected:
                    mirror.silent = True
        if not mirrors or all(mirror.silent for mirror in mirrors):
            break  # no network at all: say so now
    raise InputError(_nothing_came(file.kept, troubles))


def _from_mirror(file: File, folder: Path, mirror: Mirror, report: Report) -> None:
    part = part_path(folder, file, mirror)

    def on_bytes(done: int, total: int, resumed: bool) -> None:
        report(Progress(file.kept, done, total, "resumed" if resumed else ""))

    begun = part.is_file()
    while True:
        transfer(mirror, file.remote, part, limit=file.size + 65_536, on_bytes=on_bytes)
        try:
            content_of(file, part, zipped=file.kept.endswith(".gz"))
            break
        except WrongContent:
            part.unlink(missing_ok=True)
            if not begun:
                raise
            begun = False  # what was here may have been the wrong half: once more, from its first byte
    part.replace(folder / file.kept)
    for left in folder.glob(f".{file.kept}.*.part"):
        left.unlink(missing_ok=True)  # what other mirrors had begun


def _nothing_came(name: str, troubles: dict[str, str]) -> Problem:
    reasons = "; ".join(f"{address}: {trouble}" for address, trouble in troubles.items()) or "no mirror to ask"
    do = "check the network and run it again (what has come is kept), or set JAXSTUDY_DATA to a folder with the files"
    return Problem(f"{name} from a mirror", reasons, do)
