from datetime import date
from decimal import Decimal
from itertools import count

import httpx
import pytest

from canonical.clients import Account, CountryCode, PaymentTerms
from canonical.money import Money, Rate
from canonical.opportunities import Opportunity, PriceLine, ScheduleLine
from canonical.organization import EntityId
from connectors import errors
from tests.connectors.salesforce.org import Org, answer, connected, foreign, signed_in
from tests.connectors.salesforce.sample import ACCOUNT, DEAL

LOCATOR = "/services/data/v60.0/query/01g5f0000016PIAYA2-2"


async def _opportunity(*answers: httpx.Response) -> Opportunity:
    async with signed_in(Org(*answers)) as crm:
        return await crm.opportunity(DEAL)


async def _account(**swapped: str) -> Account:
    async with signed_in(Org(answer("account.json", **swapped))) as crm:
        return await crm.account(ACCOUNT)


def _price(role: str, rate: str, valid_from: date) -> PriceLine:
    per_hour = Rate(currency="USD", per_hour=Decimal(rate))
    return PriceLine(role=role, rate=per_hour, valid_from=valid_from)


def _line(record: str, sequence: int, name: str, amount: str, due: date | None) -> ScheduleLine:
    money = Money(currency="EUR", amount=Decimal(amount))
    return ScheduleLine(id=foreign(record), sequence=sequence, name=name, amount=money, due_on=due)


async def test_a_deal_of_hours_comes_with_its_prices_in_one_request() -> None:
    org = Org(answer("time_and_materials.json"))

    async with signed_in(org) as crm:
        deal = await crm.opportunity(DEAL)

    assert len(org.requests) == 1
    assert deal == Opportunity(
        id=DEAL,
        name="Acme - platform advisory",
        account=ACCOUNT,
        is_won=True,
        closed_on=date(2026, 1, 15),
        currency="USD",
        amount=Money(currency="USD", amount=Decimal("1234.10")),
        entity=EntityId("USMF"),
        billing_model="time_and_materials",
        billing_frequency="monthly",
        practice="ADVISORY",
        service_from=date(2026, 2, 1),
        service_until=date(2026, 7, 31),
        purchase_order="PO-7781",
        not_to_exceed=Money(currency="USD", amount=Decimal("250000.00")),
        cap_policy="split",
        billing_threshold=Money(currency="USD", amount=Decimal("40000.50")),
        prices=(
            _price("ARCHITECT", "212.3375", date(2026, 2, 1)),
            _price("CONSULTANT", "150", date(2026, 2, 1)),
            _price("CONSULTANT", "165", date(2026, 4, 1)),
        ),
    )


async def test_a_long_schedule_is_followed_to_its_end() -> None:
    org = Org(answer("milestones.json"), answer("milestones_rest.json"))

    async with signed_in(org) as crm:
        deal = await crm.opportunity(DEAL)

    assert [request.url.path for request in org.requests] == ["/services/data/v60.0/query", LOCATOR]
    assert org.requests[1].url.query == b""
    assert deal.billing_model == "milestones"
    assert (deal.billing_frequency, deal.purchase_order, deal.prices) == (None, None, ())
    assert deal.schedule == (
        _line("a005f00000Cc1aAAAR", 1, "Scope accepted", "15000.50", None),
        _line("a005f00000Cc1aBAAR", 2, "Pilot live", "20000", date(2026, 6, 30)),
        _line("a005f00000Cc1aCAAR", 3, "Rollout done", "24999.50", date(2026, 9, 30)),
    )


async def test_a_line_says_of_which_project_it_is() -> None:
    named = {"Project__c": '"  Data   migration "'}
    hours = await _opportunity(answer("time_and_materials.json", **named))
    fixed = await _opportunity(answer("milestones.json", **named), answer("milestones_rest.json"))

    assert {price.workstream for price in hours.prices} == {"Data migration"}
    assert [line.workstream for line in fixed.schedule] == ["Data migration"] * 2 + [None]


async def test_a_page_without_the_record_is_followed_too() -> None:
    empty = {"totalSize": 1, "done": False, "nextRecordsUrl": LOCATOR, "records": []}
    first = httpx.Response(200, json=empty)

    deal = await _opportunity(first, answer("time_and_materials.json"))

    assert deal.id == DEAL


