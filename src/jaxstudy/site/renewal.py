"""The site made anew where its sources changed: those pages, their entries in the search index, the rest linked.

MkDocs knows how to leave out pages that are older than what was made of them (`--dirty`), and warns of what breaks:
its search index then holds the new pages alone, and links into pages that it did not read are not checked. Both are
mended here. Run as a program, this module is MkDocs with that mended.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INDEX = "search/search_index.json"
_INLINED = "search/search_index.js"
_MADE = ("search", "sitemap.xml", "sitemap.xml.gz", "404.html", "objects.inv")
"""What every build writes anew."""
_ID = re.compile(r"""\bid=["']?([^"'\s>]+)""")
_MATERIALS_OWN = re.compile(r"__\w+")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a site was made of."""

    rest: str
    """Digest of everything but the files: settings, navigation, tools."""
    files: Mapping[str, str]
    """Path in the docs folder → size and time."""

    def changed_since(self, kept: Sources | None) -> list[str] | None:
        """The files that differ, where nothing else does; None: other settings, or a file more or less."""
        if kept is None or kept.rest != self.rest or kept.files.keys() != self.files.keys():
            return None
        return [name for name, about in self.files.items() if kept.files[name] != about]


def page_of(source: str) -> str:
    """`lectures/01_a.html` of `lectures/01_a.md`."""
    return f"{source.removesuffix('.md')}.html"


def link_site(site: Path, fresh: Path, changed: Iterable[str]) -> None:
    """A second folder with the files of the site, as links, without what is to be made anew.

    Links, not copies: decks and pictures are most of a site. What is written anew must not be there, or writing it
    would change the old site as well.
    """
    shutil.copytree(site, fresh, copy_function=os.link)
    for name in changed:
        (fresh / (page_of(name) if name.endswith(".md") else name)).unlink(missing_ok=True)
    for name in _MADE:
        if (fresh / name).is_dir():
            shutil.rmtree(fresh / name)
        else:
            (fresh / name).unlink(missing_ok=True)


def merge_search(site: Path, fresh: Path, changed: Iterable[str]) -> bool:
    """Give the new index the entries of pages that were not read. False: there is no way to tell where they belong."""
    pages = {page_of(name) for name in changed if name.endswith(".md")}
    old, new = (_read_index(folder) for folder in (site, fresh))
    if old is None or new is None:
        return old is new
    renewed: dict[str, list[Any]] = {page: [] for page in pages}
    for entry in new["docs"]:
        renewed.setdefault(_page(entry), []).append(entry)
    merged: list[Any] = []
    for entry in old["docs"]:
        page = _page(entry)
        if page not in pages:
            merged.append(entry)
        else:
            merged += renewed.pop(page, [])
    if any(renewed.values()):
        return False  # a page that had no entry before
    text = json.dumps({**new, "docs": merged}, separators=(",", ":"), default=str)
    (fresh / INDEX).write_text(text, encoding="utf-8")
    if (fresh / _INLINED).is_file():
        (fresh / _INLINED).write_text(f"var __index = {text}", encoding="utf-8")
    return True


def keeps_its_places(site: Path, fresh: Path, changed: Iterable[str]) -> bool:
    """Whether every place on the changed pages is still there: other pages, not read again, may link to it."""
    pages = [page_of(name) for name in changed if name.endswith(".md")]
    return all(ids_in(site / page) <= ids_in(fresh / page) for page in pages)


def ids_in(page: Path) -> set[str]:
    """Every id in a page, but for the theme's own."""
    try:
        found = set(_ID.findall(page.read_text(encoding="utf-8")))
    except OSError:
        return set()
    return {name for name in found if not _MATERIALS_OWN.fullmatch(name)}


def _page(entry: Mapping[str, Any]) -> str:
    return str(entry["location"]).partition("#")[0] or "index.html"


def _read_index(site: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((site / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def main() -> None:
    """MkDocs, building into a folder that holds all pages but the changed ones. Arguments: its settings, the folder."""
    gc.disable()  # a second's work: garbage is left to the process's end
    from jinja2 import FileSystemBytecodeCache
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort
    from mkdocs.plugins import BasePlugin
    from mkdocs.structure.files import Files

    # Ten thousand icons of the theme, of which none is copied; what else it brings is linked already.
    Files.add_files_from_theme = lambda *_: None  # type: ignore[method-assign]

    class Places(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
        """Tells MkDocs which places there are on pages that it does not read."""

        def on_env(self, env: Any, config: Any, files: Any) -> Any:
            compiled = Path(config.site_dir).parent / "made" / "templates"
            compiled.mkdir(parents=True, exist_ok=True)
            env.bytecode_cache = FileSystemBytecodeCache(str(compiled))  # the theme's, which take longer than a page
            for page in (file.page for file in files.documentation_pages() if file.page):
                for target in page.links_to_anchors or ():
                    if target.page is not None and target.page.present_anchor_ids is None:
                        target.page.present_anchor_ids = ids_in(Path(config.site_dir) / target.dest_uri)
            return env

    logging.basicConfig(format="%(levelname)s -  %(message)s")
    logger = logging.getLogger("mkdocs.commands.build")
    logger.addFilter(lambda record: "'dirty' build" not in record.getMessage())
    config = load_config(sys.argv[1], site_dir=sys.argv[2], strict=len(sys.argv) > 3)
    config.plugins["jaxstudy/places"] = Places()
    config.plugins.on_startup(command="build", dirty=True)
    try:
        build(config, dirty=True)
    except Abort as error:
        sys.exit(str(error))
    finally:
        config.plugins.on_shutdown()


if __name__ == "__main__":
    main()
