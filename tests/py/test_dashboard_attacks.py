"""What the dashboard refuses, and what it never lets through: senseless addresses, other sites, hostile text in the store."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from dashboard_client import DOWNLOADS, PAGES, client, client_over, fixture, parse, url  # noqa: F401
from werkzeug.test import create_environ, run_wsgi_app

from dashboard import create_app, security
from dashboard.vendored import FILES
from kit import results


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
