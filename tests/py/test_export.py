"""Exports hold everything, in a fixed order."""

from __future__ import annotations

import csv
import io
import json

from measure_fixture import SAMPLE, run

from kit.export import CSV_COLUMNS, to_csv, to_json


def test_json_holds_whole_runs() -> None:
    (found,) = json.loads(to_json([run()]))
    assert found["series"][0]["samples"] == [92, 90, 91]
    assert found["console"] == SAMPLE["console"]
    assert found["images"] == {"kernel": {"bytes": 1000, "sha256": "aa"}, "initrd": {"bytes": 2000, "sha256": "bb"}}
    assert {"figure": "getpid", "value": 69}.items() <= found["figures"][0].items()
    assert set(SAMPLE) < set(found)


def test_csv_has_a_line_for_each_figure() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([run(status="panic\nat the disco")]))))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [row["figure"] for row in rows] == ["getpid", "fault_zero", "zero_page", "fault_zero_net", "boot_user", "bench_wall_s"]
    first = rows[0]
    assert (first["value"], first["minimum"], first["samples"], first["overhead"]) == ("69", "90", "3", "22")
    assert (first["run"], first["kernel_sha256"], first["status"]) == ("7", "aa", "panic")


def test_order_does_not_depend_on_the_input() -> None:
    runs = [run(id=number, binaries=dict(reversed(SAMPLE["binaries"].items()))) for number in (3, 1, 2)]
    assert to_json(runs) == to_json(reversed(runs))
    assert to_csv(runs) == to_csv(sorted(runs, key=lambda one: one.id))
    assert to_json([]) == "[]\n"
