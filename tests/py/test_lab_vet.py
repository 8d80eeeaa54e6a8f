"""What a student's folder may hold, and what it may make the compiler read. The guest's own attacks are in tests/qemu/test_lab_attacks.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import lab as labs
from kit import lab_start, lab_vet
from kit.lab_vet import Refused, vet_source

LAB = labs.find("01")
SECRET = "/etc/passwd"

INCLUDES = [
    f'#include "{SECRET}"',
    f"#include <{SECRET}>",
    f'#  include "{SECRET}"',
    f'%:include "{SECRET}"',
    f'??=include "{SECRET}"',
    f'#inc\\\nlude "{SECRET}"',
    f'#/* */include "{SECRET}"',
    f'/* */ #include "{SECRET}"',
    '#include "../../../labs/01-boot-and-swap/hidden/tests.py"',
    '#include "frames/../../../../etc/passwd"',
    "#define X <lib/lib.h>\n#include X",
    f'#include_next "{SECRET}"',
    f'#embed "{SECRET}"',
    f'#import "{SECRET}"',
    f'#pragma GCC dependency "{SECRET}"',
    f'_Pragma("GCC dependency \\"{SECRET}\\"")',
    f'#if __has_include("{SECRET}")\n#endif',
    f'__asm__(".incbin \\"{SECRET}\\"");',
    f'__asm__(".inc" "bin \\"{SECRET}\\"");',
    f'__asm__(".include \\"{SECRET}\\"");',
    f'\t.incbin "{SECRET}"',
    '#line 1 "x"',
]


@pytest.mark.parametrize("text", INCLUDES)
def test_no_file_from_elsewhere(text: str) -> None:
    """Each way to name one is refused before anything is compiled."""
    with pytest.raises(Refused):
        vet_source("mine.c", f"#include <frames/frames.h>\n{text}\nint x;\n", {"mine.c"})


@pytest.mark.parametrize("text", ["#include <frames/frames.h>", '#include "own.h"', "#pragma once", '/* #include "x" is what it includes */', "#define A 1"])
def test_plain_sources_are_taken(text: str) -> None:
    """What parts of the kit do, a student may do."""
    vet_source("mine.c", text + "\n", {"mine.c", "own.h"})


def test_the_kits_own_parts_would_be_taken() -> None:
    """The rules forbid nothing that the kit's own sources need."""
    for path in sorted((labs.ROOT / "components").rglob("*.[chS]")):
        if "_Pragma" not in path.read_text() and "workloads" not in path.parts and "services" not in path.parts:
            vet_source(path.name, path.read_text(), {path.name})


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mylab"
    lab_start.write(LAB, folder)
    return folder


def _link_file(part: Path) -> None:
    (part / "mine.c").unlink()
    (part / "mine.c").symlink_to(SECRET)


def _link_folder(part: Path) -> None:
    part.rename(part.parent / "elsewhere")
    part.symlink_to(part.parent / "elsewhere")


def _fifo(part: Path) -> None:
    os.mkfifo(part / "other.c")


def _write(name: str, text: str) -> Callable[[Path], None]:
    return lambda part: (part / name).write_text(text) and None


def _manifest(text: str) -> Callable[[Path], None]:
    return lambda part: (part / "part.toml").write_text((part / "part.toml").read_text() + text) and None


