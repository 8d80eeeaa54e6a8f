"""Reading a TOML table strictly: a wrong type or an unknown key is an error that names file, key and nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[no-redef]

T = TypeVar("T")


class ManifestError(Exception):
    """A manifest that cannot be used; the text names file and key and says what to do."""


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint for a misspelt ``name``: `` (did you mean "x"?)``, or the valid names where nothing is near, or nothing."""
    valid = sorted(set(names))
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.6)
    if close:
        return f' (did you mean "{close[0]}"?)'
    return f" (valid: {', '.join(valid)})" if 0 < len(valid) <= 20 else ""


class Table:
    """One TOML table that is being read. Every key has to be taken by one of the methods before ``finish``."""

    def __init__(self, path: Path, values: dict[str, Any], where: str = "") -> None:
        self.path = path
        self.values = values
        self.where = where
        self.known: list[str] = []
        self.late: list[str] = []  # faults that matter only to who uses what the table describes

    @classmethod
    def load(cls, path: Path) -> Table:
        """Read a whole file. Raises ``ManifestError`` where it is missing or no TOML."""
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ManifestError(f"{path}: not valid TOML: {error}") from error

    def error(self, key: str, text: str) -> ManifestError:
        """The error ``text`` about ``key`` of this table, to be raised."""
        place = f"{self.where}.{key}" if self.where else key
        return ManifestError(f"{self.path}: {place}: {text}")

    def get(self, key: str, kind: type[T], what: str, default: T | None = None, required: bool = False) -> Any:
        """The value of ``key``, which must be a ``kind``. A bool is never taken for an int."""
        self.known.append(key)
        if key not in self.values:
            if required:
                raise self.error(key, f"is missing; it must be {what}")
            return default
        value = self.values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"must be {what}, not {value!r}")
        return value

    def text(self, key: str, default: str = "", required: bool = False) -> str:
        """A string, stripped of surrounding white space; where required, not empty."""
        value = self.get(key, str, "a string", default, required).strip()
        if required and not value:
            raise self.error(key, "must not be empty")
        return value

    def line(self, key: str, default: str = "", required: bool = False) -> str:
        """A string of one line without double quotes or backslashes: it ends up in a menu."""
        value = self.text(key, default, required)
        if any(c in value for c in '\n"\\$'):
            raise self.error(key, "must be one line without double quotes, backslashes or dollar signs")
        return value

    def choice(self, key: str, valid: Iterable[str], default: str = "", required: bool = False) -> str:
        """A string out of ``valid``."""
        names = list(valid)
        value = self.text(key, default, required)
        if key in self.values and value not in names:
            raise self.error(key, f'"{value}" is not one of them{nearest(value, names)}')
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, none of them twice; absent is empty."""
        value = self.get(key, list, "a list of strings", [])
        for item in value:
            if not isinstance(item, str) or not item:
                raise self.error(key, f"must be a list of strings, not of {item!r}")
        if len(set(value)) != len(value):
            raise self.error(key, "names something twice")
        return tuple(value)

    def table(self, key: str) -> Table:
        """A table inside this one; absent is empty."""
        inner = Table(self.path, self.get(key, dict, "a table", {}), f"{self.where}.{key}" if self.where else key)
        inner.late = self.late
        return inner

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of strings under names that are free."""
        inner = self.table(key)
        return {name: inner.texts(name) for name in inner.values}

    def each(self, key: str, read: Callable[[Table], T]) -> tuple[T, ...]:
        """An array of tables, each read by ``read`` and then finished."""
        result = []
        for number, item in enumerate(self.get(key, list, f"an array of tables: [[{key}]]", []), 1):
            if not isinstance(item, dict):
                raise self.error(key, f"must be an array of tables: [[{key}]]")
            inner = Table(self.path, item, f"{key} {number}")
            inner.late = self.late
            result.append(read(inner))
            inner.finish()
        return tuple(result)

    def finish(self) -> None:
        """Refuse the keys that nobody took."""
        for key in self.values:
            if key not in self.known:
                raise self.error(key, f"unknown key{nearest(key, self.known)}")
