"""The doors: which systems may push to us, and how each is known."""

from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from canonical.landscape import Landscape, SystemInstance
from canonical.systems import SystemId
from connectors import registry
from gateway.webhooks import Door


def pushing(landscape: Landscape) -> tuple[SystemInstance, ...]:
    """Return the systems whose vendor pushes; the gateway needs no other's secrets."""
    return tuple(each for each in landscape.systems if each.vendor in registry.INBOUND)


def build(
    systems: Iterable[SystemInstance], credentials: Mapping[str, Mapping[str, SecretStr]]
) -> dict[SystemId, Door]:
    """Return a door for each system that pushes.

    Its credential names our `organization` there and the `webhook_secret` of its path.
    """
    doors: dict[SystemId, Door] = {}
    for each in systems:
        secrets = credentials[each.credential]
        doors[each.id] = Door(
            inbound=registry.INBOUND[each.vendor](each.id),
            organization=secrets["organization"].get_secret_value(),
            secret=secrets["webhook_secret"],
        )
    return doors
