"""Where a session works: a folder in build/live with a copy of the lecture and all that the front end reads.

    02_functions-20261123-140501/
        lecture.json     which lecture, since when
        original.py      its file as it stood
        start.py         the working copy as it stood
        plan.json        slides, minutes and notes
        rehearsal.json   the cells with the times and outputs of the last build
        files/           what the server shows and may write: the working copy and our stylesheet
        jupyter/         Jupyter's own folders, all private
        server.log

The lecture itself is never written to: front ends save by themselves, and rewrite the header when they do.
What lies beside it (pictures, data) the server reads where it is, and cannot write.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jaxstudy.atomic import write_atomically
from jaxstudy.course import Lecture
from jaxstudy.present.copies import working_text

_NOT_INHERITED = ("JUPYTER_CONFIG_PATH", "JUPYTER_TOKEN", "JUPYTER_NO_CONFIG")


@dataclass(frozen=True, slots=True)
class Workplace:
    """One such folder."""

    folder: Path
    lecture: Path
    """The original's absolute path."""
    copy: Path
    """The working copy's absolute path."""
    beside: Path
    """The folder that `files` stands in for: the course, or that of a lecture from elsewhere."""
    started: datetime.datetime

    @property
    def files(self) -> Path:
        """The server's root."""
        return self.folder / "files"

    @property
    def jupyter(self) -> Path:
        """Jupyter's configuration and data."""
        return self.folder / "jupyter"

    @property
    def original(self) -> Path:
        """The lecture's file as it stood when the session began."""
        return self.folder / f"original{self.lecture.suffix}"

    @property
    def start(self) -> Path:
        """The working copy as it stood when the session began."""
        return self.folder / f"start{self.copy.suffix}"

    @property
    def plan(self) -> Path:
        """The talk's slides, minutes and notes, for the server."""
        return self.folder / "plan.json"

    @property
    def rehearsal(self) -> Path:
        """What the last build knows of the cells, for the server and the page."""
        return self.folder / "rehearsal.json"

    @property
    def log(self) -> Path:
        """What the server had to say."""
        return self.folder / "server.log"

    @property
    def patch(self) -> Path:
        """Where edits go that could not, or should not, be kept in the lecture."""
        return self.folder / f"{self.lecture.stem}.patch"

    @classmethod
    def make(cls, lecture: Lecture, course_root: Path, theme: Path, live: Path) -> Self:
        """A new folder under `live`, complete but for Jupyter's part."""
        now = datetime.datetime.now().astimezone()
        path = lecture.path.resolve()
        folder = _new_folder(live, f"{lecture.name}-{now:%Y%m%d-%H%M%S}")
        beside = course_root.resolve() if path.is_relative_to(course_root.resolve()) else path.parent
        place = cls(folder, path, folder / "files" / path.relative_to(beside), beside, now)
        place.copy.parent.mkdir(parents=True)
        text = working_text(lecture)
        place.original.write_bytes(lecture.text.encode())
        place.start.write_bytes(text.encode())
        place.copy.write_bytes(text.encode())
        _put_stylesheets(place, theme)
        about = {"lecture": str(path), "beside": str(beside), "started": now.isoformat()}
        write_atomically(folder / "lecture.json", json.dumps(about))
        return place

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """The workplace in `folder`; None when it is none, or was never finished."""
        try:
            about = json.loads((folder / "lecture.json").read_text(encoding="utf-8"))
            started = datetime.datetime.fromisoformat(about["started"])
            lecture, beside = Path(about["lecture"]), Path(about["beside"])
            return cls(folder, lecture, folder / "files" / lecture.relative_to(beside), beside, started)
        except (OSError, ValueError, KeyError):
            return None

    def remove(self) -> None:
        """Delete the folder; what it links to stays."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """While this lasts, and this process lives, the folder is known to be in use."""
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @property
    def in_use(self) -> bool:
        """Whether a living process works in it."""
        try:
            with (self.folder / "lock").open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def workplaces(live: Path) -> list[Workplace]:
    """All under `live`, oldest first, whether in use or left behind."""
    found = [Workplace.of(folder) for folder in sorted(live.glob("*/"))]
    return sorted((place for place in found if place is not None), key=lambda place: place.started)


def environment(place: Workplace, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that make a Jupyter server read and write in the workplace only."""
    own = {
        "JUPYTER_CONFIG_DIR": place.jupyter / "config",
        "JUPYTER_DATA_DIR": place.jupyter / "share",
        "JUPYTER_RUNTIME_DIR": place.jupyter / "runtime",
        "JUPYTER_PATH": place.jupyter / "share",
        "IPYTHONDIR": place.jupyter / "ipython",
        "JUPYTERLAB_SETTINGS_DIR": place.jupyter / "lab-settings",
        "JUPYTERLAB_WORKSPACES_DIR": place.jupyter / "lab-workspaces",
    }
    inherited = {name: value for name, value in base.items() if name not in _NOT_INHERITED}
    return {**inherited, **{name: str(path) for name, path in own.items()}}


def _new_folder(live: Path, name: str) -> Path:
    live.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        folder = live / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)  # the server's token is written into it
            return folder
    raise FileExistsError(live / name)


def _put_stylesheets(place: Workplace, theme: Path) -> None:
    """Both front ends load rise.css and <lecture>.css from beside the notebook: the course's look, then its own."""
    sheets = [path for name in ("jaxstudy.css", "rise.css") if (path := theme / name).is_file()]
    here = place.copy.parent
    (here / "rise.css").write_text("\n".join(path.read_text(encoding="utf-8") for path in sheets), encoding="utf-8")
    if not place.lecture.with_suffix(".css").exists():
        (here / f"{place.copy.stem}.css").write_text("/* this lecture has none of its own */\n", encoding="utf-8")
    for item in theme.iterdir():  # what the stylesheet refers to: fonts, pictures
        if item.is_dir():
            shutil.copytree(item, here / item.name)
