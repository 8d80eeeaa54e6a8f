"""Booting: bounds, exit status, determinism and the result channel, with real kernels of a few instructions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from measure_fixture import EXIT, FLOOD, HALT, TRIPLE_FAULT, tiny_kernel

from kit import qemu
from kit.qemu import Job, Machine, QemuError, boot, command_line, parse_results
from kit.results import Enosys, Series

ROOT = Path(__file__).resolve().parents[2]
SERIES = {"type": "series", "workload": "w", "series": "s", "unit": "instructions", "overhead": 2, "samples": [3, 4]}
END = '{"type":"end","status":0}\n'


def lines(*records: dict[str, object]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_command_line_is_the_documented_one() -> None:
    """docs/measuring.md shows it with names for the paths."""
    text = (ROOT / "docs" / "measuring.md").read_text()
    shown = text[text.index("    qemu-system-x86_64") : text.index("`MACHINE=q35`")]
    job = Job(Path("kernel.elf"), Path("initrd.cpio"), "LINE")
    built = command_line(job, "file,path=CONSOLE", "RESULTS")
    normal = lambda words: sorted(word.strip('"') for word in words)  # noqa: E731
    documented = shown.replace("file,id=console,path=<console>", "file,path=CONSOLE,id=console").replace("<results>", "RESULTS")
    assert normal(documented.replace("<command line>", "LINE").split()) == normal(built)


def test_q35_and_unknown_machines() -> None:
    command = command_line(Job(Path("k"), None, "", Machine("q35")), "stdio", "r")
    assert command[command.index("-M") + 1] == "q35,acpi=off"
    assert "-initrd" not in command
    with pytest.raises(QemuError, match="'pc98' is unknown; choose one of microvm, q35"):
        Machine("pc98")


# --- boots ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_console_results_and_success(tmp_path: Path, machine: str) -> None:
    kernel = tiny_kernel(tmp_path, serial="hello\n", results=END)
    outcome = boot(Job(kernel, None, "", Machine(machine)))
    assert outcome.ok, outcome.describe()
    assert (outcome.console, outcome.results, outcome.status) == ("hello\n", END.encode(), 33)
    assert outcome.command.endswith("-kernel kernel.elf -append ''")


@pytest.mark.parametrize(("code", "text"), [("0x11", "panicked"), ("0x12", "a test failed"), ("0x20", "the guest wrote 0x20")])
def test_exit_status(tmp_path: Path, code: str, text: str) -> None:
    outcome = boot(Job(tiny_kernel(tmp_path, end=EXIT.replace("{code}", code)), None, ""))
    assert not outcome.ok
    assert outcome.status == 2 * int(code, 16) + 1
    assert text in outcome.describe()


def test_a_triple_fault_is_not_success(tmp_path: Path) -> None:
    outcome = boot(Job(tiny_kernel(tmp_path, end=TRIPLE_FAULT), None, ""))
    assert not outcome.ok
    assert "triple fault" in outcome.describe()


def test_a_halted_guest_meets_the_wall_clock(tmp_path: Path) -> None:
    outcome = boot(Job(tiny_kernel(tmp_path, serial="going to sleep", end=HALT), None, "", wall_seconds=1))
    assert "still running after 1 s" in outcome.describe()
    assert outcome.console_tail() == "going to sleep"


def compete(seconds: float) -> list[float]:
    """What is told of three processes that want one processor for so long."""

    def stay() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    spin = [sys.executable, "-c", "while True: pass"]
    rivals = [subprocess.Popen(spin, preexec_fn=stay) for _ in range(3)]
    try:
        time.sleep(seconds)
        return [qemu.held_up(rival.pid) for rival in rivals]
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()


def test_what_others_had_of_the_processor_is_not_the_guests() -> None:
    started = time.monotonic()
    waited = compete(1.5)
    assert sum(waited) > 1.5, waited
    assert max(waited) < time.monotonic() - started, waited
    assert qemu.held_up(1 << 30) == 0


@pytest.mark.parametrize(("port", "what"), [("0x3f8", "console"), ("0xe9", "result channel")])
def test_a_flood_is_cut(tmp_path: Path, port: str, what: str) -> None:
    kernel = tiny_kernel(tmp_path, end=FLOOD.replace("{port}", port))
    outcome = boot(Job(kernel, None, "", wall_seconds=60, console_bytes=10_000, result_bytes=10_000))
    assert outcome.describe() == f"more than 10000 bytes on the {what}, stopped"
    assert max(len(outcome.console), len(outcome.results)) == 10_000


def test_a_panic_is_shown_from_its_beginning() -> None:
    console = "\n".join(["noise"] * 50 + ["PANIC: out of beans"] + ["frame"] * 30)
    outcome = qemu.Boot("", 35, console, b"", 0.1)
    assert outcome.console_tail().splitlines()[0] == "PANIC: out of beans"
    assert len(outcome.console_tail().splitlines()) == 31


def test_missing_files_and_a_file_that_is_no_kernel(tmp_path: Path) -> None:
    with pytest.raises(QemuError, match="kernel.elf is missing; build it first"):
        boot(Job(tmp_path / "kernel.elf", None, ""))
    (tmp_path / "kernel.elf").write_bytes(b"not an ELF file at all" * 100)
    outcome = boot(Job(tmp_path / "kernel.elf", None, "", wall_seconds=5))
    assert not outcome.ok


def test_no_qemu_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(QemuError, match="not installed; on Debian or Ubuntu: apt-get install qemu-system-x86"):
        boot(Job(tmp_path / "kernel.elf", None, ""))


def test_a_path_with_a_comma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a,b"
    folder.mkdir()
    monkeypatch.setattr(qemu.tempfile, "tempdir", str(folder))
    assert boot(Job(tiny_kernel(folder, serial="x"), None, "")).console == "x"


def test_time_counts_instructions_and_repeats(tmp_path: Path) -> None:
    """The time stamp at the kernel's entry, twice: the same number, and the one that docs/measuring.md states for QEMU 7.2."""
    # Bit 7 of each byte is set, because the text that carries the number ends at a zero byte.
    stamp = "\trdtsc\n\tmovl $text_results, %edi\n\tmovl %eax, (%edi)\n\torl $0x80808080, (%edi)\n"
    kernel, initrd = tiny_kernel(tmp_path, results="....", body=stamp), tmp_path / "initrd"
    initrd.write_bytes(bytes(100_000))
    first, second = (boot(Job(kernel, initrd, "")).results for _ in range(2))
    assert first == second
    documented = 4822 + 1  # and the instruction that sets the stack pointer
    if " 7.2." in qemu.qemu_version():
        assert int.from_bytes(first, "little") == documented | 0x80808080


