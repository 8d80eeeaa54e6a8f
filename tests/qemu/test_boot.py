"""Every preset boots, on both machines, says what its first program says, and measures all that it should."""

from __future__ import annotations

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain, quiet

from kit import bench
from kit.figures import figure_map
from kit.qemu import Machine
from kit.results import STATUS_OK

SIZES = (0, 8, 64, 512, 4096)
PROGRAMS = {
    "getpid", "getpid_server", "fault_zero", "zero_page", "fault_cow", "copy_page",
    "pipe_rt_1", "pipe_rt_512", "pipe_rt_4096", "fork_wait", "fork_exec_wait",
}  # fmt: skip
NATIVE = {f"ipc_{way}_{size}" for way in ("oneway", "rt", "oneway_same", "rt_same") for size in SIZES} | {"fault_external"}
SERIES = {"monolithic": PROGRAMS, "mach-like": PROGRAMS | NATIVE, "l4-like": PROGRAMS | NATIVE}
"""What docs/measuring.md promises of each kernel."""

TERMINAL = set(map(chr, range(32, 127))) | set("\n\t\x1b")


def test_the_three_presets_are_there() -> None:
    assert {"monolithic", "mach3_ux", "l4linux"} <= set(PRESETS)


@pytest.mark.parametrize("machine", ["microvm", "q35"])
@pytest.mark.parametrize("preset", PRESETS)
def test_hello(preset: str, machine: str) -> None:
    kernel = built_preset(preset)
    outcome = boot_of(kernel, "init=/bin/hello", machine)
    assert outcome.ok, explain(kernel, outcome, "init=/bin/hello", machine)
    assert "hello" in outcome.console.lower(), explain(kernel, outcome, "init=/bin/hello", machine)
    strange = sorted(set(outcome.console) - TERMINAL)
    assert strange == [], explain(kernel, outcome, "init=/bin/hello", machine)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_first_program_that_is_not_there(preset: str) -> None:
    """The kernel says which program is missing, and the machine ends, without success."""
    kernel = built_preset(preset)
    outcome = boot_of(kernel, "init=/bin/nothing-of-the-kind", wall_seconds=20)
    text = explain(kernel, outcome, "init=/bin/nothing-of-the-kind")
    assert not outcome.ok and outcome.stopped is None, text
    assert "nothing-of-the-kind" in outcome.console, text


@pytest.mark.parametrize("preset", PRESETS)
def test_a_full_bench(preset: str) -> None:
    kernel = built_preset(preset)
    run = bench.bench(kernel, Machine(), quiet)
    assert run.status == STATUS_OK, f"{run.status}\nrepeat with: make bench PRESET={preset}"
    names = {series.name for series in run.series}
    assert sorted(SERIES[kernel.kernel] - names) == [], "series that are missing"
    assert sorted(names - SERIES[kernel.kernel]) == [], "series that docs/measuring.md does not know"
    assert {series.unit for series in run.series} == {"instructions"}
    assert [series.name for series in run.series if series.count < 8] == [], "series with few samples"
    assert [call for call in run.enosys if call.count] == [], "calls that the personality lacks"
    wrong = [one for one in figure_map(run).values() if one.value <= 0]
    assert wrong == [], "a figure of nothing or less"
    assert 5_000 < run.marks["boot_user"] < 1_000_000_000
