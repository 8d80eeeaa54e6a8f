"""What the comparison page says of whole loads, many users and latencies."""

from __future__ import annotations

import re

from dashboard_fixture import record

from dashboard import latencies
from dashboard.comparison import Comparison, compare
from dashboard.topics import TOPICS
from kit.figures import meaning
from kit.results import Run


def measured(*presets: str) -> Comparison:
    """A comparison of those presets of the fixture."""
    return compare(Run(**vars(record(preset)), id=number, created_at="2026-01-02T03:04:05Z") for number, preset in enumerate(presets, 1))


def headline(topic: str, comparison: Comparison) -> str:
    return str(next(one for one in TOPICS if one.id == topic).headline(comparison))


def test_a_load_is_set_against_a_call() -> None:
    text = headline("loads", measured("monolithic", "mach3_ux", "l4linux"))
    assert "35.0 million instructions in the monolithic kernel" in text
    assert re.search(r"A single call that costs 8(\.0+)? times as much makes a load of 1\.20? times", text)
    assert "single call" not in headline("loads", measured("monolithic"))


def test_throughput_is_told_in_percent_of_the_basis() -> None:
    text = headline("users", measured("monolithic", "mach3_ux", "l4linux", "linux"))
    assert "94.3 percent in the L4" in text and "83.3 percent of that in the Mach" in text and "66.7 percent in stock Linux" in text


def test_the_middle_operation_and_those_below_linux() -> None:
    found = latencies.view(measured("monolithic", "l4linux", "linux"))
    assert found is not None
    text = str(found.headline)
    assert text.startswith("Of 7 operations the middle one costs ")
    assert "7 of 7 cost less in the monolithic kernel than in stock Linux." in text
    assert [heading for heading, _ in found.groups] == ["Calls", "Waiting", "Signals and memory", "Processes"]


def test_without_linux_nothing_is_said_of_it() -> None:
    found = latencies.view(measured("monolithic", "mach3_ux"))
    assert found is not None and "Linux" not in str(found.headline)


def test_no_latencies_no_table() -> None:
    one = record("monolithic")
    bare = compare([Run(**{**vars(one), "series": one.series[:2]}, id=1, created_at="2026-01-02T03:04:05Z")])
    assert latencies.view(bare) is None


def test_every_operation_has_a_meaning_and_one_row() -> None:
    names = [figure for _, members in latencies.GROUPS for figure, _ in members]
    assert len(set(names)) == len(names)
    assert [name for name in names if meaning(name) == name] == []