async def test_the_query_is_one_literal_away_from_constant() -> None:
    org = Org(answer("account.json"))

    async with connected(org, options={"api_version": "v58.0"}) as crm:
        await crm.account(ACCOUNT)

    assert org.requests[0].url.path == "/services/data/v58.0/query"
    assert org.requests[0].url.params["q"] == (
        "SELECT Id, Name, BillingStreet, BillingCity, BillingPostalCode, BillingCountry,"
        " Tax_Id__c, Tax_Status__c, Payment_Terms__c, CurrencyIsoCode, Erp_Customer__c,"
        " Psa_Client__c"
        " FROM Account WHERE Id = '0015f00000Xy9ZzAAJ'"
    )


@pytest.mark.parametrize("amount", ["12345678901234567.89", "90071992547409.93", "0.07"])
async def test_an_amount_is_exact_however_large(amount: str) -> None:
    deal = await _opportunity(answer("time_and_materials.json", Amount=amount))

    assert deal.amount == Money(currency="USD", amount=Decimal(amount))


async def test_a_value_that_we_do_not_know_is_left_for_the_activation_check() -> None:
    unknown = answer(
        "time_and_materials.json",
        Billing_Model__c='"Retainer"',
        Billing_Frequency__c='"Weekly"',
        Legal_Entity__c="null",
        Practice__c="null",
        Service_Start__c="null",
        Amount="null",
    )

    deal = await _opportunity(unknown)

    assert (deal.billing_model, deal.billing_frequency, deal.amount) == (None, None, None)
    assert (deal.entity, deal.practice, deal.service_from, deal.prices) == (None, None, None, ())


async def test_a_price_without_a_date_applies_from_the_first_day_there_is() -> None:
    undated = answer("time_and_materials.json", Service_Start__c="null", ServiceDate="null")

    deal = await _opportunity(undated)

    assert {price.valid_from for price in deal.prices} == {deal.closed_on}


async def test_an_account_is_told_in_our_words() -> None:
    assert await _account() == Account(
        id=ACCOUNT,
        name="Acme Corporation",
        street="1 Market Street",
        city="Springfield",
        postal_code="62701",
        country=CountryCode("US"),
        tax_status="business",
        tax_id="12-3456789",
        payment_terms=PaymentTerms("NET30"),
        currency="USD",
        customer="K-100",
    )


@pytest.mark.parametrize(
    ("member", "value", "field", "ours"),
    [
        ("Payment_Terms__c", '"Net 45"', "payment_terms", "NET45"),
        ("Payment_Terms__c", "null", "payment_terms", None),
        ("Tax_Status__c", '"Exempt"', "tax_status", "exempt"),
        ("Tax_Status__c", '"Charity"', "tax_status", None),
        ("Tax_Status__c", "null", "tax_status", None),
        ("Tax_Id__c", "null", "tax_id", None),
        ("BillingCountry", '"de"', "country", "DE"),
        ("BillingCountry", '"Germany"', "country", None),
        ("BillingCountry", "null", "country", None),
        ("BillingStreet", "null", "street", ""),
        ("Erp_Customer__c", '" K-100 "', "customer", "K-100"),
        ("Erp_Customer__c", "null", "customer", None),
        ("Psa_Client__c", '"77"', "company", "77"),
    ],
)
async def test_an_account_is_returned_complete_or_not(
    member: str, value: str, field: str, ours: str | None
) -> None:
    account = await _account(**{member: value})

    assert getattr(account, field) == ours


async def test_no_record_is_missing_and_two_are_drift() -> None:
    nothing = httpx.Response(200, json={"totalSize": 0, "done": True, "records": []})
    text = answer("account.json").text
    record = text[text.index("[") + 1 : text.rindex("]")]
    twice = httpx.Response(
        200, text=f'{{"totalSize": 2, "done": true, "records": [{record}, {record}]}}'
    )

    async with signed_in(Org(nothing, twice)) as crm:
        with pytest.raises(errors.Missing):
            await crm.account(ACCOUNT)
        with pytest.raises(errors.Drifted, match="several records"):
            await crm.account(ACCOUNT)


