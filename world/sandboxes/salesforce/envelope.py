"""The SOAP of an outbound message, and the acknowledgment that answers it."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import ParseError

import defusedxml
from defusedxml import ElementTree

from world.sandboxes.salesforce import wire

_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
# What XML 1.0 cannot carry at all, not even escaped.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Notification:
    """One row in a message; values as an answer would carry them."""

    id: str
    sobject: str
    values: dict[str, object]


def compose(
    notifications: Sequence[Notification], *, organization: str, action: str, instance_url: str
) -> bytes:
    """Return the message that carries these notifications."""
    soap = f"{instance_url}/services/Soap"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f'<soapenv:Body><notifications xmlns="{_OUTBOUND}">\n'
        f"<OrganizationId>{_text(organization)}</OrganizationId><ActionId>{action}</ActionId>"
        '<SessionId xsi:nil="true"/>\n'
        f"<EnterpriseUrl>{_text(soap)}/c/60.0/{_text(organization[:15])}</EnterpriseUrl>\n"
        f"<PartnerUrl>{_text(soap)}/u/60.0/{_text(organization[:15])}</PartnerUrl>\n"
        + "\n".join(_notification(one) for one in notifications)
        + "\n</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


def is_acknowledged(answer: bytes) -> bool:
    """Say whether the answer to a message is `<Ack>true</Ack>`."""
    try:
        root = ElementTree.fromstring(answer)
    except (ParseError, defusedxml.DefusedXmlException):
        return False
    ack = root.find(f".//{{{_OUTBOUND}}}Ack")
    return ack is not None and (ack.text or "").strip() == "true"


def _notification(one: Notification) -> str:
    fields = "".join(
        f"<sf:{name}>{_text(value)}</sf:{name}>"
        for name, value in one.values.items()
        if value is not None
    )
    return (
        f"<Notification><Id>{one.id}</Id>"
        f'<sObject xsi:type="sf:{one.sobject}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"{fields}</sObject></Notification>"
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return wire.decimal_text(value)
    return html.escape(_UNSPEAKABLE.sub("", str(value)), quote=False)
