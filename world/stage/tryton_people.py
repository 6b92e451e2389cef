"""Who works in Tryton: the firm's employees, and the platform as a user of its own."""

from collections.abc import Mapping

from world.stage.firm import Firm
from world.stage.keys import TRYTON_USER, Keys
from world.stage.terms import Client, Existing
from world.stage.tryton_api import Session
from world.stage.tryton_records import create, ensure, named
from world.tryton import ADMIN

GROUPS = (
    "Accounting",
    "Analytic Administration",
    "Project Administration",
    "Timesheet Administration",
)
_TERM = "account.invoice.payment_term"
_USER = "res.user"


async def employees(session: Session, firm: Firm, owners: Mapping[str, int]) -> None:
    """Enter everybody whom these companies employ, with what an hour costs in their currency."""
    people = {one.employee: one for one in firm.people.values() if one.entity in owners}
    told = [{"code": code, "name": one.name} for code, one in people.items()]
    parties = named(await ensure(session, "party.party", ("code",), told))
    rows = [{"company": owners[one.entity], "party": parties[code]} for code, one in people.items()]
    known = await ensure(session, "company.employee", ("company", "party"), rows)
    costs = [
        {
            "employee": known[owners[one.entity], parties[code]],
            "date": cost.since,
            "cost_price": cost.per_hour,
        }
        for code, one in people.items()
        for cost in one.costs
        if cost.currency == firm.entities[one.entity].currency
    ]
    await ensure(session, "company.employee_cost_price", ("employee", "date"), costs)


async def enter(session: Session, existing: Existing, client: Client, company: int) -> None:
    """Enter a company's customer by hand, with one address, its tax id and its payment terms."""
    at = {"street": client.street, "city": client.city, "postal_code": client.postal_code}
    found = await session.select("country.country", [["code", "=", client.country]], [])
    addresses = [at | {"country": country["id"]} for country in found]
    tax_ids = [{"type": None, "code": client.tax_id}] if client.tax_id else []
    party: dict[str, object] = {"code": existing.customer, "name": client.name}
    belongings: dict[str, object] = {
        "addresses": create(*addresses),
        "identifiers": create(*tax_ids),
    }
    for term in await session.select(_TERM, [["name", "=", client.payment_terms]], []):
        party["customer_payment_term"] = term["id"]
    await session.create("party.party", [party | belongings], company=company)


async def let_in(session: Session, keys: Keys) -> None:
    """Make the platform a user with the password of its keys and the groups that it needs."""
    groups = await session.select("res.group", [["name", "in", GROUPS]], ["name"])
    ids = sorted(int(group["id"]) for group in groups)
    known = await session.select(_USER, [["login", "=", TRYTON_USER]], ["groups", "companies"])
    if not known:
        row = {"login": TRYTON_USER, "name": "Tiebeam", "password": keys.tryton_password}
        await session.create(_USER, [row | {"groups": [["add", ids]]}])
    else:
        changes = {"password": keys.tryton_password, "groups": [["add", ids]]}
        await session.write(_USER, [known[0]["id"]], changes)


async def give_companies(session: Session, companies: list[int]) -> None:
    """Let the administrator and the platform work in all companies at once."""
    fields, logins = ["companies", "company", "company_filter"], [ADMIN, TRYTON_USER]
    for user in await session.select(_USER, [["login", "in", logins]], fields):
        missing = sorted(set(companies) - set(user["companies"]))
        if missing:
            changes = {
                "companies": [["add", missing]],
                "company": user["company"] or companies[0],
                "company_filter": "all",
            }
            await session.write(_USER, [user["id"]], changes)
