"""A bench: several boots become one run; what went wrong is stored and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from measure_fixture import END_LINE, EXIT, build_folder, series_line

from kit import bench, built, cpio
from kit.bench import BenchError, Leg
from kit.built import BuiltError
from kit.qemu import Machine
from kit.results import STATUS_OK, Store, open_store


def quiet(_text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'runs.db'}")


def load(tmp_path: Path, preset: str = "monolithic", **arguments: object) -> built.Built:
    return built.load(preset, build_folder(tmp_path, preset, **arguments))  # type: ignore[arg-type]


def test_a_run_has_its_provenance(tmp_path: Path, store: Store) -> None:
    one = load(tmp_path)
    run = bench.obtain(one, Machine(), store, quiet)
    assert run.status == STATUS_OK
    assert run.series[0].samples == (70, 71, 72)
    assert run.console == "--- bench ---\nbooted\n"
    assert run.config_text == "CONFIG_KERNEL_MONOLITHIC=y\n"
    assert run.config_hash == built.sha256(run.config_text.encode())
    assert run.binaries == {"bin/bench": built.sha256(b"bench"), "bin/getpid": built.sha256(b"getpid")}
    assert run.images["kernel"].sha256 == built.sha256(one.kernel_elf.read_bytes())
    assert run.images["initrd"].bytes == one.initrd.stat().st_size
    assert "init=/bin/bench" in run.qemu_command and str(tmp_path) not in run.qemu_command
    assert run.qemu_version.startswith("QEMU emulator version")
    assert "gcc" in run.compiler
    assert run.wall_seconds > 0


@pytest.mark.parametrize(
    ("kernel", "programs", "expected"),
    [
        ("MONOLITHIC", ("bench", "mach_ipc"), ["init=/bin/bench"]),
        ("MACH_LIKE", ("bench", "mach_ipc", "l4_ipc"), ["init=/bin/bench", "root=/bin/mach_ipc"]),
        ("L4_LIKE", ("l4_ipc",), ["root=/bin/l4_ipc"]),
    ],
)
def test_the_boots_of_each_kernel(tmp_path: Path, kernel: str, programs: tuple[str, ...], expected: list[str]) -> None:
    assert [leg.append for leg in bench.legs(load(tmp_path, kernel=kernel, programs=programs))] == expected


def test_nothing_to_measure_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuiltError, match=r"holds no workload \(bin/bench\); choose workloads"):
        bench.legs(load(tmp_path, programs=("hello",)))


def test_several_boots_make_one_run(tmp_path: Path) -> None:
    one = load(tmp_path)
    mark = '{"type":"mark","name":"boot_user","value":%d}\n'
    calls = '{"type":"enosys","number":302,"name":"prlimit64","program":"ls","count":%d}\n'
    texts = [
        mark % 100 + series_line("getpid", [1]) + calls % 2 + END_LINE,
        mark % 200 + series_line("ipc_rt_0", [5]) + calls % 3 + END_LINE,
    ]
    finished = []
    for number, text in enumerate(texts):
        folder = build_folder(tmp_path, f"leg{number}", results=text)
        leg = Leg("bench" if number == 0 else "l4_ipc", "x")
        finished.append(bench.run_leg(leg, bench.Job(folder / "kernel.elf", None, leg.append)))
    record = bench.make_record(one, finished)
    assert record.status == STATUS_OK
    assert [series.name for series in record.series] == ["getpid", "ipc_rt_0"]
    assert record.marks == {"boot_user": 100, "boot_user@l4_ipc": 200}
    assert [(call.name, call.count) for call in record.enosys] == [("prlimit64", 5)]
    assert len(record.qemu_command.splitlines()) == 2
    same = bench.make_record(one, [finished[0], finished[0]])
    assert (same.status, [series.name for series in same.series]) == (STATUS_OK, ["getpid"])
    folder = build_folder(tmp_path, "other", results=series_line("getpid", [2]) + END_LINE)
    other = bench.run_leg(Leg("l4_ipc", "x"), bench.Job(folder / "kernel.elf", None, "x"))
    twice = bench.make_record(one, [finished[0], other])
    assert "l4_ipc: the series 'getpid' was measured twice, differently: 1 instructions, then 2 instructions" in twice.status


@pytest.mark.parametrize(
    ("tiny", "text"),
    [
        ({"end": EXIT.replace("{code}", "0x11"), "serial": "panic: no beans\n"}, "the kernel panicked"),
        ({"results": series_line("getpid", [1])}, "ends without its end line"),
        ({"results": '{"type":"end","status":3}\n'}, "its first program ended with status 3"),
        ({"results": "rubbish\n" + END_LINE}, "line 1 of the result channel is not JSON"),
    ],
)
def test_a_failed_run_is_stored_told_and_never_the_latest(tmp_path: Path, store: Store, tiny: dict[str, str], text: str) -> None:
    with pytest.raises(BenchError) as caught:
        bench.obtain(load(tmp_path, **tiny), Machine(), store, quiet)
    assert text in str(caught.value)
    assert tiny.get("serial", "booted\n").strip() in str(caught.value)
    assert "repeat with: make run PRESET=monolithic MACHINE=microvm APPEND=init=/bin/bench" in str(caught.value)
    (stored,) = store.runs()
    assert text in stored.status
    assert store.latest() == {}


def test_equal_bytes_are_not_measured_again(tmp_path: Path, store: Store) -> None:
    one = load(tmp_path)
    assert bench.obtain(one, Machine(), store, quiet).id == 1
    assert bench.obtain(one, Machine(), store, quiet).id == 1
    assert bench.obtain(one, Machine(), store, quiet, fresh=True).id == 2
    assert bench.obtain(one, Machine("q35"), store, quiet).id == 3
    other = load(tmp_path / "changed", programs=("bench", "pipe"))
    assert bench.obtain(other, Machine("q35"), store, quiet).id == 4


def test_missing_builds_are_explained(tmp_path: Path) -> None:
    with pytest.raises(BuiltError, match=r"\.config is missing; build it first: make PRESET=monolithic"):
        built.load("monolithic", tmp_path / "none")
    folder = build_folder(tmp_path, "monolithic")
    (folder / "initrd.cpio").write_bytes(b"not an archive")
    with pytest.raises(BuiltError, match="initrd.cpio: no newc header at byte 0; build it anew"):
        built.load("monolithic", folder)
    (folder / ".config").write_text("CONFIG_KERNEL_A=y\nCONFIG_KERNEL_B=y\n")
    with pytest.raises(BuiltError, match=r"chooses 2 kernels instead of one \(a, b\)"):
        built.load("monolithic", folder)


def test_cpio_round_trip_and_truncation() -> None:
    members = [cpio.Member("bin", 0o040755), cpio.Member("bin/a", 0o100755, b"12345"), cpio.Member("empty", 0o100644)]
    archive = cpio.write(members)
    assert list(cpio.read(archive)) == members
    assert archive == cpio.write(members)
    for cut in range(0, len(archive) - 128, 7):
        with pytest.raises(cpio.CpioError):
            list(cpio.read(archive[:cut]))
