"""The store: whole runs or nothing, in order, with every error a sentence."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from measure_fixture import record

from kit import results
from kit.results import ResultsError, RunRecord, Store, open_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'sub' / 'runs.db'}"


def fields_of(run: RunRecord) -> dict[str, object]:
    return {name: getattr(run, name) for name in RunRecord.__dataclass_fields__}


def test_a_run_comes_back_as_it_was_stored(url: str) -> None:
    stored = open_store(url).run(open_store(url).add_run(record()))
    assert fields_of(stored) == fields_of(record())
    assert stored.id == 1
    assert time.strptime(stored.created_at, "%Y-%m-%dT%H:%M:%SZ")


def test_large_numbers_and_long_texts_survive(url: str) -> None:
    store = open_store(url)
    stored = store.run(store.add_run(record(console="x" * 1_000_000, marks={"boot_user": 2**62})))
    assert len(stored.console) == 1_000_000
    assert stored.marks == {"boot_user": 2**62}


def test_series_properties() -> None:
    series = record().series[1]
    assert (series.median, series.minimum, series.count) == (833, 833, 4)


def test_runs_are_newest_first_and_can_be_narrowed(url: str) -> None:
    store = open_store(url)
    for preset in ("a", "b", "a", "c"):
        store.add_run(record(preset=preset))
    assert [run.id for run in store.runs()] == [4, 3, 2, 1]
    assert [run.id for run in store.runs("a")] == [3, 1]
    assert [run.id for run in store.runs(limit=2)] == [4, 3]
    assert store.runs("a")[0].series == record().series


def test_latest_is_the_newest_success_of_each_preset(url: str) -> None:
    store = open_store(url)
    for preset, status in (("b", "ok"), ("a", "ok"), ("a", "ok"), ("a", "the kernel panicked"), ("c", "timed out")):
        store.add_run(record(preset=preset, status=status))
    assert {preset: run.id for preset, run in store.latest().items()} == {"a": 3, "b": 1}
    assert list(store.latest()) == ["a", "b"]


def test_an_unknown_run_is_a_clear_key_error(url: str) -> None:
    with pytest.raises(KeyError, match="no run 12 in sqlite"):
        open_store(url).run(12)


def test_many_runs_need_no_oversized_query(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_IDS_PER_QUERY", 3)
    store = open_store(url)
    for _ in range(8):
        store.add_run(record())
    assert all(run.series == record().series for run in store.runs())


def test_a_store_of_the_first_version_is_brought_up_to_date(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).parent.mkdir()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as old:
        old.executescript(
            "CREATE TABLE mortise_schema (version INTEGER PRIMARY KEY); INSERT INTO mortise_schema VALUES (1); CREATE TABLE runs (id INTEGER PRIMARY KEY);"
            'CREATE TABLE enosys (run_id INTEGER, position INTEGER, number INTEGER, name VARCHAR(128), "count" INTEGER);'
            "INSERT INTO enosys VALUES (1, 0, 334, 'rseq', 5);"
        )
    open_store(url).close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as new:
        assert new.execute("SELECT version FROM mortise_schema").fetchall() == [(2,)]
        assert new.execute("SELECT name, program FROM enosys").fetchall() == [("rseq", "")]


def test_another_schema_version_is_refused(url: str) -> None:
    store = open_store(url)
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("UPDATE mortise_schema SET version = 99"))
    store.close()
    with pytest.raises(ResultsError, match=r"schema version 99; this tree reads version \d+\. Move that database aside"):
        open_store(url)


def test_a_foreign_database_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with sqlite3.connect(tmp_path / "sub" / "runs.db") as connection:
        connection.execute("CREATE TABLE runs (x)")
    with pytest.raises(ResultsError, match="not Mortise's"):
        open_store(url)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("/tmp/runs.db", "is not a database URL; write for instance sqlite:////tmp/runs.db"),
        ("nosuchdb://host/x", "is not a database URL"),
        ("sqlite:////proc/nowhere/x.db", "set MORTISE_DB to another place"),
    ],
)
def test_a_wrong_url_says_what_to_write(wrong: str, text: str) -> None:
    with pytest.raises(ResultsError, match=text):
        open_store(wrong)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is certainly not a database " * 40)
    with pytest.raises(ResultsError, match="not a sound SQLite database; move it aside"):
        open_store(f"sqlite:///{tmp_path / 'x.db'}")


def test_the_environment_names_the_store(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORTISE_DB", url)
    assert open_store().url == url


def _write_many(url: str, preset: str, count: int) -> None:
    store = open_store(url)
    for _ in range(count):
        store.add_run(record(preset=preset))


def test_writers_at_once_lose_nothing(url: str) -> None:
    """Also the creation of the store itself is raced for."""
    writers = [multiprocessing.Process(target=_write_many, args=(url, f"p{number}", 15)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 4
    runs = open_store(url).runs()
    assert len(runs) == 60
    assert all(run.series == record().series for run in runs)


KILLED_WRITER = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from measure_fixture import record
from kit import results
original = results._child_rows
def slow(run):
    for number, item in enumerate(original(run)):
        if number == 2:
            print("half-way", flush=True)
            import time; time.sleep(60)
        yield item
results._child_rows = slow
results.open_store({url!r}).add_run(record(preset="killed"))
"""


def test_a_writer_killed_half_way_leaves_nothing(url: str) -> None:
    store = open_store(url)
    store.add_run(record(preset="before"))
    script = KILLED_WRITER.format(root=str(ROOT), tests=str(Path(__file__).parent), url=url)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"half-way\n"
        os.kill(writer.pid, signal.SIGKILL)
    assert [run.preset for run in store.runs()] == ["before"]
    store.add_run(record(preset="after"))
    assert [run.preset for run in store.runs()] == ["after", "before"]


def test_a_full_disk_stores_nothing_and_says_so(url: str) -> None:
    store = open_store(url)
    store.add_run(record())

    @sa.event.listens_for(store._engine, "begin")
    def _shrink(connection: sa.engine.Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(ResultsError, match=r"cannot store the run in .*disk is full; free some space"):
        store.add_run(record(console="x" * 1_000_000))
    assert len(open_store(url).runs()) == 1


def test_a_locked_store_says_who_may_be_at_fault(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(url).close()
    monkeypatch.setattr(results, "BUSY_SECONDS", 0.1)
    store = Store(results._make_engine(url))
    blocker = sqlite3.connect(tmp_path / "sub" / "runs.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ResultsError, match="another program has held it"):
        store.add_run(record())
    blocker.close()
