"""Runs and tiny kernels for the tests of the measuring half."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import Any

from kit import cpio
from kit.results import Enosys, Image, Run, RunRecord, Series

SAMPLE: dict[str, Any] = {
    "preset": "monolithic",
    "kernel": "monolithic",
    "title": "A monolithic Unix",
    "config_text": "CONFIG_KERNEL_MONOLITHIC=y\n",
    "config_hash": "c0ffee",
    "revision": "0123abcd",
    "dirty": False,
    "compiler": "gcc (Debian 12.2.0) 12.2.0",
    "qemu_version": "QEMU emulator version 7.2.22",
    "qemu_command": "qemu-system-x86_64 -M microvm",
    "unit": "instructions",
    "wall_seconds": 1.25,
    "status": "ok",
    "console": "hello\nüñï\n",
    "images": {"kernel": Image(1000, "aa"), "initrd": Image(2000, "bb")},
    "binaries": {"bin/bench": "11", "bin/getpid": "22"},
    "marks": {"boot_user": 812345, "other": 2**40},
    "series": (
        Series("getpid", "getpid", "instructions", 22, (92, 90, 91)),
        Series("pagefault", "fault_zero", "instructions", 20, (833, 833, 933, 834)),
        Series("pagefault", "zero_page", "instructions", 20, (533, 533, 533)),
    ),
    "enosys": (Enosys(302, "prlimit64", 3),),
}


def record(**changes: Any) -> RunRecord:
    """A complete record, with ``changes``."""
    return RunRecord(**{**SAMPLE, **changes})


def run(**changes: Any) -> Run:
    """The same as if it had been stored."""
    return Run(**{**SAMPLE, "id": 7, "created_at": "2026-01-02T03:04:05Z", **changes})


KERNEL_SOURCE = """
	.section .note, "a", @note
	.align 4
	.long 4, 4, 18
	.asciz "Xen"
	.long start
	.section .text
	.code32
	.globl start
start:	movl $0x80000, %esp
{body}
	movl $text_serial, %esi
	movl $0x3f8, %edx
	call put
	movl $text_results, %esi
	movl $0xe9, %edx
	call put
{end}
put:	lodsb
	testb %al, %al
	jz 1f
	outb %al, %dx
	jmp put
1:	ret
	.data
text_serial:	.asciz "{serial}"
text_results:	.asciz "{results}"
"""

KERNEL_SCRIPT = """ENTRY(start)
PHDRS { text PT_LOAD FLAGS(7); note PT_NOTE; }
SECTIONS { . = 0x100000; .text : { *(.text) } :text .data : { *(.data) *(.bss) } :text .note : { *(.note) } :text :note }
"""

EXIT = "\tmovl ${code}, %eax\n\tmovl $0x501, %edx\n\toutl %eax, %dx\n"
HALT = "\tcli\n1:\thlt\n\tjmp 1b\n"
TRIPLE_FAULT = "\tlidt null\n\tint3\nnull:\t.quad 0\n"
FLOOD = "1:\tmovb $'x', %al\n\tmovl ${port}, %edx\n\toutb %al, %dx\n\tjmp 1b\n"


def tiny_kernel(folder: Path, serial: str = "", results: str = "", end: str = EXIT.replace("{code}", "0x10"), body: str = "") -> Path:
    """A kernel of a few instructions that writes two texts and ends as told."""
    source, script, image = folder / "tiny.S", folder / "tiny.ld", folder / "kernel.elf"
    texts = {"serial": _escaped(serial), "results": _escaped(results)}
    source.write_text(KERNEL_SOURCE.format(body=body, end=end, **texts))
    script.write_text(KERNEL_SCRIPT)
    command = ["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments", "-T", str(script)]
    subprocess.run([*command, str(source), "-o", str(image)], check=True, capture_output=True)
    return image


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def series_line(name: str, samples: list[int], overhead: int = 0) -> str:
    """A line of the result channel."""
    numbers = ",".join(map(str, samples))
    return f'{{"type":"series","workload":"w","series":"{name}","unit":"instructions","overhead":{overhead},"samples":[{numbers}]}}\n'


END_LINE = '{"type":"end","status":0}\n'


def build_folder(root: Path, preset: str, kernel: str = "MONOLITHIC", programs: tuple[str, ...] = ("bench", "getpid"), **tiny: str) -> Path:
    """A build folder as the build leaves it, with a tiny kernel that says what it is told to."""
    folder = root / preset
    folder.mkdir(parents=True)
    tiny_kernel(folder, **{"serial": "booted\n", "results": series_line("getpid", [70, 71, 72], 2) + END_LINE, **tiny})
    (folder / ".config").write_text(f"CONFIG_KERNEL_{kernel}=y\n")
    members = [cpio.Member(f"bin/{name}", stat.S_IFREG | 0o755, name.encode()) for name in programs]
    (folder / "initrd.cpio").write_bytes(cpio.write(members))
    return folder
