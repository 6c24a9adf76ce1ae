#!/usr/bin/env bash
# jupytext 1.19.6: a comment in a percent script that happens to look like a command becomes one in the
# notebook, also where jupytext never wrote the file, and nothing is said. Expected: a comment stays a comment, as in any
# script that Python runs. What is taken for a command: a word and a question mark (`# why?`), `!` or `?` and a letter
# (`# !important: keep x`), and any line whose first word is cat, cd, cp, mv, rm, rmdir, mkdir, copy, ddir, echo, ls,
# ldir or ren, unless `=` or a comma follows (`# copy the tree`, `# echo of the signal`). IPython then runs them: the
# first prints "Object `why` not found.", the others go to the shell. `comment_magics: false` in the header, or
# `--opt comment_magics=false`, turns it off; as a script the file behaves otherwise than as a notebook.
#
# Output seen:
#   '# why?' -> 'why?'
#   '# !important: keep x' -> '!important: keep x'
#   '# copy the tree' -> 'copy the tree'
#   '# ls' -> 'ls'
#   '# a plain comment' -> '# a plain comment'
#   with comment_magics: false nothing changes
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check "jupytext==1.19.6"
"$dir/venv/bin/python" - <<'P'
import jupytext

COMMENTS = ["# why?", "# !important: keep x", "# copy the tree", "# ls", "# a plain comment"]
header = "# ---\n# jupyter:\n#   jupytext:\n#     comment_magics: false\n# ---\n\n"
script = "\n\n".join(f"# %%\n{comment}\nx = 1" for comment in COMMENTS) + "\n"
compile(script, "script", "exec")  # to Python, comments and assignments
read = [cell.source.split("\n")[0] for cell in jupytext.reads(script, fmt="py:percent").cells]
for comment, line in zip(COMMENTS, read, strict=True):
    print(repr(comment), "->", repr(line))
assert read == ["why?", "!important: keep x", "copy the tree", "ls", "# a plain comment"], read
kept = [cell.source.split("\n")[0] for cell in jupytext.reads(header + script, fmt="py:percent").cells]
assert kept == COMMENTS, kept
print("with comment_magics: false nothing changes")
P
