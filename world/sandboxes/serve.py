"""Builds and runs one sandbox: `python -m world.sandboxes VENDOR --port N --data FILE`."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.dates import Dates
from world.sandboxes.faults import Faults

_COLLECT_AFTER = 100_000  # new objects
_PATIENCE_SECONDS = 2  # a held answer must not keep a stopped server alive
Sandbox = Callable[[Box], ASGIApp]


def wrap(
    admin: Admin, routes: Sequence[BaseRoute], *, lifespan: Lifespan[Starlette] | None = None
) -> ASGIApp:
    """Return the vendor's routes behind faults, with the admin door beside them.

    `lifespan` is what runs beside the requests while the server is up.
    """
    faults = Faults(Starlette(routes=[*admin.routes(), *routes], lifespan=lifespan))
    admin.faults = faults
    admin.dates = Dates(faults)
    return admin.dates


class Tls(NamedTuple):
    """The certificate and the key, in PEM files, of a server that speaks https."""

    certificate: Path
    key: Path


def serve(sandbox: Sandbox, *, port: int, data: Path, tls: Tls | None = None) -> None:
    """Serve on loopback until stopped; the state is the file `data`."""
    box = Box(data)
    try:
        application = sandbox(box)
        # What is loaded by now stays, and a request's rows are no cycles: collections would go
        # through thousands of them again and again, a fifth of the time of a large batch.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        uvicorn.run(
            application,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            date_header=False,  # the sandbox dates its answers itself
            timeout_graceful_shutdown=_PATIENCE_SECONDS,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
    finally:
        box.close()
