"""Pages from templates: `assets/site/*.j2`."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jaxstudy.course.headings import plain, slug

ASSETS = Path(__file__).parents[1] / "assets" / "site"


def render(template: str, **values: Any) -> str:
    """The template filled in; a missing value is an error."""
    return _environment().get_template(template).render(**values)


def literal(text: str) -> str:
    """Markdown that shows the text as it is, whatever is in it."""
    # Numbers of characters, not backslashes: `\(` would begin maths.
    return re.sub(r"[^\w ,;:?]|_", lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def attribute(text: str) -> str:
    """One line that may stand between double quotes in HTML: themes put descriptions there as they are."""
    return " ".join(text.split()).replace('"', "”")


def yaml_text(text: str) -> str:
    """The text as a YAML scalar in one line. JSON's escapes would do but for letters beyond 16 bits."""
    return json.dumps(str(text), ensure_ascii=False)


@cache
def _environment() -> Environment:
    # Markdown, not HTML: prose is the author's own, so nothing is escaped.
    environment = Environment(
        loader=FileSystemLoader(ASSETS), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["attribute"] = attribute
    environment.filters["plain"] = plain
    environment.filters["slug"] = slug
    environment.filters["literal"] = literal
    environment.filters["yaml"] = yaml_text
    return environment
