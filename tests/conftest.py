"""What tests share: small courses in temporary folders, and one pre-imported kernel parent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from jaxstudy.build.kernels import Kernels
from jaxstudy.course import Course, Lecture, load_course, read_lecture

REPOSITORY = Path(__file__).resolve().parents[1]

HEADER = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: Small
# ---
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """An empty course in a temporary folder, which is also the working directory."""
    (tmp_path / "course.toml").write_text('title = "Tiny"\n')
    (tmp_path / "lectures").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAXSTUDY_WEB", str(REPOSITORY / "node_modules"))
    return load_course()


@pytest.fixture
def script(course: Course) -> Callable[..., Path]:
    """Write a percent script into the course; its jaxstudy header is added unless `header=""`."""

    def write(body: str, name: str = "01_small.py", header: str = HEADER) -> Path:
        path = course.root / "lectures" / name
        path.write_text(header + "\n" + dedent(body).lstrip("\n"), encoding="utf-8")
        return path

    return write


@pytest.fixture
def lecture(script: Callable[..., Path]) -> Callable[..., Lecture]:
    """A lecture from the text of a percent script."""

    def read(body: str, **options: str) -> Lecture:
        return read_lecture(script(body, **options))

    return read


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernels]:
    """Warm kernels for the whole run: the imports are paid once."""
    folder = tmp_path_factory.mktemp("kernels")
    with Kernels(folder, folder / "build", "smoke") as shared:
        yield shared