BROKEN: dict[str, Callable[[Path], None]] = {
    "a link in the place of a file": _link_file,
    "a link in the place of the folder": _link_folder,
    "a pipe": _fifo,
    "a makefile": _write("build.mk", "all:\n\tcat /etc/passwd\n"),
    "a linker script": _write("kernel.ld", "INCLUDE /etc/passwd\n"),
    "a response file": _write("@options", "-fplugin=x.so"),
    "a compiler plugin": _write("plugin.so", "x"),
    "a zero byte": _write("other.c", "int x;\0"),
    "a huge file": _write("other.c", "/" * (lab_vet.FILE_BYTES + 1)),
    "an image of its own": _manifest('[[image]]\nname = "x"\nlink = "x.ld"\n'),
    "an interface": _manifest('idl = "x.idl"\n'),
    "a linker script in the manifest": _manifest('link = "/etc/passwd"\n'),
    "a file from elsewhere": _write("part.toml", 'title = "a"\nsummary = "b"\nrequires = ["lib"]\n[files]\nall = ["../../../etc/passwd"]\n'),
    "another part required": _write("part.toml", 'title = "a"\nsummary = "b"\nrequires = ["frames/bitmap"]\n[files]\nall = ["mine.c"]\n'),
    "make in the title": _write("part.toml", 'title = "$(shell id)"\nsummary = "b"\nrequires = ["lib"]\n[files]\nall = ["mine.c"]\n'),
    "lines in the summary": _write("part.toml", 'title = "a"\nsummary = """b\nsource x"""\nrequires = ["lib"]\n[files]\nall = ["mine.c"]\n'),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_folder_that_breaks_a_rule_is_refused(what: str, tmp_path: Path) -> None:
    """By name, with the rule."""
    folder = _folder(tmp_path)
    BROKEN[what](folder / LAB.slot / LAB.part)
    with pytest.raises(Refused, match=str(folder)):
        lab_vet.read(LAB, folder)


@given(st.text(alphabet='#include_next%:?="/\\<>. \n\t*abe()', max_size=60))
def test_no_spelling_gets_an_absolute_path_in(text: str) -> None:
    """Whatever passes names no absolute path in an include that a preprocessor would see."""
    try:
        vet_source("mine.c", text, {"mine.c"})
    except Refused:
        return
    joined = text.replace("\\\n", "")
    assert not any(line.lstrip().startswith('#include "/') or line.lstrip().startswith("#include </") for line in joined.splitlines())


def test_the_manifest_is_written_anew(tmp_path: Path) -> None:
    """What goes into the build is what was checked, not what was written."""
    folder = _folder(tmp_path)
    path = folder / LAB.slot / LAB.part / "part.toml"
    path.write_text(path.read_text() + "# a remark\n")
    made = lab_vet.read(LAB, folder).files["part.toml"]
    assert "remark" not in made and 'all = ["mine.c"]' in made


def _extending(tmp_path: Path, manifest: str) -> tuple[labs.Lab, Path]:
    """A lab of one file of ipc/mach, and a folder with it and ``manifest``."""
    text = 'title = "R"\nsummary = "r"\nslot = "ipc"\npresets = ["mach3_ux"]\nreference = "ipc/mach"\nextends = "ipc/mach"\nbase_points = 0\n'
    lab, folder = tmp_path / "99-rights", tmp_path / "mylab"
    files = {
        lab / "lab.toml": text + '[[test]]\nname = "builds"\ntitle = "b"\npoints = 1\n',
        lab / "source/part.toml": 'title = "R"\nsummary = "r"\nextends = "ipc/mach"\n[files]\nkernel = ["right.c"]\n',
        lab / "source/right.c": "int theirs;\n",
        folder / "ipc/mine/part.toml": manifest,
        folder / "ipc/mine/right.c": "int mine;\n",
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return labs.load(lab), folder


RIGHTS = 'title = "R"\nsummary = "r"\nextends = "ipc/mach"\n[files]\nkernel = ["right.c", "more.c"]\n'


def test_a_lab_that_extends_replaces_its_own_files_only(tmp_path: Path) -> None:
    lab, folder = _extending(tmp_path, RIGHTS)
    (folder / "ipc/mine/more.c").write_text("int more;\n")
    taken = lab_vet.read(lab, folder)
    assert 'extends = "ipc/mach"\n' in taken.files["part.toml"] and set(taken.files) == {"part.toml", "right.c", "more.c"}
    for name in ("port.c", "ipc.h"):
        (folder / "ipc/mine" / name).write_text("int x;\n")
        with pytest.raises(Refused, match=f"{name}.*replaces right.c only"):
            lab_vet.read(lab, folder)
        (folder / "ipc/mine" / name).unlink()


@pytest.mark.parametrize("said", ["", 'extends = "ipc/l4"\n', 'extends = "../../etc"\n'])
def test_a_part_extends_what_the_lab_says(tmp_path: Path, said: str) -> None:
    lab, folder = _extending(tmp_path, RIGHTS.replace('extends = "ipc/mach"\n', said).replace(', "more.c"', ""))
    with pytest.raises(Refused, match='says extends = "ipc/mach"'):
        lab_vet.read(lab, folder)


def test_a_part_that_stands_by_itself_extends_nothing(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    manifest = folder / "frames/mine/part.toml"
    manifest.write_text('extends = "frames/bitmap"\n' + manifest.read_text())
    with pytest.raises(Refused, match="extends no other"):
        lab_vet.read(LAB, folder)


def test_the_mutants_of_a_lab_that_extends_are_of_the_kits_files(tmp_path: Path) -> None:
    lab, _ = _extending(tmp_path, RIGHTS)
    assert lab.reference_files() == {"right.c": (labs.ROOT / "components/ipc/mach/right.c").read_text()}
