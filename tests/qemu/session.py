"""A program at a terminal that a test types at."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

SECONDS = 60.0
ROWS, COLUMNS = 30, 100
ROOT = Path(__file__).resolve().parents[2]


class Session:
    """``command`` on a pseudo-terminal of its own; ended when the ``with`` block is left."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.text = b""
        """Everything that it has written."""
        self._seen = 0
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.chdir(ROOT)
            os.execvpe(command[0], list(command), {**os.environ, **environment})

    def __enter__(self) -> Session:
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None) -> None:
        try:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._terminal)

    def expect(self, wanted: bytes) -> bytes:
        """Wait until ``wanted`` comes after what earlier calls have taken; answers all up to its end."""
        end = time.monotonic() + SECONDS
        while wanted not in self.text[self._seen :]:
            left = end - time.monotonic()
            assert left > 0 and self._read(left), f"{wanted!r} does not come; the terminal shows:\n{self.text[-2000:].decode(errors='replace')}"
        start, self._seen = self._seen, self.text.index(wanted, self._seen) + len(wanted)
        return self.text[start : self._seen]

    def settle(self, seconds: float) -> None:
        """Take what it writes until it has written nothing for so long."""
        while self._read(seconds):
            pass
        self._seen = len(self.text)

    def type(self, keys: bytes) -> None:
        """What a person would type."""
        os.write(self._terminal, keys)

    def ask(self, keys: bytes, answer: bytes) -> bytes:
        """Type, and wait for the answer."""
        self.type(keys)
        return self.expect(answer)

    def wait(self) -> int:
        """Wait for its end; its exit status."""
        end = time.monotonic() + SECONDS
        while self._read(max(0.0, end - time.monotonic())):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        """More of what it writes; False when there will be none, or the time is over."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self._terminal, 4096)
        except OSError:  # the other side is closed
            return False
        self.text += got
        return bool(got)
