"""The store of measured runs.

A *run* is one complete bench of one preset (possibly several boots) with everything needed to judge and repeat it.
Runs live in SQLite (``results/mortise.db``) unless ``MORTISE_DB`` names another SQLAlchemy URL.

Invariants:

- A run is written in one transaction: a reader sees all of it or nothing, whatever kills the writer.
- A run is never changed once stored. Raw samples are kept as the guest sent them, in the guest's order.
- The schema carries a version; a store of an older one is brought up to date in one transaction, any other is refused, never guessed at.

Every error a user can meet is a ``ResultsError`` whose text says what to do.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

SCHEMA_VERSION = 2
"""Raise it with every change of the tables below, and say in ``_UPGRADES`` how to get there."""

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "results" / "mortise.db"
BUSY_SECONDS = 60
"""How long a writer waits for another writer of the same SQLite file."""

STATUS_OK = "ok"
"""``Run.status`` of a run whose every boot ended well; anything else is a sentence that says what went wrong."""


class ResultsError(Exception):
    """The store cannot be opened, read or written; the text says why and what to do."""


# ---------------------------------------------------------------------------------------------------------------------
# What a run is
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """Raw samples of one measured operation, in ``unit``; ``overhead`` (same unit) is not yet subtracted."""

    workload: str
    name: str
    unit: str
    overhead: int
    samples: tuple[int, ...]

    @property
    def median(self) -> int:
        """Median of the raw samples; of an even number of samples the lower middle one, a value that was really measured."""
        return statistics.median_low(self.samples)

    @property
    def minimum(self) -> int:
        """Smallest raw sample."""
        return min(self.samples)

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.samples)


@dataclass(frozen=True)
class Enosys:
    """A system call that a program made and the personality lacks."""

    number: int
    name: str
    count: int
    program: str = ""
    """Who asked for it, by the name that a process has."""


@dataclass(frozen=True)
class Said:
    """What a script wrote, and how it ended: a status as wait(2) gives it, or -1 for one that was stopped because it took too long."""

    name: str
    status: int
    output: bytes

    @property
    def ending(self) -> str:
        """In words."""
        if self.status < 0:
            return "took too long, stopped"
        if self.status & 0x7F:
            return f"killed by signal {self.status & 0x7F}"
        return f"exited with status {self.status >> 8}"


@dataclass(frozen=True)
class Image:
    """A file QEMU was given: the kernel, the initrd."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class RunRecord:
    """A run that is about to be stored. See ``docs/measuring.md`` for marks, series and units."""

    preset: str
    kernel: str
    """``monolithic``, ``mach-like``, ``l4-like`` or ``linux``."""
    title: str
    config_text: str
    """The whole ``.config``; for stock Linux, its package and options."""
    config_hash: str
    """SHA-256 of ``config_text``, hexadecimal."""
    revision: str
    dirty: bool
    """The source tree differed from ``revision``."""
    compiler: str
    qemu_version: str
    qemu_command: str
    """One command line per boot, a line each, with run-specific paths replaced by names."""
    unit: str
    wall_seconds: float
    """From QEMU's start to its end, all boots together. Noisy."""
    status: str
    console: str
    images: Mapping[str, Image] = field(default_factory=dict)
    binaries: Mapping[str, str] = field(default_factory=dict)
    """Path in the initrd -> SHA-256 of each program."""
    marks: Mapping[str, int] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    enosys: tuple[Enosys, ...] = ()


@dataclass(frozen=True)
class Run(RunRecord):
    """A stored run."""

    id: int = 0
    created_at: str = ""
    """UTC, ISO 8601 to the second, ending in ``Z``."""

    def find_series(self, name: str) -> Series | None:
        """The series called ``name``, or None."""
        return next((one for one in self.series if one.name == name), None)


# ---------------------------------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------------------------------

_metadata = sa.MetaData()
_long_text = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_schema = sa.Table("mortise_schema", _metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))

_runs = sa.Table(
    "runs",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("preset", sa.String(128), nullable=False, index=True),
    sa.Column("kernel", sa.String(64), nullable=False),
    sa.Column("title", sa.String(256), nullable=False),
    sa.Column("config_text", _long_text, nullable=False),
    sa.Column("config_hash", sa.String(64), nullable=False, index=True),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("dirty", sa.Boolean, nullable=False),
    sa.Column("compiler", sa.String(256), nullable=False),
    sa.Column("qemu_version", sa.String(256), nullable=False),
    sa.Column("qemu_command", _long_text, nullable=False),
    sa.Column("unit", sa.String(64), nullable=False),
    sa.Column("wall_seconds", sa.Float, nullable=False),
    sa.Column("status", _long_text, nullable=False),
    sa.Column("console", _long_text, nullable=False),
    sqlite_autoincrement=True,
)


def _run_table(name: str, *columns: sa.Column) -> sa.Table:
    """A table of things that belong to a run, kept in the order given."""
    return sa.Table(
        name,
        _metadata,
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *columns,
    )


