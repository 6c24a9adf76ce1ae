"""`jaxstudy serve`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Option


def serve(
    port: Annotated[int, Option(help="Port on 127.0.0.1.")] = 8000,
    full: Annotated[bool, Option("--full", help="Full-size runs instead of smoke size.")] = False,
    open_browser: Annotated[bool, Option("--open/--no-open", help="Open the site in a browser.")] = False,
) -> None:
    """Serve the study site here; rebuild and reload the page when a file is saved."""
    from jaxstudy.cli.site import serve_site

    serve_site(port, full, open_browser)
