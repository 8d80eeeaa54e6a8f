"""The dashboard through Flask's client: what each page shows, and what can be taken away from it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from dashboard_client import DOWNLOADS, PAGES, client, client_over, fixture, parse, store, url  # noqa: F401

from kit import results
from kit.figures import figure_map, figures


# ---- Pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_page_is_there_and_whole(client, page):
    response = client.get(page)
    text = response.get_data(as_text=True)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert text.count("<h1") == 1 and "</html>" in text
    assert 'lang="en"' in text and 'href="#main"' in text and 'id="main"' in text
    assert "instructions" in text, "the unit and what it leaves out are said on every page"


def test_comparison_shows_the_stores_figures(client, store):
    shown = {(cell["data-figure"], cell["data-value"]) for cell in parse(client.get("/")).cells if "data-figure" in cell}
    names = {name for name, _ in shown}
    assert {"getpid", "getpid_server", "ipc_rt_0", "fault_zero_net", "pipe_rt_1", "fork_exec_wait", "boot_user"} <= names
    for run in store.latest().values():
        for name, figure in figure_map(run).items():
            if name in names:
                assert (name, str(figure.value)) in shown, f"{run.preset}: {name}"


def test_headline_is_computed(client):
    text = re.sub(r"<[^>]+>", "", client.get("/").get_data(as_text=True)).replace("\u2011", "-")
    assert "Asking the personality for a process number costs 64 instructions in the monolithic kernel" in text
    assert "25.5 times that in the Mach-like microkernel" in text  # 1633 / 64
    assert "emulation library answers getpid itself, in 11" in text
    assert "An empty message to another address space and back costs 268 instructions on the L4-like microkernel" in text


def test_baseline_is_the_visitors(client):
    cells = parse(client.get("/?baseline=l4linux")).cells
    ratios = {(cell["data-figure"], cell["data-value"]): cell["data-ratio"] for cell in cells if "data-ratio" in cell}
    assert ratios["getpid_server", "585"] == "1.00×"
    assert ratios["getpid_server", "1633"] == "2.79×"  # 1633 / 585


def test_ratio_without_the_baselines_figure_says_what_it_stands_on(client):
    text = client.get("/").get_data(as_text=True)
    assert "to l4linux, because monolithic has no such operation" in text
    assert "to monolithic; by a pager in user mode, besides the copy: to l4linux" in text


def test_published_ratio_stands_beside_ours(client):
    text = client.get("/").get_data(as_text=True)
    assert "65.8×" in text and "MkLinux user mode to Linux native, Pentium 133 MHz" in text  # 110.60 / 1.68
    assert "Härtig et al. 1997" in text


def test_comparison_of_chosen_runs(client):
    text = client.get("/?run=1&run=4&baseline=4").get_data(as_text=True)
    assert "monolithic #1" in text and "monolithic #4" in text
    assert "mach3_ux" not in re.sub(r"<details.*?</details>", "", text, flags=re.S)


def test_failed_run_is_kept_out_of_the_comparison(client):
    document = client.get("/compare.json").get_json()
    assert [entry["run"] for entry in document["runs"]] == [4, 5, 6, 7]


def test_run_page_holds_everything(client, store):
    run = store.run(5)
    text = client.get("/runs/5").get_data(as_text=True)
    assert "make bench PRESET=mach3_ux" in text
    for part in (run.revision, run.config_hash, run.compiler, run.qemu_version, "with local changes", "prlimit64"):
        assert part in text
    for image in run.images.values():
        assert image.sha256 in text
    for digest in run.binaries.values():
        assert digest in text
    for line in run.config_text.splitlines():
        assert line.replace('"', "&#34;") in text
    assert "\x1b" not in text and "bench: all series done" in text
    shown = {cell["data-figure"]: cell["data-value"] for cell in parse(client.get("/runs/5")).cells}
    assert shown == {figure.figure: str(figure.value) for figure in figures(run)}
    assert "/diff?run=2&amp;run=5" in text


def test_failed_run_says_why(client):
    text = client.get("/runs/8").get_data(as_text=True)
    assert "did not end well" in text and "panic: reply to a dead thread" in text


def test_series_page_counts_every_sample(client, store):
    page = parse(client.get("/runs/5/series/fork_wait"))
    bins = client.get("/runs/5/series/fork_wait").get_data(as_text=True).partition('id="bins"')[2].partition("</table>")[0]
    assert sum(int(count) for count in re.findall(r'data-value="(\d+)"', bins)) == store.run(5).find_series("fork_wait").count
    raw = next(found["data-points"] for tag, found in page.tags if "data-points" in found)
    assert [int(pair.split(":")[1]) for pair in raw.split()] == list(store.run(5).find_series("fork_wait").samples)


def test_series_page_tells_the_history(client):
    table = client.get("/runs/5/series/fork_wait").get_data(as_text=True).partition('id="history"')[2].partition("</table>")[0]
    assert re.findall(r'data-value="(\d+)"', table) == ["115440", "96200"], "run 2, then run 5"
    assert "\u221219\u202f240" in table


def test_failed_run_has_no_place_in_a_history(client):
    assert 'href="/runs/8"' not in client.get("/runs/6/series/getpid").get_data(as_text=True)


def test_stock_linux_is_repeated_by_make_reference(client):
    assert "<code>make reference</code>" in client.get("/runs/7").get_data(as_text=True)


def test_diff_shows_what_differs(client):
    text = client.get("/diff?run=2&run=5").get_data(as_text=True)
    assert "CONFIG_SCHED_ROUND_ROBIN_QUANTUM_MS" in text and "CONFIG_CMDLINE" not in text
    assert "3 options differ, 3 are alike" in text


def test_diff_with_stock_linux_is_explained(client):
    assert "not a Kconfig configuration" in client.get("/diff?run=4&run=7").get_data(as_text=True)


def test_runs_list_filters(client):
    text = client.get("/runs?preset=linux").get_data(as_text=True)
    assert "/runs/7" in text and "/runs/5" not in text
    assert "No run of preset" in client.get("/runs?preset=nothing").get_data(as_text=True)


def test_runs_list_turns_pages(tmp_path):
    store = results.open_store(f"sqlite:///{tmp_path}/many.db")
    one = replace(fixture.record("monolithic"), series=())
    for _ in range(60):
        store.add_run(one)
    client = client_over(tmp_path / "many.db")
    first, second = (re.findall(r'value="(\d+)" aria-label', client.get(page).get_data(as_text=True)) for page in ("/runs", "/runs?page=2"))
    assert [int(number) for number in first + second] == list(range(60, 0, -1))
    assert "Older" not in client.get("/runs?page=2").get_data(as_text=True)


# ---- Downloads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, kind", DOWNLOADS.items())
def test_download(client, path, kind):
    response = client.get(path)
    assert response.status_code == 200 and response.mimetype == kind
    assert response.data == client.get(path).data, "the same store gives the same bytes"


def test_run_json_is_whole(client, store):
    document = client.get("/runs/5.json").get_json()
    run = store.run(5)
    assert document["config_text"] == run.config_text
    assert [(one["name"], one["samples"]) for one in document["series"]] == [(one.name, list(one.samples)) for one in run.series]
    assert {one["figure"]: one["value"] for one in document["figures"]} == {one.figure: one.value for one in figures(run)}


def test_run_csv_has_every_sample(client, store):
    rows = list(csv.DictReader(io.StringIO(client.get("/runs/5.csv").get_data(as_text=True))))
    samples = [(one.name, position, sample) for one in store.run(5).series for position, sample in enumerate(one.samples)]
    assert [(row["series"], int(row["position"]), int(row["sample"])) for row in rows] == samples


def test_comparison_csv_and_json_agree(client):
    rows = list(csv.DictReader(io.StringIO(client.get("/compare.csv?baseline=l4linux").get_data(as_text=True))))
    document = client.get("/compare.json?baseline=l4linux").get_json()
    told = {(one["figure"], value["label"]): value["value"] for one in document["figures"] for value in one["values"]}
    assert {(row["figure"], row["label"]): json.loads(row["value"]) for row in rows} == told
    assert document["baseline"] == "l4linux"


# ---- Runs that are unlike the usual -----------------------------------------------------------------------------------


def test_targets_are_shown_with_what_became_of_them(client):
    row = re.search(r"<code>getpid</code>.*?</tr>", client.get("/runs/4").get_data(as_text=True), flags=re.S)[0]
    assert "≤ 70" in row and "reached" in row
    row = re.search(r"<code>ipc_oneway_0</code>.*?</tr>", client.get("/runs/3").get_data(as_text=True), flags=re.S)[0]
    assert "≤ 150" in row and "missed" in row, "run 3 is a fifth slower: 154"


def test_samples_that_are_all_alike(tmp_path):
    store = results.open_store(f"sqlite:///{tmp_path}/c.db")
    one = results.Series("getpid", "getpid", "instructions", 8, (68,) * 256)
    store.add_run(replace(fixture.record("monolithic"), series=(one,)))
    client = client_over(tmp_path / "c.db")
    text = client.get("/runs/1/series/getpid").get_data(as_text=True)
    assert "every one of them <strong>68</strong>" in text and "<canvas" not in text
    assert "Only one kernel was measured so far" in client.get("/").get_data(as_text=True)


ODD = results.Series("w", "odd_figure", "instructions", 0, (1, 2))


@pytest.mark.parametrize("marks, series", [({}, ()), ({"boot_user": 5}, ()), ({}, (ODD,))])
def test_run_with_next_to_nothing(tmp_path, marks, series):
    store = results.open_store(f"sqlite:///{tmp_path}/n.db")
    bare = {"images": {}, "binaries": {}, "enosys": (), "console": "", "config_text": "", "marks": marks, "series": series}
    store.add_run(replace(fixture.record("monolithic"), **bare))
    client = client_over(tmp_path / "n.db")
    for page in ("/", "/runs", "/runs/1", "/runs/1.json", "/runs/1.csv", "/compare.csv", "/diff?run=1&run=1", "/architecture"):
        assert client.get(page).status_code == 200, page


def test_long_runs_make_no_long_pages(tmp_path):
    store = results.open_store(f"sqlite:///{tmp_path}/l.db")
    many = results.Series("w", "many", "instructions", 0, tuple(100 + number % 7 for number in range(200_000)))
    store.add_run(replace(fixture.record("monolithic"), console="first line\n" + "x" * 5_000_000 + "\nlast line\n", series=(many,)))
    client = client_over(tmp_path / "l.db")
    run, one = client.get("/runs/1").get_data(as_text=True), client.get("/runs/1/series/many").get_data(as_text=True)
    assert len(run) < 200_000 and "last line" in run and "first line" not in run and "Only its end" in run
    assert len(one) < 200_000 and "the first 10\u202f000 of 200\u202f000" in one
    assert client.get("/runs/1/console").get_data(as_text=True).startswith("first line")
    assert len(client.get("/runs/1.csv").data.splitlines()) == 200_001
