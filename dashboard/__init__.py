"""Mortise's dashboard: a Flask application that reads stored results and compares them.

`create_app` is the only way in. The application never writes a result, never loads anything from another host, and answers
only to loopback names unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from flask import Flask

from . import filters, problems, security
from .storage import Storage
from .views import architecture, compare, graded, labs, pages, runs, vendor


def create_app(store_url: str | None = None, allowed_hosts: Collection[str] = (), grades: Path | None = None) -> Flask:
    """The application over the store at `store_url` (the default store when None).

    The store is opened at the first request that needs it, so that a page can say what to do when it cannot be. `allowed_hosts`
    are host names, besides the loopback ones, that a browser may use to reach the application. `grades` is a folder of grades that
    is shown, too; to browsers on this machine only.
    """
    app = Flask(__name__, static_url_path="/static")
    app.config.update(STORE_URL=store_url, SEND_FILE_MAX_AGE_DEFAULT=0)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["mortise-storage"] = Storage(store_url)
    security.install(app, allowed_hosts)
    filters.install(app)
    problems.install(app)
    for blueprint in (compare.bp, runs.bp, architecture.bp, pages.bp, vendor.bp, labs.bp):
        app.register_blueprint(blueprint)
    if grades is not None:
        app.config["GRADES"] = str(grades)
        app.register_blueprint(graded.bp)
    return app
