"""The published figures and the data that says where they belong."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kit.figures import meaning
from kit.published import PAPERS, PublishedError, published_for, published_ratios


def rows(name: str) -> list[dict[str, str]]:
    with (PAPERS / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_definition_names_a_published_metric_and_a_figure_of_ours() -> None:
    metrics = {row["metric"] for row in rows("figures.csv")}
    systems = {(row["metric"], row["system"]) for row in rows("figures.csv")}
    for row in rows("definitions.csv"):
        assert row["metric"] in metrics, row
        assert not row["system"] or (row["metric"], row["system"]) in systems, row
        assert not row["figure"] or meaning(row["figure"]) != row["figure"], row
        assert row["note"], row


def test_every_system_is_published() -> None:
    systems = {row["system"] for row in rows("figures.csv")}
    assert [row for row in rows("systems.csv") if row["system"] not in systems] == []


def test_a_figure_with_its_definition() -> None:
    found = {one.system: one for one in published_for("getpid") if one.hardware == "Pentium 133 MHz" and one.unit == "us"}
    assert found["L4Linux"].value == 3.94
    assert "Scheuermann 2002" in found["Linux native"].source
    assert found["L4Linux"].note


def test_one_way_is_not_a_round_trip() -> None:
    assert {one.metric for one in published_for("ipc_oneway_8")} == {"one-way IPC 8 bytes"}
    assert published_for("ipc_rt_8") == []
    assert published_for("zero_page") == []


def test_only_servers_answer_for_getpid_server() -> None:
    systems = {one.system for one in published_for("getpid_server")}
    assert "Mach 3.0 emulation library" not in systems
    assert {"L4Linux", "MkLinux user mode"} <= systems


def test_ratios_stay_on_one_machine_in_one_source() -> None:
    found = published_ratios("getpid", "mach3_ux", "monolithic")
    by_system = {one.system: one for one in found}
    assert by_system["Mach 3.0 + BSD server"].baseline == "SunOS 4.1"
    assert by_system["Mach 3.0 + BSD server"].ratio == pytest.approx(102 / 90)
    assert by_system["Mach 3.0 emulation library"].ratio == pytest.approx(64 / 68)
    assert "MkLinux user mode" not in by_system, "it has no library that answers"
    served = {one.system: one for one in published_ratios("getpid_server", "mach3_ux", "monolithic")}
    assert served["MkLinux user mode"].ratio == pytest.approx(110.60 / 1.68)
    assert published_ratios("getpid", "monolithic", "monolithic") == []


def papers(folder: Path, **files: str) -> Path:
    defaults = {
        "figures": "metric,system,value,unit,hardware,source\ngetpid,A,1,us,PC,book\n",
        "definitions": "metric,system,figure,note\ngetpid,,getpid,n\n",
        "systems": "system,preset\nA,a\n",
    }
    for name, text in {**defaults, **files}.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"figures": "metric,system\n"}, "column hardware, source, unit, value is missing"),
        ({"figures": "metric,system,value,unit,hardware,source\ngetpid,A,fast,us,PC,book\n"}, "getpid, A: 'fast' is not a number"),
        ({"definitions": "metric,system,figure,note\ngetpid\n"}, "definitions.csv:2: a row of 4 columns is expected"),
    ],
)
def test_broken_data_is_an_error_that_says_where(tmp_path: Path, files: dict[str, str], text: str) -> None:
    with pytest.raises(PublishedError, match=text):
        published_for("getpid", papers(tmp_path, **files))


def test_missing_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PublishedError, match="cannot read"):
        published_for("getpid", tmp_path)
