"""Work of this process done in copies of it, side by side.

Each piece runs in a fork of its own: it finds everything as it is here, and what it changes stays there. Its answer comes back through a pipe.
A copy that is killed answers nothing, which whoever waits is told; copies whose parent breaks off, or is killed, are ended, and clean up.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
_PR_SET_PDEATHSIG = 1
_context = multiprocessing.get_context("fork")


class Died(Exception):
    """The copy that worked on ``name`` ended without an answer, with ``status``."""

    def __init__(self, name: str, status: int | None) -> None:
        super().__init__(name, status)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name}: the process that worked on it ended with {self.args[1]}"


class Failed(Exception):
    """The work on ``name`` raised something: the cause."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(name, said)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name}: {self.args[1]}"


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
        process = _context.Process(name=name, target=_do, args=(work, there, os.getpid()))
        process.start()
        there.close()
        self._running[here] = (name, process)

    def next(self) -> tuple[str, Answer]:
        """Wait for the first that ends: its name and its answer. Raises Died or Failed."""
        done = wait(list(self._running))[0]
        assert isinstance(done, Connection)
        name, process = self._running.pop(done)
        try:
            good, value = done.recv()
        except EOFError:
            process.join()
            raise Died(name, process.exitcode) from None
        process.join()
        if not good:
            raise Failed(name, f"{type(value).__name__}: {value}") from value
        return name, value


def _do(work: Callable[[], Answer], there: Connection, parent: int) -> None:
    """In the copy. An interrupt from the terminal is the parent's to hear, who then ends us; so does the system if the parent is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        return  # it died before we asked to be told
    try:
        answer: tuple[bool, object] = (True, work())
    except Exception as error:  # carried over to the parent, which raises it
        answer = (False, _portable(error))
    there.send(answer)


def _portable(error: Exception) -> Exception:
    """The same, or what it says where it does not survive the way."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class does with its arguments
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _leave(number: int, _: FrameType | None) -> None:
    """As an exception, so that what is open is closed."""
    sys.exit(128 + number)
