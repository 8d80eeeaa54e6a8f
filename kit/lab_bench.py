"""What a lab's test works with: machines with the student's part and with the reference, chance, bounds, and words for a verdict.

labs/README.md tells how a test uses it. A test states what it finds by raising ``Finding``, which ``bench.expect`` and ``bench.equal`` do, or a guest's ``Fault``.

What a lab's program computes on a reference kernel is remembered by what it depends on: that kernel, its initrd and the program's argument.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kit import cpio
from kit.files import write_if_changed
from kit.guest import CONSOLE_BYTES, Guest, Program, Watch
from kit.jail import Jail, Limits
from kit.lab import Test
from kit.lab_tree import Kernel
from kit.threads import Layout, layout

if TYPE_CHECKING:
    from kit.grade import Grader

GUEST_LIMITS = Limits(wall_seconds=120, cpu_seconds=120, memory=2 << 30, file_bytes=CONSOLE_BYTES, processes=512)
"""Of each machine that a grading starts."""


class Finding(Exception):
    """A test's verdict that the part is wrong: what was expected, what happened, and the first place where they differ."""

    def __init__(self, expected: str, happened: str, difference: str = "") -> None:
        super().__init__(f"expected {expected}; {happened}")
        self.expected, self.happened, self.difference = expected, happened, difference


