"""``python -m app``: serve rot180 where the environment says."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

import uvicorn
from pydantic import ValidationError

from app.main import create_app
from app.settings import Settings


def main() -> int:
    """Serve until a signal; 1 if the settings or the address cannot be used."""
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0])  # an alias as it is in the environment, or a field
            name = name if name.isupper() else f"ROT180_{name.upper()}"
            print(f"rot180: {name}: {fault['msg']}", file=sys.stderr)
        return 1
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        print(
            f"rot180: cannot listen on {settings.host}:{settings.port}: {reason}. "
            "Choose another port: PORT=8001 make run",
            file=sys.stderr,
        )
        return 1
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            root_path=settings.root_path,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            access_log=settings.access_log,
            log_level="info" if settings.access_log else "warning",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    with listener, suppress(KeyboardInterrupt):  # uvicorn raises it again after shutting down
        print(f"rot180 is at {_url(listener)}{settings.root_path}", flush=True)
        server.run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=2048)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not bound here)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
