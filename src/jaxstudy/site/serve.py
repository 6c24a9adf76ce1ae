"""`jaxstudy serve`: the study site while you write. Save a file, and open pages show the change."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from jaxstudy.course import Course
from jaxstudy.errors import Problem, StudyError
from jaxstudy.site.server import SiteServer

__all__ = ["ServeEvent", "SiteServer", "serve"]

_FOLDERS = ("lectures", "snippets", "docs", "replays", "slides/theme")
_FILES = ("course.toml", "mkdocs.yml")


@dataclass(frozen=True, slots=True)
class ServeEvent:
    """Something the person at the terminal wants to know."""

    kind: str
    """`serving` (text: the address), `building` (text: the files that changed), `built` or `failed`."""
    text: str = ""
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()


OnEvent = Callable[[ServeEvent], None]


def serve(course: Course, rebuild: Callable[[], None], port: int = 8000, on_event: OnEvent = lambda _: None) -> None:
    """Serve the site until Ctrl-C: build at once, then after every save; open pages reload.

    A build that fails leaves the last good site up and shows its problems over the page.

    Args:
        rebuild: builds the whole site anew (cheap where nothing changed); raises StudyError.
        port: 0 takes any free one.

    Raises:
        InputError: the port is taken.
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(course, rebuild, SiteServer(course.build / "site", port), on_event))


async def _serve(course: Course, rebuild: Callable[[], None], server: SiteServer, on_event: OnEvent) -> None:
    server.start()
    try:
        on_event(ServeEvent("serving", server.url))
        # Watching begins before the first build, so that a save during it is not lost.
        async with contextlib.aclosing(_saves(course)) as saves:
            async for changed in saves:
                on_event(ServeEvent("building", ", ".join(changed)))
                on_event(await _build(rebuild, server))
    finally:
        await server.stop()


async def _build(rebuild: Callable[[], None], server: SiteServer) -> ServeEvent:
    """Run one build beside the server, and tell the pages how it went."""
    started = time.perf_counter()
    problems: tuple[Problem, ...] = ()
    try:
        await asyncio.to_thread(rebuild)
    except StudyError as error:
        problems = error.problems
    except Exception as error:
        # A fault of ours must not end the session of someone who is writing.
        got = f"{type(error).__name__}: {error}"
        problems = (Problem("a build", got, "run `jaxstudy build` for the whole story, and report it"),)
    seconds = time.perf_counter() - started
    if problems:
        server.failed(problems)
        return ServeEvent("failed", seconds=seconds, problems=problems)
    server.built()
    return ServeEvent("built", seconds=seconds)


async def _saves(course: Course) -> AsyncGenerator[list[str], None]:
    """First nothing, for the first build; then the names of saved files, those saved during a build together."""
    waiting: asyncio.Queue[set[str]] = asyncio.Queue()
    folders = [path for name in _FOLDERS if (path := course.root / name).is_dir()]

    async def watch(paths: list[Path], keep: Callable[[Change, str], bool], deep: bool) -> None:
        async for changes in awatch(*paths, watch_filter=keep, recursive=deep, debounce=200, step=50):
            waiting.put_nowait({_shown(course, path) for _, path in changes})

    # Single files are seen through their folder: editors replace them, and a watch on a file dies with it.
    tasks = [asyncio.create_task(watch([course.root], _is_setting, False))]
    tasks += [asyncio.create_task(watch(folders, _Sources(), True))] if folders else []
    try:
        yield []
        while True:
            names = await waiting.get()
            while not waiting.empty():
                names |= waiting.get_nowait()
            yield sorted(names)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Sources(DefaultFilter):
    """Leaves out what editors and our own writing put beside the sources."""

    def __call__(self, change: Change, path: str) -> bool:
        """Whether the file is a source."""
        parts = Path(path).parts
        return super().__call__(change, path) and not any(part.startswith(".") for part in parts[-2:])


def _is_setting(change: Change, path: str) -> bool:
    del change
    return Path(path).name in _FILES


def _shown(course: Course, path: str) -> str:
    try:
        return Path(path).relative_to(course.root).as_posix()
    except ValueError:
        return path
