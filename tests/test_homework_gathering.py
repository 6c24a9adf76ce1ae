"""A folder or a zip of submissions: whose is what, when did it come, and what cannot be graded."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import stat
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jaxstudy.errors import InputError
from jaxstudy.homework.gathering import Submission, clean, file_name, gather
from jaxstudy.homework.gathering.commits import last_commit

WORK = "def softmax(x):\n    return x\n"
STARTER = 'def softmax(x):\n    raise NotImplementedError("softmax: your turn")\n'


def notebook(source: str = WORK, **more: object) -> str:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell], **more})


def zip_of(files: dict[str, str | bytes], **options: int) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return memory.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "submissions"
    path.mkdir()
    return path


@pytest.fixture
def found(folder: Path, tmp_path: Path) -> Callable[..., dict[str, Submission]]:
    def look(where: Path = folder) -> dict[str, Submission]:
        gathered = gather(where, tmp_path / "sources", "02_functions")
        assert [s.student for s in gathered.submissions] == sorted(
            (s.student for s in gathered.submissions), key=lambda n: (n.casefold(), n)
        )
        for submission in gathered.submissions:
            assert (submission.file is None) == bool(submission.unreadable)
            assert submission.student.isprintable() and submission.source.isprintable()
        return {submission.student: submission for submission in gathered.submissions}

    return look


Look = Callable[..., dict[str, Submission]]


def at(path: Path, day: int) -> Path:
    when = datetime(2026, 10, day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (when, when))
    return path


def test_files_folders_and_zips_named_after_students(folder: Path, found: Look) -> None:
    (folder / "ada.py").write_text(WORK)
    (folder / "bob.ipynb").write_text(notebook())
    (folder / "cyd").mkdir()
    (folder / "cyd" / "anything.py").write_text(WORK)
    (folder / "dee.zip").write_bytes(zip_of({"hw/02_functions.py": WORK, "hw/.git/config": "x", "__MACOSX/._x": "x"}))
    (folder / "README.md").write_text("not a student")
    (folder / ".DS_Store").write_text("")
    students = found()
    assert list(students) == ["ada", "bob", "cyd", "dee"]
    for student in students.values():
        assert student.file is not None and "softmax" in student.file.read_text()
    assert students["dee"].source == "dee.zip/hw/02_functions.py"


def test_the_latest_file_wins_and_the_others_are_listed(folder: Path, found: Look) -> None:
    (folder / "ada").mkdir()
    for day, name in enumerate(("02_functions.py", "02_functions (1).ipynb", "helper.py", "old/02_functions.py"), 1):
        path = folder / "ada" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook() if name.endswith("b") else WORK)
        at(path, 20 if "old" in name else day)
    ada = found()["ada"]
    assert ada.source == "ada/old/02_functions.py" and ada.when == datetime(2026, 10, 20, 12, tzinfo=UTC)
    # helper.py is newer than two of them, but does not bear the homework's name
    assert set(ada.other_files) == {"ada/02_functions.py", "ada/02_functions (1).ipynb", "ada/helper.py"}


def test_a_broken_latest_file_does_not_hide_an_earlier_whole_one(folder: Path, found: Look) -> None:
    at((folder / "ada.py"), 1) if (folder / "ada.py").write_text(WORK) else None
    (folder / "ada.ipynb").write_text("{")
    at(folder / "ada.ipynb", 5)
    ada = found()["ada"]
    assert ada.source == "ada.py" and ada.other_files == ("ada.ipynb",)


def test_a_submission_on_gradescope_has_its_people_and_time_from_the_metadata(folder: Path, found: Look) -> None:
    metadata = """\
---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '815'
    :email: ada@example.edu
  :created_at: 2026-10-04 21:59:51.206484000 Z
  :score: 0.0
submission_12:
  :submitters:
  - :name: Bob
    :sid:
    :email: bob@example.edu
  - :name: "=cmd|' /C calc'!A0"
    :email: eve@example.edu
  :created_at: 2026-10-05 09:00:00.000000000 Z
