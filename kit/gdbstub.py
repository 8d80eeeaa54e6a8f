"""A client of QEMU's debugging stub: registers, memory, breakpoints and single steps of a guest, from outside.

It speaks the part of GDB's remote serial protocol that QEMU's x86-64 stub needs (GDB manual, appendix E). What the guest prints or
does to its own memory cannot change what is read here: breakpoints live in QEMU's translator, not in the guest's text.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", *(f"r{n}" for n in range(8, 16)), "rip")
"""The 64-bit registers, in the order of the stub's packet; ``eflags`` and ``cs`` (32 bits each) follow."""
FLAGS_AT = 8 * len(REGISTERS)
CHUNK = 1024
"""Bytes of memory a packet moves: QEMU's stub takes packets of at most 4096 characters."""


class Ended(Exception):
    """QEMU closed the connection: the machine is gone."""


class Refused(Exception):
    """The stub answered a request with an error; the text names the request."""


@dataclass(frozen=True)
class Registers:
    """The general registers, ``rip``, the flags and the code segment's selector, with the packet they came in."""

    values: dict[str, int]
    flags: int
    cs: int
    raw: bytes

    def __getitem__(self, name: str) -> int:
        return self.flags if name == "eflags" else self.values[name]

    @property
    def user(self) -> bool:
        """Whether the machine was in user mode."""
        return self.cs & 3 == 3

    def changed(self, **values: int) -> Registers:
        """The same with other values; ``eflags`` may be among them."""
        raw, new, flags = bytearray(self.raw), dict(self.values), self.flags
        for name, value in values.items():
            value %= 1 << 64
            if name == "eflags":
                flags = value
                raw[FLAGS_AT : FLAGS_AT + 4] = value.to_bytes(4, "little")
            else:
                at = 8 * REGISTERS.index(name)
                new[name] = value
                raw[at : at + 8] = value.to_bytes(8, "little")
        return Registers(new, flags, self.cs, bytes(raw))


class Stub:
    """A connection to the stub at a Unix socket. Between calls the machine stands still, except after ``resume``."""

    def __init__(self, path: Path, seconds: float = 10.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise Ended(f"nobody listens at {path}") from None
                time.sleep(0.005)
        self._buffer = b""
        self._request("qSupported:xmlRegisters=i386")
        self._request("?")
        self._thread = self._request("qC")

    def close(self) -> None:
        """Leave; the machine stays as it is."""
        self._socket.close()

    def registers(self) -> Registers:
        """All registers now."""
        raw = bytes.fromhex(self._request("g").replace("x", "0"))
        values = {name: int.from_bytes(raw[8 * n : 8 * n + 8], "little") for n, name in enumerate(REGISTERS)}
        flags, cs = (int.from_bytes(raw[FLAGS_AT + at : FLAGS_AT + at + 4], "little") for at in (0, 4))
        return Registers(values, flags, cs, raw)

    def set_registers(self, registers: Registers) -> None:
        """Set all of them, whatever else the packet holds included."""
        self._ok(f"G{registers.raw.hex()}")

    def read(self, address: int, length: int) -> bytes:
        """Bytes at a virtual address of the present address space. Raises Refused where nothing is mapped."""
        parts = []
        for at in range(0, length, CHUNK):
            answer = self._request(f"m{address + at:x},{min(CHUNK, length - at):x}")
            if answer.startswith("E"):
                raise Refused(f"nothing to read at {address + at:#x}")
            parts.append(bytes.fromhex(answer))
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Put bytes there, read-only text included."""
        for at in range(0, len(data), CHUNK):
            part = data[at : at + CHUNK]
            self._ok(f"M{address + at:x},{len(part):x}:{part.hex()}")

    def set_breakpoint(self, address: int) -> None:
        """Stop before the instruction at ``address``, in whatever address space."""
        self._ok(f"Z0,{address:x},1")

    def clear_breakpoint(self, address: int) -> None:
        """Take it away again."""
        self._ok(f"z0,{address:x},1")

    def watch(self, address: int, length: int = 8) -> None:
        """Stop after a write to these bytes."""
        self._ok(f"Z2,{address:x},{length:x}")

    def unwatch(self, address: int, length: int = 8) -> None:
        """Take it away again."""
        self._ok(f"z2,{address:x},{length:x}")

    def step(self) -> None:
        """Execute one instruction."""
        self.start_step()
        self.wait(None)

    def start_step(self) -> None:
        """The same, without waiting for its end: a halted processor does not come to it."""
        self._send("s")

    def resume(self) -> None:
        """Let the machine run; ``wait`` tells when it has stopped."""
        self._send("c")

    def wait(self, seconds: float | None) -> bool:
        """Wait for the machine to stop; False if it still runs after ``seconds`` of wall time. Raises Ended."""
        try:
            return bool(self._packet(seconds))
        except TimeoutError:
            return False

    def interrupt(self) -> None:
        """Ask a running machine to stop; ``wait`` then sees it."""
        self._write(b"\x03")

    def _ok(self, request: str) -> None:
        answer = self._request(request)
        if answer != "OK":
            raise Refused(f"QEMU's stub answers {answer!r} to {request[:40]!r}")

    def _request(self, text: str) -> str:
        self._send(text)
        return self._packet(None)

    def _send(self, text: str) -> None:
        self._write(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def _write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise Ended("the machine is gone") from None

    def _packet(self, seconds: float | None) -> str:
        """The next packet, acknowledged. Raises TimeoutError, Ended."""
        while True:
            start = self._buffer.find(b"$")
            end = self._buffer.find(b"#", start)
            if start >= 0 and end >= 0 and len(self._buffer) >= end + 3:
                text = self._buffer[start + 1 : end].decode("latin-1")
                self._buffer = self._buffer[end + 3 :]
                self._write(b"+")
                return text
            self._socket.settimeout(seconds)
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                if isinstance(error, TimeoutError):
                    raise
                data = b""
            if not data:
                raise Ended("the machine is gone")
            self._buffer += data
