"""For authors who like pytest: `pytest -p jaxstudy.homework.checks.plugin homework/02_functions/checks.py`.

The checks then run against the assignment itself, or against `--submission FILE`, in this process and without a
sandbox: for own code only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jaxstudy.homework.answering.cells import cells_of, run_cells
from jaxstudy.homework.checks.asking import File
from jaxstudy.homework.checks.findings import collected, message
from jaxstudy.homework.checks.here import Here
from jaxstudy.homework.checks.running import generator

if TYPE_CHECKING:
    from collections.abc import Generator


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--submission FILE` and `--seed N`."""
    group = parser.getgroup("jaxstudy")
    group.addoption("--submission", type=Path, help="the file to check; by default the assignment itself")
    group.addoption("--seed", type=int, default=0, help="of the random inputs")


def _file(path: Path) -> Here:
    return Here(vars(run_cells(cells_of(path.read_text(encoding="utf-8-sig")))[0]))


@pytest.fixture(scope="module")
def reference(request: pytest.FixtureRequest) -> File:
    """The assignment beside the checks, with its solutions."""
    return File(_file(request.path.parent / "assignment.py"))


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest, reference: File) -> File:
    """The file that is checked."""
    chosen: Path | None = request.config.getoption("--submission")
    return File(_file(chosen or request.path.parent / "assignment.py"), reference)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers of this check's own."""
    return generator(int(request.config.getoption("--seed")), request.node.name)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, object, object]:
    """Let a check go on after a finding, and fail at its end with all of them."""
    with collected() as findings:
        outcome = yield
    if findings.found:
        pytest.fail(message(findings, hidden=False), pytrace=False)
    return outcome
