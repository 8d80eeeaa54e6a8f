"""Stores that the dashboard cannot read, or that are not there yet: a page says what to do, and nothing is made."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from dashboard_client import client_over, fixture, url  # noqa: F401

from dashboard import create_app
from kit import results


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
