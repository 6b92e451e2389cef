"""Outbound messages: what an org pushes to us as SOAP, unsigned, at least once, in any order."""

from collections.abc import Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from canonical.notices import Notice, NoticeKind
from canonical.systems import ForeignId, SystemId
from connectors import inbound
from connectors.salesforce._ids import eighteen

_LARGEST_BYTES = 1024 * 1024
_MOST_NOTIFICATIONS = 100
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_OBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SUBJECTS: dict[str, tuple[NoticeKind, str]] = {  # of an object: what changed, and its id's field
    "Opportunity": ("opportunity", "Id"),
    "Account": ("account", "Id"),
    "Billing_Schedule_Line__c": ("billing_schedule", "Opportunity__c"),
}
_ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


class OutboundMessages:
    """Reads the messages of one org; without an acknowledgement it sends them again."""

    names_organization = True
    acknowledgement = inbound.Acknowledgement("text/xml", _ACK)

    def __init__(self, system: SystemId) -> None:
        self._system = system

    def read(self, body: bytes, *, organization: str) -> tuple[Notice, ...]:
        """Return the notices in a message from our own organization. See `inbound.Inbound`."""
        if len(body) > _LARGEST_BYTES:
            _refuse("the message is larger than any we expect")
        message = _message(body)
        if _id(message, f"{_OUTBOUND}OrganizationId") != _ours(organization):
            _refuse("the message is from another organization")
        notifications = message.findall(f"{_OUTBOUND}Notification")
        if not 1 <= len(notifications) <= _MOST_NOTIFICATIONS:
            _refuse("a message holds 1 to 100 notifications")
        return tuple(self._notices(notifications))

    def _notices(self, notifications: list[Element]) -> Iterator[Notice]:
        for notification in notifications:
            changed = _only(notification, f"{_OUTBOUND}sObject")
            kind, field = _subject(changed)
            record = _id(changed, f"{_OBJECT}{field}")
            subject = ForeignId(system=self._system, value=record)
            yield Notice(id=_id(notification, f"{_OUTBOUND}Id"), kind=kind, subject=subject)


def _message(body: bytes) -> Element:
    try:
        envelope = fromstring(body, forbid_dtd=True)
    # The parser looks encodings up in Python's own list, and then cannot use some of them.
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        _refuse("the message is no plain XML")
    if envelope.tag != f"{_SOAP}Envelope":
        _refuse("the message is no SOAP envelope")
    return _only(_only(envelope, f"{_SOAP}Body"), f"{_OUTBOUND}notifications")


def _subject(changed: Element) -> tuple[NoticeKind, str]:
    sobject = changed.get(_TYPE, "").rpartition(":")[2]
    if sobject not in _SUBJECTS:
        _refuse("a notification is about an object that we do not follow")
    return _SUBJECTS[sobject]


def _only(parent: Element, tag: str) -> Element:
    found = parent.findall(tag)
    if len(found) != 1:
        _refuse(f"the message needs exactly one {tag.rpartition('}')[2]} in its place")
    return found[0]


def _id(parent: Element, tag: str) -> str:
    try:
        return eighteen((_only(parent, tag).text or "").strip())
    except ValueError:
        _refuse(f"the message's {tag.rpartition('}')[2]} is no id")


def _ours(organization: str) -> str:
    try:
        return eighteen(organization)
    except ValueError:
        _refuse("our own organization id is not set up as one")


def _refuse(why: str) -> NoReturn:
    raise inbound.RefusedMessageError(why) from None  # the original quotes the message
