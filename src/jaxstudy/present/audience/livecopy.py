"""The lecture as the presenter has it now, as a notebook to take home."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.course.notebook_format import import_quickly
from jaxstudy.errors import StudyError

_log = logging.getLogger(__name__)


class LiveCopy:
    """The working copy, read when it has changed: without notes, with the course's own modules, as the attendee's
    notebook of a build is."""

    def __init__(self, copy: str, original: str, root: str) -> None:
        self._copy, self._original, self._root = Path(copy), Path(original), Path(root)
        self._seen: tuple[int, int] | None = None

    def read_if_changed(self) -> bytes | None:
        """The notebook; None when it is as it was, or can't be read at this moment."""
        try:
            about = self._copy.stat()
        except OSError:
            return None
        if (now := (about.st_mtime_ns, about.st_size)) == self._seen:
            return None
        self._seen = now
        try:
            return self._read()
        except (StudyError, OSError, ValueError) as error:  # a file that is being written, or was typed wrong
            _log.warning("the notebook to download stays as it was: %s", error)
            return None

    def write(self, path: Path, data: bytes) -> None:
        """Put it where a plain file server finds it."""
        write_atomically(path, data)

    def _read(self) -> bytes:
        import_quickly()
        import nbformat

        from jaxstudy.build.notebook import attendee_notebook
        from jaxstudy.course import load_course, read_lecture

        # Beside the original stand the modules that it imports; beside the copy there is nothing.
        lecture = replace(read_lecture(self._copy), path=self._original)
        text: str = nbformat.writes(attendee_notebook(load_course(self._root), lecture, None))
        return text.encode()
