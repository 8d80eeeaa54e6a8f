"""From what a visitor wrote in an address to a run."""

from __future__ import annotations

from flask import abort

from kit.results import Run

from .. import storage

LONGEST_ID = 9
"""Digits of a run's number; more of them is no number the store could hold."""


def find_run(text: str) -> Run:
    """The run with this number; 404 with a sentence where there is none."""
    found = storage.run(int(text)) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None
    if found is None:
        newest = storage.runs(limit=1)
        hint = f"The newest is run {newest[0].id}." if newest else "Nothing has been measured yet: make demo measures."
        abort(404, f"There is no run {text[:40]!r}. {hint}")
    return found
