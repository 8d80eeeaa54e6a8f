"""What the templates need besides Jinja's own: formatted numbers, and names that every page uses."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from flask import Flask, url_for

from kit.figures import UNIT_NOTE, meaning

from . import vendored, words
from .comparison import FAMILIES, FAMILY_TITLES

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")

#: Entry of the navigation -> the other pages that belong to it.
SECTIONS = {"runs.index": ("runs.show", "runs.series"), "labs.index": ("labs.handout",), "classes.index": ("classes.show",)}


def printable(text: str) -> str:
    """Console text without escape sequences and control characters, lines ended by newlines."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def moment(stamp: str) -> str:
    """ "2026-11-20T12:30:00Z" as "20 November 2026, 12:30 UTC"; anything else unchanged."""
    try:
        parsed = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return stamp
    return f"{parsed.day} {parsed:%B %Y, %H:%M} UTC"


def family_class(kernel: str) -> str:
    """The CSS class of a kernel family; "other" for one that the style sheet does not know."""
    return kernel if kernel in FAMILIES else "other"


def install(app: Flask) -> None:
    """Register filters and globals."""
    app.jinja_env.filters.update(
        number=words.number,
        ratio=words.ratio,
        size=words.size,
        printable=printable,
        moment=moment,
        family=family_class,
        family_title=lambda kernel: FAMILY_TITLES.get(kernel, kernel),
        meaning=meaning,
    )
    app.jinja_env.globals.update(alias=SECTIONS, unit_note=UNIT_NOTE, charts_available=vendored.charts_available, url_for=url_for)
