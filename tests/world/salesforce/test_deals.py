import pytest

from tests.world.salesforce.house import STANDARD_PRICEBOOK, Org, refusal


@pytest.mark.parametrize(
    ("stage", "is_closed", "is_won", "probability"),
    [
        ("Prospecting", False, False, 10),
        ("Closed Won", True, True, 100),
        ("Closed Lost", True, False, 0),
    ],
)
async def test_the_stage_says_whether_a_deal_is_closed_and_won(
    org: Org, stage: str, *, is_closed: bool, is_won: bool, probability: int
) -> None:
    key = await org.deal()

    await org.update("Opportunity", key, StageName=stage)

    row = await org.row("Opportunity", key)
    assert (row["IsClosed"], row["IsWon"], row["Probability"]) == (is_closed, is_won, probability)


async def test_what_is_derived_is_never_written(org: Org) -> None:
    key = await org.deal(Probability=33)
    assert (await org.row("Opportunity", key))["Probability"] == 33

    refused = await org.send("PATCH", f"/sobjects/Opportunity/{key}", json={"IsWon": True})

    assert refusal(refused) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsWon"])


async def test_a_line_item_takes_code_and_name_from_its_price(org: Org) -> None:
    deal = await org.deal()
    price = await org.price("CONSULTANT", 150)

    item = await org.create(
        "OpportunityLineItem",
        OpportunityId=deal,
        PricebookEntryId=price,
        Quantity=120,
        UnitPrice=140.55,
        ServiceDate="2026-01-01",
    )

    row = await org.row("OpportunityLineItem", item)
    assert (row["ProductCode"], row["Name"]) == ("CONSULTANT", "Acme - rollout Consultant")
    assert (row["TotalPrice"], row["ListPrice"]) == (16866, 150)
    assert row["ServiceDate"] == "2026-01-01"
    opportunity = await org.row("Opportunity", deal)
    assert opportunity["HasOpportunityLineItem"] is True
    assert opportunity["Pricebook2Id"] == STANDARD_PRICEBOOK


async def _two_items(org: Org, **fields: object) -> tuple[str, str]:
    deal = await org.deal(**fields)
    price = await org.price("CONSULTANT", 150)
    for quantity in (1, 2):
        last = await org.create(
            "OpportunityLineItem",
            OpportunityId=deal,
            PricebookEntryId=price,
            Quantity=quantity,
            UnitPrice=0.1,
        )
    return deal, last


async def test_the_amount_is_the_sum_of_the_line_items(org: Org) -> None:
    deal, last = await _two_items(org, Amount=7)

    await org.update("Opportunity", deal, Amount=9999, NextStep="call")
    summed = await org.row("Opportunity", deal)
    await org.update("OpportunityLineItem", last, Quantity=5)
    more = await org.row("Opportunity", deal)
    await org.send("DELETE", f"/sobjects/OpportunityLineItem/{last}")
    less = await org.row("Opportunity", deal)

    assert (summed["Amount"], summed["NextStep"]) == (0.3, "call")
    assert (more["Amount"], less["Amount"]) == (0.6, 0.1)


async def test_the_amounts_sum_is_a_switch(org: Org) -> None:
    await org.set_up(amount_is_rollup=False)
    deal, _ = await _two_items(org, Amount=7)

    assert (await org.row("Opportunity", deal))["Amount"] == 7
    await org.update("Opportunity", deal, Amount=8)
    assert (await org.row("Opportunity", deal))["Amount"] == 8


@pytest.mark.parametrize(
    ("deal_currency", "item", "reason"),
    [
        ("EUR", {}, "currency"),
        ("USD", {"CurrencyIsoCode": "EUR"}, "currency"),
        ("USD", {"inactive": True}, "inactive"),
        ("USD", {"in_another_book": True}, "pricebook of the opportunity"),
    ],
)
async def test_a_line_item_must_fit_its_deal(
    org: Org, deal_currency: str, item: dict[str, object], reason: str
) -> None:
    price = await org.price("CONSULTANT", 150)
    book = await org.create("Pricebook2", Name="Partners", IsActive=True)
    deal = await org.deal(
        CurrencyIsoCode=deal_currency,
        Pricebook2Id=book if item.pop("in_another_book", False) else STANDARD_PRICEBOOK,
    )
    if item.pop("inactive", False):
        await org.update("PricebookEntry", price, IsActive=False)
    body = {"OpportunityId": deal, "PricebookEntryId": price, "Quantity": 1, "UnitPrice": 1}

    refused = await org.send("POST", "/sobjects/OpportunityLineItem", json=body | item)

    assert refusal(refused) == (400, "FIELD_INTEGRITY_EXCEPTION", ["PricebookEntryId"])
    assert reason in refused.json()[0]["message"]


