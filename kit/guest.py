"""A kernel that a grader holds in its hand.

QEMU runs the machine of ``docs/measuring.md``, halted until told, with its debugging stub on a private socket. The grader puts registers
and memory in, lets the machine run up to an address, and reads what has come of it: it calls a function of the kernel, or makes a
program's system call, from outside. So no test code runs in the guest that a student's part could read or change, and nothing the guest
prints counts. Instructions are counted by QEMU's own counter, which is read by stepping an RDTSC put in the guest's way for a moment.

An *operation* is one such call. Operations are numbered and remembered, so that a failing one can be made again, traced line by line or
handed to gdb before it begins.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kit import jail
from kit.gdbstub import Ended, Refused, Registers, Stub
from kit.qemu import MACHINES, Job, Machine, command_line
from kit.symbols import Symbols
from kit.threads import Layout, describe

ARGUMENTS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")
RDTSC = b"\x0f\x31"
RDMSR = b"\x0f\x32"
RET = b"\xc3"
CR2_AT, CR3_AT = 196, 204
"""Where the stub's packet of registers holds them."""
MASK = (1 << 64) - 1
FIRST_LOOK, LOOK, WALL_SECONDS = 3.0, 2.0, 45.0
"""Wall seconds until a machine that does not stop is looked at, between looks, and until the grader gives up for its own sake."""
BOUND = 20_000_000
REMEMBERED = 12
CONSOLE_BYTES = 1 << 20
STACK_SCAN = 2048
TRACE_STEPS = 4000
SANDBOX = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")


