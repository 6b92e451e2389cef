"""Outbound messages as an org of ours sends them, and the door they come to."""

from collections.abc import Mapping

from pydantic import SecretStr

from canonical.systems import SystemId
from connectors import registry
from gateway.webhooks import Door
from tests.fakes import CRM

ORGANIZATION = "00D5f0000000001EAA"
SECRET = "in-the-path-and-nowhere-else"  # noqa: S105 - a test's
CANARY = "Northwind-pays-50000"
_MESSAGE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<e:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">
<OrganizationId>{organization}</OrganizationId>{notifications}
</notifications></e:Body></e:Envelope>"""
_NOTIFICATION = """<Notification><Id>04l5f0000000{number:03}</Id>
<sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
<sf:Id>{subject}</sf:Id><sf:Name>Northwind-pays-50000</sf:Name></sObject></Notification>"""


def doors() -> Mapping[SystemId, Door]:
    inbound = registry.INBOUND["salesforce"](CRM)
    return {CRM: Door(inbound=inbound, organization=ORGANIZATION, secret=SecretStr(SECRET))}


def message(
    subject: str,
    *numbers: int,
    kind: str = "Opportunity",
    organization: str = ORGANIZATION,
) -> bytes:
    """Return a message with a notification of each number, about one record."""
    notifications = "".join(
        _NOTIFICATION.format(number=number, kind=kind, subject=subject)
        for number in numbers or (1,)
    )
    return _MESSAGE.format(organization=organization, notifications=notifications).encode()