"""
    files = {
        "assignment_9_export/submission_metadata.yml": metadata,
        "assignment_9_export/submission_11/02_functions.py": STARTER,
        "assignment_9_export/submission_11/02_functions.ipynb": notebook(),
        "assignment_9_export/submission_12/x.py": WORK,
        "assignment_9_export/submission_13/y.py": WORK,
    }
    (folder / "export.zip").write_bytes(zip_of(files))  # type: ignore[arg-type]
    students = found(folder / "export.zip")
    assert list(students) == [
        "=cmd|' /C calc'!A0 (eve@example.edu)",
        "Ada Lovelace (815)",
        "Bob (bob@example.edu)",
        "submission_13",
    ]
    ada = students["Ada Lovelace (815)"]
    assert ada.when == datetime(2026, 10, 4, 21, 59, 51, 206484, tzinfo=UTC)
    assert ada.source.endswith("02_functions.ipynb")  # came at the same time, and more of it is written
    assert found(folder).keys() == students.keys()  # the folder it was saved in does as well
    with zipfile.ZipFile(folder / "export.zip") as archive:
        archive.extractall(folder)
    (folder / "export.zip").unlink()
    assert found(folder).keys() == students.keys()


def test_canvas_names_tell_the_student_the_attempt_and_lateness(folder: Path, found: Look) -> None:
    files = {
        "lovelaceada_LATE_111_9001_02_functions.ipynb": notebook(),
        "lovelaceada_111_8000_02_functions.ipynb": notebook(),
        "lovelaceada_222_8001_my_hw.py": WORK,
        "bob_333_7000_hw-1.py": WORK + "# second\n",
        "bob_333_7000_hw.py": WORK,
        "cyd_444_7001_essay.pdf": "%PDF",
    }
    (folder / "all.zip").write_bytes(zip_of(files))  # type: ignore[arg-type]
    students = found(folder / "all.zip")
    assert list(students) == ["bob (333)", "cyd (444)", "lovelaceada (111)", "lovelaceada (222)"]
    assert students["lovelaceada (111)"].marked_late and not students["lovelaceada (222)"].marked_late
    assert students["lovelaceada (111)"].other_files == ("lovelaceada_111_8000_02_functions.ipynb",)
    assert students["bob (333)"].file is not None and "second" in students["bob (333)"].file.read_text()
    assert students["cyd (444)"].unreadable == "cyd_444_7001_essay.pdf is a .pdf file; hand in the .py or .ipynb file"
    assert students["bob (333)"].when is None


def test_moodle_names_tell_the_student(folder: Path, found: Look) -> None:
    files = {
        "Ada Lovelace_815_assignsubmission_file_/02_functions.py": WORK,
        "Ada Lovelace_815_assignsubmission_onlinetext_/onlinetext.html": "<p>done</p>",
        "Bob O'Neil_816_assignsubmission_file_hw.ipynb": notebook(),
    }
    (folder / "moodle.zip").write_bytes(zip_of(files))  # type: ignore[arg-type]
    students = found(folder / "moodle.zip")
    assert list(students) == ["Ada Lovelace (815)", "Bob O'Neil (816)"]
    assert students["Ada Lovelace (815)"].when is not None
    assert students["Bob O'Neil (816)"].source == "Bob O'Neil_816_assignsubmission_file_hw.ipynb"


def clone(folder: Path, name: str, date: str) -> Path:
    path = folder / name
    path.mkdir(parents=True)
    (path / "02_functions.py").write_text(WORK)
    (path / "test_grading.py").write_text("assert True\n")
    environment = {**os.environ, "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z"}
    who = ("-c", "user.name=A\n", "-c", "user.email=a@b")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-q", "-m", "committer X 1 +0000")):
        subprocess.run(["git", *words], cwd=path, env=environment, check=True)
    return path


def test_clones_of_github_classroom_are_named_by_login_and_dated_by_their_last_commit(
    folder: Path, found: Look, tmp_path: Path
) -> None:
    clone(folder, "homework-02-ada-l", "2026-10-04T23:00:00+0200")
    packed = clone(folder, "homework-02-bob", "2026-10-05T08:00:00-0330")
    subprocess.run(["git", "gc", "-q", "--aggressive"], cwd=packed, check=True)
    subprocess.run(["git", "pack-refs", "--all"], cwd=packed, check=True)
    assert not (packed / ".git/refs/heads/main").exists()
    # what `git log` in that folder would run
    trap = tmp_path / "trap"
    (packed / ".git" / "config").write_text(
        f"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = touch {trap}\n[core]\n\tfsmonitor = touch {trap}\n"
    )
    students = found()
    assert list(students) == ["ada-l", "bob"]
    assert students["ada-l"].when == datetime(2026, 10, 4, 21, tzinfo=UTC)
    assert students["bob"].when == datetime(2026, 10, 5, 11, 30, tzinfo=UTC)
    assert students["bob"].source == "homework-02-bob/02_functions.py" and not trap.exists()
    archive = shutil.make_archive(str(tmp_path / "clones"), "zip", folder.parent, folder.name)
    zipped = found(Path(archive))
    assert {name: submission.when for name, submission in zipped.items()} == {
        name: submission.when for name, submission in students.items()
    }


def test_a_broken_clone_has_no_time_but_is_graded(folder: Path, found: Look) -> None:
    for number, (name, content) in enumerate({"HEAD": "ref: ../../../../etc/passwd", "config": "x"}.items()):
        git = folder / f"homework-02-s{number}" / ".git"
        git.mkdir(parents=True)
        (git / name).write_text(content)
        (git.parent / "a.py").write_text(WORK)
    bomb = folder / "homework-02-s2" / ".git"
    (bomb / "objects" / "ab").mkdir(parents=True)
    (bomb / "HEAD").write_text("ab" * 20)
    (bomb / "objects" / "ab" / ("ab" * 19)).write_bytes(zlib.compress(b"commit \0" + b" " * 50_000_000))
    (bomb.parent / "a.py").write_text(WORK)
    students = found()
    assert len(students) == 3 and all(s.when is None and s.file for s in students.values())
    assert last_commit(folder) is None


UNREADABLE = {
    "wide": (b"\xff\xfex\x00 \x00\x00\xd8", "is not UTF-16 (byte"),
    "nul": (b"x = 1\0", "holds NUL bytes"),
    "empty": (b" \n\t\n", "is empty"),
    "large": (b"#" * 10_000_001, "is larger than 10 MB"),
}
BROKEN_NOTEBOOKS = {
    "torn": (notebook()[:80], "is a broken notebook"),
    "three": (json.dumps({"nbformat": 3, "worksheets": []}), "is a notebook of format 3, not 4"),
    "list": ("[]", "is not a notebook"),
    "deep": ("[" * 100_000, "is a broken notebook"),
    "digits": (f'{{"nbformat": {"9" * 5000}}}', "is a broken notebook"),
    "cells": (
        json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": {"a": 1}}]}),
        "a cell has no source",
    ),
    "prose": (json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "hi"}]}), "without code"),
}


def test_each_unreadable_file_has_its_reason_and_the_others_are_graded(folder: Path, found: Look) -> None:
    for name, (data, _) in UNREADABLE.items():
        (folder / f"{name}.py").write_bytes(data)
    for name, (text, _) in BROKEN_NOTEBOOKS.items():
        (folder / f"{name}.ipynb").write_text(text)
    (folder / "word.docx").write_bytes(b"PK")
    (folder / "nothing").mkdir()
    (folder / "nothing" / "notes.txt").write_text("I was ill")
    (folder / "honest.py").write_text(WORK)
    students = found()
    for name, (_, reason) in (UNREADABLE | BROKEN_NOTEBOOKS).items():
        assert reason in students[name].unreadable, name
    assert "is a .docx file" in students["word"].unreadable
    assert students["nothing"].unreadable == "nothing/notes.txt is a .txt file; hand in the .py or .ipynb file"
    assert students["honest"].file is not None


def test_links_pipes_sockets_and_devices_are_never_opened(folder: Path, found: Look, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("SECRET = 1\n")
    (folder / "link.py").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "inner").mkdir()
    (folder / "inner" / "a.py").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "sock.py"))
        if os.geteuid() == 0:
            os.mknod(folder / "null.py", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        (folder / "honest.py").write_text(WORK)
        students = found()
    reasons = {name: s.unreadable for name, s in students.items()}
    assert reasons.pop("honest") == ""
    assert "is a link" in reasons["link"] and "is a link" in reasons["linked"] and "is a link" in reasons["inner"]
    assert "is a pipe" in reasons["pipe"] and "is a socket" in reasons["sock"]
    assert all("device" in reason for name, reason in reasons.items() if name == "null")
    assert not any("SECRET" in path.read_text() for path in (tmp_path / "sources").iterdir())


def test_hostile_zips_cost_their_sender_only(folder: Path, found: Look, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    hostile: dict[str, bytes] = {
        "traversal": zip_of({"../../evil.py": WORK}),
        "absolute": zip_of({"/etc/evil.py": WORK, "C:\\evil.py": WORK}),
        "bomb": zip_of({"02_functions.py": b"#" * 50_000_000}),
        "nested": zip_of({"inner.zip": zip_of({"a.py": WORK})}),
        "linked": zip_of({link: "/etc/passwd"}),  # type: ignore[dict-item]
        "many": zip_of({f"{number}.py": "" for number in range(2_001)}),
        "hollow": zip_of({}),
        "noise": b"PK\x03\x04 not a zip",
        "crc": zip_of({"a.py": WORK * 50}).replace(b"a.py", b"b.py", 1),
    }
    locked = bytearray(zip_of({"a.py": WORK}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    hostile["locked"] = bytes(locked)
    for name, data in hostile.items():
        (folder / f"{name}.zip").write_bytes(data)
    (folder / "honest.zip").write_bytes(zip_of({"a.py": WORK, "inner.zip": b"PK"}))
    before = sorted(tmp_path.rglob("*"))
    students = found()
    expected = {
        "traversal": "leads out of the zip file", "absolute": "leads out of the zip file", "bomb": "larger than 10 MB when unpacked",
        "nested": "is a zip file in a zip file", "linked": "is a link", "many": "holds more than 2000 files",
        "hollow": "without files", "noise": "is not a zip file", "crc": "is broken inside its zip file", "locked": "is encrypted",
    }  # fmt: skip
    for name, reason in expected.items():
        assert reason in students[name].unreadable, f"{name}: {students[name].unreadable}"
    assert students["honest"].file is not None and students["honest"].other_files == ("honest.zip/inner.zip",)
    assert {path.name for path in set(tmp_path.rglob("*")) - set(before)} == {"sources", "honest.py"}


def test_names_from_outside_become_one_printable_line_and_stay_apart(folder: Path, found: Look) -> None:
    names = [
        "a\nb",
        "a\rb",
        "\x1b[31mred",
        "=cmd|calc",
        "Ada",
        "ada",
        "x" * 200,
        "‮evil",
        "../up".replace("/", "∕"),
        "<b>",
    ]
    for name in names:
        (folder / f"{name}.py").write_text(WORK)
    undecodable = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9"))
    undecodable.mkdir()
    (undecodable / "a.py").write_text(WORK)
    students = found()
    keys = {file_name(name).casefold() for name in students}
    assert len(keys) == len(students) and {"Ada", "ada", "=cmd|calc", "<b>"} <= set(students)
    assert all(key.replace("-", "").replace("_", "").isalnum() and key.isascii() and len(key) < 100 for key in keys)
    assert "a�b" in students and students["a�b"].other_files  # two names that look the same are one student's


def test_a_student_with_thousands_of_files_or_endless_folders_is_cut_short(folder: Path, found: Look) -> None:
    (folder / "many").mkdir()
    for number in range(2_100):
        (folder / "many" / f"{number}.py").touch()
    deep = folder / "deep"
    for _ in range(30):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a.py").write_text(WORK)
    (folder / "honest.py").write_text(WORK)
    students = found()
    assert "more than 2000 files" in students["many"].unreadable
    assert "more than 12 deep" in students["deep"].unreadable and students["honest"].file


def test_copies_of_students_who_are_gone_do_not_stay(folder: Path, found: Look, tmp_path: Path) -> None:
    (folder / "ada.py").write_text(WORK)
    (folder / "bob.py").write_text(WORK)
    found()
    (folder / "bob.py").unlink()
    found()
    assert [path.name for path in (tmp_path / "sources").iterdir()] == ["ada.py"]


@pytest.mark.parametrize("name", ["missing", "empty", "broken.zip", "one.py"])
def test_a_wrong_path_is_met_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"no")
    (tmp_path / "one.py").write_text(WORK)
    if name == "one.py":
        assert [s.student for s in gather(tmp_path / name, tmp_path / "out", "02_functions").submissions] == ["one"]
        return
    with pytest.raises(InputError) as caught:
        gather(tmp_path / name, tmp_path / "out", "02_functions")
    assert name in str(caught.value) and caught.value.problems[0].do


def test_clean_cuts_and_keeps_what_is_plain() -> None:
    assert clean("Zoë Ångström") == "Zoë Ångström" and clean("x" * 500) == "x" * 119 + "…"


def names() -> Iterator[str]:
    yield from ("ada", "Ada", "con", "a/b", "", "..", "é", "e")


def test_file_names_are_plain_and_unique() -> None:
    made = [file_name(name) for name in names()]
    assert (
        len(set(made)) == len(made) and made[0] == "ada" and all("/" not in name and "." not in name for name in made)
    )
