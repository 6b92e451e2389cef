from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.world.salesforce.house import Org, refusal

_NAMES = ["O'Brien & Sons", "50% Off_Co", "back\\slash", "Zeta", "alpha"]


@pytest_asyncio.fixture
async def firm(org: Org) -> Org:
    """Five accounts, one a minute; Zeta is deleted-free and has deals."""
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    for minute, name in enumerate(_NAMES):
        await org.move_clock(start + timedelta(minutes=minute))
        phone = str(minute) if minute < 2 else None
        await org.create("Account", Name=name, Phone=phone, Erp_Customer__c=f"C-{minute}")
    zeta = (await org.query("SELECT Id FROM Account WHERE Name = 'Zeta'"))[0]["Id"]
    await org.deal(Name="small", Amount=9.99, CloseDate="2026-01-31", AccountId=zeta)
    await org.deal(Name="large", Amount=10000, CloseDate="2026-12-31", StageName="Closed Won")
    await org.deal(Name="open", CloseDate="2026-06-30", AccountId=zeta)
    return org


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'Zeta'", ["Zeta"]),
        ("name = 'ZETA'", ["Zeta"]),
        ("Name != 'Zeta' AND Name <> 'alpha'", _NAMES[:3]),
        (r"Name = 'O\'Brien & Sons'", _NAMES[:1]),
        (r"Name = 'back\\slash'", ["back\\slash"]),
        ("Name LIKE '%a%'", ["back\\slash", "Zeta", "alpha"]),
        ("Name LIKE 'zet_'", ["Zeta"]),
        ("Name LIKE 'zet'", []),
        (r"Name LIKE '50\% off\_co'", ["50% Off_Co"]),
        (r"Name LIKE '%\%%'", ["50% Off_Co"]),
        (r"Name LIKE '%\_%'", ["50% Off_Co"]),
        ("Name LIKE '.*'", []),
        ("Phone = null", _NAMES[2:]),
        ("Phone != null", _NAMES[:2]),
        ("Phone != '0'", _NAMES[1:]),
        ("Phone LIKE '%'", _NAMES[:2]),
        ("Phone >= '0'", _NAMES[:2]),
        ("Name IN ('Zeta', 'ALPHA', 'nobody')", ["Zeta", "alpha"]),
        ("Name NOT IN ('Zeta', 'alpha')", _NAMES[:3]),
        ("Phone IN (null, '1')", _NAMES[1:]),
        ("Erp_Customer__c IN ('c-4', 'C-3')", ["Zeta", "alpha"]),
        ("Erp_Customer__c = null", []),
        ("Name = 'Zeta' OR Name = 'alpha'", ["Zeta", "alpha"]),
        ("(Name = 'Zeta' OR Name = 'alpha') AND Phone = null", ["Zeta", "alpha"]),
        ("Name = 'Zeta' OR (Name = 'alpha' AND Phone != null)", ["Zeta"]),
        ("NOT (Name = 'Zeta' OR Phone = null)", _NAMES[:2]),
        ("NOT Name LIKE '%a%'", _NAMES[:2]),
        ("SystemModstamp >= 2026-03-01T08:03:00Z", ["Zeta", "alpha"]),
        ("SystemModstamp < 2026-03-01T08:01:00.000Z", _NAMES[:1]),
        ("SystemModstamp >= 2026-03-01T10:03:00+02:00", ["Zeta", "alpha"]),
        ("CreatedDate > 2026-03-01T03:03:00-0500 AND IsDeleted = false", ["alpha"]),
        ("IsDeleted = TRUE", []),
    ],
)
async def test_finds_the_accounts_that_match(firm: Org, where: str, names: list[str]) -> None:
    assert await firm.names(f"SELECT Name FROM Account WHERE {where}") == names  # noqa: S608 - SOQL


