"""A recording of a talk: what was shown and run, second by second.

Newline-delimited JSON: a header line, then one event a line. Times are absolute seconds from the start, so a file that
was cut off is right up to its last whole line. Blank lines and lines that start with `#` are ignored.

    {"jaxstudy-recording": 1, "lecture": "02_functions", "started": "2026-11-24T18:00:00+00:00"}
    [0.0, "slide", {"step": "the-slope-of-a-product-1"}]
    [12.482, "run", {"step": "the-slope-of-a-product-2", "n": 1, "source": "grad(f)(3.0)"}]
    [12.519, "output", {"parent": 1, "type": "execute_result", "text": "6.0"}]
    [12.520, "done", {"parent": 1, "status": "ok", "seconds": 0.038}]

Kinds: `slide` (step), `run` (source, step where it is one of the script's, n), `output` and `done` (parent: the n of
their run), `mark`, `question` (text), `kernel` (state), `end` (the presenter ended the talk; a killed one has none).
A reader keeps kinds that it does not know; a figure is a file beside the recording, named by its digest. All fields:
docs/guides/recording.md.
"""

from jaxstudy.recording.changing import redacted, replaced, shifted, trimmed
from jaxstudy.recording.events import FIGURES, FILE, KINDS, VERSION, Event, Header, Recording, read_recording
from jaxstudy.recording.writer import Writer, in_use

__all__ = [
    "FIGURES",
    "FILE",
    "KINDS",
    "VERSION",
    "Event",
    "Header",
    "Recording",
    "Writer",
    "in_use",
    "read_recording",
    "redacted",
    "replaced",
    "shifted",
    "trimmed",
]
