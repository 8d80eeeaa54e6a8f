"""The dashboard through Flask's client: every route, what it shows, what it refuses, and what it never lets through."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from werkzeug.test import create_environ, run_wsgi_app

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import dashboard_fixture as fixture  # noqa: E402

from dashboard import create_app, security  # noqa: E402
from dashboard.vendored import FILES  # noqa: E402
from kit import results  # noqa: E402
from kit.figures import figure_map, figures  # noqa: E402

PAGES = ["/", "/runs", "/runs/5", "/runs/8", "/runs/5/series/getpid", "/diff", "/diff?run=2&run=5", "/method", "/architecture"]
DOWNLOADS = {
    "/compare.json": "application/json",
    "/compare.csv": "text/csv",
    "/runs/5.json": "application/json",
    "/runs/5.csv": "text/csv",
    "/runs/5/config": "text/plain",
    "/runs/5/console": "text/plain",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A store as a class would have it after a while."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/mortise.db"
    store = results.open_store(url)
    fixture.fill(store)
    store.close()
    return url


@pytest.fixture(scope="module")
def store(url):
    return results.open_store(url)


@pytest.fixture(scope="module")
def client(url):
    return create_app(url).test_client()


def client_over(path: Path):
    return create_app(f"sqlite:///{path}").test_client()


class Cells(HTMLParser):
    """Every element that carries data-value: (its attributes), and whatever looks active."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[dict[str, str]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if "data-value" in found:
            self.cells.append(found)


def parse(response) -> Cells:
    parser = Cells()
    parser.feed(response.get_data(as_text=True))
    return parser


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


# ---- Refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/runs/999", "/runs/0", "/runs/-1", "/runs/abc", "/runs/1e3", "/runs/٣", "/runs/99999999999999999999"]
    + ["/runs/5/series/none"]
    + ["/runs/999.json", "/runs/x.csv", "/runs/999/config", "/runs/999/console", "/runs/999/series/getpid", "/diff?run=1&run=999"]
    + ["/?run=999", "/?run=%00", "/?baseline=none", "/runs?page=0", "/runs?page=x"]
    + ["/vendor/package.json", "/vendor/..%2f..%2fkit%2fresults.py", "/static/../__init__.py", "/runs/5/series/%2e%2e"],
)
def test_bad_address_is_a_page_that_helps(client, path):
    response = client.get(path)
    text = response.get_data(as_text=True)
    assert response.status_code == 404
    assert "<h1>There is nothing here</h1>" in text and 'href="/runs"' in text
    assert "Traceback" not in text


def test_missing_run_names_the_newest(client):
    assert "The newest is run 8." in client.get("/runs/999").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/diff?run=1", "/diff?run=1&run=2&run=3", "/?" + "&".join(["run=1"] * 30)])
def test_senseless_request(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("page", ["/", "/runs/5"])
def test_nothing_can_be_written(client, method, page):
    assert getattr(client, method)(page).status_code == 405


def test_no_debug_mode(url):
    app = create_app(url)
    assert not app.debug and not app.testing


def test_failure_shows_no_internals(url, monkeypatch):
    monkeypatch.setattr("dashboard.views.pages.render_template", lambda *_, **__: 1 / 0)
    response = create_app(url).test_client().get("/method")
    assert response.status_code == 500
    assert "division" not in response.get_data(as_text=True) and "The dashboard failed" in response.get_data(as_text=True)


# ---- Other sites ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, *DOWNLOADS, "/nothing", "/static/style.css", "/vendor/chart.js"])
def test_headers(client, page):
    response = client.get(page)
    for name, value in security.HEADERS.items():
        assert response.headers[name] == value
    response.close()


def test_policy_allows_nothing_inline_and_nothing_foreign():
    assert "unsafe" not in security.POLICY and "http" not in security.POLICY and "*" not in security.POLICY
    assert security.POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "localhost."])
def test_loopback_host(client, host):
    assert client.get("/method", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.test", "evil.test:8000", "127.0.0.1.evil.test", "localhost.evil.test", "evil@127.0.0.1", "", "10.0.0.1", "[::2]", "127.0.0.1:x"]
    + ["localhost/", "localhost#", "[::1"],
)
@pytest.mark.parametrize("page", ["/", "/static/style.css", "/runs/5.json"])
def test_other_host_is_refused(client, host, page):
    environ = create_environ(page)  # the client would refuse some of these hosts itself
    environ["HTTP_HOST"] = host
    body, status, headers = run_wsgi_app(client.application, environ, buffered=True)
    assert status.startswith("400")
    assert b"getpid" not in b"".join(body)
    assert headers["Content-Security-Policy"] == security.POLICY


