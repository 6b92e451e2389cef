"""The doors: which systems may push to us, and how each is known."""

from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from canonical.landscape import Landscape, SystemInstance
from canonical.systems import SystemId
from connectors import registry
from gateway.webhooks import Door

Credentials = Mapping[str, Mapping[str, SecretStr]]


def pushing(landscape: Landscape, credentials: Credentials) -> tuple[SystemInstance, ...]:
    """Return the systems that push; the gateway needs no other's secrets.

    A CRM whose vendor can push does; another system does once its credential has a
    `webhook_secret`.
    """
    return tuple(
        each
        for each in landscape.systems
        if each.vendor in registry.INBOUND
        and (each.role == "crm" or "webhook_secret" in credentials.get(each.credential, {}))
    )


def build(systems: Iterable[SystemInstance], credentials: Credentials) -> dict[SystemId, Door]:
    """Return a door for each system that pushes.

    Its credential names the `webhook_secret` of its path and, where messages say from whom they
    are, our `organization` there.
    """
    doors: dict[SystemId, Door] = {}
    for each in systems:
        secrets, inbound = credentials[each.credential], registry.INBOUND[each.vendor](each.id)
        ours = secrets["organization"].get_secret_value() if inbound.names_organization else ""
        doors[each.id] = Door(inbound=inbound, organization=ours, secret=secrets["webhook_secret"])
    return doors
