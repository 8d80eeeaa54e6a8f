"""Pages that hold no results: how figures come about, and the small files browsers ask for."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from kit.figures import MARKS, MEANINGS, NET_FIGURES, WALL_FIGURE

bp = Blueprint("pages", __name__)


@bp.get("/method")
def method() -> str:
    """What is counted, what is not, and how a figure comes from samples."""
    return render_template("method.html", meanings=MEANINGS, net=NET_FIGURES, marks=MARKS, wall=WALL_FIGURE)


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """The icon, for browsers that ask for it by its old name."""
    return current_app.send_static_file("icon.svg")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Nothing here is for a search engine."""
    return "User-agent: *\nDisallow: /\n", {"Content-Type": "text/plain; charset=utf-8"}