class Bench:
    """What a test works with: machines with the student's part and with the reference, chance, bounds, and words for a verdict."""

    def __init__(self, grader: Grader, test: Test, watch: tuple[int, Watch] | None = None) -> None:
        self.grader = grader
        self.test = test
        self.random = random.Random(f"{grader.seed}/{test.name}")
        self.measured: dict[str, int] = {}
        self.guests: list[Guest] = []
        self.number = 0
        """Of the last machine, counted from 1: a test's machines have the same numbers each time that it is made."""
        self.place = ""
        self._watch = watch
        self._open = contextlib.ExitStack()

    @property
    def presets(self) -> tuple[str, ...]:
        """The kernels that the test is made in."""
        return self.test.presets or self.grader.lab.presets

    def bound(self, name: str) -> int:
        """A bound of ``lab.toml``."""
        return self.test.bounds[name]

    def mine(self, preset: str, append: str = "init=/bin/hello", initrd: Path | None = None) -> Guest:
        """A halted machine with the student's part in it."""
        return self._guest(self.grader.kernel(preset), append, initrd, preset)

    def reference(self, preset: str, append: str = "init=/bin/hello", initrd: Path | None = None) -> Guest:
        """The same machine with the reference part."""
        return self._guest(self.grader.reference(preset), append, initrd, f"{preset} with {self.grader.lab.reference}")

    def random_configurations(self) -> list[str]:
        """Names, for ``mine``, of random assemblies that hold the student's part; none unless grading asks for them."""
        return self.grader.random_names

    def program(self, name: str) -> Program:
        """A program of the lab, ``programs/<name>.c``, compiled for the guest."""
        return Program(self.grader.program(name))

    def with_program(self, kernel: str, program: Program, argument: str, reference: bool = False, jitter: str = "") -> Guest:
        """A halted machine that will start a program of the lab, with one argument, as its first. ``jitter`` perturbs its ticks."""
        more = f" jitter={jitter}" if jitter else ""
        return self._starting(kernel, program, f"init=/bin/{program.elf.name} args={argument}{more}", reference)

    def jitter(self) -> str:
        """A word that perturbs a kernel's ticks, and so where threads are preempted; grading's seed decides it."""
        return f"{self.random.getrandbits(40):x}"

    def with_root_task(self, kernel: str, program: Program, reference: bool = False) -> Guest:
        """A halted machine whose L4-like kernel will start a program of the lab as its root task, and which holds nothing else."""
        return self._starting(kernel, program, f"root=/bin/{program.elf.name}", reference, alone=True)

    def _starting(self, kernel: str, program: Program, append: str, reference: bool, alone: bool = False) -> Guest:
        initrd = self._initrd(self.grader.reference(kernel) if reference else self.grader.kernel(kernel), program.elf, alone)
        return self.reference(kernel, append, initrd) if reference else self.mine(kernel, append, initrd)

    def layout(self, kernel: str, fields: Mapping[str, Sequence[str]], reference: bool = False, slot: str = "thread", more: Sequence[str] = ()) -> Layout:
        """Where the fields of the kernel's structures lie (``threads.layout``), in the kernel with the student's part or the reference."""
        name = (self.grader.reference(kernel) if reference else self.grader.kernel(kernel)).name
        return layout(self.grader.tree, name, fields, slot, more)

    def computed(self, kernel: str, program: Program, argument: str, function: str, bound: int, reference: bool = False, jitter: str = "") -> int:
        """What a program of the lab hands to its ``function``, read from its register in user mode. Raises Fault.

        That of a reference is computed without ``jitter``, and only once.
        """
        if not reference:
            return self._computed(kernel, program, argument, function, bound, False, jitter)
        built = self.grader.reference(kernel)
        made_of = [built.elf.read_bytes(), built.initrd.read_bytes(), program.elf.read_bytes(), f"{argument} {function}".encode()]
        path = self.grader.tree.root / "computed" / hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in made_of)).hexdigest()
        if path.is_file():
            self.number += 1
            return int(path.read_text(encoding="ascii"))
        value = self._computed(kernel, program, argument, function, bound, True, "")
        write_if_changed(path, f"{value}\n")
        return value

    def agrees(self, name: str, function: str = "probe_done") -> None:
        """The program ``name``, with a random argument, computes on each kernel what it computes on the reference, within the test's bound ``instructions``.

        Raises Finding, Fault.
        """
        program, argument, bound = self.program(name), str(self.random.getrandbits(62)), self.bound("instructions")
        for preset in self.presets:
            expected = self.computed(preset, program, argument, function, bound, reference=True)
            found = self.computed(preset, program, argument, function, bound)
            self.equal(found, expected, f"what {name} {argument} computes on {preset}")

    def _computed(self, kernel: str, program: Program, argument: str, function: str, bound: int, reference: bool, jitter: str) -> int:
        with self.with_program(kernel, program, argument, reference, jitter) as guest:
            guest.done.append(f"{program.elf.name} {argument} on {self.place}{f' with jitter={jitter}' if jitter else ''}")
            return guest.run_to_user(program, function, bound)["rdi"]

    def _initrd(self, kernel: Kernel, program: Path, alone: bool) -> Path:
        """A kernel's initrd with one more program in it; ``alone``: with that only."""
        if not hasattr(self, "_folder"):
            self._folder = self._open.enter_context(self.grader.scratch())
        others = () if alone else cpio.read(kernel.initrd.read_bytes())
        members = [member for member in others if member.name != f"bin/{program.name}"]
        members.append(cpio.Member(f"bin/{program.name}", stat.S_IFREG | 0o755, program.read_bytes()))
        path = self._folder / f"{kernel.name}.cpio"
        path.write_bytes(cpio.write(members))
        return path

    def expect(self, holds: bool, expected: str, happened: str, difference: str = "") -> None:
        """State a finding unless it holds."""
        if not holds:
            raise Finding(expected, happened, difference)

    def equal(self, actual: object, expected: object, what: str) -> None:
        """State a finding unless two values are equal; ``what`` names them."""
        if actual != expected:
            raise Finding(f"{what} to be {_shown(expected)}", f"it is {_shown(actual)}", _first_difference(expected, actual))

    def record(self, name: str, value: int) -> None:
        """Keep a figure, for the report, the answers and the leaderboard."""
        self.measured[name] = value

    def _guest(self, kernel: Kernel, append: str, initrd: Path | None, place: str) -> Guest:
        self.number += 1
        watch = self._watch[1] if self._watch and self._watch[0] == self.number else None
        guest = Guest(kernel.elf, initrd or kernel.initrd, append, Jail(self.grader.lab.hidden(), GUEST_LIMITS), watch, lambda: layout(self.grader.tree, kernel.name))
        self._open.callback(guest.close)
        self.guests.append(guest)
        self.place = place
        return guest

    def close(self) -> None:
        """End every machine."""
        self._open.close()


def _shown(value: object) -> str:
    return f"{value:#x}" if isinstance(value, int) and abs(value) >= 4096 else repr(value)


def _first_difference(expected: object, actual: object) -> str:
    """Where two texts, byte strings or lists begin to differ."""
    if not isinstance(expected, (str, bytes, list, tuple)) or type(expected) is not type(actual):
        return ""
    assert isinstance(actual, (str, bytes, list, tuple))
    if isinstance(expected, str) and isinstance(actual, str):
        expected, actual = expected.splitlines(), actual.splitlines()
    for number, (one, other) in enumerate(zip(expected, actual)):
        if one != other:
            return f"at {number}: expected {_shown(one)}, found {_shown(other)}"
    return f"the first {min(len(expected), len(actual))} are equal; expected {len(expected)} in all, found {len(actual)}"
