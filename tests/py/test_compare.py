"""The comparison table: right ratios, right baseline, published ratios only where they belong."""

from __future__ import annotations

import pytest
from measure_fixture import run

from kit.compare import comparison, render, times
from kit.results import Run, Series


def ipc(name: str, value: int) -> Series:
    return Series("ipc", name, "instructions", 0, (value,))


@pytest.fixture
def three() -> list[Run]:
    getpid = {"monolithic": 60, "mach3_ux": 3000, "l4linux": 150}
    return [
        run(preset="monolithic", series=(ipc("getpid", 60),), marks={}),
        run(preset="mach3_ux", kernel="mach-like", series=(ipc("getpid", getpid["mach3_ux"]), ipc("ipc_oneway_8", 500)), marks={}),
        run(preset="l4linux", kernel="l4-like", series=(ipc("getpid", getpid["l4linux"]), ipc("ipc_oneway_8", 100)), marks={}),
    ]


def test_ratios_are_to_the_first_preset(three: list[Run]) -> None:
    row = comparison(three)[0]
    assert (row.figure, row.baseline) == ("getpid", "monolithic")
    assert [cell.ratio for cell in row.cells if cell] == [1.0, 50.0, 2.5]


def test_another_baseline(three: list[Run]) -> None:
    row = comparison(three, "l4linux")[0]
    assert [cell.ratio for cell in row.cells if cell] == [0.4, 20.0, 1.0]
    with pytest.raises(ValueError, match="the baseline 'vms' is not among the compared presets: monolithic, mach3_ux, l4linux"):
        comparison(three, "vms")


def test_a_figure_that_the_baseline_lacks(three: list[Run]) -> None:
    row = next(row for row in comparison(three) if row.figure == "ipc_oneway_8")
    assert row.baseline == "mach3_ux"
    assert row.cells[0] is None
    assert [cell.ratio for cell in row.cells if cell] == [1.0, 0.2]
    assert "a figure that it lacks is compared with mach3_ux instead" in render(three)


def test_published_ratios_stand_beside_their_own_figure_only(three: list[Run]) -> None:
    rows = {row.figure: row for row in comparison(three)}
    mach, l4 = rows["getpid"].cells[1:]
    assert mach and l4
    assert {(one.system, round(one.ratio, 1)) for one in l4.published if one.source.startswith("Scheuermann")} == {("L4Linux", 2.3)}
    assert [one.system for one in mach.published] == ["Mach 3.0 emulation library", "Mach 3.0 + BSD server"]
    oneway = rows["ipc_oneway_8"].cells[2]
    assert oneway and [round(one.ratio, 4) for one in oneway.published] == [round(5 / 115, 4)]
    wall = rows["bench_wall_s"].cells[1]
    assert wall and wall.published == ()


def test_the_text(three: list[Run]) -> None:
    text = render(three)
    lines = text.splitlines()
    assert lines[0].split() == ["figure", "monolithic", "mach3_ux", "l4linux"]
    assert lines[2:4] == ["", "A call to the personality"]
    assert lines[4].startswith("  getpid ") and "3,000  50.0x [0.94x]" in lines[4]
    assert "Lower is better. Unit unless named: instructions." in lines
    assert "Ratios (x) are to monolithic" in text
    assert "not cycles" in text and "TLB refills and cache misses are free" in text
    assert "Pentium 133 MHz (Scheuermann 2002" in text
    assert all(line == line.rstrip() for line in lines)
    assert render([]) == "Nothing to compare: no runs.\n"


def test_the_legend_names_what_is_better_when_higher(three: list[Run]) -> None:
    users = tuple(ipc(f"aim_{users}", 1000) for users in (1, 2, 4, 8, 16))
    assert "Lower is better, but for aim_throughput. Unit unless named: instructions." in render([run(series=users), *three[1:]])


@pytest.mark.parametrize(("ratio", "text"), [(1, "1.00x"), (9.994, "9.99x"), (12.34, "12.3x"), (4321.0, "4321x")])
def test_times(ratio: float, text: str) -> None:
    assert times(ratio) == text
