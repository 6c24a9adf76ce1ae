"""Links and pictures of a Markdown cell, made to hold on the study site."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jaxstudy.course.headings import slug
from jaxstudy.site.files import PageFiles

# Code and maths, which hold brackets that are no links.
_OPAQUE = re.compile(
    r"(?P<fence>^ *(?P<mark>`{3,}|~{3,})[^\n]*\n.*?^ *(?P=mark)[`~]*[ \t]*$)"
    r"|(?P<tick>`+)(?!`).*?(?<!`)(?P=tick)(?!`)|\$\$.*?\$\$",
    re.DOTALL | re.MULTILINE,
)
# Where a link leads, as CommonMark has it: in angle brackets, or without blanks and with parentheses in pairs.
_TO = r"(?:<(?P<angle>[^<>\n]*)>|(?P<bare>(?:[^\s()<>\\]|\\.|\((?:[^\s()\\]|\\.)*\))+))"
_TITLE = r"(?P<title>\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?"
_ALT_TEXT = r"(?P<alt>(?:[^\[\]]|\[[^\]]*\])*)"
_PICTURE = re.compile(rf"!\[{_ALT_TEXT}\]\(\s*(?:(?P<pasted>attachment:[^)]+?)|{_TO}){_TITLE}\s*\)")
_DEFINITION = re.compile(
    rf"^(?P<head> {{0,3}}\[(?P<label>[^\]\n]+)\]:[ \t]*){_TO}(?P<title>[ \t]+\S.*)?[ \t]*$", re.MULTILINE
)
_BY_REFERENCE = re.compile(r"!\[(?P<alt>[^\]]*)\](?:\[(?P<label>[^\]]*)\])?(?!\()")
_BADGE = re.compile(r"\[!\[(?P<alt>[^\]]*)\]\((?P<picture>(?:https?:)?//[^)\s]+)[^)]*\)\]\((?P<url>[^)]+)\)")
_LINK = re.compile(rf"(?<=\]\()\s*{_TO}")
_HTML_LINK = re.compile(r"(?P<start><a\b[^>]*?\bhref\s*=\s*)[\"'](?P<url>[^\"']+)[\"']", re.IGNORECASE)
_HTML_PICTURE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"'](?P<url>[^\"']+)[\"'][^>]*>", re.IGNORECASE)
_EMBEDDED = re.compile(
    r"<(?P<tag>iframe|video|audio|embed|object|script|link)\b[^>]*?\b(?:src|data|href)\s*=\s*[\"'](?P<url>(?:https?:)?//"
    r"[^\"']+)[\"'][^>]*>(?:.*?</(?P=tag)\s*>)?",
    re.DOTALL | re.IGNORECASE,
)
_PICTURE_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif)(?:[?#].*)?$", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Places:
    """What links can lead to besides files."""

    lectures: Collection[str] = ()
    """Names of the course's lectures."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """Slug of a heading of this lecture → its id on the page. Jupyter links to headings by their words."""


def with_links(source: str, files: PageFiles, places: Places, attachments: Mapping[str, Any]) -> str:
    """The source with local files copied beside the page, links to lectures turned to their pages.

    A picture on another host becomes a link: what is built asks no other host for anything.
    """

    remote = {found["label"].lower(): url for found in _DEFINITION.finditer(source) if _is_remote(url := _url(found))}

    def picture(found: re.Match[str]) -> str:
        written = found["pasted"] or _url(found)
        url = _target(written, files, attachments)
        if url is None:
            lost = written.startswith("attachment:")
            return f"*{found['alt'] or 'A picture'}*" if lost else _mention(found["alt"], written)
        return f"![{found['alt'] or _named(url)}]({_quoted(url)}{found['title'] or ''})"

    def by_reference(found: re.Match[str]) -> str:
        label = found["label"] or found["alt"]
        return _mention(found["alt"] or label, remote[label.lower()]) if label.lower() in remote else found[0]

    def definition(found: re.Match[str]) -> str:
        url = _url(found)
        shown = _target(url, files, attachments) if _PICTURE_FILE.search(url) else _page_link(url, files, places)
        return f"{found['head']}{_quoted(shown or url)}{found['title'] or ''}"

    def html_link(found: re.Match[str]) -> str:
        url = _page_link(html.unescape(found["url"]), files, places)
        # MkDocs looks at no link in HTML: it is told where the page will be.
        page, hash_sign, anchor = url.partition("#")
        here = f"{page.removesuffix('.md')}.html" if page.endswith(".md") and not _is_remote(url) else page
        return f'{found["start"]}"{html.escape(_quoted(here + hash_sign + anchor))}"'

    def html_picture(found: re.Match[str]) -> str:
        url = _target(found["url"], files, attachments)
        alt = _ALT.search(found[0])
        if url is None:
            return f'<a href="{found["url"]}">Picture: {(alt[1] if alt else "") or _named(found["url"])}</a>'
        tag = found[0].replace(found["url"], url)
        return tag if alt else tag.replace("<img", f'<img alt="{_named(url)}"', 1)

    def link(found: re.Match[str]) -> str:
        return _quoted(_page_link(_url(found), files, places))

    def everything(text: str) -> str:
        text = _BADGE.sub(_words, _EMBEDDED.sub(_embedded, text))
        text = _HTML_LINK.sub(html_link, _HTML_PICTURE.sub(html_picture, _PICTURE.sub(picture, text)))
        return _LINK.sub(link, _DEFINITION.sub(definition, _BY_REFERENCE.sub(by_reference, text)))

    return _outside_code(source, everything)


