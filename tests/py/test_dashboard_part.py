"""A student's part on the comparison page: ``make PARTS=DIR bench`` stores a run of a configuration that is no preset."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import dashboard_fixture
import pytest
from flask.testing import FlaskClient

from dashboard import create_app
from dashboard.comparison import compare
from kit.results import open_store

OWN = "config-0123456789ab"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    address = f"sqlite:///{tmp_path}/store.db"
    store = open_store(address)
    dashboard_fixture.fill(store)
    reference = dashboard_fixture.record("monolithic", 2)
    text = re.sub(r"CONFIG_FRAMES_\w+=y", "CONFIG_FRAMES_MINE=y", reference.config_text)
    store.add_run(replace(dashboard_fixture.record("monolithic", 2, 1.25), preset=OWN, config_text=text, config_hash="0123456789ab"))
    store.close()
    return create_app(address).test_client()


def test_the_part_stands_beside_the_reference(client: FlaskClient) -> None:
    """In a row of its own that names the part, with its ratio to the preset."""
    document = client.get("/compare.json?baseline=monolithic").get_json()
    values = {figure["figure"]: {value["label"]: value for value in figure["values"]} for figure in document["figures"]}
    label = f"{OWN} (frames_mine)"
    assert values["getpid"][label]["ratio"] == pytest.approx(values["getpid"][label]["value"] / values["getpid"]["monolithic"]["value"])
    assert values["getpid"][label]["ratio"] == pytest.approx(1.25, rel=0.05)
    page = client.get("/").get_data(as_text=True)
    assert f"{OWN} (frames_mine)" in page
    rows = re.findall(r'<tr[^>]*data-label="([^"]*)"', page)
    assert rows.index("monolithic") + 1 == rows.index(label) or rows.index(label) + 1 == rows.index("monolithic"), "they are neighbours"


def test_its_configuration_beside_the_presets(client: FlaskClient) -> None:
    """What differs is the part, and the page of differences says so."""
    runs = client.get("/runs").get_data(as_text=True)
    newest = max(int(number) for number in re.findall(r'value="(\d+)"', runs))
    page = client.get(f"/diff?run=4&run={newest}").get_data(as_text=True)
    assert "FRAMES_MINE" in page and "FRAMES_EXAMPLE" in page


def test_only_what_is_known_is_named(client: FlaskClient) -> None:
    """Without a preset of its family beside it there is nothing to compare with, and the name stays as it is."""
    store = open_store(client.application.config["STORE_URL"])
    own = next(run for run in store.runs() if run.preset == OWN)
    assert [entry.label for entry in compare([own]).entries] == [OWN]
    store.close()