def test_host_may_be_allowed(url):
    client = create_app(url, allowed_hosts=["Lab.Example"]).test_client()
    assert client.get("/method", headers={"Host": "lab.example:8000"}).status_code == 200


def test_only_named_vendor_files():
    assert set(FILES) == {"chart.js"}


# ---- Hostile text -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "mortise.db"
    fixture.main([str(path), "hostile"])
    return client_over(path)


HOSTILE_PAGES = ["/", "/?run=9&run=10&run=4", "/runs", "/runs/9", "/runs/10", "/runs/9/series/getpid"]
HOSTILE_PAGES += ["/diff?run=4&run=9", "/diff?run=9&run=10", "/architecture"]


@pytest.mark.parametrize("page", HOSTILE_PAGES)
def test_stored_text_never_becomes_markup(hostile, page):
    response = hostile.get(page)
    text = response.get_data(as_text=True)
    assert response.status_code == 200
    assert "&lt;script&gt;alert(1)" in text, "the hostile text is shown, as text"
    tags = parse(response).tags
    assert all(found["src"].startswith("/runs/") for tag, found in tags if tag == "img")
    assert all(found.get("src", "").startswith(("/static/", "/vendor/")) for tag, found in tags if tag == "script")
    assert not [name for _, found in tags for name in found if name.startswith("on") or name == "style"]
    assert all(found["href"].startswith(("/", "#")) for tag, found in tags if tag == "a")
    assert "{{7*7}}" in text and "49" not in re.findall(r">([^<]*)alert\(2\)&gt;([^<]*)<", text)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", re.sub("\x1b", "", text)), "control characters stay out of pages"


def test_hostile_series_name_is_reachable_and_escaped(hostile):
    from urllib.parse import quote

    name = fixture.HOSTILE
    response = hostile.get(f"/runs/9/series/{quote(name, safe='')}")
    assert response.status_code == 200
    assert "<script>alert" not in response.get_data(as_text=True)


def test_hostile_address_is_escaped(client):
    for page in ("/runs/<script>alert(1)<", "/?baseline=<script>alert(1)</script>", "/runs?preset=<script>alert(1)</script>", "/<b>"):
        assert "<script>alert" not in client.get(page).get_data(as_text=True)


def test_hostile_text_in_downloads(hostile):
    response = hostile.get("/runs/9/config")
    assert response.mimetype == "text/plain" and response.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(hostile.get("/runs/9.json").data)["preset"] == fixture.HOSTILE


def test_csv_disarms_formulas(tmp_path):
    store = results.open_store(f"sqlite:///{tmp_path}/f.db")
    store.add_run(replace(fixture.record("monolithic"), preset='=HYPERLINK("x")'))
    text = client_over(tmp_path / "f.db").get("/compare.csv").get_data(as_text=True)
    assert "'=HYPERLINK" in text and not re.search(r'(^|,)"?=', text, flags=re.M)


def test_repeat_command_is_quoted(hostile):
    from shlex import split

    text = hostile.get("/runs/9").get_data(as_text=True)
    command = re.search(r'<pre class="command"><code>(.*?)</code>', text, flags=re.S)[1]
    from html import unescape

    assert split(unescape(command)) == ["make", "bench", f"PRESET={fixture.HOSTILE}"]


# ---- Stores that cannot be read ---------------------------------------------------------------------------------------


def test_missing_store_is_an_empty_one_and_is_not_made(tmp_path):
    path = tmp_path / "none" / "mortise.db"
    client = client_over(path)
    assert "make demo" in client.get("/").get_data(as_text=True)
    assert "make demo" in client.get("/runs").get_data(as_text=True)
    assert client.get("/compare.json").get_json() == {"baseline": None, "figures": [], "runs": []}
    assert client.get("/diff").status_code == 404 and client.get("/runs/1").status_code == 404
    assert not path.exists() and not path.parent.exists()


def test_store_that_appears_while_serving_is_seen(tmp_path):
    client = client_over(tmp_path / "mortise.db")
    assert "make demo" in client.get("/").get_data(as_text=True)
    fixture.main([str(tmp_path / "mortise.db")])
    assert "At a glance" in client.get("/").get_data(as_text=True)
    (tmp_path / "mortise.db").rename(tmp_path / "old.db")
    assert "make demo" in client.get("/").get_data(as_text=True)
    fixture.main([str(tmp_path / "mortise.db"), "empty"])
    assert "make demo" in client.get("/").get_data(as_text=True)


def test_only_failed_runs(tmp_path):
    store = results.open_store(f"sqlite:///{tmp_path}/f.db")
    store.add_run(replace(fixture.record("monolithic"), status="boot 1 never ended", series=()))
    text = client_over(tmp_path / "f.db").get("/").get_data(as_text=True)
    assert "boot 1 never ended" in text and "make demo" in text


