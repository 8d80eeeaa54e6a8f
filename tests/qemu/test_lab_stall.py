"""A machine that stands still: the grader says so, and which thread waits for what, on each kernel."""

from __future__ import annotations

import json
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from qemu_fixture import built_preset

from kit import cpio, lab_program
from kit.guest import Fault, Guest
from kit.jail import Jail, give
from kit.lab import ROOT
from kit.threads import Layout, layout

BOUND = 400_000_000
PROGRAM = r"""
#include <unistd.h>

/* Two processes, each of which waits for the other to write first. */
int main(void)
{
	int there[2], back[2];
	char byte;

	if (pipe(there) != 0 || pipe(back) != 0)
		return 1;
	if (fork() == 0)
		return read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1 ? 0 : 1;
	return read(back[0], &byte, 1) == 1 && write(there[1], &byte, 1) == 1 ? 0 : 1;
}
"""
WAITS = {"monolithic": "pipe_read", "mach3_ux": "mach_msg", "l4linux": "l4_ipc_slow|l4_user_fault"}
"""What a thread that waits in such a way is in: a pipe of the kernel's, or a message that does not come."""


class Builds:
    """The kit's own builds, as ``layout`` asks a lab's copy for them."""

    root, place = ROOT, Jail()

    def command_of(self, name: str, prefix: str) -> list[str]:
        entries = json.loads((ROOT / "build" / name / "compile_commands.json").read_text())
        return next(entry["arguments"] for entry in entries if entry["file"].startswith(prefix))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that compiler and QEMU reach as whoever they run as."""
    with tempfile.TemporaryDirectory(prefix="mortise-stall-") as folder:
        yield give(Path(folder))


@pytest.mark.parametrize("preset", sorted(WAITS))
def test_a_deadlock_is_told_by_its_threads(preset: str, place: Path) -> None:
    """Which wait, and where; that the machine does not come to an end; and nobody is said to run who does not."""
    kernel = built_preset(preset)
    (place / "stuck.c").write_text(PROGRAM)
    lab_program.build(ROOT, place / "stuck.c", place / "stuck", Jail())
    members = [*cpio.read(kernel.initrd.read_bytes()), cpio.Member("bin/stuck", stat.S_IFREG | 0o755, (place / "stuck").read_bytes())]
    (place / "initrd").write_bytes(cpio.write(members))

    def fields() -> Layout:
        return layout(Builds(), preset)

    with Guest(kernel.kernel_elf, place / "initrd", "init=/bin/stuck", Jail(), None, fields) as guest:
        with pytest.raises(Fault) as caught:
            guest.run_to([guest.symbols["arch_exit"]], BOUND, "the run of stuck")
    said = "\n".join(caught.value.backtrace)
    assert caught.value.kind == "stall" and "does not come to an end" in str(caught.value)
    print(str(caught.value) + "\n" + said)
    waiting = [line for line in caught.value.backtrace if re.match(r"thread \d+: blocked.*waits in ", line)]
    assert len(waiting) >= 2 and sum(bool(re.search(WAITS[preset], line)) for line in waiting) >= 2, said
    assert "tells of" not in said, "each of them is known to wait for something"
