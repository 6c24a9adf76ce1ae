"""A class is graded with real processes: in parallel, after a kill, again for one student, on a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from classes import HALF, RIGHT, class_in, homework_in
from jaxstudy.errors import FoundWanting, InputError
from jaxstudy.homework.ahead import start_ahead, take
from jaxstudy.homework.assignment import load_assignment
from jaxstudy.homework.many import Options, Progress, Records, grade_class, regrade
from jaxstudy.homework.many.hand import Hand, Setup
from jaxstudy.homework.programs import borrow, keep, programs_key
from jaxstudy.homework.reports import write_reports
from jaxstudy.homework.sandbox.spawning import spawn

GRADE = [sys.executable, "-m", "jaxstudy", "homework", "grade"]


def processes_of(marker: str) -> list[int]:
    """Processes whose command line names this, without our own."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marker in (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                found.append(int(folder.name))
    return [process for process in found if process != os.getpid()]


def children_of(parent: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:
        return []


def everyone_below(parent: int) -> list[int]:
    below = children_of(parent)
    return below + [process for child in below for process in everyone_below(child)]


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(processes: list[int], seconds: float = 20) -> bool:
    """Do they end, given a moment?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(is_alive(process) for process in processes):
        time.sleep(0.05)
    return not any(is_alive(process) for process in processes)


def marks(folder: Path) -> str:
    assignment = load_assignment(folder.parent / "homework" / "01_two")
    reports = write_reports(Records(folder).read_all(), assignment.title, folder)
    return reports.marks.read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of these tests' own: graders keep compiled programs there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield Path(os.environ["XDG_CACHE_HOME"])


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of 12 and its undisturbed grades; gives the folder with homework, submissions and grades."""
    top = tmp_path_factory.mktemp("class")
    homework_in(top / "homework")
    class_in(top / "submissions", 12)
    seen: list[Progress] = []
    grade_class(
        load_assignment(top / "homework" / "01_two"), top / "submissions", top / "grades", Options(), seen.append
    )
    assert [item.done for item in seen] == list(range(15)) and seen[-1].total == 14
    return top


def test_everyone_gets_a_mark_by_what_they_wrote(graded: Path) -> None:
    results = Records(graded / "grades").read_all()
    assert [result.earned for result in results.values()] == [
        0,
        0,
        *[5, 3, 5, 0] * 3,
    ]
    assert results["broken"].unreadable.startswith("broken.ipynb is a broken notebook") and results["broken"].total == 5
    assert len({result.seed for result in results.values()}) == 1
    assert (graded / "grades").stat().st_mode & 0o77 == 0  # marks are nobody else's business
    assert gone(processes_of("jaxstudy.homework.serving"))


def test_a_killed_run_goes_on_and_ends_with_the_same_marks_and_nothing_graded_twice(graded: Path) -> None:
    folder = graded / "killed"
    command = [*GRADE, str(graded / "homework" / "01_two"), str(graded / "submissions"), "--out", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    results = folder / "results"
    while len(list(results.glob("s*.json"))) < 4:
        assert process.poll() is None
        time.sleep(0.01)
    below = everyone_below(process.pid)
    process.kill()
    process.wait()
    assert below and gone(below), "processes of a killed run stay behind"
    kept = {path: path.stat().st_mtime_ns for path in results.glob("s*.json")}
    assert 4 <= len(kept) < 12
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=True)
    assert f"{len(kept) + 2} kept from before" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert (folder / "marks.csv").read_text(encoding="utf-8") == marks(graded / "grades")
    assert "overview" in done.stdout and "Next: open the overview" in done.stdout


def test_resume_grades_again_what_changed_and_only_that(graded: Path, tmp_path: Path) -> None:
    homework = homework_in(tmp_path / "homework")
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    for name in ("ada", "bob", "cyd"):
        (submissions / f"{name}.py").write_text(HALF)
    assignment = load_assignment(homework)
    grade_class(assignment, submissions, tmp_path / "grades", Options(seed=7))
    (submissions / "ada.py").write_text(RIGHT)
    (submissions / "cyd.py").unlink()
    again = grade_class(assignment, submissions, tmp_path / "grades", Options(resume=True))
    assert again.kept == 1 and again.run.seed == 7 and list(again.results) == ["ada", "bob"]
    assert again.results["ada"].earned == 5 and again.results["bob"].earned == 3
    later = replace(assignment, due=None)  # a date decides no points of a check
    assert grade_class(later, submissions, tmp_path / "grades", Options(resume=True)).kept == 2
    assert grade_class(assignment, submissions, tmp_path / "grades", Options(resume=True, seed=8)).kept == 0
    (homework / "hidden.py").write_text((homework / "hidden.py").read_text() + "# changed\n")
    assert grade_class(assignment, submissions, tmp_path / "grades", Options(resume=True, seed=8)).kept == 0


def test_lateness_costs_what_the_policy_says_and_no_late_takes_it_back(graded: Path, tmp_path: Path) -> None:
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    (submissions / "ada.py").write_text(RIGHT)
    when = 1791244800 + 3600  # an hour after 2026-10-06T00:00Z: the second day has begun
    os.utime(submissions / "ada.py", (when, when))
    assignment = load_assignment(graded / "homework" / "01_two")
    ada = grade_class(assignment, submissions, tmp_path / "grades", Options()).results["ada"]
    assert ada.submitted == "2026-10-06T01:00:00+00:00" and ada.late_seconds == 25 * 3600
    assert ada.penalty == 1.0 and ada.mark == 4.0
    free = grade_class(assignment, submissions, tmp_path / "grades", Options(late=False, resume=True))
    assert free.kept == 1 and free.results["ada"].mark == 5.0 and free.results["ada"].late_seconds > 0


def test_one_student_is_graded_again_with_the_seed_of_the_run(graded: Path) -> None:
    assignment = load_assignment(graded / "homework" / "01_two")
    before, now = regrade(assignment, graded / "grades", "student001")
    assert now.seed == before.seed and now.earned == before.earned == 3 and now.submitted == before.submitted
    with pytest.raises(InputError, match="which is in 12"):
        regrade(assignment, graded / "grades", "student")
    with pytest.raises(InputError, match="student who was graded"):
        regrade(assignment, graded / "grades", "nobody")


def test_a_grading_process_that_dies_is_replaced_and_its_submission_tried_again(graded: Path, tmp_path: Path) -> None:
    assignment = load_assignment(graded / "homework" / "01_two")
    killed = 0

    def kill_one(now: Progress) -> None:
        nonlocal killed
        if now.done >= 5 and not killed:
            killed = next(
                process for process in children_of(os.getpid()) if process in processes_of("homework.serving")
            )
            os.kill(killed, signal.SIGKILL)

    done = grade_class(assignment, graded / "submissions", tmp_path / "grades", Options(jobs=2), kill_one)
    assert killed and not any(result.incidents for result in done.results.values())
    assert {key: result.earned for key, result in done.results.items()} == {
        key: result.earned for key, result in Records(graded / "grades").read_all().items()
    }


def test_a_submission_that_ends_our_process_twice_is_marked_and_the_others_are_graded(
    graded: Path, tmp_path: Path
) -> None:
    assignment = load_assignment(graded / "homework" / "01_two")
    killed: list[int] = []
    folder = tmp_path / "grades"
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    (submissions / "eve.py").write_text(f"import time\ntime.sleep(60)\n{RIGHT}")
    command = [*GRADE, str(assignment.folder), str(submissions), "--out", str(folder), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while len(killed) < 2 and process.poll() is None:
        for worker in set(children_of(process.pid)) - set(killed):
            # A student's code is held once there are a forking process, two references and a worker: kill the grader then.
            holding = set(everyone_below(process.pid)) & set(processes_of("sandbox.zygote"))
            if worker in processes_of("homework.serving") and len(holding) > 3:
                time.sleep(1.0)
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
        time.sleep(0.02)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0 and "1 with sandbox incidents" in out, out
    eve = Records(folder).read("eve")
    assert eve is not None and eve.mark == 0 and eve.total == 5
    assert "ended twice" in eve.incidents[0] and "SIGKILL" in eve.incidents[0]


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(graded: Path, tmp_path: Path) -> None:
    command = [*GRADE, str(graded / "homework" / "01_two"), str(graded / "submissions"), "--out", str(tmp_path / "g")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(list((tmp_path / "g" / "results").glob("s*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    below = everyone_below(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "--resume" in err and "Traceback" not in err
    assert gone(below) and not list((tmp_path / "g" / "results").glob(".*"))


def test_a_grading_process_leaves_no_file_when_it_is_told_to_end_while_it_tidies_up(
    graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    hand = Hand(Setup(str(graded / "homework" / "01_two"), 1), tmp_path / "log")
    assert hand.take() is None
    (folder,) = scratch.iterdir()
    for number in range(2000):  # much to remove
        (folder / str(number)).touch()
    forks_workers = set(everyone_below(hand.process.pid)) & set(processes_of("sandbox.zygote"))
    hand.connection.close()
    while any(is_alive(process) for process in forks_workers):
        pass  # as long as it lives, it would remove what the other leaves
    while hand.process.poll() is None:
        hand.process.terminate()
        time.sleep(0.001)
    assert list(scratch.iterdir()) == []


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A dask scheduler and two workers, each a process of its own."""
    file = tmp_path / "scheduler.json"
    log = (tmp_path / "dask.log").open("wb")
    local = ["--no-dashboard", "--host", "127.0.0.1"]
    dask = [sys.executable, "-m", "dask"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", "--port", "0", "--scheduler-file", str(file), *local], stdout=log, stderr=log
        )
    ]
    try:
        while not file.exists() or not file.read_text().endswith("}"):
            assert started[0].poll() is None
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), *local]
        started += [subprocess.Popen(worker, stdout=log, stderr=log) for _ in range(2)]
        yield address, started[1:]
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()
        log.close()


def test_a_cluster_gives_the_same_marks_although_a_worker_is_killed(
    graded: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    assignment = load_assignment(graded / "homework" / "01_two")
    below: list[int] = []

    def kill_one(now: Progress) -> None:
        if now.done >= 6 and not below:
            below.extend(everyone_below(workers[0].pid))
            workers[0].kill()

    done = grade_class(assignment, graded / "submissions", tmp_path / "grades", Options(scheduler=address), kill_one)
    assert workers[0].wait() == -signal.SIGKILL and gone(below)
    assert {key: (result.earned, result.seed) for key, result in done.results.items()} == {
        key: (result.earned, result.seed) for key, result in Records(graded / "grades").read_all().items()
    }


def test_a_wrong_scheduler_address_is_met_with_what_to_start(graded: Path, tmp_path: Path) -> None:
    assignment = load_assignment(graded / "homework" / "01_two")
    with pytest.raises(InputError, match="dask scheduler"):
        grade_class(assignment, graded / "submissions", tmp_path / "g", Options(scheduler="nonsense://x"))


def test_results_of_an_earlier_run_are_there_until_new_ones_take_their_place(graded: Path, tmp_path: Path) -> None:
    assignment = load_assignment(graded / "homework" / "01_two")
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    (submissions / "ada.py").write_text(RIGHT)
    folder = tmp_path / "grades"
    grade_class(assignment, submissions, folder, Options())
    with pytest.raises(InputError):
        grade_class(assignment, submissions, folder, Options(scheduler="nonsense://x"))
    assert Records(folder).read_all()["ada"].earned == 5


def test_a_homework_whose_solution_fails_its_own_check_is_not_graded_but_named(tmp_path: Path) -> None:
    homework = homework_in(tmp_path / "homework")
    never = '\n\n@points(1)\ndef test_never(student, reference, rng):\n    "Never."\n    assert False, "no"\n'
    (homework / "checks.py").write_text((homework / "checks.py").read_text() + never)
    submissions = class_in(tmp_path / "submissions", 3)
    before = set(children_of(os.getpid()))  # those of other tests
    with pytest.raises(FoundWanting, match=r"1 points for the reference in test_never.*homework verify"):
        grade_class(load_assignment(homework), submissions, tmp_path / "grades", Options(jobs=2))
    assert gone([child for child in children_of(os.getpid()) if child not in before])


def test_what_the_reference_compiled_is_kept_for_the_next_grader_and_never_half(tmp_path: Path) -> None:
    kept, made, got = tmp_path / "kept", tmp_path / "made", tmp_path / "got"
    made.mkdir()
    (made / "program").write_text("compiled")
    key = programs_key({"jax": "1"})
    assert key != programs_key({"jax": "2"})
    assert not borrow(kept, key, got)
    made.chmod(0o777)
    keep(kept, key, made)
    assert (kept / key).stat().st_mode & 0o77 == 0, "others could write what the next grader runs"
    keep(kept, key, made)  # another grader was first: nothing is left beside
    assert [path.name for path in kept.iterdir()] == [key]
    assert borrow(kept, key, got) and (got / "program").read_text() == "compiled"


def test_programs_of_assignments_long_not_graded_make_room(tmp_path: Path) -> None:
    kept, made = tmp_path / "kept", tmp_path / "made"
    made.mkdir()
    keep(kept, "first", made)
    keep(kept, "second", made)
    for number in range(15):
        os.utime(kept / "second", (1, 1))  # long ago
        assert borrow(kept, "first", tmp_path / "got")
        keep(kept, f"other_{number}", made)
    assert {"first", "other_14"} <= {path.name for path in kept.iterdir()}
    assert len(list(kept.iterdir())) == 16 and not (kept / "second").exists()


def test_who_grades_an_assignment_again_starts_with_its_programs(graded: Path, tmp_path: Path, cache: Path) -> None:
    kept = cache / "jaxstudy" / "graders"
    before = {folder.name: folder.stat().st_mtime_ns for folder in kept.iterdir()}
    submissions = class_in(tmp_path / "submissions", 1)
    grade_class(load_assignment(graded / "homework" / "01_two"), submissions, tmp_path / "grades", Options())
    after = {folder.name: folder.stat().st_mtime_ns for folder in kept.iterdir()}
    assert set(after) == set(before) and sum(after[name] > before[name] for name in after) == 1


def test_a_grading_process_that_was_started_for_nothing_ends(tmp_path: Path) -> None:
    done = subprocess.run([*GRADE, str(tmp_path), "nowhere"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "name or folder of a homework" in done.stderr
    assert gone(processes_of("jaxstudy.homework.serving") + processes_of("sandbox.zygote"))


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_a_class_is_graded_where_there_is_no_standard_input_or_output(
    graded: Path, tmp_path: Path, closed: str
) -> None:
    """The numbers of our connections are then those that the processes' own input and output have elsewhere."""
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    (submissions / "ada.py").write_text(RIGHT)
    command = [*GRADE, str(graded / "homework" / "01_two"), str(submissions), "--out", str(tmp_path / "grades")]
    without = ["sh", "-c", f'exec "$@" {closed}', "sh", *command]
    done = subprocess.run(without, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Records(tmp_path / "grades").read_all()["ada"].earned == 5
    assert "ada" in (tmp_path / "grades" / "marks.csv").read_text(encoding="utf-8-sig")


def test_a_grading_process_that_died_before_it_was_needed_is_replaced(tmp_path: Path) -> None:
    spawned = spawn()
    start_ahead(spawned)
    while not (
        found := [process for process in children_of(os.getpid()) if process in processes_of("homework.serving")]
    ):
        time.sleep(0.01)
    (dead,) = found
    os.kill(dead, signal.SIGKILL)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    started = take(tmp_path / "log")
    assert started.process.pid != dead and started.process.poll() is None
    assert gone([spawned.pid]), "what forked its workers stays behind"
    started.ours.close()
    assert started.process.wait(20) == 0