def refused(client, *words: str) -> None:
    for page in ("/", "/runs", "/runs/1", "/diff", "/compare.json", "/runs/1.csv"):
        response = client.get(page)
        text = response.get_data(as_text=True)
        assert response.status_code == 503, page
        assert "The results cannot be read" in text and "Traceback" not in text
        for word in words:
            assert word in text, (page, word)
    assert client.get("/method").status_code == 200


def test_corrupt_store(tmp_path):
    (tmp_path / "bad.db").write_bytes(b"this is not a database, but it is long enough to look at" * 40)
    refused(client_over(tmp_path / "bad.db"), "not a database", "move it aside")


def test_damaged_store(tmp_path):
    path = tmp_path / "mortise.db"
    fixture.main([str(path)])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE series SET samples = '[1, 2,'")
    client = client_over(path)
    assert client.get("/").status_code == 503
    assert "cannot be decoded" in client.get("/runs/1").get_data(as_text=True)


def test_newer_schema(tmp_path):
    path = tmp_path / "mortise.db"
    fixture.main([str(path), "empty"])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE mortise_schema SET version = 99")
    refused(client_over(path), "schema version 99")


def test_locked_store(tmp_path, monkeypatch):
    path = tmp_path / "mortise.db"
    fixture.main([str(path)])
    monkeypatch.setattr("dashboard.storage.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    client = client_over(path)
    refused(client, "locked", "wait for that program or end it")
    holder.execute("ROLLBACK")
    assert client.get("/").status_code == 200, "it recovers by itself"


def test_url_that_is_none():
    refused(create_app("no url at all").test_client(), "is not a database URL")


def test_password_is_never_shown():
    text = create_app("postgresql://me:sesame@localhost:1/x").test_client().get("/").get_data(as_text=True)
    assert "sesame" not in text


def test_published_figures_missing(url, monkeypatch, tmp_path):
    monkeypatch.setattr("dashboard.papers.published_for", lambda name: results and _no_papers(tmp_path, name))
    response = create_app(url).test_client().get("/")
    assert response.status_code == 503 and "definitions.csv" in response.get_data(as_text=True)


def _no_papers(folder, name):
    from kit.published import published_for

    return published_for(name, papers=folder)


# ---- Architecture -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built():
    """The monolithic preset as the build resolves it."""
    from kit.assembly import Assembled
    from kit.kconfig import Configurator

    configurator = Configurator(fixture.ROOT)
    config = configurator.load(fixture.ROOT / "configs" / "monolithic_defconfig")
    return Assembled(configurator, config, "monolithic")


def test_architecture_of_a_run_is_that_of_its_configuration(built, tmp_path):
    store = results.open_store(f"sqlite:///{tmp_path}/a.db")
    store.add_run(replace(fixture.record("monolithic"), config_text=built.config.text()))
    client = client_over(tmp_path / "a.db")
    text = client.get("/architecture").get_data(as_text=True)
    shown = set(re.findall(r"<li><code>([a-z0-9_/-]+)</code>", text))
    assert shown == {part.id for part in built.parts}
    assert "Kernel mode" in text and 'src="/runs/1/architecture.svg"' in text
    svg = client.get("/runs/1/architecture.svg")
    assert svg.mimetype == "image/svg+xml" and svg.data.startswith(b"<svg")
    assert "script" not in svg.headers["Content-Security-Policy"]
    for part in built.parts:
        assert part.id.encode() in svg.data


def test_slots_that_came_later_do_not_concern_a_run(built, tmp_path):
    lines = [line for line in built.config.text().splitlines() if not line.startswith("CONFIG_SCHED")]
    store = results.open_store(f"sqlite:///{tmp_path}/a.db")
    store.add_run(replace(fixture.record("monolithic"), config_text="\n".join(lines)))
    text = client_over(tmp_path / "a.db").get("/architecture").get_data(as_text=True)
    assert "<code>frames/" in text and "<code>sched/" not in text


def test_architecture_of_an_older_tree_is_not_guessed(client):
    text = client.get("/architecture").get_data(as_text=True)
    assert "another state of the tree" in text and "CONFIG_FRAMES_EXAMPLE_BITMAP" in text and "not assembled from this kit" in text
    assert client.get("/runs/5/architecture.svg").status_code == 404


def test_architecture_writes_nothing(built):
    """The Kconfig text that builds include belongs to the build."""
    from dashboard import assemblies

    parts = fixture.ROOT / "build"
    before = {path: path.stat().st_mtime_ns for path in parts.glob("*") if path.is_file()}
    assemblies.picture(results.Run(**vars(replace(fixture.record("monolithic"), config_text=built.config.text()))))
    assert before == {path: path.stat().st_mtime_ns for path in parts.glob("*") if path.is_file()}


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
