#!/usr/bin/env bash
# jupytext 1.19.6: a brace in the title of a percent cell makes jupytext lose the cell's tags and slide type,
# without a word. It takes the first `{` of the line, if it stands before the first `=`, for the beginning of metadata as
# one JSON object, and when that does not parse keeps the rest of the line as `incorrectly_encoded_metadata`. Expected: the
# title `Plot {final}`, and the metadata behind it, which are valid. A `tags=["hide-input"]` is lost so (what was to be
# hidden is shown), and so is a `slideshow={"slide_type": "skip"}`; tools that read `.py` by jupytext see none of them.
#
# Output seen:
#   'Plot final': title 'Plot final', tags ['hide-input']
#   'Plot {final}': title 'Plot', tags None
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check "jupytext==1.19.6"
"$dir/venv/bin/python" - <<'P'
import jupytext

for title, seen in (("Plot final", ("Plot final", ["hide-input"])), ("Plot {final}", ("Plot", None))):
    script = f'# %% {title} tags=["hide-input"]\nx = 1\n'
    metadata = jupytext.reads(script, fmt="py:percent").cells[0].metadata
    print(f"{title!r}: title {metadata.get('title')!r}, tags {metadata.get('tags')!r}")
    assert (metadata.get("title"), metadata.get("tags")) == seen, metadata
P
