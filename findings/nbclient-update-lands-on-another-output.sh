#!/usr/bin/env bash
# nbclient 0.11.0: with coalesce_streams=True (nbconvert's --ExecutePreprocessor.coalesce_streams too), a display that a
# later cell updates is not the one that changes. nbclient remembers a display by its place among a cell's outputs, merges
# that cell's prints when the cell has ended, and keeps the places from before: each print that was merged away shifts
# them by one. Another output of the cell is overwritten, without a word, and the progress bar (or whatever was to be
# updated) keeps its first state. Within one cell, and without merging, updates land where they belong.
# Expected: the display with that id.
#
# Output seen:
#   separate: ['a', 'first', 'b', 'updated', 'third']
#   merged:   ['ab', 'first', 'second', 'updated']
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check "nbclient==0.11.0" "ipykernel==7.4.0" "nbformat==5.11.1"
cat > "$dir/run.py" <<'P'
import nbformat
from nbclient import NotebookClient

FIRST = """
from IPython.display import Pretty, display
print("a", end="", flush=True)
display(Pretty("first"))
print("b", end="", flush=True)
handle = display(Pretty("second"), display_id=True)
display(Pretty("third"))
"""


def shown(merge):
    cells = [nbformat.v4.new_code_cell(source) for source in (FIRST, 'handle.update(Pretty("updated"))')]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, coalesce_streams=merge, kernel_name="python3").execute()
    return [output.get("text") or output["data"]["text/plain"] for output in notebook.cells[0].outputs]


print("separate:", separate := shown(False))
print("merged:  ", merged := shown(True))
assert separate == ["a", "first", "b", "updated", "third"], separate
assert merged == ["ab", "first", "second", "updated"], merged
P
PATH="$dir/venv/bin:$PATH" "$dir/venv/bin/python" "$dir/run.py"