async def test_a_line_item_stays_on_its_deal(org: Org) -> None:
    _, item = await _two_items(org)
    other = await org.deal(Name="Other")

    refused = await org.send(
        "PATCH", f"/sobjects/OpportunityLineItem/{item}", json={"OpportunityId": other}
    )

    assert refusal(refused) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["OpportunityId"])


async def test_a_price_needs_a_standard_price_and_no_twin(org: Org) -> None:
    product = await org.create("Product2", Name="Consultant")
    book = await org.create("Pricebook2", Name="Partners")
    standard = {"Pricebook2Id": STANDARD_PRICEBOOK, "Product2Id": product, "UnitPrice": 1}
    partner = standard | {"Pricebook2Id": book}

    async def status(body: dict[str, object]) -> str:
        answer = await org.send("POST", "/sobjects/PricebookEntry", json=body)
        return "" if answer.is_success else refusal(answer)[1]

    assert await status(partner) == "STANDARD_PRICE_NOT_DEFINED"
    assert await status(standard) == ""
    assert await status(standard) == "DUPLICATE_VALUE"
    assert await status(partner) == ""
    assert await status(standard | {"CurrencyIsoCode": "EUR"}) == ""
    assert await status(partner | {"CurrencyIsoCode": "GBP"}) == "STANDARD_PRICE_NOT_DEFINED"


async def test_deleting_takes_along_what_cannot_be_alone(org: Org) -> None:
    account = await org.create("Account", Name="Acme")
    branch = await org.create("Account", Name="Branch", ParentId=account)
    deal, item = await _two_items(org, AccountId=account)
    invoice = await org.create("Invoice__c", Opportunity__c=deal)

    assert (await org.send("DELETE", f"/sobjects/Account/{account}")).status_code == 204

    for path in (f"Opportunity/{deal}", f"OpportunityLineItem/{item}"):
        assert refusal(await org.send("GET", f"/sobjects/{path}"))[1] == "ENTITY_IS_DELETED"
    assert (await org.row("Account", branch))["ParentId"] is None
    assert (await org.row("Invoice__c", invoice))["Opportunity__c"] is None


async def test_a_deal_that_is_still_needed_is_not_deleted(org: Org) -> None:
    account = await org.create("Account", Name="Acme")
    deal = await org.deal(AccountId=account)
    await org.create("Billing_Schedule_Line__c", Name="Kick-off", Opportunity__c=deal)

    refused = await org.send("DELETE", f"/sobjects/Account/{account}")

    assert refusal(refused) == (400, "DELETE_FAILED", [])
    assert (await org.row("Account", account))["IsDeleted"] is False
    assert (await org.row("Opportunity", deal))["AccountId"] == account


async def test_a_schedule_line_needs_a_name_and_a_deal(org: Org) -> None:
    refused = await org.send("POST", "/sobjects/Billing_Schedule_Line__c", json={})

    assert refusal(refused)[2] == ["Name", "Opportunity__c"]


async def test_a_contact_is_called_by_both_names(org: Org) -> None:
    key = await org.create("Contact", FirstName="Ann", LastName="Doe")
    await org.update("Contact", key, FirstName=None)

    assert (await org.row("Contact", key))["Name"] == "Doe"


async def test_an_org_has_one_standard_price_book_that_can_be_renamed(org: Org) -> None:
    await org.update("Pricebook2", STANDARD_PRICEBOOK, Name="Rates")

    books = await org.query("SELECT Id, Name FROM Pricebook2 WHERE IsStandard = true")
    assert [(book["Id"], book["Name"]) for book in books] == [(STANDARD_PRICEBOOK, "Rates")]
