"""Builds and runs one sandbox: `python -m world.sandboxes VENDOR --port N --data DIR`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.faults import Faults

Sandbox = Callable[[Box], ASGIApp]


def wrap(admin: Admin, routes: Sequence[BaseRoute]) -> ASGIApp:
    """Return the vendor's routes behind faults, with the admin door beside them."""
    faults = Faults(Starlette(routes=[*admin.routes(), *routes]))
    admin.faults = faults
    return faults


def serve(sandbox: Sandbox, *, port: int, data: Path) -> None:
    """Serve on loopback until stopped; the state is the file `data`."""
    box = Box(data)
    try:
        uvicorn.run(
            sandbox(box), host="127.0.0.1", port=port, log_level="warning", access_log=False
        )
    finally:
        box.close()
