"""Lab 2: the tests of a system-call entry.

A program in the guest has come to user mode and is stopped. The tests are its will: they set all its registers, let one SYSCALL happen and
look at what comes back; or they stop the machine inside the kernel, where the call has arrived.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit.gdbstub import REGISTERS, Registers
from kit.lab_bench import Bench, Finding
from kit.guest import Guest, Program, shown

GETPID, READ, WRITE, PIPE, UNAME, GETCWD = 39, 0, 1, 22, 63, 79
CALL, AFTER = "probe_call", "probe_after"
TRAP, INTERRUPT, DIRECTION, NESTED, ALIGNMENT = 0x100, 0x200, 0x400, 0x4000, 0x40000
FLAG_NAMES = {TRAP: "TF", INTERRUPT: "IF", DIRECTION: "DF", NESTED: "NT", ALIGNMENT: "AC"}
MSR_FMASK = 0xC0000084
LOST = ("rax", "rcx", "r11", "rip")
KEPT = tuple(name for name in REGISTERS if name not in LOST)
FREE = tuple(name for name in KEPT if name != "rsp")
"""Registers that may hold anything: a stack pointer has a test of its own."""
FRAME_BYTES = 176
FRAME = ("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi")
TABLE_ENTRIES = 512


class Caller:
    """A program whose system calls the test makes."""

    def __init__(self, bench: Bench, preset: str, reference: bool = False) -> None:
        self.bench = bench
        self.program: Program = bench.program("call_probe")
        self.guest: Guest = bench.with_program(preset, self.program, "x", reference)
        self.start: Registers = self.guest.run_to_user(self.program, "probe_ready")
        self.flags = self.start.flags
        self.page = self.program.symbols["probe_page"]

    def prepared(self, number: int, values: Mapping[str, int], more: int = 0) -> Registers:
        """The registers before a call; ``more`` are flags that the program sets besides those it has."""
        return self.start.changed(rip=self.program.symbols[CALL], rax=number, eflags=self.flags | more, **values)

    def call(self, number: int, more: int = 0, **values: int) -> Registers:
        """Make a call; the registers after it."""
        words = [f"{name}={shown(value)}" for name, value in values.items() if name in ("rdi", "rsi", "rdx", "rsp")]
        words += [name for bit, name in FLAG_NAMES.items() if more & bit]
        text = f"syscall {shown(number)}{f' ({chr(44).join(words)})' if words else ''}"
        after = self.guest.system_call(text, self.prepared(number, values, more), self.program.symbols[AFTER])
        self.guest.answered(shown_result(after["rax"]))
        return after

    def stop_inside(self, number: int, function: int, more: int = 0, **values: int) -> Registers:
        """Make a call and stop where the kernel's function begins."""
        return self.guest.operation(f"syscall {shown(number)} up to the kernel's function", self.prepared(number, values, more), [function])


def shown_result(value: int) -> str:
    """A result as a program reads it."""
    return str(value - (1 << 64)) if value >= (1 << 64) - 4096 else shown(value)


def anything(bench: Bench) -> dict[str, int]:
    """A random word for each register that a call keeps, but for the stack pointer."""
    return {name: bench.random.getrandbits(64) for name in FREE}


def test_boots(bench: Bench) -> None:
    """Each kernel starts with it and runs a program."""
    bench.agrees("small_probe")


def test_registers(bench: Bench) -> None:
    """All but rax, rcx and r11 are what they were; those two are what SYSCALL made them, and nothing of the kernel's."""
    for preset in bench.presets:
        caller = Caller(bench, preset)
        for _ in range(12):
            values = anything(bench)
            after = caller.call(GETPID, **values)
            kept_all(values | {"rsp": caller.start["rsp"]}, after, "getpid")
            no_leak(caller, after, caller.flags)


def kept_all(values: Mapping[str, int], after: Registers, what: str) -> None:
    """Raises Finding for the first register that a call did not keep."""
    for name, value in values.items():
        if name != "eflags" and after[name] != value:
            raise Finding(f"{name} to be {value:#x} after {what}, as it was before", f"it is {after[name]:#x}")