_series = _run_table(
    "series",
    sa.Column("workload", sa.String(64), nullable=False),
    sa.Column("name", sa.String(128), nullable=False, index=True),
    sa.Column("unit", sa.String(64), nullable=False),
    sa.Column("overhead", _number, nullable=False),
    sa.Column("samples", _long_text, nullable=False),  # JSON array of integers
)
_marks = _run_table(
    "marks", sa.Column("name", sa.String(128), nullable=False), sa.Column("value", _number, nullable=False)
)
_enosys = _run_table(
    "enosys",
    sa.Column("number", _number, nullable=False),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("count", _number, nullable=False),
    sa.Column("program", sa.String(64), nullable=False, server_default=""),
)
_images = _run_table(
    "images",
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("bytes", _number, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)
_binaries = _run_table(
    "binaries", sa.Column("path", sa.String(512), nullable=False), sa.Column("sha256", sa.String(64), nullable=False)
)

_UPGRADES = {1: ("ALTER TABLE enosys ADD COLUMN program VARCHAR(64) NOT NULL DEFAULT ''",)}
"""Version -> the statements that make the next version of it."""

_RUN_COLUMNS = [one.name for one in fields(Run) if one.name in _runs.c]
_IDS_PER_QUERY = 500  # SQLite bounds the number of parameters of one statement


# ---------------------------------------------------------------------------------------------------------------------
# The store
# ---------------------------------------------------------------------------------------------------------------------


class Store:
    """An open store. Cheap to make; safe to use from several threads and several processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(mortise_write=True)

    @property
    def url(self) -> str:
        """Where the results are, without a password."""
        return self._engine.url.render_as_string(hide_password=True)

    def add_run(self, record: RunRecord) -> int:
        """Store ``record`` whole, or not at all; its new id. Raises ResultsError."""
        with self._translated("store the run"), self._writer.begin() as connection:
            values = {name: getattr(record, name) for name in _RUN_COLUMNS if name not in ("id", "created_at")}
            values["created_at"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            run_id = connection.execute(_runs.insert().values(**values)).inserted_primary_key[0]
            for table, rows in _child_rows(record):
                numbered = [{"run_id": run_id, "position": position, **row} for position, row in enumerate(rows)]
                if numbered:
                    connection.execute(table.insert(), numbered)
        return run_id

    def runs(self, preset: str | None = None, limit: int | None = None) -> list[Run]:
        """Stored runs, newest first: all, or those of ``preset``; at most ``limit``."""
        query = sa.select(_runs).order_by(_runs.c.id.desc())
        if preset is not None:
            query = query.where(_runs.c.preset == preset)
        if limit is not None:
            query = query.limit(limit)
        return self._load(query)

    def latest(self) -> dict[str, Run]:
        """Newest successful run of each preset, by preset name in alphabetical order."""
        newest = (
            sa.select(sa.func.max(_runs.c.id)).where(_runs.c.status == STATUS_OK).group_by(_runs.c.preset).scalar_subquery()
        )
        found = self._load(sa.select(_runs).where(_runs.c.id.in_(newest)).order_by(_runs.c.preset))
        return {run.preset: run for run in found}

    def run(self, run_id: int) -> Run:
        """The run with this id. Raises KeyError."""
        found = self._load(sa.select(_runs).where(_runs.c.id == run_id))
        if not found:
            raise KeyError(f"no run {run_id} in {self.url}")
        return found[0]

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _load(self, query: Any) -> list[Run]:
        with self._translated("read the results"), self._engine.begin() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
            return _with_children(connection, rows)

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Turn the database's errors into sentences."""
        try:
            yield
        except SQLAlchemyError as error:
            raise ResultsError(_explain(error, what, self.url)) from error


def open_store(url: str | None = None, busy_seconds: float | None = None) -> Store:
    """Open the store at ``url``, else at ``$MORTISE_DB``, else ``results/mortise.db``; make it when it is missing.

    ``busy_seconds`` is how long to wait for another program's lock on a SQLite file (``BUSY_SECONDS`` where it is None).
    Raises ResultsError: not a URL, missing driver, unreadable, or written with another schema version.
    """
    engine = _make_engine(url or os.environ.get("MORTISE_DB") or f"sqlite:///{DEFAULT_PATH}", busy_seconds)
    store = Store(engine)
    with store._translated("open the results"):
        with store._writer.begin() as connection:
            _check_schema(connection, store.url)
    return store


def _make_engine(url: str, busy_seconds: float | None = None) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _make_sqlite_engine(parsed, BUSY_SECONDS if busy_seconds is None else busy_seconds)
        return sa.create_engine(parsed, future=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        hint = f"sqlite:///{Path(url).absolute()}" if "://" not in url else "sqlite:////absolute/path.db"
        raise ResultsError(f"MORTISE_DB={url!r} is not a database URL; write for instance {hint}") from error
    except ImportError as error:
        raise ResultsError(f"{url!r} needs a database driver that is not installed: {error}") from error
    except OSError as error:
        raise ResultsError(f"cannot make the folder of {url!r}: {error}; set MORTISE_DB to another place") from error


def _make_sqlite_engine(parsed: Any, busy_seconds: float) -> Engine:
    """An engine whose transactions are SQLite's own: a writer takes the lock at once, so that it waits and never fails half-way."""
    in_memory = parsed.database in (None, "", ":memory:")
    if not in_memory:
        Path(parsed.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"connect_args": {"timeout": busy_seconds, "check_same_thread": False}}
    if in_memory:
        options["poolclass"] = sa.pool.StaticPool
    engine = sa.create_engine(parsed, future=True, **options)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late
        connection.execute("PRAGMA foreign_keys = ON")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("mortise_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _check_schema(connection: Connection, url: str) -> None:
    """Make the tables of an empty store; refuse one of another version."""
    if not sa.inspect(connection).has_table(_schema.name):
        if sa.inspect(connection).has_table(_runs.name):
            raise ResultsError(f"{url} holds a table 'runs' that is not Mortise's; set MORTISE_DB to another database")
        _metadata.create_all(connection)
        connection.execute(_schema.insert().values(version=SCHEMA_VERSION))
        return
    found = connection.execute(sa.select(_schema.c.version)).scalar_one()
    while found in _UPGRADES:
        for statement in _UPGRADES[found]:
            connection.execute(sa.text(statement))
        found += 1
        connection.execute(_schema.update().values(version=found))
    if found != SCHEMA_VERSION:
        raise ResultsError(
            f"{url} was written with schema version {found}; this tree reads version {SCHEMA_VERSION}. "
            "Move that database aside (it stays readable with the revision that wrote it) or set MORTISE_DB to another."
        )


# ---------------------------------------------------------------------------------------------------------------------
# Rows to dataclasses and back
# ---------------------------------------------------------------------------------------------------------------------


def _child_rows(record: RunRecord) -> Iterable[tuple[sa.Table, list[dict[str, Any]]]]:
    """The rows of every table that hangs off a run; mappings in the order of their keys."""
    yield _series, [
        {
            "workload": one.workload,
            "name": one.name,
            "unit": one.unit,
            "overhead": one.overhead,
            "samples": json.dumps(list(one.samples), separators=(",", ":")),
        }
        for one in record.series
    ]
    yield _marks, [{"name": name, "value": value} for name, value in sorted(record.marks.items())]
    yield _enosys, [asdict(one) for one in record.enosys]
    yield _images, [
        {"name": name, "bytes": one.bytes, "sha256": one.sha256} for name, one in sorted(record.images.items())
    ]
    yield _binaries, [{"path": path, "sha256": digest} for path, digest in sorted(record.binaries.items())]


def _with_children(connection: Connection, rows: list[dict[str, Any]]) -> list[Run]:
    """Complete rows of ``runs`` with the rows of the other tables, without a query per run."""
    children: dict[str, dict[int, list[Any]]] = {}
    ids = [row["id"] for row in rows]
    for table in (_series, _marks, _enosys, _images, _binaries):
        of_run = children.setdefault(table.name, {})
        for start in range(0, len(ids), _IDS_PER_QUERY):
            wanted = table.c.run_id.in_(ids[start : start + _IDS_PER_QUERY])
            for child in connection.execute(sa.select(table).where(wanted).order_by(table.c.run_id, table.c.position)):
                of_run.setdefault(child.run_id, []).append(child._mapping)
    return [_make_run(row, {name: of_run.get(row["id"], []) for name, of_run in children.items()}) for row in rows]


def _make_run(row: dict[str, Any], children: Mapping[str, list[Any]]) -> Run:
    return Run(
        **{name: row[name] for name in _RUN_COLUMNS},
        images={one["name"]: Image(one["bytes"], one["sha256"]) for one in children["images"]},
        binaries={one["path"]: one["sha256"] for one in children["binaries"]},
        marks={one["name"]: one["value"] for one in children["marks"]},
        series=tuple(
            Series(one["workload"], one["name"], one["unit"], one["overhead"], tuple(json.loads(one["samples"])))
            for one in children["series"]
        ),
        enosys=tuple(Enosys(one["number"], one["name"], one["count"], one["program"]) for one in children["enosys"]),
    )


def _explain(error: SQLAlchemyError, what: str, url: str) -> str:
    """What happened and what to do, from the driver's message."""
    cause = str(getattr(error, "orig", None) or error).strip()
    lowered = cause.lower()
    if "is full" in lowered or "no space" in lowered:
        advice = "the disk is full; free some space and run again (nothing was stored half)"
    elif "locked" in lowered:
        advice = "another program has held it for too long; wait for that program or end it, then try again"
    elif "not a database" in lowered or "malformed" in lowered:
        advice = "the file is not a sound SQLite database; move it aside and a new one is made"
    elif "readonly" in lowered or "unable to open" in lowered:
        advice = "it cannot be written; check the file's and the folder's permissions, or set MORTISE_DB to another place"
    else:
        advice = "check that the database is there and that MORTISE_DB names it rightly"
    return f"cannot {what} in {url}: {cause}: {advice}"
