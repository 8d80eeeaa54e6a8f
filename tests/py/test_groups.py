"""Every figure has its place in the tables."""

from __future__ import annotations

import json

from kit.groups import GROUPS, REST, group_of, grouped
from kit.ledger import LEDGER


def test_every_figure_of_the_ledger_has_a_group() -> None:
    entries = json.loads(LEDGER.read_text(encoding="utf-8")).values()
    figures = {figure for entry in entries for values in entry["presets"].values() for figure in values}
    assert len(figures) > 30
    assert {figure for figure in figures if group_of(figure) == REST} == set()


def test_a_name_matches_up_to_an_underscore() -> None:
    assert group_of("lat_ctx_8") == "Latencies"
    assert group_of("latent") == REST
    assert group_of("same_output") != group_of("bench_wall_s") == REST
    assert group_of("aim_throughput") == group_of("compile") == "Whole loads"


def test_groups_keep_their_order_and_that_of_their_members() -> None:
    assert grouped(["bench_wall_s", "lat_b", "compile", "lat_a"], str) == [
        ("Whole loads", ["compile"]),
        ("Latencies", ["lat_b", "lat_a"]),
        (REST, ["bench_wall_s"]),
    ]
    assert len({title for title, _ in GROUPS}) == len(GROUPS)
