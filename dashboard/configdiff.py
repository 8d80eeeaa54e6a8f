"""Configurations as sets of options: read a `.config`, compare two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SET = re.compile(r"^(CONFIG_\w+)=(.*)$")
_UNSET = re.compile(r"^# (CONFIG_\w+) is not set$")


@dataclass(frozen=True)
class Change:
    """An option that differs; a side is None where its configuration does not mention the option."""

    option: str
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Difference:
    """Two configurations side by side."""

    changes: tuple[Change, ...]
    same: int
    """How many options are alike."""
    left_only_text: bool
    """One of the two holds no option at all (the reference run of another system): there is nothing to compare."""


def options(text: str) -> dict[str, str]:
    """The options of a `.config`: name -> value as written; "n" where it says "is not set"."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _SET.match(line):
            found[match[1]] = match[2]
        elif match := _UNSET.match(line):
            found[match[1]] = "n"
    return found


def difference(left: str, right: str) -> Difference:
    """What differs between two configurations, by option name."""
    one, other = options(left), options(right)
    names = sorted(one.keys() | other.keys())
    changes = tuple(Change(name, one.get(name), other.get(name)) for name in names if _differs(one, other, name))
    return Difference(changes, len(names) - len(changes), not one or not other)


def _differs(one: Mapping[str, str], other: Mapping[str, str], name: str) -> bool:
    """An option that is absent and one that is not set mean the same to the build, unless the other side sets it."""
    return one.get(name, "n") != other.get(name, "n")
