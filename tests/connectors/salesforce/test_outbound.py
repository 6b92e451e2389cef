import re
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from canonical.notices import Notice
from connectors import inbound
from connectors.salesforce import OutboundMessages
from connectors.salesforce._ids import eighteen
from tests.connectors.salesforce.org import CRM, foreign, recorded

ORGANIZATION = "00D5f0000000001EAA"
MESSAGE = recorded("opportunity.xml").decode()
NOTIFICATION = MESSAGE[MESSAGE.index("<Notification>") : MESSAGE.index("</notifications>")]
DEAL = "0065f00000A1b2CAAR"


def _read(body: str | bytes, organization: str = ORGANIZATION) -> tuple[Notice, ...]:
    raw = body.encode() if isinstance(body, str) else body
    return OutboundMessages(CRM).read(raw, organization=organization)


def _changed(old: str, new: str, *, times: int = 1) -> str:
    assert MESSAGE.count(old) >= times
    return MESSAGE.replace(old, new, times)


def _about(sobject: str, fields: str) -> str:
    text = MESSAGE.replace("sf:Opportunity", f"sf:{sobject}")
    return re.sub(r"<sf:Id>.*</sf:StageName>", fields, text)


def test_a_won_deal_is_a_notice_of_its_opportunity() -> None:
    expected = Notice(id="04l5f0000000001AAA", kind="opportunity", subject=foreign(DEAL))

    assert _read(MESSAGE) == (expected,)


@pytest.mark.parametrize(
    ("sobject", "fields", "kind", "subject"),
    [
        ("Account", "<sf:Id>0015f00000Xy9ZzAAJ</sf:Id>", "account", "0015f00000Xy9ZzAAJ"),
        (
            "Billing_Schedule_Line__c",
            f"<sf:Id>a005f00000Cc1aBAAR</sf:Id><sf:Opportunity__c>{DEAL}</sf:Opportunity__c>",
            "billing_schedule",
            DEAL,
        ),
    ],
)
def test_what_changed_leads_to_what_must_be_read_again(
    sobject: str, fields: str, kind: str, subject: str
) -> None:
    [notice] = _read(_about(sobject, fields))

    assert (notice.kind, notice.subject) == (kind, foreign(subject))


@pytest.mark.parametrize("short", [ORGANIZATION, ORGANIZATION[:15]])
@pytest.mark.parametrize("ours", [ORGANIZATION, ORGANIZATION[:15]])
def test_an_organization_is_the_same_in_both_forms(short: str, ours: str) -> None:
    assert len(_read(_changed(ORGANIZATION, short), organization=ours)) == 1


def test_ids_of_15_characters_become_those_of_18() -> None:
    [notice] = _read(_changed(DEAL, DEAL[:15]).replace("04l5f0000000001AAA", "04l5f0000000001"))

    assert (notice.id, notice.subject.value) == ("04l5f0000000001AAA", DEAL)


def test_a_prefix_is_only_a_prefix() -> None:
    assert _read(MESSAGE.replace("sf:", "_n:").replace("xmlns:sf=", "xmlns:_n=")) == _read(MESSAGE)


def test_a_full_message_is_read_whole() -> None:
    many = "".join(
        NOTIFICATION.replace("04l5f0000000001", f"04l5f0000000{number:03}")
        for number in range(1, 101)
    )

    notices = _read(_changed(NOTIFICATION, many))

    assert len({notice.id for notice in notices}) == 100
    with pytest.raises(inbound.RefusedMessageError, match="1 to 100"):
        _read(_changed(NOTIFICATION, many + NOTIFICATION))


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_BOMB = f'<!DOCTYPE x [<!ENTITY l0 "lol">{_LAUGHS}]>'
_FILE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
_REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
_PARAMETER = '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>'
_START = "<soapenv:Envelope"


