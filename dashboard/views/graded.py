"""Graded classes. There is no such page unless the server was started with a folder of grades, and it is for this machine alone."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from flask import Blueprint, abort, current_app, render_template, request

from dashboard import classes
from dashboard.security import LOOPBACK, host_name
from kit import grades
from kit import lab as labs
from kit.toml import ManifestError

bp = Blueprint("classes", __name__)


@bp.before_request
def only_here() -> None:
    """Students' names leave this machine in no case, whatever else the server is opened to."""
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        near = False
    if not near or host_name(request.headers.get("Host", "")) not in LOOPBACK:
        abort(404)


def _homes() -> dict[str, Path]:
    return grades.homes(Path(current_app.config["GRADES"]))


@bp.get("/class")
def index() -> str:
    """Every lab that was graded there."""
    found = []
    for number, home in _homes().items():
        records = grades.read_class(home)
        found.append((number, _title(number), len(records)))
    return render_template("classes.html", found=found, folder=current_app.config["GRADES"])


def _title(number: str) -> str:
    try:
        return labs.find(number).title
    except ManifestError:
        return "a lab that this copy of the kit has not"


@bp.get("/class/<number>")
def show(number: str) -> str:
    """The class of one lab."""
    home = _homes().get(number)
    if home is None:
        abort(404)
    try:
        lab = labs.find(number)
    except ManifestError:
        abort(404)
    return render_template("class.html", view=classes.view(lab, grades.read_class(home)))