def no_leak(caller: Caller, after: Registers, flags: int) -> None:
    """rcx and r11 are lost in a call, and must not tell of the kernel: SYSCALL itself leaves the return address and the flags there.

    Where a server answers, they may hold what its emulation library left: something of the program's own.
    """
    exact = {"rcx": caller.program.symbols[AFTER], "r11": flags}
    for name, expected in exact.items():
        if after[name] >> 47:
            raise Finding(f"{name} to tell nothing of the kernel after a call", f"it is {after[name]:#x}, an address of the kernel's half")
        if "service_calls" in caller.guest.symbols and after[name] not in (expected, 0):
            raise Finding(f"{name} to be {expected:#x} (or 0) after a call", f"it is {after[name]:#x}")


def test_arguments(bench: Bench) -> None:
    """What the kernel's function finds in its registers, on its stack, and in the frame above it."""
    for preset in bench.presets:
        caller = Caller(bench, preset)
        function = caller.guest.number(caller.guest.symbols["service_calls"] + 8 * GETPID)
        for _ in range(4):
            values = anything(bench)
            inside = caller.stop_inside(GETPID, function, **values)
            for name, source in zip(("rdi", "rsi", "rdx", "rcx", "r8", "r9"), ("rdi", "rsi", "rdx", "r10", "r8", "r9")):
                bench.equal(inside[name], values[source], f"the kernel's {name}, the program's {source}")
            bench.equal(inside["rsp"] % 16, 8, "rsp % 16 where a C function begins (a multiple of 16 before the call)")
            _frame(bench, caller, values)


