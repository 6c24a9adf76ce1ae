"""Files that belong to one page: pictures its cells drew, pictures and data its prose points to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

Content = bytes | Path
"""What a file of the site holds: bytes, or the file to copy."""


@dataclass(slots=True)
class PageFiles:
    """Collects a page's files and gives the links to them."""

    folder: str
    """Folder of the files, beside the page."""
    source: Path
    """The file the page is made from; relative links start at its folder."""
    found: dict[str, Content] = field(default_factory=dict)
    """Path beside the page → content."""

    def add(self, name: str, content: bytes) -> str:
        """Keep `content`; returns the link to it."""
        return self._keep(name, content)

    def copy(self, link: str) -> str | None:
        """Keep the file a relative link points to; returns the new link, or None when there is no such file."""
        path = (self.source.parent / link).resolve()
        return self._keep(path.name, path) if path.is_file() else None

    def _keep(self, name: str, content: Content) -> str:
        """Two files with one name are told apart by a piece of their hash."""
        link = f"{self.folder}/{name}"
        if self.found.setdefault(link, content) != content:
            data = content.read_bytes() if isinstance(content, Path) else content
            stem, dot, suffix = name.rpartition(".")
            mark = hashlib.sha256(data).hexdigest()[:8]
            link = f"{self.folder}/{stem}-{mark}.{suffix}" if dot else f"{self.folder}/{name}-{mark}"
            self.found[link] = content
        return link
