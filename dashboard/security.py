"""What keeps other sites out of a page on loopback.

Any web page may make a browser send requests to 127.0.0.1. Three things stand against that: the Host check (a name that an
attacker rebinds to 127.0.0.1 is refused), a policy under which nothing but this application's own files runs or loads, and
headers that stop other pages from embedding or reading an answer.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

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


def host_name(header: str) -> str | None:
    """The name in a Host header, lower case, without port and brackets; None where the header is no host at all."""
    try:
        parts = urlsplit(f"//{header}")
        parts.port  # noqa: B018  (raises ValueError when it is not a port)
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or parts.username is not None or not parts.hostname:
        return None
    return parts.hostname.rstrip(".").lower()


def install(app: Flask, allowed_hosts: Collection[str]) -> None:
    """Check the host of every request, set the headers of every answer."""
    allowed = LOOPBACK | {name.lower() for name in allowed_hosts}

    @app.before_request
    def check_host() -> None:
        if host_name(request.headers.get("Host", "")) not in allowed:
            abort(400, "This address is not one the dashboard answers to. Open it as http://127.0.0.1 or http://localhost.")

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in ("static", "vendor.file"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
