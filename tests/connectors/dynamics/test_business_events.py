"""Business events: what is told is a hint about an invoice or a customer; the rest is refused."""

import json

import pytest

from canonical.notices import Notice
from connectors.dynamics import BusinessEvents
from connectors.inbound import RefusedMessageError
from tests.fakes import ERP, foreign

_POSTED = {
    "BusinessEventId": "CustFreeTextInvoicePostedBusinessEvent",
    "BusinessEventLegalEntity": "USMF",
    "LegalEntity": "usmf",
    "ControlNumber": 5637166331,
    "EventId": "6A1B0B2E-7B0A-4F39-9A43-0D3E9E7F1C55",
    "EventTime": "/Date(1772445072000)/",
    "InvoiceAccount": "CL-00001",
    "InvoiceId": "FTI-00000077",
    "InvoiceAmountInAccountingCurrency": 1000.00,
}


def _read(event: object, organization: str = "") -> tuple[Notice, ...]:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return BusinessEvents(ERP).read(body, organization=organization)


def _paid(**members: str) -> dict[str, object]:
    common = ("BusinessEventLegalEntity", "EventId")
    return {
        "BusinessEventId": "CustPaymentPostedBusinessEvent",
        **{name: _POSTED[name] for name in common},
        **members,
    }


def test_a_posted_invoice_is_a_notice_of_its_number_in_its_legal_entity() -> None:
    expected = Notice(
        id="6A1B0B2E-7B0A-4F39-9A43-0D3E9E7F1C55",
        kind="invoice",
        subject=foreign(ERP, "USMF/FTI-00000077"),
    )

    assert _read(_POSTED) == (expected,)


@pytest.mark.parametrize("member", ["CustomerAccount", "AccountNum"])
def test_a_payment_is_a_notice_of_who_paid(member: str) -> None:
    [notice] = _read(_paid(**{member: "CL-00001"}))

    assert (notice.kind, notice.subject) == ("payment", foreign(ERP, "USMF/CL-00001"))


def test_the_test_of_an_activation_is_acknowledged_and_means_nothing() -> None:
    assert _read({"BusinessEventId": "BusinessEventsTestEndpointContract", "EventId": "1"}) == ()
    assert BusinessEvents.acknowledgement.media_type == "application/json"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (b"<xml/>", "no business event"),
        (b"\xff", "no business event"),
        (b"[]", "no business event"),
        ({**_POSTED, "EventId": ""}, "no business event"),
        ({**_POSTED, "InvoiceId": "x" * 61}, "no business event"),
        ({**_POSTED, "InvoiceId": "a\nb"}, "no business event"),
        ({**_POSTED, "InvoiceId": {"$ne": ""}}, "no business event"),
        ({**_POSTED, "InvoiceId": ""}, "that we do not follow"),
        ({**_POSTED, "LegalEntity": "", "BusinessEventLegalEntity": ""}, "no legal entity"),
        (b" " * (1024 * 1024 + 1), "larger than any"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_without_quoting_it(event: object, why: str) -> None:
    with pytest.raises(RefusedMessageError, match=why) as refused:
        _read(event)

    assert "FTI" not in str(refused.value)


def test_an_organization_to_compare_is_a_mistake_of_the_set_up() -> None:
    with pytest.raises(RefusedMessageError, match="names no organization"):
        _read(_POSTED, organization="tenant")
