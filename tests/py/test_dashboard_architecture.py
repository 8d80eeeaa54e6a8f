"""The architecture page: what a run's kernel was assembled from, in which mode each part runs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from dashboard_client import client, client_over, fixture, url  # noqa: F401

from kit import results


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
