"""The firm set up in the real Tryton: once, again, and with something new."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
import pytest_asyncio

from tests.tryton_server import TrytonServer
from tests.world.stage.tryton_clerk import Clerk, Sold
from tests.world.stage.tryton_town import FIRM, Town, founded
from world.stage import tryton_api
from world.stage.calls import StageError
from world.stage.firm import Cost, ExchangeRate, FiscalYear, TaxGroup
from world.stage.keys import TRYTON_USER, Keys
from world.stage.tryton_api import Record
from world.stage.tryton_documents import path
from world.stage.tryton_people import GROUPS

_OWN = "company.party.code"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tryton: TrytonServer) -> AsyncIterator[Town]:
    async with founded(tryton) as found:
        yield found


async def _there(town: Town, model: str, *ways: str, **where: object) -> list[tuple[object, ...]]:
    """Return what is behind some paths of every record; conditions by path with __ for dots."""
    domain = [[name.replace("__", "."), "=", value] for name, value in where.items()]
    rows: list[Record] = await town.admin.select(model, domain, ways)
    return [tuple(path(row, way) for way in ways) for row in rows]


class TestTheFirm:
    async def test_has_a_company_for_each_entity_with_its_currency_and_zone(
        self, town: Town
    ) -> None:
        found = await _there(
            town, "company.company", "party.code", "party.name", "currency.code", "timezone"
        )

        assert {row[:4] for row in found} >= {
            ("USMF", "Alder & Stone Inc.", "USD", "America/New_York"),
            ("DEMF", "Alder & Stone GmbH", "EUR", "Europe/Berlin"),
        }
        assert await _there(town, "party.address", "country.code", party__code="DEMF") == [("DE",)]
        assert await _there(town, "party.identifier", "type", "code", party__code="DEMF") == [
            ("eu_vat", "DE136695976")
        ]

    async def test_quotes_from_euros(self, town: Town) -> None:
        found = await _there(town, "currency.currency.rate", "currency.code", "date", "rate")

        assert found[:3] == [
            ("EUR", date(2026, 1, 1), Decimal(1)),
            ("USD", date(2026, 1, 1), Decimal("1.10")),
            ("USD", date(2026, 6, 30), Decimal("1.08")),
        ]

    @pytest.mark.parametrize("entity", ["USMF", "DEMF"])
    async def test_has_each_account_of_its_kind(self, town: Town, entity: str) -> None:
        kinds = ("receivable", "revenue", "expense")
        ways = ("code", "type.statement", *(f"type.{kind}" for kind in kinds), "party_required")

        found = await _there(town, "account.account", *ways, company__party__code=entity)

        assert {row[0]: row[1:] for row in found} == {
            "130100": ("balance", True, False, False, True),
            "401100": ("income", False, True, False, False),
            "401200": ("income", False, True, False, False),
            "222200": ("balance", False, False, False, False),
            "540100": ("income", False, False, True, False),
            "200140": ("balance", False, False, False, False),
        }

    async def test_taxes_by_group_and_tells_who_owes_it(self, town: Town) -> None:
        ways = ("name", "rate", "invoice_account.code", "legal_notice")

        found = await _there(town, "account.tax", *ways, company__party__code="DEMF")

        assert found[:3] == [
            ("DOM", Decimal("0.19"), "222200", None),
            ("RC", Decimal(0), "222200", "Reverse charge: the customer owes the tax."),
            ("EXP", Decimal(0), "222200", None),
        ]

    @pytest.mark.parametrize("entity", ["USMF", "DEMF"])
    async def test_keeps_its_year_in_months(self, town: Town, entity: str) -> None:
        found = await _there(
            town, "account.period", "start_date", "end_date", company__party__code=entity
        )

        in_2026 = [
            row for row in found if row[0] in {date(2026, month, 1) for month in range(1, 13)}
        ]
        assert in_2026[1] == (date(2026, 2, 1), date(2026, 2, 28))
        assert in_2026[-1] == (date(2026, 12, 1), date(2026, 12, 31))
        assert len(in_2026) == 12

    async def test_has_both_axes_in_each_company_and_units_on_theirs(self, town: Town) -> None:
        ways = ("company.party.code", "root.code", "code")

        roots = await _there(town, "analytic_account.account", *ways, type="root")
        units = await _there(town, "analytic_account.account", *ways, root__code="BUSINESS_UNIT")

        axes = ("BUSINESS_UNIT", "PROJECT")
        assert {(row[0], row[2]) for row in roots} >= {
            (entity, axis) for entity in FIRM.entities for axis in axes
        }
        assert set(units) >= {
            (entity, "BUSINESS_UNIT", unit)
            for entity in FIRM.entities
            for unit in FIRM.practices.values()
        }

    async def test_employs_its_people_at_what_an_hour_costs(self, town: Town) -> None:
        employed = await _there(town, "company.employee", "party.code", _OWN)
        costs = await _there(
            town, "company.employee_cost_price", "employee.party.code", "date", "cost_price"
        )

        assert set(employed) >= {("000123", "USMF"), ("000201", "DEMF"), ("000900", "USMF")}
        assert set(costs) >= {
            ("000123", date(2026, 1, 1), Decimal("70.00")),  # in dollars, and not in euros
            ("000201", date(2026, 1, 1), Decimal("60.00")),
        }
        assert ("000123", date(2026, 1, 1), Decimal("63.64")) not in costs

    async def test_has_terms_groups_journals_products_and_fine_hours(self, town: Town) -> None:
        fields = ["name", "lines.relativedeltas.days"]
        terms = await town.admin.select("account.invoice.payment_term", [], fields)
        journals = await _there(town, "account.journal", "code", "type")
        products = await _there(town, "product.product", "template.code", "default_uom.symbol")

        days = {
            term["name"]: [delta["days"] for delta in term["lines."][0]["relativedeltas."]]
            for term in terms
        }
        assert FIRM.payment_terms.items() <= {name: sum(of) for name, of in days.items()}.items()
        assert await _there(town, "party.category", "name") == [("10",), ("20",), ("30",)]
        assert {("REV", "revenue"), ("COST", "general")} <= set(journals)
        assert set(products) == {("TM", "h"), ("FP", "h")}
        assert await _there(town, "product.uom", "digits", symbol="h") == [(6,)]


class TestSettingUpAgain:
    async def test_changes_nothing(self, town: Town) -> None:
        assert await town.set_up(FIRM) == []

    async def test_leaves_what_a_person_has_changed(self, town: Town) -> None:
        (term,) = await town.admin.select(
            "account.invoice.payment_term", [["name", "=", "Net60"]], []
        )
        changes = {"description": "Sixty days"}
        await town.admin.write("account.invoice.payment_term", [term["id"]], changes)

        assert await town.set_up(FIRM) == []

    async def test_adds_a_person_a_rate_a_tax_group_a_cost_and_a_year(self, town: Town) -> None:
        grown = FIRM.entities["DEMF"].model_copy(
            update={"tax_groups": {"RED": TaxGroup(code="DE7")}, "tax_codes": {"DE7": Decimal(7)}}
        )
        cost = Cost(since=date(2027, 1, 1), per_hour=Decimal("65.00"), currency="EUR")
        lena = FIRM.people["lena"].model_copy(update={"costs": (cost,)})
        mia = lena.model_copy(update={"name": "Mia Berg", "employee": "000301"})
        quote = ExchangeRate(
            since=date(2026, 9, 1), from_currency="USD", to_currency="EUR", rate=Decimal("0.8")
        )
        firm = town.firm(
            entities={**FIRM.entities, "DEMF": grown},
            people={**FIRM.people, "lena": lena, "mia": mia},
            exchange_rates=(*FIRM.exchange_rates, quote),
            fiscal_years=(
                *FIRM.fiscal_years,
                FiscalYear(first_day=date(2027, 1, 1), last_day=date(2027, 12, 31)),
            ),
        )

        made = await town.set_up(firm)

        assert set(made) == {
            "model.party.party.create",
            "model.company.employee.create",
            "model.company.employee_cost_price.create",
            "model.currency.currency.rate.create",
            "model.account.tax.create",
            "model.ir.sequence.strict.create",
            "model.account.fiscalyear.create",
        }
        assert ("USD", date(2026, 9, 1), Decimal("1.25")) in await _there(
            town, "currency.currency.rate", "currency.code", "date", "rate"
        )
        assert await _there(town, "account.tax", "rate", name="RED") == [(Decimal("0.07"),)]
        assert await town.set_up(firm) == []

    async def test_adds_a_company_with_all_that_it_needs(self, town: Town) -> None:
        austria = FIRM.entities["DEMF"].model_copy(
            update={"name": "Alder & Stone Ges.m.b.H.", "country": "AT", "tax_id": "ATU13585627"}
        )
        firm = town.firm(entities={**FIRM.entities, "ATMF": austria})

        await town.set_up(firm)

        own = {"company__party__code": "ATMF"}
        assert len(await _there(town, "account.account", "code", **own)) == 6
        assert len(await _there(town, "account.period", "start_date", **own)) == 12
        (user,) = await town.admin.select(
            "res.user", [["login", "=", TRYTON_USER]], ["companies.party.code"]
        )
        codes = {company["party."]["code"] for company in user["companies."]}
        assert codes == {"USMF", "DEMF", "ATMF"}
        assert await town.set_up(firm) == []


class TestThePlatformSUser:
    async def test_may_what_it_needs_and_is_no_administrator(self, town: Town) -> None:
        fields = ["groups.name", "companies.party.code", "company_filter"]
        (user,) = await town.admin.select("res.user", [["login", "=", TRYTON_USER]], fields)

        assert {group["name"] for group in user["groups."]} == set(GROUPS)
        assert user["company_filter"] == "all"
        with pytest.raises(StageError, match="not allowed"):
            await town.platform.create("res.user", [{"login": "x", "name": "X"}])
        with pytest.raises(StageError, match="not allowed"):
            await town.platform.create("currency.currency", [{"code": "XTS", "name": "Test"}])

    async def test_sees_the_books_of_every_company(self, town: Town) -> None:
        found = await town.platform.select("account.account", [["code", "=", "130100"]], [_OWN])

        assert {path(row, _OWN) for row in found} >= {"USMF", "DEMF"}

    async def test_has_the_password_of_the_stack_that_was_installed_last(self, town: Town) -> None:
        later = Keys.fresh()

        await town.finance.install(later)

        passwords = (town.keys.tryton_password, later.tryton_password)
        outcomes = [await _enters(town, password) for password in passwords]
        await town.finance.install(town.keys)
        assert outcomes == ["erp-tryton does not let tiebeam in: 401", "in"]


async def _enters(town: Town, password: str) -> str:
    async with tryton_api.connect(town.url, town.database, TRYTON_USER, password, None) as session:
        try:
            await session.select("company.company", [], [])
        except StageError as refused:
            return str(refused)
        return "in"


async def test_invoices_of_a_story_that_goes_back_in_time_get_a_range_of_their_own(
    town: Town,
) -> None:
    clerk = await Clerk(town.platform, "DEMF").begin()
    party = await clerk.client("CL-00009", "Atelier", "FR")
    await clerk.project(party, "CT-00009", "PR-00009", "Atelier")
    numbers = []
    for number, day in enumerate((date(2026, 7, 31), date(2026, 5, 12), date(2026, 6, 30))):
        line = Sold("Hours", Decimal(10))
        made = await clerk.invoice(party, f"CT-00009/{number}/1", day, "PR-00009", line)
        await town.finance.move_clock(day)
        await clerk.post("account.invoice", made)
        numbers += await _there(town, "account.invoice", "number", id=made)

    assert numbers == [
        ("DEMF-2026-1-00001",),
        ("DEMF-2026-2-00001",),
        ("DEMF-2026-2-00002",),
    ]


async def test_a_clock_that_is_moved_before_anything_is_set_up_opens_nothing(
    town: Town,
) -> None:
    before = await _there(town, "ir.sequence.strict", "name")

    await town.finance.move_clock(date(1999, 1, 1))

    assert await _there(town, "ir.sequence.strict", "name") == before


async def test_a_refusal_is_told_in_tryton_s_own_words(town: Town) -> None:
    with pytest.raises(
        StageError, match=r"erp-tryton refuses party\.party\.create: UserError: .*[Cc]ode"
    ):
        await town.admin.create("party.party", [{"code": "DEMF", "name": "Again"}])
    with pytest.raises(StageError, match=r"erp-tryton refuses party\.party\.nonsense: 403"):
        await town.admin.call("party.party.nonsense")
    with pytest.raises(StageError, match="erp-tryton has no company XXMF: is it set up"):
        await town.finance.read("XXMF", "PR-1")


async def test_a_session_that_is_over_is_begun_again(town: Town) -> None:
    before = await town.platform.select("company.company", [], ["currency"])
    await town.finance.install(town.keys)  # a password that is written ends all sessions

    assert await town.platform.select("company.company", [], ["currency"]) == before
