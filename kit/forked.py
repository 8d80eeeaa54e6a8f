"""Work of this process done in copies of it, side by side.

Each piece runs in a fork of its own: it finds everything as it is here, and what it changes stays there. Its answer comes back through a pipe.
A copy that is killed answers nothing, which whoever waits is told; copies whose parent breaks off are ended, and clean up.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
_context = multiprocessing.get_context("fork")


class Died(Exception):
    """A copy ended without an answer; the text says how."""


class Forked(Generic[Answer]):
    """Pieces of work under way. Use it as a context manager: afterwards none is."""

    def __init__(self) -> None:
        self._running: dict[Connection, tuple[str, multiprocessing.process.BaseProcess]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __enter__(self) -> Forked[Answer]:
        return self

    def __exit__(self, *_: object) -> None:
        for _, process in self._running.values():
            process.terminate()
        for _, process in self._running.values():
            process.join()

    def start(self, name: str, work: Callable[[], Answer]) -> None:
        """Begin ``work``; ``next`` gives its answer back under ``name``."""
        here, there = _context.Pipe(duplex=False)
        process = _context.Process(target=_do, args=(work, there), daemon=True)
        process.start()
        there.close()
        self._running[here] = (name, process)

    def next(self) -> tuple[str, Answer]:
        """Wait for the first that ends: its name and its answer. Raises Died, or what ``work`` raised."""
        done = wait(list(self._running))[0]
        assert isinstance(done, Connection)
        name, process = self._running.pop(done)
        try:
            good, value = done.recv()
        except EOFError:
            process.join()
            raise Died(f"{name}: the process that did it ended with {process.exitcode}") from None
        process.join()
        if not good:
            raise value
        return name, value


def _do(work: Callable[[], Answer], there: Connection) -> None:
    """In the copy. An interrupt from the terminal is the parent's to hear, who then ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        answer: tuple[bool, object] = (True, work())
    except Exception as error:  # carried over to the parent, which raises it
        answer = (False, error)
    there.send(answer)


def _leave(number: int, _: FrameType | None) -> None:
    """As an exception, so that what is open is closed."""
    sys.exit(128 + number)
