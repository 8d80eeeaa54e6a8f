"""What keeps other sites out of a page on loopback.

Any web page may make a browser send requests to 127.0.0.1. Three things stand against that: the Host check (a name that an
attacker rebinds to 127.0.0.1 is refused), a policy under which nothing but this application's own files runs or loads, and
headers that stop other pages from embedding or reading an answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

#: Nothing inline, nothing from elsewhere. Architecture pictures are embedded as images, in which scripts never run.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)

REFUSAL = (
    "This address is not one the dashboard answers to. Open it as http://127.0.0.1 or http://localhost, or start the server with "
    "--allow-host and the name you used.\n"
)


def host_name(header: str) -> str | None:
    """The name in a Host header, lower case, without port and brackets; None where the header is no host at all."""
    match = _HOST.fullmatch(header)
    return match[1].strip("[]").rstrip(".").lower() if match else None


def install(app: Flask, allowed_hosts: Collection[str]) -> None:
    """Check the host of every request, set the headers of every answer."""
    allowed = LOOPBACK | {name.lower() for name in allowed_hosts}
    inner = app.wsgi_app

    def checked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Refuse a foreign host before Flask looks at the request: some Host headers fail in its own parsing."""
        if host_name(environ.get("HTTP_HOST", "")) in allowed:
            return inner(environ, start_response)
        return Response(REFUSAL, 400, HEADERS, mimetype="text/plain")(environ, start_response)

    app.wsgi_app = checked

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in ("static", "vendor.file"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
