"""The dashboard's hold on the store of results.

The store is opened at the first request and kept open. A SQLite file that is moved aside or made anew while the server runs
is noticed (its device or inode changes) and opened again. A missing SQLite file is an empty store: reading never creates one.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flask import current_app
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from kit import results

T = TypeVar("T")

BUSY_SECONDS = 3
"""How long a page waits for a writer of the same SQLite file, before it says so."""


class StorageError(Exception):
    """The results cannot be read; the text says why and what to do."""


class Storage:
    """Opens the store when it is needed. Safe to use from several threads."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._store: results.Store | None = None
        self._opened: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Where the results are, fit to be shown: a path, or a URL without its password."""
        path = self._path()
        if path is not None:
            return str(path)
        try:
            return make_url(self._effective_url()).render_as_string(hide_password=True)
        except ArgumentError:
            return self._effective_url()

    def without_password(self, text: str) -> str:
        """The text with the database's password, should it hold it, replaced by stars."""
        try:
            password = make_url(self._effective_url()).password
        except ArgumentError:
            password = None
        return text.replace(str(password), "***") if password else text

    def get(self) -> results.Store | None:
        """The open store; None where the SQLite file does not exist yet. Raises `kit.results.ResultsError`."""
        with self._lock:
            identity = self._identity()
            if identity is None:
                self._drop()
                return None
            if self._store is None or identity != self._opened:
                self._drop()
                self._store = results.open_store(self._effective_url(), BUSY_SECONDS)
                self._opened = identity
            return self._store

    def _drop(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None

    def _effective_url(self) -> str:
        return self._url or os.environ.get("MORTISE_DB") or f"sqlite:///{results.DEFAULT_PATH}"

    def _path(self) -> Path | None:
        """The file of a SQLite store, None for any other database (and for a URL that is none)."""
        try:
            parsed = make_url(self._effective_url())
        except ArgumentError:
            return None
        in_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
        return Path(parsed.database).absolute() if in_file else None

    def _identity(self) -> tuple[int, int] | None:
        """What changes when the file becomes another file; None where there is no file."""
        path = self._path()
        if path is None:
            return (0, 0)
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise results.ResultsError(f"cannot look at {path}: {error.strerror}; check the permissions of its folder") from error
        return (found.st_dev, found.st_ino) if found.st_size else None


def storage() -> Storage:
    """The storage of the application that handles this request."""
    return current_app.extensions["mortise-storage"]


def latest() -> dict[str, results.Run]:
    """The newest successful run of each preset; empty where nothing was measured. Raises StorageError."""
    return _read(lambda store: store.latest(), {})


def runs(preset: str | None = None, limit: int | None = None) -> list[results.Run]:
    """Stored runs, newest first. Raises StorageError."""
    return _read(lambda store: store.runs(preset=preset, limit=limit), [])


def run(run_id: int) -> results.Run | None:
    """The run with this id, None where there is none. Raises StorageError."""

    def find(store: results.Store) -> results.Run | None:
        try:
            return store.run(run_id)
        except KeyError:
            return None

    return _read(find, None)


def _read(read: Callable[[results.Store], T], nothing: T) -> T:
    """What `read` finds, `nothing` in a store that was not made yet; every failure becomes a StorageError."""
    try:
        store = storage().get()
        return nothing if store is None else read(store)
    except results.ResultsError as error:
        raise StorageError(storage().without_password(str(error))) from error
    except (json.JSONDecodeError, TypeError) as error:
        raise StorageError(
            f"a run in {storage().name} cannot be decoded ({error}); the file was changed by something else than kit: move it "
            "aside and measure again with make demo"
        ) from error