class Fault(Exception):
    """The guest did not come through an operation: it panicked, ran over its bound, stood still, or ended QEMU."""

    def __init__(self, kind: str, text: str, backtrace: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.kind = kind
        self.backtrace = backtrace


class Reached(Exception):
    """The operation that was to be traced, or handed to gdb, is there: there is no need to go on."""


@dataclass
class Watch:
    """What one guest is asked to do at one of its operations. Numbers count from 1."""

    trace: int = 0
    stop: int = 0
    lines: list[str] = field(default_factory=list)
    """The traced operation, one source line an entry."""


class Program:
    """A static user program whose functions a grader stops at."""

    def __init__(self, elf: Path) -> None:
        self.elf = elf
        self.symbols = Symbols(elf)

    def code(self, function: str, length: int) -> bytes:
        """The first bytes of a function, by which a program is told from another at the same address."""
        return self.symbols.bytes_at(self.symbols[function], length)


class Guest:
    """One machine. Use it as a context manager: QEMU is gone afterwards."""

    def __init__(self, kernel: Path, initrd: Path, append: str, place: jail.Jail, watch: Watch | None = None, layout: Callable[[], Layout] = dict) -> None:
        self.symbols = Symbols(kernel)
        self.layout = layout
        self.done: deque[str] = deque(maxlen=REMEMBERED)
        self.count = 0
        self.last_words: list[str] = []
        self.stops: set[int] = set()
        self.watch = watch or Watch()
        self.folder = Path(tempfile.mkdtemp(prefix="mortise-guest-"))
        jail.give(self.folder)
        self.console = self.folder / "console"
        self.socket = self.folder / "stub"
        job = Job(kernel, initrd, append, Machine(cpu="max,-svm"))  # a guest of its own could move the counter
        command = command_line(job, f"file,path={self.console}", self.folder / "results")
        command[2] = MACHINES["microvm"] + ",rtc=off,pit=off"  # no timer but the kernel's: the counter stands still while we look
        command[command.index("tcg")] = "tcg,tb-size=64"
        command += [*SANDBOX, "-S", "-chardev", f"socket,id=stub,path={self.socket},server=on,wait=off", "-gdb", "chardev:stub"]
        with (self.folder / "stderr").open("wb") as errors:
            self.process = jail.spawn(command, self.folder, place, errors)
        try:
            self.stub = Stub(self.socket)
            self.clobbered = [self.symbols[name] for name in ("panic", "panic_frame")]
            for address in self.clobbered:
                self.stop_at(address)
        except Ended:
            raise self._gone("it did not start") from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End QEMU and forget its files."""
        jail.end(self.process)
        self.last_words = self.last_words or [line for line in self.console_text().splitlines() if line.strip()][-8:]
        if hasattr(self, "stub"):
            self.stub.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def leave_to_gdb(self) -> Path:
        """Give the stub up, for a debugger to take: its socket."""
        self.stub.close()
        return self.socket

    # --- looking ---------------------------------------------------------------------------------------------------------

    def registers(self) -> Registers:
        """All registers now."""
        return self.stub.registers()

    def read(self, address: int, length: int) -> bytes:
        """Memory as the running address space sees it. Raises Fault where nothing is mapped."""
        try:
            return self.stub.read(address & MASK, length)
        except Refused as error:
            raise Fault("memory", str(error)) from None

    def number(self, address: int, length: int = 8) -> int:
        """An unsigned number in memory."""
        return int.from_bytes(self.read(address, length), "little")

    def variable(self, name: str, length: int = 8) -> int:
        """The value of a kernel variable."""
        return self.number(self.symbols[name], length)

    def write(self, address: int, data: bytes) -> None:
        """Put bytes into memory."""
        self.stub.write(address & MASK, data)

    def executed(self, code: bytes, steps: int, **values: int) -> Registers | None:
        """Registers after ``steps`` instructions of our own, put in the guest's way for a moment; all is then as it was.

        None where the processor is halted and executes nothing.
        """
        here = self.stub.registers()
        kept = self.read(here["rip"], len(code))
        self.write(here["rip"], code)
        if values:
            self.stub.set_registers(here.changed(**values))
        for _ in range(steps):
            self.stub.start_step()
            if not self.stub.wait(1.0):
                self.stub.interrupt()
                self.stub.wait(5.0)
                steps = 0
                break
        there = self.stub.registers()
        self.write(here["rip"], kept)
        self.stub.set_registers(here)
        return there if steps else None

    def instructions(self) -> int | None:
        """Instructions since reset; None where the processor is halted and cannot be asked."""
        there = self.executed(RDTSC, 1)
        return None if there is None else (there["rdx"] & 0xFFFFFFFF) << 32 | there["rax"] & 0xFFFFFFFF

    def msr(self, number: int) -> int:
        """A model-specific register; the machine must stand in the kernel."""
        there = self.executed(RDMSR, 1, rcx=number)
        assert there is not None
        return (there["rdx"] & 0xFFFFFFFF) << 32 | there["rax"] & 0xFFFFFFFF

    def console_text(self) -> str:
        """What the guest printed, for a reader: never evidence."""
        try:
            with self.console.open("rb") as file:
                return file.read(CONSOLE_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:
            return ""

    # --- running ---------------------------------------------------------------------------------------------------------

    def stop_at(self, address: int) -> None:
        """Stop whenever this address is reached, in whatever address space."""
        if address not in self.stops:
            self.stub.set_breakpoint(address)
            self.stops.add(address)

    def pass_by(self, address: int) -> None:
        """Do not stop there any more."""
        if address in self.stops:
            self.stub.clear_breakpoint(address)
            self.stops.discard(address)

    def run_to(self, addresses: Collection[int], bound: int = BOUND, what: str = "the kernel") -> Registers:
        """Let the machine run until it is before one of ``addresses``. Raises Fault.

        ``bound`` is in instructions. Whether it was kept is judged from the count, however fast the host is; the wall clock only
        decides when to look.
        """
        added = [address for address in addresses if address not in self.stops]
        for address in added:
            self.stop_at(address)
        try:
            return self._run(bound, what)
        finally:
            for address in added:
                if self.process.poll() is None:
                    self.pass_by(address)

    def run_until(self, symbol: str, bound: int = BOUND) -> Registers:
        """Let the kernel run until it enters a function of its own."""
        return self.run_to([self.symbols[symbol]], bound, f"the kernel on its way to {symbol}()")

    def without_timer(self) -> None:
        """Let the kernel come to where its ticks would begin, and see to it that it arms no timer from there on.

        QEMU may move the clock of a machine that it stops on to the next timer. Where that would matter, because the machine is stopped among
        threads that can run, there must be none: nobody is preempted then, and no time-out passes by itself.
        """
        self.run_until("thread_timer_start")
        self.write(self.symbols["arch_timer_set"], RET)

    def run_to_user(self, program: Program, function: str, bound: int = BOUND) -> Registers:
        """Let the machine run until a program, in user mode, enters one of its functions."""
        address = program.symbols[function]
        what = f"{program.elf.name} on its way to {function}()"
        self.stop_at(address)
        self.stop_at(self.symbols["arch_exit"])
        while True:
            here = self._run(bound, what)
            if here["rip"] == self.symbols["arch_exit"]:
                raise Fault("ended", f"the kernel powers off before {program.elf.name} comes to {function}()", self.backtrace(here))
            if here.user and self.read(address, 16) == program.code(function, 16):
                return here

    def operation(self, text: str, registers: Registers, after: Collection[int], bound: int = BOUND) -> Registers:
        """Set the registers, let the machine run to one of ``after``, and remember it as ``text``. Raises Fault, Reached."""
        self.count += 1
        self.done.append(text)
        self.stub.set_registers(registers)
        if self.count == self.watch.stop:
            raise Reached
        if self.count == self.watch.trace:
            self._trace(after)
            raise Reached
        return self.run_to(after, bound, text)

    def answered(self, text: str) -> None:
        """Note the answer of the last operation beside it."""
        self.done[-1] += f" = {text}"

    def call(self, function: str, *arguments: int, bound: int = BOUND, void: bool = False) -> int:
        """Call a function of the kernel on the stack that the machine stands on, and come back. Its result as an unsigned number.

        ``void`` says that it has none.
        """
        after = self._enter(function, arguments, [], bound)
        if not void:
            self.answered(shown(after["rax"]))
        return after["rax"]

    def call_asked(self, function: str, asked: int, answer: Callable[[], tuple[str, Sequence[int]] | None], *arguments: int, bound: int = BOUND) -> int:
        """The same, of a function that calls whatever lies at ``asked``, which is never executed: ``answer`` says what that is taken to do.

        It names a function of the kernel that is called in its stead, with its arguments, and 1 is what is handed back; or nothing, and that is 0.
        """
        after = self._enter(function, arguments, [asked], bound)
        while after["rip"] == asked:
            top, called = after["rsp"], answer()
            back = self.number(top)
            if called:
                self.write(top - 16, (asked + 1).to_bytes(8, "little"))
                values = dict(zip(ARGUMENTS, (value & MASK for value in called[1])))
                said = f"{called[0]}({', '.join(shown(value) for value in called[1])}), asked for by {function}"
                after = self.operation(said, after.changed(rip=self.symbols[called[0]], rsp=top - 16, **values), [asked + 1], bound)
            after = self.operation(f"{function} goes on", after.changed(rip=back, rsp=top + 8, rax=int(called is not None)), [self._back, asked], bound)
        self.answered(shown(after["rax"]))
        return after["rax"]

    def _enter(self, function: str, arguments: Sequence[int], stops: Sequence[int], bound: int) -> Registers:
        """Let a function of the kernel begin, and run until it comes back or to one of ``stops``."""
        if not hasattr(self, "_home"):
            self._begin_calls()
        stack = (self._home["rsp"] - 256) & ~15
        self.write(stack - 8, self._back.to_bytes(8, "little"))
        values = dict(zip(ARGUMENTS, (value & MASK for value in arguments)))
        text = f"{function}({', '.join(shown(value) for value in arguments)})"
        return self.operation(text, self._home.changed(rip=self.symbols[function], rsp=stack - 8, **values), [self._back, *stops], bound)

    def _begin_calls(self) -> None:
        """Remember where the machine stands, for calls to be made on that stack, and where they return to."""
        self._home = self.registers()
        self._back = self.symbols["arch_start"]  # ran once, never again: as good a place as any to return to
        self.stop_at(self._back)

    def system_call(self, text: str, registers: Registers, after: int, bound: int = BOUND) -> Registers:
        """Let a program that is stopped in user mode go on with other registers until it comes to ``after``, in its own address space."""
        space = _space(registers)
        here = self.operation(text, registers, [after], bound)
        while not here.user or _space(here) != space:
            here = self.run_to([after], bound, text)
        return here

    def steps(self, text: str, registers: Registers, after: int, most: int = TRACE_STEPS) -> int:
        """The same, instruction by instruction with no interrupt in between: how many it takes. Raises Fault beyond ``most``."""
        self.count += 1
        self.done.append(text)
        self.stub.set_registers(registers)
        for number in range(1, most + 1):
            try:
                self.stub.step()
                here = self.registers()
            except Ended:
                raise self._gone(f"in {text}") from None
            if here["rip"] == after and here.user:
                return number
            if here["rip"] in self.clobbered:
                raise self._panicked(here, text)
        raise self._stalled(text, f"it took more than {most:,} instructions")

    def cost(self, function: str, *arguments: int) -> tuple[int, int]:
        """(result, instructions) of a call, its return included; exact where no timer is armed."""
        before = self.instructions()
        result = self.call(function, *arguments)
        after = self.instructions()
        assert before is not None and after is not None
        return result, after - before - 1  # the RDTSC itself

    def _run(self, bound: int, what: str) -> Registers:
        started = time.monotonic()
        base: int | None = None
        wait = FIRST_LOOK
        try:
            if self.registers()["rip"] in self.stops:
                self.stub.step()  # or it would stop again where it is
            self.stub.resume()
            while not self.stub.wait(wait):
                self.stub.interrupt()
                self.stub.wait(5.0)
                here = self.registers()
                if here["rip"] in self.stops:
                    break
                if self._console_size() >= CONSOLE_BYTES:
                    raise Fault("flood", f"more than {CONSOLE_BYTES} bytes on the console, stopped in {what}", self.backtrace(here))
                now = self.instructions()
                if now is None:
                    raise self._stalled(what, "the processor is halted and no timer is armed: nothing can wake it any more")
                base = now - 1 if base is None else base
                if now - base > bound:
                    raise self._stalled(what, f"it ran for more than {bound:,} instructions")
                if time.monotonic() - started > WALL_SECONDS:
                    raise self._stalled(what, f"it still ran after {WALL_SECONDS:g} s on this host ({now - base:,} instructions at least)")
                wait = LOOK
                self.stub.resume()
            here = self.registers()
        except Ended:
            raise self._gone(f"in {what}") from None
        if here["rip"] in self.clobbered:
            raise self._panicked(here, what)
        return here

    def _trace(self, after: Collection[int]) -> None:
        """Step through an operation, keeping the source lines that it takes, to its end or for a while."""
        addresses: list[int] = []
        try:
            while len(addresses) < TRACE_STEPS:
                here = self.registers()
                if here["rip"] in after or here["rip"] in self.clobbered:
                    break
                addresses.append(here["rip"])
                self.stub.step()
        except Ended:
            pass  # the lines up to there are what there is to show
        self._keep_lines(addresses)

    def _keep_lines(self, addresses: list[int]) -> None:
        unique = sorted(set(addresses))
        lines = dict(zip(unique, self.symbols.lines(unique)))
        last = ""
        for address in addresses:
            line = f"{lines[address]}  in {self.symbols.function(address)}"
            if line != last:
                self.watch.lines.append(line)
            last = line

    # --- what went wrong -------------------------------------------------------------------------------------------------

    def backtrace(self, here: Registers, first: bool = True) -> tuple[str, ...]:
        """The innermost function, then whatever on the stack looks like a return address, with source lines."""
        low, high = self.symbols["kernel_text_start"], self.symbols["kernel_text_end"]
        found = [here["rip"]] if first and low <= here["rip"] < high else []
        stack = here["rsp"] & ~7
        for at in range(stack, stack + STACK_SCAN, 8):
            try:
                word = self.number(at)
                if low + 7 < word < high and _after_call(self.read(word - 7, 7)):
                    found.append(word)
            except Fault:
                break
        found = found[:12]
        lines = self.symbols.lines(address if n == 0 and first else address - 1 for n, address in enumerate(found))
        return tuple(f"{self.symbols.name(address)}  {line}" for address, line in zip(found, lines))

    def _panicked(self, here: Registers, what: str) -> Fault:
        if here["rip"] == self.symbols["panic"]:
            said = self._format(here["rdi"], [here[name] for name in ARGUMENTS[1:]])
            return Fault("panic", f"the kernel panicked in {what}: {said}", self.backtrace(here, first=False))
        frame = here["rdi"]
        said = self.text(here["rsi"])
        rip, rsp = self.number(frame + 136), self.number(frame + 160)
        address = int.from_bytes(here.raw[CR2_AT : CR2_AT + 8], "little")
        vector = self.number(frame + 120)
        where = f" (vector {vector}{f', address {address:#x}' if vector == 14 else ''}) at {self.symbols.name(rip)}"
        return Fault("panic", f"the kernel panicked in {what}: {said}{where}", self.backtrace(here.changed(rip=rip, rsp=rsp)))

    def text(self, address: int) -> str:
        """A string in the guest's memory, at most 200 bytes of it."""
        data = b""
        try:
            while b"\0" not in data and len(data) < 200:
                data += self.read(address + len(data), 8)
        except Fault:
            data += b"..."
        return data.partition(b"\0")[0].decode("latin-1")

    def _format(self, address: int, values: list[int]) -> str:
        """A kernel format with its arguments, as far as they came in registers."""
        rest = iter(values)

        def one(match: re.Match[str]) -> str:
            value = next(rest, None)
            if value is None:
                return "..."
            return self.text(value) if match[1] == "s" else f"{value:x}" if match[1] in "xp" else str(value & 0xFFFFFFFF)

        return re.sub(r"%[0-9.]*[lz]*([a-zA-Z])", one, self.text(address))

    def _stalled(self, what: str, why: str) -> Fault:
        here = self.registers()
        return Fault("stall", f"{what} does not come to an end: {why}", (*self.backtrace(here), *describe(self, self.layout())))

    def returns_to(self, address: int) -> bool:
        """Whether an address of the kernel's text follows a call; a thread that goes on in user mode is such a place, too."""
        return address == self.symbols["arch_resume_point"] or _after_call(self.read(address - 7, 7))

    def _console_size(self) -> int:
        return self.console.stat().st_size if self.console.exists() else 0

    def _gone(self, when: str) -> Fault:
        try:
            status = self.process.wait(5)
        except subprocess.TimeoutExpired:
            jail.end(self.process)
            status = self.process.returncode
        complaint = (self.folder / "stderr").read_text(errors="replace").strip() if (self.folder / "stderr").exists() else ""
        complaint = "\n".join(line for line in complaint.splitlines() if "no active timers" not in line)
        if self._console_size() >= CONSOLE_BYTES:
            return Fault("flood", f"more than {CONSOLE_BYTES} bytes on the console, stopped {when}")
        if status < 0:
            return Fault("ended", f"QEMU was killed by signal {-status} {when}{': ' + complaint if complaint else ''}")
        said = {0: "the machine reset (a triple fault, or it was asked to)", 1: f"QEMU refused: {complaint}"}
        return Fault("ended", f"the guest ended the machine {when}: {said.get(status, f'it wrote {status >> 1:#x} to the exit device')}")


def _space(registers: Registers) -> bytes:
    """What tells address spaces apart: the page-table root."""
    return registers.raw[CR3_AT : CR3_AT + 8]


def shown(value: int) -> str:
    """A number as one reads it: small ones decimal, addresses in hexadecimal."""
    return str(value) if -4096 <= value < 1 << 20 else f"{value & MASK:#x}"


def _after_call(code: bytes) -> bool:
    """Whether the bytes before an address end in a call instruction: e8 rel32, or ff /2 of 2, 3, 6 or 7 bytes."""
    return code[-5] == 0xE8 or any(code[-n] == 0xFF and code[1 - n] & 0x38 == 0x10 for n in (2, 3, 6, 7))
