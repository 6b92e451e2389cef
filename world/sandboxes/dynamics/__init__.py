"""Microsoft Dynamics 365 Finance & Operations with its Entra tenant."""

from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.dynamics._door import Door
from world.sandboxes.dynamics._settings import Settings, check

DEFAULTS = Settings().model_dump()


def sandbox(box: Box) -> ASGIApp:
    """Return the server whose state is `box`."""
    admin = Admin(box, DEFAULTS, check=check)
    return serve.wrap(admin, Door(box, admin).routes())