@pytest.mark.parametrize(
    "body",
    [
        _changed(_START, _BOMB + _START).replace(DEAL, "&l9;"),
        _changed(_START, _FILE + _START).replace(DEAL, "&f;"),
        _changed(_START, _REMOTE + _START),
        _changed(_START, _PARAMETER + _START),
        _changed(_START, "<!DOCTYPE x>" + _START),
        _changed(ORGANIZATION, "00D5f0000000002EAA"),
        _changed(ORGANIZATION, ORGANIZATION.lower()),
        _changed(ORGANIZATION, f"{ORGANIZATION[:15]}AAA"),
        _changed(ORGANIZATION, ""),
        _changed(f"<OrganizationId>{ORGANIZATION}</OrganizationId>", ""),
        _changed("<ActionId>", f"<OrganizationId>{ORGANIZATION}</OrganizationId><ActionId>"),
        _changed("<Id>04l5f0000000001AAA</Id>", ""),
        _changed("04l5f0000000001AAA", "04l"),
        _changed(f"<sf:Id>{DEAL}</sf:Id>", ""),
        _changed(f"<sf:Id>{DEAL}</sf:Id>", f"<sf:Id>{DEAL}</sf:Id>" * 2),
        _changed(DEAL, "' OR Id != '"),
        _changed(DEAL, "0065f00000A1b2\u0441AAR"),
        _changed(f"<sf:Id>{DEAL}</sf:Id>", '<sf:Id xsi:nil="true"/>'),
        _changed("urn:sobject.enterprise.soap.sforce.com", "urn:other"),
        _changed("2005/09/outbound", "2005/09/other"),
        _changed("soap/envelope/", "soap/other/"),
        _changed("soapenv:Envelope", "soapenv:Letter", times=2),
        _changed('xsi:type="sf:Opportunity"', ""),
        _changed('xsi:type="sf:Opportunity"', 'xsi:type="sf:Lead"'),
        _about("Billing_Schedule_Line__c", "<sf:Id>a005f00000Cc1aBAAR</sf:Id>"),
        _changed(NOTIFICATION, ""),
        MESSAGE[:400],
        MESSAGE.encode("utf-16"),
        MESSAGE.replace("UTF-8", "x-unknown"),
        MESSAGE.replace("UTF-8", "utf-7"),
        MESSAGE + "<!--" + " " * 1024 * 1024 + "-->",
        "<a>" * 100_000,
        "<a>" * 100_000 + "</a>" * 100_000,
        '{"organization": "00D5f0000000001EAA"}',
        "",
        b"\x00\xff",
    ],
    ids=[
        "billion-laughs", "local-file", "remote-dtd", "parameter-entity", "plain-dtd",
        "other-organization", "lower-case", "wrong-checksum", "empty-organization",
        "no-organization", "two-organizations", "no-notification-id", "short-notification-id",
        "no-record", "two-records", "injection", "homoglyph", "nil", "other-row-namespace",
        "other-message-namespace", "other-envelope", "letter", "untyped", "unfollowed",
        "line-of-no-deal", "no-notification", "cut", "utf-16-that-says-utf-8", "unknown-encoding",
        "utf-7", "too-large", "deep-and-open", "deep", "json", "empty", "binary",
    ],
)  # fmt: skip
def test_a_message_that_is_not_as_agreed_is_refused(body: str | bytes) -> None:
    with pytest.raises(inbound.RefusedMessageError) as caught:
        _read(body)

    assert DEAL not in str(caught.value)
    assert ORGANIZATION not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("ours", ["", "00D", "00D5f0000000001\n"])
def test_nobody_is_us_while_our_own_id_is_no_id(ours: str) -> None:
    with pytest.raises(inbound.RefusedMessageError, match="not set up"):
        _read(_changed(ORGANIZATION, "00D5f0000000001"), organization=ours)


@given(st.binary() | st.text().map(str.encode))
@example(b"<?xml version='1.0' encoding='utf-32'?><a/>")
@example(b"<?xml version='1.0' encoding='\xff'?><a/>")
def test_garbage_is_refused_and_nothing_worse(body: bytes) -> None:
    with pytest.raises(inbound.RefusedMessageError):
        _read(body)


@given(st.integers(0, len(MESSAGE) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_message_is_read_or_refused(place: int, damage: bytes) -> None:
    raw = MESSAGE.encode()

    try:
        notices = _read(raw[:place] + damage + raw[place + len(damage) :])
    except inbound.RefusedMessageError:
        return
    assert len(notices) == 1


def test_the_acknowledgement_is_what_the_sender_waits_for() -> None:
    media_type, body = OutboundMessages(CRM).acknowledgement

    ack = fromstring(body).find(".//{http://soap.sforce.com/2005/09/outbound}Ack")  # noqa: S314 - ours
    assert media_type == "text/xml"
    assert ack is not None
    assert ack.text == "true"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("00D000000000001", "00D000000000001EAA"),
        ("0065f00000A1b2C", "0065f00000A1b2CAAR"),
        ("001D000000IRFma", "001D000000IRFmaIAH"),
        ("ABCDEABCDEABCDE", "ABCDEABCDEABCDE555"),
    ],
)
def test_a_checksum_tells_the_case_of_every_letter(short: str, long: str) -> None:
    assert eighteen(short) == eighteen(long) == long
