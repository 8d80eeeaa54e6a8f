"""The figures in groups, in the order in which every table shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

GROUPS = (
    ("Whole loads", r"compile|andrew|aim"),
    ("A call to the personality", r"getpid"),
    ("Latencies", r"lat"),
    ("Pipes and processes", r"pipe|fork"),
    ("Page faults", r"fault|zero_page|copy_page"),
    ("Messages of the kernel", r"ipc|rpc"),
    ("Boot", r"boot"),
    ("Programs that nobody here wrote", r"same_output"),
)
"""(title, expression that the beginning of a figure's name must match up to an underscore or its end)."""

REST = "The bench itself"
"""What no group takes."""


def group_of(figure: str) -> str:
    """The title of the group that ``figure`` belongs to."""
    return next((title for title, names in GROUPS if re.match(rf"({names})(_|$)", figure)), REST)


def grouped(items: Iterable[T], name: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    """(title, its items) for every group that has any; within a group the order of ``items`` stays."""
    members: dict[str, list[T]] = {title: [] for title, _ in GROUPS} | {REST: []}
    for item in items:
        members[group_of(name(item))].append(item)
    return [(title, found) for title, found in members.items() if found]
