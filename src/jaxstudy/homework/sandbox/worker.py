"""A sandboxed process that holds one student's file and answers questions about it, until its pipe closes."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jaxstudy.homework.answering.cells import Cell, cells_of, run_cell, starting_module
from jaxstudy.homework.answering.data import NotAnswered, OutOfMemory, Request, Unusable
from jaxstudy.homework.answering.operations import Answerer, raised
from jaxstudy.homework.sandbox import view, wire
from jaxstudy.homework.sandbox.remembered import Folder, Memory
from jaxstudy.homework.sandbox.terms import Terms


class Worker:
    """One student's namespace behind a pair of pipes."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._in, self._out = incoming, outgoing
        self._module = starting_module()
        self._answerer = Answerer(self._module.__dict__)
        self._cells: list[Cell] = []

    def serve(self) -> None:
        """Answer until the other end closes."""
        while (question := self._next()) is not None:
            number, value = question
            self.say(self._reply(value), number)

    def say(self, value: Any, number: int) -> None:
        """Send one frame; an answer too large for one is said to be so."""
        try:
            frame = wire.encode(value, number)
        except Unusable as error:
            frame = wire.encode(error, number)
        except MemoryError:
            frame = wire.encode(OutOfMemory(), number)
        view_of = memoryview(frame)
        while view_of:
            view_of = view_of[os.write(self._out, view_of) :]

    def _reply(self, question: Any) -> Any:
        try:
            if isinstance(question, Request):
                return self._answerer.answer(question)
            return self._load(question)
        except NotAnswered as error:
            return error
        except MemoryError:
            return OutOfMemory()
        except BaseException as error:  # whatever a student's code raises is an answer
            return raised(error)

    def _load(self, question: dict[str, Any]) -> Any:
        """`{"text": …}` or `{"cells": […]}`: how many cells it has. `{"run": n}`: run the n-th, counted from 0."""
        if "text" in question:
            self._cells = cells_of(question["text"])
        elif "cells" in question:
            self._cells = [Cell(f"cell {n}", source) for n, source in enumerate(question["cells"], 1)]
        else:
            run_cell(self._cells[question["run"]], self._module)
            return None
        return [cell.name for cell in self._cells]

    def _next(self) -> tuple[int, Any] | None:
        head = self._read(wire.HEAD.size)
        if head is None:
            return None
        header, payload, number = wire.sizes(head)
        return number, wire.decode(self._read(header) or b"", self._read(payload) or b"")

    def _read(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            piece = os.read(self._in, size - len(data))
            if not piece:
                return None
            data += piece
        return bytes(data)


def lay_out(terms: Terms) -> None:
    """Data, pictures and modules of the assignment, where the student has them: beside the file.

    After the worker has got its own file system: before, its working directory is another's.
    """
    if not terms.beside:
        return
    if terms.tier == "namespaces":
        for name in sorted(os.listdir(terms.beside)):  # noqa: PTH208
            os.symlink(f"{terms.beside}/{name}", name)  # noqa: PTH211
    else:
        os.chdir(terms.beside)
    sys.path.append(terms.beside)


def prepare(terms: Terms, memory: Memory | None) -> None:
    """After the fork, before the student's code: signals, JAX's cache, a working directory, no garbage to walk."""
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    import jax

    cache = view.CACHE if terms.tier == "namespaces" else terms.cache
    set_option: Any = jax.config.update
    set_option("jax_compilation_cache_dir", cache)
    set_option("jax_traceback_in_locations_limit", 0)  # of a program's text, which nobody reads
    set_option("jax_persistent_cache_min_compile_time_secs", 0.0)
    # Only the trusted reference fills the cache. To others it is read-only, and they don't even try.
    set_option("jax_persistent_cache_min_entry_size_bytes", -1 if terms.fills_cache else 1 << 40)
    if memory is not None:
        folder = Folder(Path(cache))
        memory.use(folder.find, folder.write if terms.fills_cache else None)
    sys.argv = ["submission.py"]
    sys.path[:] = [entry for entry in sys.path if "site-packages" in entry or "lib" in entry]
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    gc.set_threshold(50_000, 20, 100)  # tracing makes thousands of objects that live as long as the worker
    gc.enable()
