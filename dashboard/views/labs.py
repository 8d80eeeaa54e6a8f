"""The course: which labs there are, and their handouts."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, render_template, send_file, url_for

from dashboard import handouts
from kit import lab as labs
from kit.lab import Lab
from kit.toml import ManifestError

bp = Blueprint("labs", __name__)

PICTURE = re.compile(r"[a-z0-9_-]+\.svg\Z")


def _find(number: str) -> Lab:
    if not re.fullmatch(r"[0-9]{2}", number):
        abort(404)
    try:
        return labs.find(number)
    except ManifestError:
        abort(404)


@bp.get("/labs")
def index() -> str:
    """Every lab, its points and tests."""
    return render_template("labs.html", labs=[labs.load(labs.LABS / name) for name in labs.names()])


@bp.get("/labs/<number>")
def handout(number: str) -> str:
    """One handout, and what it is graded by."""
    lab = _find(number)
    path = lab.folder / "handout.md"
    if not path.is_file():
        abort(404)
    text = handouts.render(path, lambda name: url_for("labs.picture", number=lab.number, name=name))
    return render_template("lab.html", lab=lab, text=text)


@bp.get("/labs/<number>/pictures/<name>")
def picture(number: str, name: str) -> Response:
    """A picture of a handout. It is embedded as an image; alone it is under the site's policy, which runs nothing."""
    path = _find(number).folder / "pictures" / name
    if not PICTURE.match(name) or not path.is_file():
        abort(404)
    return send_file(path, mimetype="image/svg+xml")
