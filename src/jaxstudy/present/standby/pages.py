"""The address under which the page finds the rehearsed outputs."""

# Jupyter's and Tornado's handlers are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call,misc"

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web


class RehearsalPage(JupyterHandler):
    """The cells with their rehearsed outputs, as JSON."""

    def initialize(self, file: Path) -> None:
        """Tornado calls this for each request."""
        self._file = file

    @web.authenticated
    def get(self) -> None:
        """The file as it is now; 404 until the owner has written it."""
        try:
            body = self._file.read_bytes()
        except OSError as error:
            raise web.HTTPError(404) from error
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(body)


def rehearsal_handler(file: Path) -> tuple[str, type[JupyterHandler], dict[str, Any]]:
    """The address and what answers there."""
    return r"/jaxstudy/rehearsal", RehearsalPage, {"file": file}