def _url(found: re.Match[str]) -> str:
    """The address as it is meant: without brackets and backslashes."""
    if found["angle"] is not None:
        return str(found["angle"]).strip()
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", found["bare"])


def _quoted(url: str) -> str:
    """The address as it can stand in a link: what would end it there, by its number."""
    return re.sub(r"[\s()<>]", lambda found: quote(found[0]), url)


def _is_remote(url: str) -> bool:
    return bool(urlsplit(url).scheme) or url.startswith("//")


def _outside_code(source: str, change: Callable[[str], str]) -> str:
    pieces, position = [], 0
    for opaque in _OPAQUE.finditer(source):
        pieces += [change(source[position : opaque.start()]), opaque[0]]
        position = opaque.end()
    return "".join([*pieces, change(source[position:])])


def _target(url: str, files: PageFiles, attachments: Mapping[str, Any]) -> str | None:
    """Where the picture lies beside the page; the url itself when no file is there; None: elsewhere, or lost."""
    if url.startswith("attachment:"):
        return _attached(unquote(url.removeprefix("attachment:")), files, attachments)
    if url.startswith("data:"):
        return url
    if urlsplit(url).scheme or url.startswith("//"):
        return None
    return files.copy(unquote(url)) or url


def _attached(name: str, files: PageFiles, attachments: Mapping[str, Any]) -> str | None:
    for content in attachments.get(name, {}).values():
        return files.add(name.replace(" ", "_"), base64.b64decode(content))
    return None


def _mention(alt: str, url: str) -> str:
    return f"[Picture: {alt or _named(url)}]({url})"


def _words(found: re.Match[str]) -> str:
    """A linked picture of another host, a badge mostly, as the link with words instead."""
    return f"[{found['alt'] or _named(found['picture'])}]({found['url']})"


def _embedded(found: re.Match[str]) -> str:
    """What would be fetched from another host as a link; scripts and styles go without a word."""
    if found["tag"].lower() in ("script", "link"):
        return ""
    return f"[Embedded: {urlsplit(found['url']).netloc}]({found['url']})"


def _named(url: str) -> str:
    """Words for a picture without any: its file's name."""
    return re.sub(r"[-_]+", " ", urlsplit(url).path.rsplit("/", 1)[-1].rsplit(".", 1)[0])


def _page_link(url: str, files: PageFiles, places: Places) -> str:
    """`01_arrays.py#step` → `01_arrays.md#step`; another file of the course is copied; the rest stays."""
    path, hash_sign, anchor = url.partition("#")
    if hash_sign and not path:
        return f"#{places.headings.get(slug(unquote(anchor)), anchor)}"
    if not path or urlsplit(url).scheme or url.startswith(("//", f"{files.folder}/")):
        return url
    name = path.rsplit("/", 1)[-1]
    stem, _, suffix = name.rpartition(".")
    if suffix in ("py", "ipynb", "md") and stem in places.lectures:
        return f"{stem}.md{hash_sign}{anchor}"
    copied = files.copy(unquote(path))
    return f"{copied}{hash_sign}{anchor}" if copied else url
