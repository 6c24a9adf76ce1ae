"""Grade honest and hostile submissions and print the marks as JSON: `python grade_some.py FOLDER [weak] NAME …`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from graders import descendants, small_homework
from hostile import HONEST, HOSTILE, RIGHT
from jaxstudy.errors import StudyError
from jaxstudy.homework.grading import Grader


def main(folder: Path, weak: bool, names: list[str]) -> None:
    tempfile.tempdir = str(folder)
    assignment = small_homework(folder / "07_three")
    said: dict[str, object] = {"uid": os.geteuid()}
    try:
        with Grader(assignment, seed=1, allow_weak_sandbox=weak) as grader:
            sources = {
                "honest": HONEST + RIGHT,
                **{name: str(HOSTILE[name][0]) for name in names},
                "honest again": HONEST + RIGHT,
            }
            said["marks"] = {name: grader.grade(source, name).earned for name, source in sources.items()}
            assert grader.sandbox is not None
            said |= {"tier": grader.sandbox.tier, "layers": grader.sandbox.layers}
    except StudyError as error:
        said["refused"] = str(error)
    said["left"] = [*map(str, descendants()), *(path.name for path in folder.iterdir() if path.name != "07_three")]
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "weak" in sys.argv[2:3], [word for word in sys.argv[2:] if word != "weak"])