@pytest.mark.parametrize(
    ("recording", "member", "value", "named"),
    [
        ("time_and_materials.json", "Amount", "1234.105", "amount"),
        ("time_and_materials.json", "Amount", "1E400", "not JSON"),
        ("time_and_materials.json", "Amount", "1234567890123456789012345", "Amount"),
        ("time_and_materials.json", "Amount", "true", "Amount"),
        ("time_and_materials.json", "UnitPrice", "150.00001", "per_hour"),
        ("time_and_materials.json", "UnitPrice", "-1", "per_hour"),
        ("time_and_materials.json", "UnitPrice", "null", "UnitPrice"),
        ("time_and_materials.json", "CurrencyIsoCode", '"XXX"', "currency"),
        ("time_and_materials.json", "AccountId", "null", "AccountId"),
        ("time_and_materials.json", "Id", '"0065f00000A1b2C/x"', "Id"),
        ("time_and_materials.json", "CloseDate", '"soon"', "CloseDate"),
        ("time_and_materials.json", "IsWon", '"hunter2"', "IsWon"),
        ("time_and_materials.json", "Name", f'"{"x" * 5000}"', "Name"),
        ("milestones.json", "Amount__c", "20000.005", "amount"),
        ("milestones.json", "Amount__c", "null", "Amount__c"),
        ("milestones.json", "Sequence__c", "1.5", "Sequence__c"),
    ],
)
async def test_an_answer_outside_the_contract_is_named_but_not_quoted(
    recording: str, member: str, value: str, named: str
) -> None:
    drifted = answer(recording, **{member: value})

    with pytest.raises(errors.Drifted, match=named) as caught:
        await _opportunity(drifted, answer("milestones_rest.json"))
    assert value.strip('"') not in str(caught.value) or value in {"null", "true"}
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ["", "<html>maintenance</html>", '{"totalSize": 1', "[]", "null"])
async def test_a_read_that_cannot_be_parsed_is_drift(text: str) -> None:
    with pytest.raises(errors.Drifted):
        await _opportunity(httpx.Response(200, text=text))


@pytest.mark.parametrize(
    "locator",
    [
        "https://evil.test/services/data/v60.0/query/01gxx-1",
        "//evil.test/services/data/v60.0/query/01gxx-1",
        "/services/data/v60.0/query/../../../apexrest/x",
        "/services/data/v60.0/query/01gxx-1?q=SELECT",
        "/services/data/v60.0/query/01gxx%2F..%2Fx",
        "/services/data/v60.0/sobjects/Account",
        "/services/apexrest/query/01gxx-1",
        "",
    ],
)
async def test_a_locator_that_leads_elsewhere_is_not_followed(locator: str) -> None:
    org = Org(answer("milestones.json", nextRecordsUrl=f'"{locator}"'))

    async with signed_in(org) as crm:
        with pytest.raises(errors.Drifted, match="nextRecordsUrl"):
            await crm.opportunity(DEAL)
    assert len(org.requests) == 1


async def test_a_page_that_neither_ends_nor_goes_on_is_drift() -> None:
    with pytest.raises(errors.Drifted, match="Billing_Schedule_Lines__r do not fit"):
        await _opportunity(answer("milestones.json", nextRecordsUrl="null"))


async def test_a_locator_that_comes_again_is_drift() -> None:
    again = {"totalSize": 3, "done": False, "nextRecordsUrl": LOCATOR, "records": []}

    with pytest.raises(errors.Drifted, match="do not end"):
        await _opportunity(answer("milestones.json"), httpx.Response(200, json=again))


async def test_pages_without_end_are_drift() -> None:
    numbers = count(1)

    def next_page(_: httpx.Request) -> httpx.Response:
        onward = f'false, "nextRecordsUrl": "{LOCATOR}{next(numbers)}"'
        return answer("milestones_rest.json", done=onward)

    org = Org(answer("milestones.json"), next_page)

    async with signed_in(org) as crm:
        with pytest.raises(errors.Drifted, match="do not end"):
            await crm.opportunity(DEAL)
    assert len(org.requests) < 60


async def test_a_schedule_that_lost_rows_on_the_way_is_drift() -> None:
    with pytest.raises(errors.Drifted, match="fewer rows"):
        await _opportunity(answer("milestones.json"), answer("milestones_rest.json", totalSize="4"))
