"""Microsoft Dynamics 365 Finance & Operations with its Entra tenant."""

from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.dynamics._business_events import list_catalog
from world.sandboxes.dynamics._door import Door
from world.sandboxes.dynamics._event_sender import Sender
from world.sandboxes.dynamics._settings import Settings, check

DEFAULTS = Settings().model_dump()


def sandbox(box: Box) -> ASGIApp:
    """Return the server whose state is `box`."""
    admin = Admin(box, DEFAULTS, check=check)
    sender = Sender(box, admin)
    with box.transaction() as tx:
        list_catalog(tx, Settings())
    routes = [*sender.routes(), *Door(box, admin, done=sender.wake).routes()]
    return serve.wrap(admin, routes, lifespan=sender.lifespan)
