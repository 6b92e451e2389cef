"""Which business events go to which HTTPS endpoints, as a person activates them."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, HttpUrl, StringConstraints, TypeAdapter

from world.sandboxes.box import Transaction
from world.sandboxes.dynamics._event_data import EVENT_CATALOG

MOST_ENDPOINTS = 10  # of one business event
_KIND = "_activation"


class Activation(BaseModel):
    """A business event that goes to an HTTPS endpoint, from one company or from each."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    event: str
    legal_entity: Annotated[str, StringConstraints(to_lower=True)] = ""
    url: HttpUrl


_ALL = TypeAdapter(list[Activation])


def read(body: bytes) -> list[Activation]:
    """Read activations as they were sent. ValueError says what is wrong with them."""
    wanted = _ALL.validate_json(body)
    for event, count in Counter(each.event for each in wanted).items():
        if count > MOST_ENDPOINTS:
            message = f"{event} has {count} endpoints; at most {MOST_ENDPOINTS} are allowed"
            raise ValueError(message)
    return wanted


def replace(tx: Transaction, wanted: Sequence[Activation]) -> list[Activation]:
    """Keep the activations in place of the earlier ones, and return which are new.

    Raises:
        ValueError: an event is not in the catalog.
    """
    known = {row["BusinessEventId"] for row in tx.all(EVENT_CATALOG.name)}
    unknown = sorted({each.event for each in wanted} - known)
    if unknown:
        message = f"not in the catalog: {', '.join(unknown)}"
        raise ValueError(message)
    before = {_key(each): each for each in kept(tx)}
    after = {_key(each): each for each in wanted}
    for key in before.keys() - after.keys():
        tx.delete(_KIND, key)
    for key, each in after.items():
        tx.put(_KIND, key, each.model_dump(mode="json"))
    return [each for key, each in after.items() if key not in before]


def kept(tx: Transaction) -> list[Activation]:
    """Return the activations in force."""
    return [Activation.model_validate(body) for body in tx.all(_KIND)]


def _key(activation: Activation) -> str:
    return f"{activation.event} {activation.legal_entity} {activation.url}"
