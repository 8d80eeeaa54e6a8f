"""The dashboard's parts that know nothing of HTTP: numbers in words, configurations compared, samples made visible."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import dashboard_fixture as fixture  # noqa: E402

from dashboard import configdiff, papers, samples, words  # noqa: E402
from dashboard.comparison import compare, lines  # noqa: E402
from dashboard.filters import moment, printable  # noqa: E402
from dashboard.likeness import findings  # noqa: E402
from dashboard.security import host_name  # noqa: E402
from dashboard.topics import TOPICS, versus  # noqa: E402
from kit.results import Run, Series  # noqa: E402


def run(preset: str, id_: int, seed: int = 1, change: float = 1.0) -> Run:
    return Run(**vars(fixture.record(preset, seed, change)), id=id_, created_at="2026-11-20T12:30:00Z")


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (62, "62"), (1742, "1\u202f742"), (1234567, "1\u202f234\u202f567"), (-5, "\u22125"), (1.5, "1.5")]
    + [(0.1254, "0.125"), (1.0, "1"), (None, "–"), (99.9996, "100"), (-0.0001, "0")],
)
def test_number(value, text):
    assert words.number(value) == text


@settings(deadline=None, derandomize=True)  # a busy machine is no finding; a failure repeats
@given(st.integers(-(10**15), 10**15))
def test_number_loses_nothing(value):
    assert int(words.number(value).replace(words.THIN, "").replace(words.MINUS, "-")) == value


@pytest.mark.parametrize("value, text", [(1, "1.00×"), (9.137, "9.14×"), (25.52, "25.5×"), (1883.4, "1\u202f883×"), (None, "–")])
def test_ratio(value, text):
    assert words.ratio(value) == text


@pytest.mark.parametrize(
    "value, text",
    [(1.951, "1.95 times"), (3.77, "3.8 times"), (2.0, "2 times"), (0.18, "0.18 times"), (1883.4, "1\u202f883 times")],
)
def test_times(value, text):
    assert words.times(value) == text


@pytest.mark.parametrize("value, text", [(12, "12 B"), (91344, "89.2 KiB"), (4912640, "4.7 MiB"), (None, "–")])
def test_size(value, text):
    assert words.size(value) == text


def test_console_text_is_printable():
    assert printable("\x1b[32mboot\x1b[0m\r\nok\x07\x00\tx") == "boot\nok\tx"


def test_moment():
    assert moment("2026-11-20T12:30:00Z") == "20 November 2026, 12:30 UTC"
    assert moment("<b>") == "<b>"


@settings(deadline=None, derandomize=True)  # a busy machine is no finding; a failure repeats
@given(st.text())
def test_host_is_never_misread(text):
    """Whatever is accepted as a loopback name is one, with at most a port."""
    if host_name(text) in ("localhost", "127.0.0.1", "::1"):
        assert text.lower().strip("[").startswith(("localhost", "127.0.0.1", "::1"))
        assert not set(text) & set("@/?#\\ ")


# ---- Comparison -------------------------------------------------------------------------------------------------------


def test_entries_are_ordered_and_labelled():
    found = compare([run("linux", 4), run("l4linux", 3), run("monolithic", 2), run("monolithic", 1)])
    assert [entry.label for entry in found.entries] == ["monolithic #1", "monolithic #2", "l4linux", "linux"]
    assert found.baseline is found.entries[0]


@pytest.mark.parametrize("name", ["l4linux", "3"])
def test_baseline_by_preset_or_number(name):
    assert compare([run("monolithic", 1), run("l4linux", 3)], name).baseline.run.id == 3


def test_unknown_baseline():
    with pytest.raises(KeyError, match="nobody"):
        compare([run("monolithic", 1)], "nobody")


def test_no_ratio_between_units():
    from dataclasses import replace

    other = run("l4linux", 2)
    other = replace(other, series=tuple(replace(one, unit="cycles") for one in other.series))
    found = compare([run("monolithic", 1), other])
    assert found.ratio(found.entries[1], "getpid") is None
    assert "l4" not in str(versus(found, "getpid", "A getpid"))


def test_sentence_names_presets_where_a_family_occurs_twice():
    found = compare([run("monolithic", 1), run("monolithic", 2, change=2.0)])
    text = str(versus(found, "getpid", "A getpid"))
    assert text == "A getpid costs 62 instructions in monolithic #1; 2 times that in monolithic #2."


def test_sentence_says_the_same_where_it_is():
    found = compare([run("monolithic", 1), run("monolithic", 2), run("monolithic", 3, change=2.0)])
    text = str(versus(found, "getpid", "A getpid"))
    assert text == "A getpid costs 62 instructions in monolithic #1, the same in monolithic #2; 2 times that in monolithic #3."
    assert str(versus(compare([run("monolithic", 1), run("monolithic", 2)]), "getpid", "A getpid")).endswith("the same in monolithic #2.")


def test_sentence_about_many_kernels_tells_the_range():
    many = [run("monolithic", 1), *(run("l4linux", number, change=number) for number in range(2, 9))]
    text = str(versus(compare(many), "getpid", "A getpid"))
    assert text.endswith("in the monolithic kernel; between 18.8 times and 75.2 times that in the 7 others.")


def test_every_topic_has_a_headline():
    found = compare([run(preset, number) for number, preset in enumerate(fixture.PRESETS)])
    for topic in TOPICS:
        assert str(topic.headline(found)).endswith(".")
        assert any(strong for _, strong in topic.headline(found))


@pytest.mark.parametrize("preset", fixture.PRESETS)
def test_headlines_of_one_kernel_alone(preset):
    found = compare([run(preset, 1)])
    for topic in TOPICS:
        assert "None" not in str(topic.headline(found)) and "times" not in str(topic.headline(found))


def test_one_kernel_stands_in_for_a_baseline_that_lacks_the_operation():
    from dataclasses import replace

    slow_once = run("l4linux", 3)
    dear = replace(slow_once.find_series("ipc_rt_512"), samples=(99_999,) * 3)
    slow_once = replace(slow_once, series=tuple(dear if one.name == dear.name else one for one in slow_once.series))
    found = compare([run("monolithic", 1), run("mach3_ux", 2), slow_once])
    labels = {name: found.basis(name).label for name in ("getpid", "ipc_rt_0", "ipc_rt_512", "fault_external", "rpc_null")}
    assert labels == {
        "getpid": "monolithic",
        "ipc_rt_0": "l4linux",
        "ipc_rt_512": "l4linux",
        "fault_external": "l4linux",
        "rpc_null": "mach3_ux",
    }


def test_lines():
    found = lines(compare([run("l4linux", 1), run("monolithic", 2)]), ("ipc_rt", "pipe_rt"))
    assert [(one.entry.label, one.kind, list(one.points)) for one in found] == [
        ("l4linux", "ipc_rt", [0, 8, 64, 512, 4096]),
        ("monolithic", "pipe_rt", [1, 512, 4096]),
        ("l4linux", "pipe_rt", [1, 512, 4096]),
    ]
    low, high, cost = found[0].tail
    assert (low, high) == (512, 4096) and cost == pytest.approx(0.26, abs=0.01)


# ---- Configurations ---------------------------------------------------------------------------------------------------


def test_options():
    text = '# Title\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_S="a=b"\nnoise\n'
    assert configdiff.options(text) == {"CONFIG_A": "y", "CONFIG_B": "n", "CONFIG_S": '"a=b"'}


def test_absent_and_unset_are_alike():
    found = configdiff.difference("CONFIG_A=y\n# CONFIG_B is not set\n", "CONFIG_A=y\nCONFIG_C=3\n")
    assert [(one.option, one.left, one.right) for one in found.changes] == [("CONFIG_C", None, "3")]
    assert found.same == 2


# ---- Samples ----------------------------------------------------------------------------------------------------------

_samples = st.lists(st.integers(0, 10**12), min_size=1, max_size=400)


@settings(deadline=None, derandomize=True)  # a busy machine is no finding; a failure repeats
@given(_samples)
def test_histogram_counts_every_sample_once(values):
    bins = samples.histogram(values)
    assert sum(one.count for one in bins) == len(values)
    assert len(bins) <= samples.BINS
    assert bins[0].low == min(values) and bins[-1].high == pytest.approx(max(values))


@settings(deadline=None, derandomize=True)  # a busy machine is no finding; a failure repeats
@given(_samples)
def test_strip_stays_in_its_box(values):
    import re

    heights = [float(number) for number in re.findall(r" ([\d.e+-]+)V", samples.strip(values))]
    assert heights and all(0 <= height <= samples.STRIP_HEIGHT for height in heights)


def test_thin_keeps_the_outliers():
    rng = random.Random(1)
    values = [100] * 50_000
    places = rng.sample(range(50_000), 20)
    for place in places:
        values[place] = 100_000 + place
    kept = samples.thin(values)
    assert len(kept) <= 2000 and {values[place] for place in places} <= {value for _, value in kept}


def test_summary():
    found = samples.summarise(Series("w", "s", "instructions", 2, (5, 5, 5, 9)))
    assert (found.maximum, found.distinct, found.at_median, found.common) == (9, 2, 3, ((5, 3), (9, 1)))
    assert not found.constant


# ---- Likeness ---------------------------------------------------------------------------------------------------------


def told(*runs: Run) -> dict[bool, str]:
    found = findings(runs)
    return {alike: " ".join(one.text for one in found if one.alike is alike) for alike in (True, False)}


def test_runs_made_alike():
    found = told(run("monolithic", 1), run("l4linux", 2), run("linux", 3))
    assert found[False] == ""
    for words_ in ("Byte-identical programs: bin/getpid", "The same QEMU", "The same compiler", "The same source"):
        assert words_ in found[True]


@pytest.mark.parametrize(
    "change, text",
    [
        ({"compiler": "clang 19"}, "The compiler differs: clang 19 and gcc"),
        ({"qemu_version": "QEMU 9"}, "The QEMU differs: QEMU 9"),
        ({"revision": "f" * 40}, "The source differs: revisions"),
        ({"dirty": True}, "l4linux had local changes"),
        ({"binaries": {"bin/getpid": "0" * 64}}, "The programs differ: bin/getpid."),
    ],
)
def test_runs_made_unlike(change, text):
    from dataclasses import replace

    assert text in told(run("monolithic", 1), replace(run("l4linux", 2), **change))[False]


def test_stock_linux_has_its_own_compiler():
    from dataclasses import replace

    assert told(run("monolithic", 1), replace(run("linux", 2), compiler="another", revision="6.1"))[False] == ""


def test_nothing_to_hold_alike():
    assert findings([run("monolithic", 1)]) == []


# ---- Published figures ------------------------------------------------------------------------------------------------


def test_published_ratios_stay_within_a_source_and_a_machine():
    found = papers.groups(compare([run("monolithic", 1), run("l4linux", 2), run("mach3_ux", 3)]), ["getpid_server", "getpid", "ipc_oneway_0"])
    assert found
    for group in found:
        values = {row.published.system: row.published.value for row in group.rows}
        assert len({(row.published.metric, row.published.unit, row.published.source) for row in group.rows}) == 1
        for row in group.rows:
            if group.baseline is None:
                assert row.ratio is None
            else:
                assert row.published.hardware == group.hardware
                assert row.ratio == row.published.value / values[group.baseline]


def test_published_baseline_is_the_monolithic_system():
    found = papers.groups(compare([run("monolithic", 1), run("l4linux", 2)]), ["getpid_server"])
    group = next(group for group in found if group.unit == "us" and len(group.rows) > 1)
    assert group.baseline == "Linux native"
    row = next(row for row in group.rows if row.published.system == "L4Linux")
    assert row.entry.label == "l4linux" and row.ours == 585 and row.our_ratio == pytest.approx(585 / 64)


def test_no_published_figure_is_told_twice():
    found = papers.groups(compare([run("monolithic", 1)]), ["getpid_server", "getpid"])
    told = [(row.published.metric, row.published.system, row.published.unit, row.published.source) for group in found for row in group.rows]
    assert len(told) == len(set(told))