def _frame(bench: Bench, caller: Caller, values: Mapping[str, int]) -> None:
    """The trap frame at the top of the kernel stack."""
    top = caller.guest.number(caller.guest.symbols["cpu"] + 8)
    start, flags = caller.start, caller.flags
    after = caller.program.symbols[AFTER]
    words = [caller.guest.number(top - FRAME_BYTES + 8 * n) for n in range(FRAME_BYTES // 8)]
    expected = {name: values.get(name, 0) for name in FRAME} | {"rax": GETPID, "rcx": after, "r11": flags}
    for name, word in zip(FRAME, words):
        bench.equal(word, expected[name], f"{name} in the frame")
    for name, word, wanted in zip(
        ("vector", "error", "rip", "cs", "rflags", "rsp", "ss"), words[len(FRAME) :], (0x100, GETPID, after, 0x23, flags, start["rsp"], 0x1B)
    ):
        bench.equal(word, wanted, f"{name} in the frame")


def test_numbers(bench: Bench) -> None:
    """Every number, from the user's side: answered like the reference answers it, and the next call still works."""
    for preset in bench.presets:
        reference, mine = Caller(bench, preset, reference=True), Caller(bench, preset)
        pid = reference.call(GETPID)["rax"]
        for number in _numbers(bench, reference):
            expected = reference.call(number)["rax"]
            found = mine.call(number)["rax"]
            bench.expect(
                found == expected,
                f"system call {shown(number)} to answer {shown_result(expected)}, as the reference does, on {preset}",
                f"it answers {shown_result(found)}",
            )
            bench.equal(mine.call(GETPID)["rax"], pid, f"getpid after system call {shown(number)}")


def _numbers(bench: Bench, caller: Caller) -> list[int]:
    """Numbers that name no call: the edges of the tables, huge and negative ones, and empty places in the table."""
    edges = [TABLE_ENTRIES, TABLE_ENTRIES + 1, 1 << 31, (1 << 32) - 1, 1 << 62, -(1 << 63), (1 << 32) + GETPID, -(1 << 32) - 5]
    far = [bench.random.randrange(TABLE_ENTRIES, 1 << 40), -bench.random.randrange(1 << 20, 1 << 40)]
    negative = [-128, -129, -4096, -5000]
    return [*edges, *far, *negative, *_empty(caller)[:3]]


def _empty(caller: Caller) -> list[int]:
    """Places of the table that hold no function."""
    if "service_calls" not in caller.guest.symbols:
        return [500]
    table = caller.guest.symbols["service_calls"]
    return [n for n in range(TABLE_ENTRIES - 1, 0, -1) if caller.guest.number(table + 8 * n) == 0][:3] or [500]


def test_pointers(bench: Bench) -> None:
    """Addresses that are not the program's: the kernel's half, the gap, nothing at all."""
    bad = [0, 8, 0x7FFFFFFFF000, 0x800000000000, 0xFFFF800000000000, 0xFFFFFFFF80100000, (1 << 64) - 1, (1 << 64) - 4096]
    for preset in bench.presets:
        reference, mine = Caller(bench, preset, reference=True), Caller(bench, preset)
        for address in bad:
            for number, values in ((UNAME, {"rdi": address}), (GETCWD, {"rdi": address, "rsi": 64}), (PIPE, {"rdi": address})):
                expected, found = (one.call(number, **values)["rax"] for one in (reference, mine))
                bench.expect(
                    found == expected,
                    f"system call {number} with the pointer {address:#x} to answer {shown_result(expected)} on {preset}",
                    f"it answers {shown_result(found)}",
                )


def test_flags(bench: Bench) -> None:
    """Direction, alignment check and nested task, set by a program."""
    for preset in bench.presets:
        caller = Caller(bench, preset)
        guest = caller.guest
        function = guest.number(guest.symbols["service_calls"] + 8 * GETPID) if "service_calls" in guest.symbols else guest.symbols["kernel_unknown_call"]
        for more in (DIRECTION, ALIGNMENT, NESTED, DIRECTION | ALIGNMENT | NESTED):
            caller.stop_inside(GETPID, guest.symbols["entry_syscall"], more)
            if more & DIRECTION and not guest.msr(MSR_FMASK) & DIRECTION:
                here = guest.registers()  # QEMU's SYSCALL clears DF whatever FMASK says; a processor does not
                guest.stub.set_registers(here.changed(eflags=here.flags | DIRECTION))
            inside = guest.run_to([function], what="the way from entry_syscall to the kernel's function")
            for bit, name in FLAG_NAMES.items():
                bench.expect(not inside.flags & bit, f"{name} to be clear in the kernel, whatever the program had in its flags", "it is set")
            after = caller.call(GETPID, more)
            bench.equal(after.flags, caller.flags | more, "the program's flags after the call")


def test_stack(bench: Bench) -> None:
    """Stack pointers that lead nowhere, or into the kernel."""
    places = [0, 1, 0x800000000000, 0xFFFF800000100000, 0xFFFFFFFF80100000, (1 << 64) - 1]
    for preset in bench.presets:
        reference, mine = Caller(bench, preset, reference=True), Caller(bench, preset)
        for place in [*places, bench.random.getrandbits(64)]:
            expected = reference.call(GETPID, rsp=place)
            found = mine.call(GETPID, rsp=place)
            bench.equal(found["rax"], expected["rax"], f"getpid with rsp={place:#x} on {preset}")
            bench.equal(found["rsp"], place, "rsp after the call")


def test_costs(bench: Bench) -> None:
    """getpid, user to user, counted step by step."""
    counts = []
    for reference in (False, True):
        caller = Caller(bench, "monolithic", reference)
        counts.append(caller.guest.steps("syscall 39 (getpid)", caller.prepared(GETPID, {}), caller.program.symbols[AFTER]))
    mine, best = counts
    bench.record("getpid", mine)
    bench.record("getpid_reference", best)
    most = best * bench.bound("percent") // 100
    bench.expect(
        mine <= most,
        f"getpid to take at most {most} instructions, user to user ({bench.bound('percent')} % of the reference's {best})",
        f"it takes {mine}",
        f"{mine - most} too many",
    )
