"""What the two front ends read from Jupyter's folders: settings, our JavaScript, themes without remote fonts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jaxstudy
from jaxstudy.course import Lecture
from jaxstudy.course.exercises import starter, without_markers
from jaxstudy.errors import Problem, ToolMissing
from jaxstudy.installing import extra_words
from jaxstudy.present.workplace import Workplace

FRONT_ENDS = ("classic", "lab")
_PAGE = (
    *("custom-preload.js", "custom.js", "custom.css", "typing.js", "companion.js"),
    *("rescue.js", "rescue.css", "goto.js", "difference.js", "marks.js", "marks.css"),
)
"""What the page of classic RISE loads of ours."""
_PACKAGES = {"classic": ("rise", "nbclassic"), "lab": ("jupyterlab_rise",)}
_ASSETS = Path(jaxstudy.__file__).parent / "assets" / "rise"
_REMOTE_IMPORT = re.compile(r"@import\s+url\(\s*['\"]?(?:https?:)?//[^)]*\)\s*;?")
# An audience sees slides, not the tools around them; transitions cost attention and, on a projector, frames.
_HOUSE = {"transition": "none", "slideNumber": "c/t", "auto_select": "code", "show_buttons_on_startup": False}
# RISE binds its keys anew each time the slides are entered. Its s, the pen's next colour, would take the place of ours:
# beside q, the pen's previous colour, there is room.
_KEYS = {"chalkboard": {"colorNext": "shift-q"}}

LAB_HELP = """\
In this front end (jupyterlab-rise):
  click into a cell first (or press Tab): nothing has the focus when the slides open
  run a cell with Ctrl+Enter: Shift+Enter on a slide's last cell jumps to the next slide
  the board ([) and the overview (w) do not work; the pen (]) and the speaker window (t) do
  keep to a light theme"""
"""What a presenter must know before choosing `--lab`."""


def address(front_end: str, lecture: str) -> str:
    """Path of the page with the slides; `lecture` is relative to the server's root."""
    return {"classic": "/nbclassic/notebooks/", "lab": "/rise/"}[front_end] + lecture


def missing(front_end: str) -> list[str]:
    """The packages this front end needs and this Python lacks."""
    return [name for name in ("jupyter_server", *_PACKAGES[front_end]) if find_spec(name) is None]


def require(front_end: str) -> None:
    """Raise `ToolMissing` where the front end is not installed."""
    if lacking := missing(front_end):
        do = f"run `{extra_words('present')}`"
        raise ToolMissing(Problem(f"the {front_end} front end", f"no {', '.join(lacking)}", do))


def furnish(place: Workplace, lecture: Lecture, front_end: str) -> None:
    """Fill Jupyter's folders of a workplace."""
    config, share = place.jupyter / "config", place.jupyter / "share"
    settings = dict(lecture.metadata.get("rise") or {})
    if front_end == "classic":
        for name in _PAGE:
            _write(config / "custom" / name, (_ASSETS / name).read_text(encoding="utf-8"))
        _write(config / "custom" / "plan.js", f"define([], () => ({json.dumps(_plan(lecture))}));\n")
        _write_json(config / "nbconfig" / "notebook.json", {"load_extensions": {"rise/main": True}})
        # RISE loses the settings of the header when it is faster than the notebook; these it always finds.
        _write_json(config / "nbconfig" / "rise.json", _rise(settings))
        _put_themes(share / "nbextensions")
        if find_spec("widgetsnbextension") is None:
            widgets = share / "nbextensions" / "widgets" / "notebook" / "js" / "extension.js"
            _write(widgets, (_ASSETS / "no-widgets.js").read_text(encoding="utf-8"))
    else:
        manager = place.jupyter / "lab-settings" / "@jupyterlab" / "docmanager-extension"
        _write_json(manager / "plugin.jupyterlab-settings", {"autosaveInterval": 3})  # seconds
        notices = place.jupyter / "lab-settings" / "@jupyterlab" / "apputils-extension"
        _write_json(notices / "notification.jupyterlab-settings", {"fetchNews": "false", "checkForUpdates": False})


def _rise(settings: Mapping[str, Any]) -> dict[str, Any]:
    """RISE's settings: the house's, and over them the lecture's, key by key."""
    keys = dict(settings.get("reveal_shortcuts") or {})
    for part, ours in _KEYS.items():
        keys[part] = {**ours, **(keys.get(part) or {})}
    return {**_HOUSE, **settings, "reveal_shortcuts": keys, "autolaunch": False}


def _plan(lecture: Lecture) -> dict[str, Any]:
    """The lecture as the page must know it: cells by id with their text, slides by number."""
    steps = [
        {"id": step.id, "source": without_markers(step.source), "starter": starter(step.source)}
        if step.kind == "code"
        else {"id": step.id, "source": step.source}
        for step in lecture
    ]
    section, slides = "", []
    for slide in lecture.slides:
        section = slide.title if slide.level == "slide" else section
        slides.append({"id": slide.id, "title": slide.title, "section": section, "steps": [s.id for s in slide.steps]})
    return {"steps": steps, "slides": slides}


def _put_themes(nbextensions: Path) -> None:
    """RISE's themes, less the fonts they fetch from Google: found before its own, and good without a network."""
    rise = find_spec("rise")
    assert rise is not None and rise.origin is not None
    for theme in (Path(rise.origin).parent / "static" / "reveal.js" / "css" / "theme").glob("*.css"):
        text = theme.read_text(encoding="utf-8")
        if _REMOTE_IMPORT.search(text):
            target = nbextensions / "rise" / "reveal.js" / "css" / "theme" / theme.name
            _write(target, _REMOTE_IMPORT.sub("", text))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    _write(path, json.dumps(content, indent=1))
