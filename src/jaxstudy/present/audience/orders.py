"""What the owner of an audience's server tells it; apart from `server`, so that the owner need not import Tornado."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Orders:
    """What the owner wants, as one line of JSON on stdin: the secrets are for nobody else to read."""

    owner: int
    """Process to end with."""
    secret: str
    """Of the follow page's address."""
    speaker_secret: str
    """Of the speaker's window for a phone; empty for none."""
    talk: str
    """Names the talk: what a browser remembers is kept by it."""
    folder: str
    """What `folder.write_folder` wrote."""
    copy: str
    """The working copy; empty where there is none to be had."""
    original: str
    """The lecture's file."""
    root: str
    """The course's folder."""
    listener: int = -1
    """File descriptor of the listening socket."""
    line: int = -1
    """File descriptor of the line to the notebook server."""
