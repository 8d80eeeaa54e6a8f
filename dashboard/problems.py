"""Pages for what goes wrong: each says what happened and what to do, and none shows a stack trace."""

from __future__ import annotations

from flask import Flask, render_template, request
from werkzeug.exceptions import HTTPException

from kit.published import PublishedError

from .storage import StorageError

_TITLES = {
    400: "That request makes no sense here",
    404: "There is nothing here",
    405: "This page can only be read",
    500: "The dashboard failed",
    503: "The results cannot be read",
}


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        return _page(code, error.description or ""), code

    @app.errorhandler(StorageError)
    @app.errorhandler(PublishedError)
    def storage_problem(error: Exception) -> tuple[str, int]:
        app.logger.warning("%s: %s", request.path, error)
        return _page(503, str(error)), 503

    @app.errorhandler(Exception)
    def failure(error: Exception) -> tuple[str, int]:
        app.logger.error("%s failed", request.path, exc_info=error)
        return _page(500, "The terminal that serves this page shows where. The stored results are untouched."), 500


def _page(code: int, text: str) -> str:
    return render_template("problem.html", code=code, title=_TITLES.get(code, "That did not work"), text=text)
