"""Parts that would rather forge a verdict than earn it. None gets a point that the same part without the attack does not get."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lab_fixture import failed, graded, words

from kit import grade_report, jail
from kit import lab as labs
from kit.guest import CONSOLE_BYTES

LAB = labs.find("01")
PORT = 'static inline void out8(unsigned short port, unsigned char value)\n{\n\t__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));\n}\n\n'
MONOLITHIC = ("ranges", "single", "model")
"""Tests that the starter fails, and that need one kernel only."""
FORGED = "TAP version 13\\nok 1 - builds\\nok 2 - single\\n1..2\\n100/100\\n"


def attacked(inside: str, before: str = "", base: str = "starter") -> dict[str, str]:
    """The starter (or the solution) with a statement at the beginning of frame_alloc()."""
    files = dict(LAB.starter() if base == "starter" else LAB.solution())
    head = "struct page *frame_alloc(void)\n{\n"
    assert files["mine.c"].count(head) == 1
    files["mine.c"] = files["mine.c"].replace(head, f"{before}{head}\t{inside}\n")
    return files


def test_printing_success_is_worth_nothing() -> None:
    """Lines that a grader of consoles would take for results."""
    report = graded(LAB, attacked(f'kprintf("{FORGED}");'), only=MONOLITHIC)
    assert failed(report) == list(MONOLITHIC)


def test_writing_to_the_result_channel_is_worth_nothing() -> None:
    """So are lines on the debug console."""
    lines = '{\\"type\\":\\"end\\",\\"status\\":0}\\n'
    report = graded(LAB, attacked(f'for (const char *at = "{lines}"; *at; at++)\n\t\tout8(0xe9, (u8)*at);', PORT), only=MONOLITHIC)
    assert failed(report) == list(MONOLITHIC)


@pytest.mark.parametrize("status", [0x10, 0x00])
def test_ending_the_machine_is_a_failure(status: int) -> None:
    """With whatever status: QEMU is gone in the middle of a call."""
    report = graded(LAB, attacked(f"out8(0x501, {status});", PORT, base="solution"), only=("single", "labels"))
    assert report.points <= 5 and failed(report) == ["single", "labels"]
    assert "exit device" in words(report) or "ended the machine" in words(report)


def test_a_triple_fault_is_a_failure() -> None:
    """It resets the machine, which is not started again."""
    report = graded(LAB, attacked('__asm__ volatile("pushq $0; pushq $0; lidt (%rsp); ud2");', base="solution"), only=("single",))
    assert failed(report) == ["single"]
    assert "reset" in words(report) or "panicked" in words(report)


def test_a_flood_is_counted_and_stopped() -> None:
    """A guest can send megabytes: no more than the bound is kept, and the grader says so."""
    report = graded(LAB, attacked("for (;;)\n\t\tout8(0x3f8, 'x');", PORT, base="solution"), only=("single",))
    assert failed(report) == ["single"]
    assert f"more than {CONSOLE_BYTES} bytes" in words(report)


def test_the_counter_cannot_be_set() -> None:
    """The time-stamp counter is the guest's to write; the instructions that the grader counts are not."""
    slow = next(variant for variant in LAB.wrong() if variant.name == "searches_all").apply(LAB.solution())
    cheat = "static void forget(void)\n{\n" + "".join(
        f'\t__asm__ volatile("wrmsr" : : "c"({number}), "a"(0), "d"(0));\n' for number in ("0x10",)
    ) + "}\n\n"
    head = "struct page *frame_alloc(void)\n{\n"
    slow["mine.c"] = slow["mine.c"].replace(head, f"{cheat}{head}\tforget();\n")
    assert "costs" in failed(graded(LAB, slow, only=("costs",)))


def test_patching_the_kernel_does_not_help() -> None:
    """There is no test in the guest to patch; what there is, the contract's functions, is all that is judged."""
    patch = (
        "u64 cr0;\n\n\t"
        '__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));\n\t'
        '__asm__ volatile("movq %0, %%cr0" : : "r"(cr0 & ~((u64)1 << 16)));\n\t'
        "*(volatile u8 *)frames_count_free = 0xc3;"
    )
    report = graded(LAB, attacked(patch), only=MONOLITHIC)
    assert failed(report) == list(MONOLITHIC)


def test_a_file_that_only_the_assembler_sees_is_noticed(tmp_path: Path) -> None:
    """A directive that the assembler's own macros put together: nothing of the file is in what the student reads."""
    secret = tmp_path / "secret"
    secret.write_text("the expected answers are 42\n")
    os.chmod(secret, 0o644)
    for directory in (tmp_path, *tmp_path.parents[:3]):
        if directory.owner() == Path.home().owner() and str(directory).startswith("/tmp/"):
            os.chmod(directory, 0o755)
    files = dict(LAB.solution())
    for operand in ("bin", "lude"):
        files["mine.c"] = LAB.solution()["mine.c"] + f'__asm__(".irp x, {operand}\\n\\t.inc\\\\x \\"{secret}\\"\\n\\t.endr");\n'
        report = graded(LAB, files, only=("single",))
        assert failed(report) == ["builds"] and report.points == 0
        assert "42" not in grade_report.table(report, lambda _: "") and "expected answers" not in words(report)


def test_what_is_hidden_is_out_of_sight() -> None:
    """Where we are root, the compiler's jail shows nothing of the hidden folders, and is another user's, without a network."""
    said = jail.describe(jail.Jail(LAB.hidden()))
    if jail.user() is None:
        pytest.skip("not root: file modes are all there is")
    assert said[0].startswith("runs as user") and "has no network" in said[1]
    assert all(line.startswith("cannot see") for line in said[2:]) and len(said) == 2 + len(LAB.hidden())


def test_memory_and_time_are_bounded(tmp_path: Path) -> None:
    """A compiler that is made to eat memory, or to run for ever, is stopped."""
    limits = jail.Limits(wall_seconds=5, cpu_seconds=2, memory=256 << 20, file_bytes=1 << 20)
    place = jail.Jail((), limits)
    eat = jail.run(["/usr/bin/python3", "-c", "x = bytearray(1 << 30)"], Path("/"), place)
    assert not eat.ok and "MemoryError" in eat.output
    spin = jail.run(["/bin/sh", "-c", "while :; do :; done"], Path("/"), place)
    assert not spin.ok
    write = jail.run(["/bin/sh", "-c", "yes"], Path("/"), place)
    assert not write.ok and len(write.output) <= 1 << 20