@pytest.mark.parametrize(
    ("rest", "names"),
    [
        ("WHERE Amount < 10", ["small"]),
        ("WHERE Amount >= 9.99", ["small", "large"]),
        ("WHERE Amount = 10000.00", ["large"]),
        ("WHERE Amount != 9.99", ["large", "open"]),
        ("WHERE Amount > -1 AND Amount <= +9.990", ["small"]),
        ("WHERE Amount IN (9.99, 5)", ["small"]),
        ("WHERE CloseDate > 2026-01-31", ["large", "open"]),
        ("WHERE CloseDate <= 2026-06-30", ["small", "open"]),
        ("WHERE IsWon = true", ["large"]),
        ("WHERE IsWon != true", ["small", "open"]),
        ("WHERE StageName = 'Closed Won'", ["large"]),
        ("WHERE Account.Name = 'zeta'", ["small", "open"]),
        ("WHERE Account.Name = null", ["large"]),
        ("WHERE AccountId != null", ["small", "open"]),
        ("ORDER BY Amount", ["open", "small", "large"]),
        ("ORDER BY Amount NULLS LAST", ["small", "large", "open"]),
        ("ORDER BY Amount DESC", ["open", "large", "small"]),
        ("ORDER BY Amount DESC NULLS LAST", ["large", "small", "open"]),
        ("ORDER BY CloseDate ASC NULLS FIRST", ["small", "open", "large"]),
        ("ORDER BY Account.Name DESC, CloseDate DESC", ["large", "open", "small"]),
        ("ORDER BY IsWon DESC, Name LIMIT 2", ["large", "open"]),
        ("LIMIT 1", ["small"]),
        ("limit 0", []),
    ],
)
async def test_finds_the_deals_that_match_in_order(firm: Org, rest: str, names: list[str]) -> None:
    assert await firm.names(f"select name from opportunity {rest}") == names  # noqa: S608 - SOQL


async def test_finds_a_row_by_its_id_in_either_form(firm: Org) -> None:
    keys = await firm.keys("Account")
    listed = f"'{keys[2]}', '{keys[0][:15]}'"

    found = await firm.names(f"SELECT Name FROM Account WHERE Id IN ({listed})")  # noqa: S608 - SOQL
    deals = await firm.names(
        f"SELECT Name FROM Opportunity WHERE AccountId = '{keys[3][:15]}'"  # noqa: S608 - SOQL
    )

    assert found == [_NAMES[0], _NAMES[2]]
    assert deals == ["small", "open"]
    later = await firm.names(f"SELECT Name FROM Account WHERE Id > '{keys[3]}'")  # noqa: S608 - SOQL
    assert later == ["alpha"]


async def test_nests_parents_and_names_what_each_record_is(firm: Org) -> None:
    price = await firm.price("CONSULTANT", 150)
    (small,) = await firm.query("SELECT Id, AccountId FROM Opportunity WHERE Name = 'small'")
    await firm.create(
        "OpportunityLineItem",
        OpportunityId=small["Id"],
        PricebookEntryId=price,
        Quantity=1,
        UnitPrice=2.5,
    )

    (item,) = await firm.query(
        "SELECT UnitPrice, Opportunity.Name, Opportunity.Account.Name,"
        " PricebookEntry.Product2.ProductCode FROM OpportunityLineItem"
    )

    assert item["UnitPrice"] == 2.5
    assert item["PricebookEntry"]["Product2"]["ProductCode"] == "CONSULTANT"
    assert item["Opportunity"] == {
        "attributes": {
            "type": "Opportunity",
            "url": f"/services/data/v60.0/sobjects/Opportunity/{small['Id']}",
        },
        "Name": "small",
        "Account": {
            "attributes": {
                "type": "Account",
                "url": f"/services/data/v60.0/sobjects/Account/{small['AccountId']}",
            },
            "Name": "Zeta",
        },
    }


async def test_a_missing_parent_is_null(firm: Org) -> None:
    (large,) = await firm.query(
        "SELECT Name, Account.Name, Account.Parent.Name FROM Opportunity WHERE Name = 'large'"
    )

    assert large["Account"] is None


async def test_nests_children_that_match(firm: Org) -> None:
    small = (await firm.query("SELECT Id FROM Opportunity WHERE Name = 'small'"))[0]["Id"]
    for number in (3, 1, 2):
        await firm.create(
            "Billing_Schedule_Line__c", Name=f"M{number}", Opportunity__c=small, Sequence__c=number
        )

    (record,) = await firm.query(
        "SELECT Name, (SELECT Name, Opportunity__r.Name FROM Billing_Schedule_Lines__r"
        " WHERE Sequence__c < 3 ORDER BY Sequence__c LIMIT 5)"
        " FROM Opportunity WHERE Name = 'small'"
    )

    lines = record["Billing_Schedule_Lines__r"]
    assert (lines["totalSize"], lines["done"]) == (2, True)
    assert [line["Name"] for line in lines["records"]] == ["M1", "M2"]
    assert lines["records"][0]["Opportunity__r"]["Name"] == "small"


