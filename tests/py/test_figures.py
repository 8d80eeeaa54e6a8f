"""Figures from series, as docs/measuring.md defines them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_fixture import record, run

from kit.figures import Figure, compared, figure_map, figures, meaning, series_value
from kit.results import RunRecord, Series
from kit.targets import TARGETS, targets

ROOT = Path(__file__).resolve().parents[2]


def test_the_figures_of_a_run() -> None:
    assert figures(run()) == [
        Figure("monolithic", "getpid", 69, "instructions", series="getpid"),
        Figure("monolithic", "fault_zero", 813, "instructions", series="fault_zero"),
        Figure("monolithic", "zero_page", 513, "instructions", series="zero_page"),
        Figure("monolithic", "fault_zero_net", 300, "instructions", series="fault_zero"),
        Figure("monolithic", "boot_user", 812345, "instructions"),
        Figure("monolithic", "bench_wall_s", 1.25, "s"),
    ]


def test_a_net_figure_needs_both_series() -> None:
    alone = (Series("pagefault", "fault_cow", "instructions", 0, (900,)),)
    assert "fault_cow_net" not in figure_map(record(series=alone))
    both = (*alone, Series("pagefault", "copy_page", "instructions", 0, (500,)))
    assert figure_map(record(series=both))["fault_cow_net"].value == 400


@pytest.mark.parametrize(("kernel", "present"), [("mach-like", True), ("l4-like", False), ("monolithic", False)])
def test_rpc_null_is_machs_name(kernel: str, present: bool) -> None:
    series = (Series("mach_ipc", "ipc_rt_0", "instructions", 5, (905,)),)
    found = figure_map(record(kernel=kernel, series=series))
    assert ("rpc_null" in found) is present
    assert found["ipc_rt_0"].value == 900


def users(**costs: int) -> tuple[Series, ...]:
    """Series aim_N with those costs of a job."""
    return tuple(Series("macro", name, "instructions", 0, (cost,)) for name, cost in costs.items())


def test_throughput_is_the_mean_over_all_loads() -> None:
    all_loads = users(aim_1=1_000_000, aim_2=1_000_000, aim_4=1_000_000, aim_8=2_000_000, aim_16=2_000_000)
    found = figure_map(record(series=all_loads))["aim_throughput"]
    assert (found.value, found.unit, found.better) == (800, "jobs/10^9", "higher")
    assert "aim_throughput" not in figure_map(record(series=all_loads[:4]))


def test_a_ratio_needs_the_monolithic_preset() -> None:
    def compiled(preset: str, kernel: str, value: int) -> RunRecord:
        return record(preset=preset, kernel=kernel, series=(Series("macro", "compile", "instructions", 0, (value,)),))

    monolithic, l4, linux = compiled("monolithic", "monolithic", 1000), compiled("l4linux", "l4-like", 1100), compiled("linux", "linux", 1500)
    assert compared([monolithic, l4, linux]) == [Figure("l4linux", "compile_ratio", 1.1, "ratio", series="compile")]
    assert compared([l4, linux]) == []
    assert compared([monolithic, record(preset="l4linux", kernel="l4-like")]) == []


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=40), st.integers(0, 100))
def test_the_median_is_a_value_that_was_measured(samples: list[int], overhead: int) -> None:
    series = Series("w", "s", "instructions", overhead, tuple(samples))
    assert series_value(series) + overhead in samples
    below = sum(sample < series.median for sample in samples)
    assert below <= len(samples) / 2 <= sum(sample <= series.median for sample in samples)


def test_every_documented_figure_has_a_meaning() -> None:
    text = (ROOT / "docs" / "measuring.md").read_text()
    rows = [line.split("|") for line in text[text.index("## Series") :].splitlines() if line.startswith("| `")]
    names = [name.strip(" `") for row in rows for name in row[1].split(",") if name.strip().startswith("`")]
    expanded = [name.replace("_N", "_8") for name in names]
    assert len(expanded) > 15
    assert [name for name in expanded if meaning(name) == name] == []


def test_targets_apply_to_their_preset_and_to_all(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"*": {"boot_user": 900000}, "monolithic": {"getpid": 68}, "l4linux": {"zero_page": 1}}')
    found = targets(figures(run()), tmp_path / "t.json")
    assert {name: str(target) for name, target in found.items()} == {
        "getpid": "at most 68: missed by 1",
        "boot_user": "at most 900,000: reached",
    }


def test_the_targets_of_the_tree_name_figures() -> None:
    names = {name for figures_of in json.loads(TARGETS.read_text()).values() for name in figures_of}
    assert [name for name in names if meaning(name) == name] == []
