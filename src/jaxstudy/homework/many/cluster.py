"""The same on a dask.distributed cluster: the unit of work is one submission.

What travels: the homework's files, a submission's bytes, a result as JSON. Each worker of the cluster keeps grading
processes of its own (see `hand`), started afresh: dask's own processes have threads and may have touched JAX.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import queue
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jaxstudy.errors import FoundWanting, InputError, Problem, StudyError, ToolMissing
from jaxstudy.homework.assignment import Assignment, load_assignment
from jaxstudy.homework.many.hand import Died, Hand, Setup, Unit, does_not_start
from jaxstudy.homework.many.pool import TRIES, Outcome, patience
from jaxstudy.homework.many.records import Run, files_of
from jaxstudy.homework.results import SubmissionResult, from_json, to_json
from jaxstudy.homework.telling import heard, told
from jaxstudy.installing import extra_words

_SECONDS_TO_CONNECT = 20


class Cluster:
    """Grades submissions on the workers of a scheduler."""

    def __init__(self, address: str, assignment: Assignment, run: Run) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            do = f"run {extra_words('cluster')}, here and on the workers"
            raise ToolMissing(Problem("dask.distributed for --scheduler", "none installed", do)) from error
        try:
            self.client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            do = "start one with `dask scheduler`, and workers with `dask worker ADDRESS`"
            raise InputError(Problem("the address of a dask scheduler", f"{address}: {error}", do)) from error
        self.run_ = run
        self.name = assignment.name
        self.files = files_of(assignment)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def run(self, units: Sequence[Unit]) -> Iterator[Outcome]:
        """Results as they come; those still running are cancelled when the caller stops asking."""
        from distributed import as_completed

        by_key = {f"grade-{self.run_.assignment[:12]}-{self.run_.seed}-{unit.key}": unit for unit in units}
        # Not scattered: what is scattered is lost with the worker that holds it; this is carried there again.
        homework = self.client.submit(_carried, self.files, key=f"homework-{self.run_.assignment}")
        futures = [self._submit(key, unit, homework) for key, unit in by_key.items()]
        try:
            for future in as_completed(futures, loop=self.client.loop):
                unit = by_key[future.key]
                yield unit, self._outcome(future)
                future.release()
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                self.client.cancel(futures, force=True)

    def _submit(self, key: str, unit: Unit, homework: Any) -> Any:
        suffix, source = Path(unit.file).suffix, Path(unit.file).read_bytes()
        given = (self.name, homework, self.run_.seed, self.run_.allow_weak_sandbox, unit.student, suffix, source)
        return self.client.submit(grade_one, *given, key=key, pure=False, retries=0)

    def _outcome(self, future: Any) -> SubmissionResult | str:
        if future.status == "finished":
            answer = json.loads(future.result())
            if "problems" in answer:
                raise heard(answer)
            return from_json(answer["result"]) if "result" in answer else str(answer["lost"])
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return "the cluster's workers died under it again and again"
        do = "workers need this version of jaxstudy with its dependencies; see the worker's log"
        raise FoundWanting(Problem("workers that can grade", f"{type(error).__name__}: {error}", do)) from error


def _carried(files: dict[str, bytes]) -> dict[str, bytes]:
    """The homework's files, as a task's result: each worker fetches them once."""
    return files


def grade_one(
    name: str,
    homework: Mapping[str, bytes],
    seed: int,
    allow_weak_sandbox: bool,
    student: str,
    suffix: str,
    source: bytes,
) -> str:
    """What a worker of the cluster runs. Gives JSON: a `result`, how the process was `lost` twice, or an error."""
    try:
        with (
            _bench(name, homework, seed, allow_weak_sandbox) as bench,
            tempfile.TemporaryDirectory(prefix="jaxstudy-submission-") as folder,
        ):
            file = Path(folder) / f"submission{suffix}"
            file.write_bytes(source)
            result = bench.grade(Unit("", student, str(file)))
    except StudyError as error:
        return json.dumps(told(error))
    return json.dumps({"lost": result} if isinstance(result, str) else {"result": to_json(result, indent=None)})


class _Bench:
    """What a worker keeps between submissions: the homework's files, and idle grading processes."""

    def __init__(self, name: str, homework: Mapping[str, bytes], seed: int, allow_weak_sandbox: bool) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="jaxstudy-homework-")
        top = Path(self.folder.name) / name
        for path, data in homework.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(data)
        programs = Path(self.folder.name) / "programs"
        self.setup = Setup(str(top), seed, allow_weak_sandbox, str(programs))
        self.patience = patience(load_assignment(top).limits)
        self.log = Path(self.folder.name) / "grader.log"
        self.idle: queue.SimpleQueue[Hand] = queue.SimpleQueue()
        self.users = 0

    def grade(self, unit: Unit) -> SubmissionResult | str:
        """The result, or how the process ended the second time."""
        how = ""
        for _ in range(TRIES):
            hand = self._hand()
            try:
                hand.give(unit)
                answer = self._take(hand)
            except Died as died:
                how = str(died)
                hand.kill()
                continue
            assert answer is not None
            self.idle.put(hand)
            return answer[1]
        return how

    def _hand(self) -> Hand:
        try:
            return self.idle.get_nowait()
        except queue.Empty:
            hand = Hand(self.setup, self.log)
        try:
            self._take(hand)
        except (Died, StudyError) as error:
            hand.kill()
            raise does_not_start(hand, str(error)) if isinstance(error, Died) else error from None
        return hand

    def _take(self, hand: Hand) -> tuple[Unit, SubmissionResult] | None:
        if not hand.connection.poll(self.patience):
            raise Died("it stopped answering")
        return hand.take()

    def close(self) -> None:
        """End the processes and remove the files."""
        while not self.idle.empty():
            self.idle.get().end()
        self.folder.cleanup()


_benches: dict[str, _Bench] = {}
_lock = threading.Lock()


@contextlib.contextmanager
def _bench(name: str, homework: Mapping[str, bytes], seed: int, allow_weak_sandbox: bool) -> Iterator[_Bench]:
    """The worker's bench for this homework; those that nobody uses any more are cleared away."""
    total = hashlib.sha256(repr((name, seed, allow_weak_sandbox)).encode())
    for path, data in sorted(homework.items()):
        total.update(f"\0{path}\0{len(data)}\0".encode() + data)
    key = total.hexdigest()
    with _lock:
        for other in [other for other in _benches if other != key and not _benches[other].users]:
            _benches.pop(other).close()
        bench = _benches.get(key) or _Bench(name, homework, seed, allow_weak_sandbox)
        _benches[key] = bench
        bench.users += 1
    try:
        yield bench
    finally:
        with _lock:
            bench.users -= 1


@atexit.register
def _close_all() -> None:
    for bench in _benches.values():
        bench.close()
