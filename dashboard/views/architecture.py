"""What each measured kernel is made of, and which of it runs in kernel mode and which in user mode."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from .. import storage
from ..assemblies import NotDrawn, Picture, picture
from ..comparison import compare
from .lookup import find_run

bp = Blueprint("architecture", __name__)

#: The picture brings a style of its own. It is shown as an image, in which no script runs; opened alone, this policy stands.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


@bp.get("/architecture")
def index() -> str:
    """The newest run of each preset, drawn and in words."""
    runs = [entry.run for entry in compare(storage.latest().values()).entries]
    drawn = []
    for run in runs:
        try:
            drawn.append((run, picture(run), ""))
        except NotDrawn as error:
            drawn.append((run, None, str(error)))
    return render_template("architecture.html", drawn=drawn)


@bp.get("/runs/<run_id>/architecture.svg")
def svg(run_id: str) -> Response:
    """The picture of one run."""
    try:
        found: Picture = picture(find_run(run_id))
    except NotDrawn as error:
        abort(404, str(error))
    return Response(found.svg, mimetype="image/svg+xml", headers={"Content-Security-Policy": SVG_POLICY})
