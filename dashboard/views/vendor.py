"""Serves the vendored files by name; see `dashboard.vendored` for the list."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file

from ..vendored import path_of

bp = Blueprint("vendor", __name__, url_prefix="/vendor")


@bp.get("/<name>")
def file(name: str) -> Response:
    """A vendored file."""
    path = path_of(name)
    if path is None:
        abort(404, "That file is not one of those the dashboard serves, or it was not installed: make install installs them.")
    return send_file(path, mimetype="text/javascript", max_age=3600)