ORPHAN = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from kit import qemu
spawn = qemu.spawn
def tell(command, errors):
    process = spawn(command, errors)
    print(process.pid, flush=True)
    return process
qemu.spawn = tell
qemu.boot(qemu.Job(Path({kernel!r}), None, "", wall_seconds=60))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_qemu_does_not_outlive_us(tmp_path: Path, sent: signal.Signals) -> None:
    script = ORPHAN.format(root=str(ROOT), kernel=str(tiny_kernel(tmp_path, end=HALT)))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(parent.pid, sent)
        parent.wait(20)
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# --- the result channel -----------------------------------------------------------------------------------------------


def test_results_are_parsed() -> None:
    found = parse_results(
        lines({"type": "mark", "name": "boot_user", "value": 5}, SERIES, {"type": "enosys", "number": 302, "name": "prlimit64", "program": "ls", "count": 3})
        + END.encode()
    )
    assert found.series == (Series("w", "s", "instructions", 2, (3, 4)),)
    assert (found.marks, found.enosys, found.status) == ({"boot_user": 5}, (Enosys(302, "prlimit64", 3, "ls"),), 0)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"type":"mark"\n', r"line 1 of the result channel is not JSON: .*: b'\{\"type\":\"mark\"'"),
        (b"\xff\xfe\n", "line 1 of the result channel is not JSON"),
        (b"[1]\n", r"line 1 .* is not a JSON object: b'\[1\]'"),
        (lines(SERIES, {"type": "what"}), "line 2 .* type 'what' is unknown"),
        (lines({**SERIES, "samples": []}), "samples must be a non-empty list"),
        (lines({**SERIES, "samples": [1, True]}), "samples must be a non-empty list of whole numbers"),
        (lines({**SERIES, "samples": [1, -1]}), "samples must be a non-empty list of whole numbers"),
        (lines({**SERIES, "overhead": "2"}), "'overhead' must be of type int, it is '2'"),
        (lines({"type": "mark", "name": "m", "value": 1}, {"type": "mark", "name": "m", "value": 2}), "line 2 .* repeats the mark 'm'"),
        (lines(SERIES), "ends without its end line after .* bytes: the run was cut short"),
        (b"", "ends without its end line"),
        (END.encode() + lines(SERIES), "line 2 .* comes after the end line"),
    ],
)
def test_a_bad_line_is_quoted(data: bytes, text: str) -> None:
    with pytest.raises(QemuError, match=text):
        parse_results(data)


def test_a_long_bad_line_is_quoted_in_part() -> None:
    with pytest.raises(QemuError) as caught:
        parse_results(b"x" * 10_000 + b"\n")
    assert len(str(caught.value)) < 500
