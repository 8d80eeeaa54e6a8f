"""What make does with an emitted build: what is compiled, what is shared, what is built anew, and what is refused."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import resource
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest
from kit_fixture import EXTENSION, REPO, make_tree

from kit import cpio
from kit.assembly import Assembled
from kit.emit import Emitter
from kit.graph import draw
from kit.kconfig import Configurator
from kit.ksyms import functions, table
from kit.toml import ManifestError

VERSIONS = {"CC": "a compiler", "MUSL_CC": "another"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with two presets, on which make works: its kit and its tests/host are the repository's."""
    make_tree(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/mono_defconfig").write_text("# Mono\nCONFIG_KERNEL_MONO=y\n")
    (tmp_path / "configs/micro_defconfig").write_text("# Micro\nCONFIG_KERNEL_MICRO=y\n")
    (tmp_path / "kit").symlink_to(REPO / "kit")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/host").symlink_to(REPO / "tests/host")
    return tmp_path


def make(tree: Path, *words: str, fails: bool = False, **environment: str) -> str:
    """Run make in the tree; what it says, standard error included."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PRESET", "PRESETS", "PARTS", "V")}
    done = subprocess.run(
        ["make", *words], cwd=tree, env={**inherited, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert (done.returncode != 0) == fails, done.stdout
    return done.stdout


def processor_seconds() -> float:
    """What the programs run so far have used of the processors: unlike the clock on the wall, no other load adds to it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compiled(output: str) -> list[str]:
    """The files that a make compiled, sorted."""
    return sorted(line.split()[1] for line in output.splitlines() if line.startswith("  CC "))


def test_a_build_from_nothing_then_nothing(tree: Path) -> None:
    output = make(tree, "PRESET=mono")
    assert compiled(output) == [
        "kernels/mono/main.c",
        "lib/base/add.c",
        "sched/round_robin/rr.c",
        "services/files/files.c",
        "workloads/hello/hello.c",
    ]
    before = processor_seconds()
    again = make(tree, "PRESET=mono")
    assert compiled(again) == [] and "LINK" not in again and "CONFIG" not in again
    assert processor_seconds() - before < 0.5
    assert not (tree / ".config").exists(), "PRESET= leaves .config alone"


def test_one_line_rebuilds_one_object(tree: Path) -> None:
    make(tree, "PRESETS=mono micro")
    source = tree / "components/sched/round_robin/rr.c"
    source.write_text(source.read_text() + "\n/* one line */\n")
    before = processor_seconds()
    assert compiled(make(tree, "PRESETS=mono micro")) == ["sched/round_robin/rr.c"]
    assert processor_seconds() - before < 2


def test_a_header_rebuilds_its_users(tree: Path) -> None:
    make(tree, "PRESET=mono")
    header = tree / "components/sched/round_robin/sched_impl.h"
    header.write_text(header.read_text().replace("QUANTUM_MS", "QUANTUM_MS + 1"))
    assert compiled(make(tree, "PRESET=mono")) == ["kernels/mono/main.c", "sched/round_robin/rr.c"]


def test_configurations_share_what_they_compile_alike(tree: Path) -> None:
    make(tree, "PRESET=mono")
    more = compiled(make(tree, "PRESET=micro"))
    assert "sched/round_robin/rr.c" not in more, "the scheduler cannot see which kernel it is in"
    assert "workloads/hello/hello.c" not in more
    assert {"ipc/mach/mach.c", "kernels/micro/main.c"} <= set(more)


def test_nothing_is_stale_after_a_change_of_configuration(tree: Path) -> None:
    make(tree, "mono_defconfig")
    make(tree)
    config = tree / ".config"
    config.write_text(config.read_text().replace("QUANTUM_MS=10", "QUANTUM_MS=20"))
    assert compiled(make(tree)) == ["kernels/mono/main.c", "sched/round_robin/rr.c"]
    assert compiled(make(tree)) == []
    config.write_text(config.read_text().replace("QUANTUM_MS=20", "QUANTUM_MS=10"))
    assert compiled(make(tree)) == [], "the objects of before are still there, and still right"


def test_a_changed_manifest_is_noticed(tree: Path) -> None:
    make(tree, "PRESET=mono")
    manifest = tree / "components/sched/round_robin/part.toml"
    manifest.write_text(manifest.read_text().replace('"rr.c"]', '"rr.c", "more.c"]'))
    (manifest.parent / "more.c").write_text("int more;\n")
    assert compiled(make(tree, "PRESET=mono")) == ["sched/round_robin/more.c"]


def test_a_part_that_comes_or_goes_is_noticed(tree: Path) -> None:
    make(tree, "PRESET=mono")
    part = tree / "components/services/pipes2"
    part.mkdir()
    (part / "part.toml").write_text('title = "P"\nsummary = "p"\n[files]\nkernel = ["p.c"]\n')
    (part / "p.c").write_text("int p;\n")
    more = compiled(make(tree, "PRESET=mono"))
    assert "services/pipes2/p.c" in more and "sched/round_robin/rr.c" not in more
    (part / "part.toml").unlink()
    make(tree, "PRESET=mono")
    assert "pipes2" not in (tree / "build/mono/build.mk").read_text()


def test_another_compiler_compiles_anew(tree: Path) -> None:
    make(tree, "PRESET=mono")
    wrapper = tree / "mycc"
    wrapper.write_text('#!/bin/sh\n[ "$1" = --version ] && { echo mycc 2; exit; }\nexec gcc "$@"\n')
    wrapper.chmod(0o755)
    assert "sched/round_robin/rr.c" in compiled(make(tree, "PRESET=mono", f"CC={wrapper}"))
    assert compiled(make(tree, "PRESET=mono")) == []


def test_a_part_outside_the_tree(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    mine = tmp_path_factory.mktemp("mine")
    folder = mine / "sched" / "lottery"
    folder.mkdir(parents=True)
    (folder / "part.toml").write_text('title = "Lottery"\nsummary = "Chance."\n[files]\nkernel = ["lottery.c"]\n')
    (folder / "sched_impl.h").write_text("#pragma once\nstatic inline u64 sched_slice(void)\n{\n\treturn 3;\n}\n")
    (folder / "lottery.c").write_text("#include <sched/sched.h>\nu64 sched_pick(void)\n{\n\treturn 1;\n}\n")
    (tree / "configs/lot_defconfig").write_text("CONFIG_KERNEL_MONO=y\nCONFIG_SCHED_LOTTERY=y\n")
    output = make(tree, "PRESET=lot", f"PARTS={mine}")
    assert any(name.endswith("lottery/lottery.c") for name in compiled(output))
    assert "no CONFIG_SCHED_LOTTERY" in make(tree, "PRESET=lot", fails=True)


def test_an_extension_replaces_single_files(tree: Path) -> None:
    make_tree(tree, dict(EXTENSION))
    for name in ("two", "mine"):
        (tree / f"configs/{name}_defconfig").write_text(f"CONFIG_KERNEL_MICRO=y\nCONFIG_IPC_{name.upper()}=y\nCONFIG_PLACEMENT_ORDERED=y\n")
    assert {"ipc/two/cost.c", "ipc/two/send.c"} <= set(compiled(make(tree, "PRESET=two")))
    output = compiled(make(tree, "PRESET=mine"))
    assert {"ipc/mine/cost.c", "ipc/mine/more.c", "ipc/two/send.c"} <= set(output) and "ipc/two/cost.c" not in output
    names = [name for _, _, name in functions(tree / "build/mine/kernel.elf")]
    assert names.count("cost") == 1 and "more" in names
    source = tree / "components/ipc/two/cost.c"
    source.write_text(source.read_text() + "/* a line */\n")
    assert compiled(make(tree, "PRESETS=two mine")) == ["ipc/two/cost.c"], "the file that is replaced concerns the base alone"
    make(tree, "headers")


def test_an_extension_outside_the_tree(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    two = {name: text for name, text in EXTENSION.items() if "/mine/" not in name}
    make_tree(tree, two)
    mine = tmp_path_factory.mktemp("mine")
    for name in ("part.toml", "two.h", "cost.c", "more.c"):
        path = mine / "ipc/mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(EXTENSION[f"components/ipc/mine/{name}"] or "")
    (tree / "configs/mine_defconfig").write_text("CONFIG_KERNEL_MICRO=y\nCONFIG_IPC_MINE=y\nCONFIG_IPC_TWO_DEPTH=9\nCONFIG_PLACEMENT_ORDERED=y\n")
    output = compiled(make(tree, "PRESET=mine", f"PARTS={mine}"))
    assert "ipc/two/send.c" in output and "ipc/two/cost.c" not in output
    (mine / "ipc/mine/part.toml").write_text('title = "m"\nsummary = "m"\nextends = "ipc/tow"\n')
    assert 'the slot ipc has no part tow (did you mean "two"?)' in make(tree, "PRESET=mine", f"PARTS={mine}", fails=True)


def test_a_compiler_error_stops_the_build(tree: Path) -> None:
    source = tree / "components/lib/base/add.c"
    source.write_text(source.read_text().replace("a + b", "a + c"))
    output = make(tree, "PRESET=mono", fails=True)
    assert "lib/base/add.c" in output and not (tree / "build/mono/kernel.elf").exists()


def test_a_missing_file_stops_only_who_needs_it(tree: Path) -> None:
    (tree / "components/ipc/mach/mach.c").unlink()
    make(tree, "PRESET=mono")
    assert "files.kernel: there is no file components/ipc/mach/mach.c" in make(tree, "PRESET=micro", fails=True)


def test_an_impossible_preset_stops_the_build(tree: Path) -> None:
    (tree / "configs/mono_defconfig").write_text("CONFIG_KERNEL_MONO=y\nCONFIG_IPC_L4=y\n")
    output = make(tree, "PRESET=mono", fails=True)
    assert "ipc/l4 fits the kernel micro only" in output and "the smallest change that works" in output


def test_the_same_sources_give_the_same_bytes_anywhere(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    make(tree, "PRESET=micro")
    other = tmp_path_factory.mktemp("elsewhere") / "a longer name"
    subprocess.run(["cp", "-a", str(tree), str(other)], check=True)
    make(other, "clean")
    make(other, "PRESET=micro")
    for name in ("kernel.elf", "server.elf", "initrd.cpio"):
        assert (tree / "build/micro" / name).read_bytes() == (other / "build/micro" / name).read_bytes(), name


def test_the_initrd_holds_programs_and_images(tree: Path) -> None:
    make(tree, "PRESET=micro")
    members = list(cpio.read((tree / "build/micro/initrd.cpio").read_bytes()))
    assert [m.name for m in members] == ["bin/hello", "sbin/server"]
    assert members[1].data == (tree / "build/micro/server.elf").read_bytes()


def test_the_kernel_carries_its_symbols(tree: Path) -> None:
    make(tree, "PRESET=mono")
    kernel = tree / "build/mono/kernel.elf"
    symbols = functions(kernel)
    assert "sched_pick" in [name for _, _, name in symbols]
    assert symbols == functions(tree / "build/mono/kernel.first.elf")
    section = subprocess.run(
        ["objcopy", "-O", "binary", "--only-section=.ksyms", str(kernel), "/dev/stdout"], capture_output=True, check=True
    ).stdout
    assert int.from_bytes(section[:8], "little") == symbols[0][0]
    count = len(symbols)
    assert int.from_bytes(section[16 * count : 16 * count + 8], "little") == count
    assert section[16 * count + 8 :].split(b"\0")[:count] == [name.encode() for _, _, name in symbols]


def test_a_symbol_table_that_moves_functions_is_refused(tree: Path) -> None:
    script = tree / "kernels/mono/kernel.ld"
    script.write_text(script.read_text().replace("	.ksyms : { *(.ksyms) }\n", "").replace("	. = 0x100000;", "	. = 0x100000;\n	.ksyms : { *(.ksyms) }"))
    assert "must place .ksyms behind everything else" in make(tree, "PRESET=mono", fails=True)
    assert not (tree / "build/mono/kernel.elf").exists()


def test_an_empty_symbol_table_is_well_formed() -> None:
    assert "ksyms_count:\n\t.quad 0\n" in table([])


def test_contract_tests_on_the_host_and_in_the_kernel(tree: Path) -> None:
    output = make(tree, "contract-tests")
    assert "sched/fixed: 2 findings hold" in output
    assert output.splitlines()[-1] == "contract tests on the host: 4 passed, 0 failed"
    source = tree / "components/sched/fixed/fixed.c"
    source.write_text(source.read_text().replace("sched_slice()", "0"))
    output = make(tree, "contract-tests", fails=True)
    assert "not ok 1 - somebody is picked" in output and "3 passed, 1 failed" in output


def test_a_sanitizer_finding_fails_the_contract_test(tree: Path) -> None:
    source = tree / "components/sched/fixed/fixed.c"
    source.write_text(
        "#include <sched/sched.h>\nstatic u64 queue[4];\nu64 sched_pick(void)\n{\n\tvolatile int at = 4;\n\treturn queue[at] + sched_slice();\n}\n"
    )
    output = make(tree, "contract-tests", "SLOT=sched/fixed", fails=True)
    assert "before its plan was out" in output and "index 4 out of bounds" in output


def test_a_part_that_does_not_compile_fails_but_hides_nothing(tree: Path) -> None:
    source = tree / "components/sched/fixed/fixed.c"
    source.write_text("#error not yet\n")
    output = make(tree, "contract-tests", fails=True)
    assert "sched/round_robin: 2 findings hold" in output and "FAILED  sched/fixed" in output


def test_headers_stand_alone(tree: Path) -> None:
    make(tree, "headers")
    header = tree / "components/ipc/ipc.h"
    header.write_text(header.read_text().replace("#include <lib/lib.h>\n", ""))
    assert "ipc.h" in make(tree, "headers", fails=True)


def test_quiet_is_quiet(tree: Path) -> None:
    assert make(tree, "-s", "PRESET=mono") == ""
    make(tree, "clean")
    assert "-mgeneral-regs-only" in make(tree, "V=1", "PRESET=mono")


def test_help_and_presets(tree: Path) -> None:
    text = make(tree, "help")
    makefile = (tree / "Makefile").read_text()
    for target in ("demo", "check", "menuconfig", "randconfig", "compare", "figures", "ledger", "gdb", "size", "graph", "serve", "export"):
        assert f"make {target}" in text or f"make -s {target}" in text
        assert target in makefile
    assert "micro" in make(tree, "list-presets")
    assert 'did you mean "mono"' in make(tree, "PRESET=mon", fails=True)


def test_the_makefile_is_short() -> None:
    assert len((REPO / "Makefile").read_text().splitlines()) < 200


def test_every_target_of_help_exists() -> None:
    makefile = (REPO / "Makefile").read_text()
    targets = re.findall(r"^    make (?:-s )?([a-z][a-z_.-]*)(?= )", (REPO / "kit/help.txt").read_text(), re.MULTILINE)
    assert len(targets) > 20
    for target in targets:
        assert target in makefile or target.endswith("_defconfig"), target


def test_every_target_is_in_help() -> None:
    inner = {"all", "products", "host-programs", "headers", "installed-demo", "installed-check", "FORCE", "always", "help"}
    makefile = (REPO / "Makefile").read_text().replace("\\\n", " ")
    targets = set(" ".join(re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)).split()) - inner
    text = (REPO / "kit/help.txt").read_text()
    assert {t for t in targets if not re.search(rf"make (-s )?{re.escape(t)}\b", text)} == set()


def assembled(tree: Path, *lines: str) -> Assembled:
    """The assembly of a few requests."""
    path = tree / "request"
    path.write_text("\n".join(lines) + "\n")
    owner = Configurator(tree)
    return Assembled(owner, owner.load(path), "name")


def test_a_unit_sees_what_it_requires_and_nothing_else(tree: Path) -> None:
    made = assembled(tree, "CONFIG_KERNEL_MICRO=y")
    by_name = {os.path.relpath(u.source, tree): u for image in made.images for u in image.units}
    lib = by_name["components/lib/base/add.c"]
    assert made.symbols(lib) == ("LIB_BASE", "ASSERT", "DEBUG_FRAME_POINTER")
    mach = by_name["components/ipc/mach/mach.c"]
    assert "SCHED_ROUND_ROBIN_QUANTUM_MS" in made.symbols(mach)
    assert not any(s.startswith(("KERNEL_", "PLACEMENT_")) for s in made.symbols(mach))
    assert any(i.endswith("components/sched/round_robin") for i in made.includes(mach))
    assert not any("sched" in i for i in made.includes(lib))
    assert "KERNEL_MICRO" in made.symbols(by_name["kernels/micro/main.c"])


def test_an_extension_is_seen_where_its_base_is_asked_for(tree: Path) -> None:
    make_tree(tree, dict(EXTENSION))
    made = assembled(tree, "CONFIG_KERNEL_MICRO=y", "CONFIG_IPC_MINE=y", "CONFIG_PLACEMENT_ORDERED=y")
    by_name = {os.path.relpath(u.source, tree): u for image in made.images for u in image.units}
    send = by_name["components/ipc/two/send.c"]
    folders = [os.path.relpath(f, tree) for f in made.includes(send) if "ipc" in f]
    assert folders == ["components/ipc/mine", "components/ipc/two"], "the extension's headers come first, for the base's files too"
    text = made.autoconf(send)
    assert "#define CONFIG_IPC_MINE 1\n" in text and "#define CONFIG_IPC_TWO 1\n" in text and "#define CONFIG_IPC_TWO_DEPTH 4\n" in text
    assert "CONFIG_IPC_TWO" not in made.autoconf(by_name["components/lib/base/add.c"])
    assert [p.id for p in made.seen_by(made.tree.part("placement/ordered"))] == [
        "placement/ordered", "ipc/mine", "lib/base", "sched/round_robin"
    ]  # fmt: skip


def test_a_hidden_symbol_or_contract_is_refused(tree: Path) -> None:
    source = tree / "components/lib/base/add.c"
    text = source.read_text()
    source.write_text(text + "int x = IS_ENABLED(CONFIG_SCHED_FIXED);\n")
    with pytest.raises(ManifestError, match='add "sched" to requires'):
        assembled(tree, "CONFIG_KERNEL_MONO=y").check_sources()
    source.write_text(text + "int x = IS_ENABLED(CONFIG_KERNEL_MONO);\n")
    with pytest.raises(ManifestError, match="may not ask which kernel"):
        assembled(tree, "CONFIG_KERNEL_MONO=y").check_sources()
    source.write_text(text + "#include <sched/sched.h>\n")
    with pytest.raises(ManifestError, match='add "sched" to requires'):
        assembled(tree, "CONFIG_KERNEL_MONO=y").check_sources()
    source.write_text(text)
    header = tree / "components/lib/lib.h"
    header.write_text(header.read_text() + "#define SLICE IS_ENABLED(CONFIG_SCHED_FIXED)\n")
    with pytest.raises(ManifestError, match="lib.h: CONFIG_SCHED_FIXED is not visible"):
        assembled(tree, "CONFIG_KERNEL_MONO=y").check_sources()


def test_what_is_emitted_is_deterministic(tree: Path) -> None:
    texts = set()
    for _ in range(2):
        emitter = Emitter(tree, "build", VERSIONS, "name")
        emitter.assembly(assembled(tree, "CONFIG_KERNEL_MICRO=y"))
        texts.add(emitter.render())
    assert len(texts) == 1


def test_the_picture_shows_the_modes(tree: Path) -> None:
    svg = draw(assembled(tree, "CONFIG_KERNEL_MICRO=y"))
    kernel = svg.index("Kernel mode")
    assert svg.index("server: sbin/server") < svg.index(">Files<") < kernel < svg.index(">Mach<")
    assert ">Files<" not in svg[kernel:], "the services of a server are not in the kernel"
    inside = draw(assembled(tree, "CONFIG_KERNEL_MONO=y"))
    assert ">Files<" in inside[inside.index("Kernel mode") :]


def test_config_json_says_it_all(tree: Path) -> None:
    make(tree, "PRESET=micro")
    value = json.loads((tree / "build/micro/config.json").read_text())
    assert value["kernel"] == "micro" and value["transport"] == "mach"
    assert value["assembly"]["ipc"] == "mach" and value["initrd"]["sbin/server"] == "build/micro/server.elf"
    assert "together" in make(tree, "size", "PRESET=micro")


def test_menuconfig_opens_on_a_terminal(tree: Path) -> None:
    make(tree, "mono_defconfig")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tree)
        os.environ.update(TERM="xterm", LINES="30", COLUMNS="100")
        os.execvp("make", ["make", "menuconfig"])
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        seen = read_until(terminal, b"Scheduler (Round robin)")
        os.write(terminal, b"q")
        seen += read_until(terminal, None)
    finally:
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, seen.decode(errors="replace")
    assert "Kernel (mono)" in seen.decode(errors="replace")


def read_until(terminal: int, word: bytes | None, seconds: float = 60) -> bytes:
    """What a terminal shows until a word appears, or until it closes."""
    seen = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (word is None or word not in seen):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:  # the other side has closed it
                break
            seen += more
            if not more:
                break
    return seen
