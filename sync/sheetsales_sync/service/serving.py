"""Running the service: the socket, TLS, the loop beside it, and a clean end by SIGINT or SIGTERM."""

from __future__ import annotations

import signal
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from sheetsales.errors import WrongUse
from sheetsales_sync.service.app import make_app
from sheetsales_sync.service.room import Room
from sheetsales_sync.service.settings import settings_of
from sheetsales_sync.service.worker import Worker
from sheetsales_sync.workspace import Workspace

AT_ONCE: Final = 200  # connections; more are told to come back
WAITING: Final = 64  # connections that wait to be taken
KEEP_ALIVE_SECONDS: Final = 15
LAST_SECONDS: Final = 20  # that requests at work are given at the end


def serve(
    root: Path,
    *,
    host: str,
    port: int,
    every: float,
    tls: tuple[Path, Path] | None,
    say: Callable[[str], None],
    ready: Callable[[str], None],
) -> None:
    """Run the service until SIGINT or SIGTERM. ready: is told the address once the service listens.

    Raises WrongUse where the address cannot be used, or is reached from elsewhere without TLS.
    """
    settings = settings_of(Workspace.open(root).configuration, host, tls=tls is not None)
    certificate, key = _tried(tls)
    listening = _listen(host, port)
    room = Room(root, say)
    worker = Worker(room, every)
    ended = False

    def end(*_signal: object) -> None:
        nonlocal ended
        ended = True
        server.should_exit = True

    try:
        config = uvicorn.Config(
            make_app(room, settings, time.monotonic), access_log=False, log_config=None, proxy_headers=False, server_header=False,
            date_header=True, ws="none", limit_concurrency=AT_ONCE, timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=LAST_SECONDS, ssl_certfile=certificate, ssl_keyfile=key,
        )  # fmt: skip
        server = uvicorn.Server(config)
        before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            worker.start()
            ready(f"{'https' if tls else 'http'}://{_shown(host)}:{listening.getsockname()[1]}")
            if not ended:
                server.run([listening])
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
    finally:
        worker.stop()
        listening.close()
        room.close()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _listen(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    try:
        family, kind, number, _, address = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, number)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(WAITING)
        except BaseException:
            listening.close()
            raise
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "that cannot be"
        raise WrongUse(
            f"The service cannot listen at {host}:{port}: {why}.", "Name another --host or --port; 0 finds a free one."
        ) from error
    return listening


def _tried(files: tuple[Path, Path] | None) -> tuple[str | None, str | None]:
    """Give both files of TLS as the server wants them, tried first; raises WrongUse."""
    if files is None:
        return None, None
    cert, key = files
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise WrongUse(f"{cert.name} and {key.name} are no certificate with its key.", "Both must be PEM files.") from error
    return str(cert), str(key)
