"""Business events: what an environment pushes to an HTTPS endpoint, unsigned, in any order.

Nothing in an event says from which environment it is: the secret path is all there is to check.
"""

from typing import NoReturn

from pydantic import ValidationError

from canonical.notices import Notice, NoticeKind
from canonical.systems import ForeignId, SystemId
from connectors import inbound
from connectors.dynamics import _wire

_LARGEST_BYTES = 1024 * 1024
_TEST = "BusinessEventsTestEndpointContract"


class BusinessEvents:
    """Reads the events of one environment; what is not acknowledged comes twice more."""

    names_organization = False
    acknowledgement = inbound.Acknowledgement("application/json", b"{}")

    def __init__(self, system: SystemId) -> None:
        self._system = system

    def read(self, body: bytes, *, organization: str) -> tuple[Notice, ...]:
        """Return the notice in an event; of a test message, none. See `inbound.Inbound`."""
        if organization:
            _refuse("an event names no organization that could be compared")
        if len(body) > _LARGEST_BYTES:
            _refuse("the event is larger than any we expect")
        try:
            event = _wire.BusinessEvent.model_validate_json(body)
        except ValidationError:
            _refuse("the message is no business event")
        if event.business_event_id == _TEST:
            return ()
        kind, about = _subject(event)
        area = event.legal_entity or event.business_event_legal_entity
        if not area:
            _refuse("the event names no legal entity")
        subject = ForeignId(system=self._system, value=f"{area.upper()}/{about}")
        return (Notice(id=event.event_id, kind=kind, subject=subject),)


def _subject(event: _wire.BusinessEvent) -> tuple[NoticeKind, str]:
    """Return what it is about by its members: the ids of events are for an administrator."""
    if event.invoice_id:
        return "invoice", event.invoice_id
    customer = event.customer_account or event.account_num
    if not customer:
        _refuse("the event is about something that we do not follow")
    return "payment", customer


def _refuse(why: str) -> NoReturn:
    raise inbound.RefusedMessageError(why) from None  # the original quotes the message
