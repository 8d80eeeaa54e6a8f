"""Pictures of what each preset is made of, and which of it runs in kernel mode and which in user mode."""

from __future__ import annotations

from flask import Blueprint, render_template

bp = Blueprint("architecture", __name__, url_prefix="/architecture")


@bp.get("")
def index() -> str:
    """The pictures."""
    return render_template("architecture.html")
