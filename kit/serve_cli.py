"""`serve`: the dashboard on this machine.

A private command-line module, like `kit/cli.py`: it prints, and `register` is all that others use of it.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import sys
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PORTS_TRIED = 100


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `serve` subcommand."""
    parser = subparsers.add_parser("serve", help="serve the dashboard on loopback", description="Serve the dashboard until ^C.")
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default %(default)s: this machine alone)")
    parser.add_argument("--port", type=_port, help=f"port (default {DEFAULT_PORT}, or the next that is free; 0: any)")
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the results (default: $MORTISE_DB, else results/mortise.db)")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a further name by which browsers may reach the dashboard"
    )
    parser.add_argument("--grades", metavar="DIR", default=os.environ.get("GRADES"), help="show the grades in a folder, on this machine only (default: $GRADES, else none)")
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; the exit status."""
    if arguments.grades and not Path(arguments.grades).is_dir():
        print(f"serve: {arguments.grades} is no folder of grades (make grade-all writes grades-NN)", file=sys.stderr)
        return 1
    try:
        listener = listen(arguments.host, arguments.port)
    except OSError as error:
        print(f"serve: cannot listen on {arguments.host}: {error}; choose another with --host or --port", file=sys.stderr)
        return 1
    with listener:
        if arguments.grades and (arguments.allow_host or not _is_loopback(listener.getsockname()[0])):
            print("serve: grades are shown on this machine only: leave out --host and --allow-host, or --grades", file=sys.stderr)
            return 1
        return _serve(listener, arguments)


def listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on `port`; where none is given, on the first free port from `DEFAULT_PORT`. Raises OSError."""
    family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    wanted = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    failure: OSError | None = None
    for candidate in wanted:
        try:
            return socket.create_server((host, candidate), family=family, backlog=128)
        except OSError as error:
            failure = error
    assert failure is not None
    raise failure


def _serve(listener: socket.socket, arguments: argparse.Namespace) -> int:
    # Imported late: every other subcommand works where Flask is not installed.
    from werkzeug.serving import WSGIRequestHandler, make_server

    from dashboard import create_app

    host, port = listener.getsockname()[:2]
    names = [*arguments.allow_host, *([arguments.host] if not _is_any(arguments.host) else [])]
    app = create_app(arguments.store, allowed_hosts=names, grades=Path(arguments.grades) if arguments.grades else None)

    class Handler(WSGIRequestHandler):
        """Writes errors to the terminal but not every request, and does not tell versions to every visitor."""

        def log_request(self, *_: object) -> None:
            """Nothing."""

        def version_string(self) -> str:
            """The Server header."""
            return "Mortise"

    server = make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno())
    if not _is_loopback(host):
        print(f"serve: {host} can be reached from other machines; everyone there can read the results", file=sys.stderr)
    print(f"The dashboard is at {address(host, port)}  (^C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
    return 0


def address(host: str, port: int) -> str:
    """The address to open in a browser."""
    shown = DEFAULT_HOST if _is_any(host) else host
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _is_any(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def main(argv: list[str] | None = None) -> int:
    """`python3 -m kit.serve_cli`: the same as the subcommand."""
    parser = argparse.ArgumentParser(prog="kit.serve_cli")
    register(parser.add_subparsers(required=True, metavar="serve"))
    arguments = parser.parse_args(["serve", *(sys.argv[1:] if argv is None else argv)])
    return arguments.handler(arguments)


if __name__ == "__main__":
    sys.exit(main())
