"""Every preset boots, on both machines, says what its first program says, and measures all that it should."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, boot_of, built_preset, explain, quiet

from kit import bench
from kit.figures import figure_map
from kit.qemu import Machine
from kit.results import STATUS_OK

def documented() -> dict[str, str]:
    """The series that docs/measuring.md promises, with the workload that makes each."""
    text = (Path(__file__).parents[2] / "docs" / "measuring.md").read_text(encoding="utf-8")
    rows = text.partition("| series | workload |")[2].partition("\n\n")[0].splitlines()[2:]
    found = {}
    for row in rows:
        names, workload = (cell.strip() for cell in row.split("|")[1:3])
        sizes = re.findall(r"\d+", names.partition("N =")[2])
        for name in re.findall(r"`(\w+)`", names):
            found |= {f"{name[:-2]}_{size}": workload for size in sizes} if name.endswith("_N") else {name: workload}
    return found


DOCUMENTED = documented()
PROGRAMS = {name for name, workload in DOCUMENTED.items() if workload != "mach_ipc, l4_ipc"}
SERIES = {"monolithic": PROGRAMS, "mach-like": set(DOCUMENTED), "l4-like": set(DOCUMENTED)}

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
def test_a_full_bench(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMODIFIED", "0")  # our own programs: what others ask for and lack is no fault of theirs
    kernel = built_preset(preset)
    run = bench.bench(kernel, Machine(), quiet)
    assert run.status == STATUS_OK, f"{run.status}\nrepeat with: make bench PRESET={preset}"
    names = {series.name for series in run.series}
    assert sorted(SERIES[kernel.kernel] - names) == [], "series that are missing"
    assert sorted(names - SERIES[kernel.kernel]) == [], "series that docs/measuring.md does not know"
    assert {series.unit for series in run.series} == {"instructions"}
    few = [series.name for series in run.series if series.count < 8 and DOCUMENTED[series.name] != "macro"]
    assert few == [], "series with few samples"
    assert [call for call in run.enosys if call.count] == [], "calls that the personality lacks"
    wrong = [one for one in figure_map(run).values() if one.value <= 0]
    assert wrong == [], "a figure of nothing or less"
    assert 5_000 < run.marks["boot_user"] < 1_000_000_000


@pytest.mark.parametrize("preset", PRESETS)
def test_a_terminal_without_output_processing_sends_what_is_written(preset: str) -> None:
    kernel = built_preset(preset)
    append = "init=/bin/raw_console"
    outcome = boot_of(kernel, append)
    assert outcome.ok, explain(kernel, outcome, append)
    assert b"cooked\r\nline\r\nraw\nline\n\r\nend\n" in outcome.line
