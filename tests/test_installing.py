"""Words that say what to install: each works for the installation that says them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from conftest import REPOSITORY
from jaxstudy import installing

OURS = re.compile(
    r"(?:pip|uv|pipx)\b[^\n`&;]*\b(?:install|inject|add|run)\b[^\n`&;]*[\s'\"]"
    r"jaxstudy(?![\w-])(?!\.\w)(?!(?:\[[^]]*\])? @ )"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment in a folder of its own, as far as its words are concerned."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "my tool"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "my tool" / "bin" / "python"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / "my tool").mkdir()
    return tmp_path / "my tool"


def came_from(monkeypatch: pytest.MonkeyPatch, about: dict[str, object] | None) -> None:
    class Distribution:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return json.dumps(about) if about is not None else None

    monkeypatch.setattr(metadata, "distribution", lambda name: Distribution())


def test_an_extra_is_asked_for_by_its_packages_with_this_python() -> None:
    command = shlex.split(installing.extra_words("asr"))
    assert command[1:4] == ["-m", "pip", "install"] and command[4:] == ["faster-whisper>=1.1"]
    there = subprocess.run([command[0], "-c", "import jaxstudy"], check=False)
    assert there.returncode == 0  # the python it names is the one that runs jaxstudy
    for extra in metadata.metadata("jaxstudy").get_all("Provides-Extra") or []:
        packages = installing.packages_of(extra)
        assert packages and not [name for name in packages if name.startswith("jaxstudy")]
    assert {"mkdocs<2,>=1.6", "faster-whisper>=1.1"} <= set(installing.packages_of("all"))  # of extras in an extra
    assert installing.packages_of("nothing") == []


def test_pipx_and_uv_are_asked_in_their_own_words(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = shlex.quote(f"{place}/bin/python")
    assert installing.install_words("a>=1") == f"{python} -m pip install 'a>=1'"
    (place / "pipx_metadata.json").write_text("{}")
    assert installing.install_words("a>=1", "b") == "pipx inject 'my tool' 'a>=1' b"
    (place / "pipx_metadata.json").unlink()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert installing.install_words("a>=1") == f"uv pip install --python {python} 'a>=1'"


def test_an_activated_environment_or_one_nearby_is_named_as_people_type_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.parent)
    assert installing.install_words("a") == "'my tool/bin/python' -m pip install a"
    monkeypatch.setenv("VIRTUAL_ENV", str(place))
    assert installing.install_words("a") == "python -m pip install a"


@pytest.mark.parametrize(
    ("about", "source", "update"),
    [
        (None, "", "from where you have this one"),
        (
            {"url": "https://example.org/o/n", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}},
            "git+https://example.org/o/n@c0ffee",
            "'jaxstudy @ git+https://example.org/o/n'",
        ),
        (
            {"url": "ssh://git@example.org/o/n", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}},
            "git+ssh://git@example.org/o/n@c0ffee",
            "'jaxstudy @ git+ssh://git@example.org/o/n'",
        ),
        ({"url": "https://example.org/jaxstudy.whl", "archive_info": {}}, "https://example.org/jaxstudy.whl", "newer"),
        ({"url": "file:///nowhere/to/be%20found", "dir_info": {}}, "", "from where you have this one"),
        ({"url": REPOSITORY.as_uri(), "dir_info": {"editable": True}}, str(REPOSITORY), "git pull"),
        ({"url": REPOSITORY.as_uri(), "dir_info": {}}, str(REPOSITORY), f"--upgrade {REPOSITORY}"),
    ],
)
def test_the_kit_is_named_by_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, about: dict[str, object] | None, source: str, update: str
) -> None:
    came_from(monkeypatch, about)
    assert installing.kit_source() == source
    assert update in installing.update_words()


def test_nothing_we_print_or_write_asks_an_index_for_a_package_of_our_name() -> None:
    places = [REPOSITORY / "README.md", REPOSITORY / "Makefile", REPOSITORY / "CONTRIBUTING.md"]
    for folder in ("src", "docs", "homework", "lectures", "replays"):
        places += [path for path in (REPOSITORY / folder).rglob("*") if path.is_file()]
    found = []
    for path in places:
        if "__pycache__" in path.parts or path.suffix in (".png", ".ogg") or path.name == "installing.py":
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [f"{path.relative_to(REPOSITORY)}:{n}: {line}" for n, line in enumerate(lines, 1) if OURS.search(line)]
    assert found == []


@pytest.mark.parametrize(
    "words",
    [
        "pip install jaxstudy",
        "pip install 'jaxstudy[asr]'",
        'run `pip install "jaxstudy[site]"`',
        "pipx install jaxstudy",
    ],
)
def test_the_search_for_such_words_finds_them(words: str) -> None:
    assert OURS.search(words)
    for right in ("pip install ./jaxstudy-*.whl", "pip install 'jaxstudy[asr] @ git+https://example.org/o/n'"):
        assert not OURS.search(right)


def test_readme_and_guide_start_a_course_with_the_same_five_commands() -> None:
    def commands(name: str) -> list[str]:
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        block = next(block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "new course" in block)
        return [line.partition(" #")[0].strip() for line in block.splitlines()]

    found = commands("README.md")
    assert found == commands("docs/guides/author.md") and len(found) == 5
    extras = re.search(r"jaxstudy\[(.*?)]", found[1])
    assert extras and all(installing.packages_of(extra) for extra in extras[1].split(","))