async def test_no_children_are_null_or_an_empty_result_by_switch(firm: Org) -> None:
    soql = "SELECT (SELECT Id FROM OpportunityLineItems) FROM Opportunity LIMIT 1"

    as_null = (await firm.query(soql))[0]["OpportunityLineItems"]
    await firm.set_up(empty_subquery_is_null=False)
    as_result = (await firm.query(soql))[0]["OpportunityLineItems"]

    assert as_null is None
    assert as_result == {"totalSize": 0, "done": True, "records": []}


async def test_finds_deleted_rows_only_when_told(firm: Org) -> None:
    keys = await firm.keys("Account")
    await firm.send("DELETE", f"/sobjects/Account/{keys[0]}")
    soql = f"SELECT Name FROM Account WHERE Id = '{keys[0]}' AND IsDeleted = true"  # noqa: S608 - SOQL

    every = await firm.send("GET", "/queryAll", params={"q": soql})

    assert await firm.query(soql) == []
    assert [record["Name"] for record in every.json()["records"]] == [_NAMES[0]]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = ", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = Zeta", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE (Name = 'a'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Id = null OR Id != null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-02-30T00:00:00Z", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account ORDER Name", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1.5", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 9999999999", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account; DROP TABLE record", "MALFORMED_QUERY"),
        ("SELECT * FROM Account", "MALFORMED_QUERY"),
        ("SELECT (SELECT (SELECT Id FROM Contacts) FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE " + "(" * 500 + "Id = null" + ")" * 500, "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE " + "NOT " * 5000 + "Id = null", "MALFORMED_QUERY"),
        ("SELECT Nmae FROM Account", "INVALID_FIELD"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD"),
        ("SELECT Account.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Parent.Nmae FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nmae = 'a'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nmae", "INVALID_FIELD"),
        ("SELECT (SELECT Nmae FROM Contacts) FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Amount = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-01-01T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name LIKE 5", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT (SELECT Id FROM Nothings__r) FROM Account", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity WHERE Amount LIKE '5'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity WHERE IsWon > false", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity WHERE Amount > null", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
)
async def test_refuses_a_query(org: Org, soql: str, code: str) -> None:
    refused = await org.send("GET", "/query", params={"q": soql})

    assert refusal(refused) == (400, code, None)


@pytest.mark.parametrize(
    "text",
    [
        "x' OR Name != '",
        "x' OR Name LIKE '%",
        "x\\' OR Name != \\'",
        "x\\",
        "x') FROM Account --",
        "x\n' OR Id != null AND Name != '",
    ],
)
async def test_a_quoted_text_is_never_more_than_a_text(firm: Org, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")

    assert await firm.names(f"SELECT Name FROM Account WHERE Name = '{quoted}'") == []  # noqa: S608 - SOQL
    await firm.create("Account", Name=text)
    assert await firm.names(f"SELECT Name FROM Account WHERE Name = '{quoted}'") == [text]  # noqa: S608 - SOQL


@pytest.mark.parametrize("text", ["O'Brien", "x'", "'", "a\\", "a\\x", "'; SELECT Id FROM Account"])
async def test_a_text_that_is_not_quoted_well_is_refused(firm: Org, text: str) -> None:
    soql = f"SELECT Name FROM Account WHERE Name = '{text}'"  # noqa: S608 - badly, on purpose

    refused = await firm.send("GET", "/query", params={"q": soql})

    assert refusal(refused) == (400, "MALFORMED_QUERY", None)


async def test_an_escape_is_what_it_stands_for(org: Org) -> None:
    await org.create("Account", Name='a\nb\tc"d')

    assert len(await org.names(r"SELECT Name FROM Account WHERE Name = 'a\nb\tc\"d'")) == 1
    assert len(await org.names(r"SELECT Name FROM Account WHERE Name LIKE 'a\n_\tc%'")) == 1
