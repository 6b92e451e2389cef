"""A firm of two companies in a real Tryton, set up and looked at over JSON-RPC of our own."""

import base64
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, cast

import httpx

PASSWORD = "a-password-of-the-tests"  # noqa: S105 - of a throwaway server
LOGIN = "tiebeam"
GROUPS = (
    *("Accounting", "Analytic Administration"),
    *("Project Administration", "Timesheet Administration"),
)
_ACCOUNTS: dict[str, dict[str, Any]] = {
    "130100": {"receivable": True, "assets": True, "statement": "balance"},
    "200140": {"statement": "balance"},
    "250000": {"statement": "balance"},
    "401100": {"revenue": True, "statement": "income"},
    "401200": {"revenue": True, "statement": "income"},
    "480000": {"expense": True, "statement": "income"},
    "540100": {"expense": True, "statement": "income"},
}


class Firm:
    """Calls one database as one user; the company of the context is `company`."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._path = f"/{database}/rpc/"
        granted = self._post("common.db.login", [login, {"password": password}, "en"])
        user, token, _ = cast("list[object]", granted)
        session = f"{login}:{user}:{token}".encode()
        self._http.headers["Authorization"] = f"Session {base64.b64encode(session).decode()}"
        self.company: int | None = None

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, *params: object, **context: object) -> object:
        told: dict[str, object] = {"language": "en", **context}
        if self.company is not None:
            told["company"] = self.company
        return self._post(f"model.{method}", [*(encoded(each) for each in params), encoded(told)])

    def create(self, model: str, **values: object) -> int:
        (created,) = cast("list[int]", self.call(f"{model}.create", [values]))
        return created

    def rows(self, model: str, where: list[Any], *fields: str) -> list[dict[str, Any]]:
        order = [["id", "ASC"]]
        found = self.call(f"{model}.search_read", where, 0, None, order, [*fields])
        return cast("list[dict[str, Any]]", decoded(found))

    def id_of(self, model: str, field: str, value: str) -> int:
        (found,) = self.rows(model, [[field, "=", value]])
        number: int = found["id"]
        return number

    def end_sessions(self, login: str) -> None:
        """End a user's sessions as an administrator does: by resetting the password."""
        user = self.id_of("res.user", "login", login)
        self.call("res.user.write", [user], {"password": PASSWORD})

    def _post(self, method: str, params: list[object]) -> object:
        body = {"id": 1, "method": method, "params": params}
        answer = self._http.post(self._path, json=body).raise_for_status().json()
        assert "error" not in answer, answer["error"]
        result: object = answer["result"]
        return result


def encoded(value: object) -> object:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case dict():
            return {name: encoded(member) for name, member in value.items()}
        case list() | tuple():
            return [encoded(member) for member in value]
        case _:
            return value


def decoded(value: object) -> object:
    match value:
        case {"__class__": "Decimal", "decimal": text}:
            return Decimal(text)
        case {"__class__": "date", "year": year, "month": month, "day": day}:
            return date(year, month, day)
        case {"__class__": "timedelta", "seconds": seconds}:
            return seconds
        case dict():
            return {name: decoded(member) for name, member in value.items()}
        case list():
            return [decoded(member) for member in value]
        case _:
            return value


def found_firm(firm: Firm) -> None:
    """Set up two companies, DEMF and ATMF, and the platform's own user."""
    eur = _currency(firm, "EUR", {date(2020, 1, 1): "1"})
    _currency(firm, "USD", {date(2020, 1, 1): "1.10", date(2026, 7, 1): "1.08"})
    _currency(firm, "GBP", {})
    for code in ("DE", "AT", "US"):
        firm.create("country.country", name=code, code=code)
    firm.create("party.category", name="10")
    days = [["create", [{"days": 30}]]]
    terms = [["create", [{"type": "remainder", "relativedeltas": days}]]]
    firm.create("account.invoice.payment_term", name="Net30", lines=terms)
    firm.create("account.journal", name="Cost of hours", code="COST", type="general")
    hour = firm.id_of("product.uom", "name", "Hour")
    firm.call("product.uom.write", [hour], {"digits": 6, "rounding": 0.000001})
    companies = [_company(firm, code, eur) for code in ("DEMF", "ATMF")]
    for number in ("000201", "000202"):
        person = firm.create("party.party", name=number, code=number)
        firm.create("company.employee", company=companies[0], party=person)
    groups = firm.rows("res.group", [["name", "in", list(GROUPS)]])
    firm.company = None
    firm.create(
        "res.user",
        name="Tiebeam",
        login=LOGIN,
        password=PASSWORD,
        groups=[["add", [group["id"] for group in groups]]],
        companies=[["add", companies]],
        company=companies[0],
    )
    firm.company = companies[0]


def _currency(firm: Firm, code: str, rates: Mapping[date, str]) -> int:
    rows = [{"date": day, "rate": Decimal(rate)} for day, rate in rates.items()]
    return firm.create(
        "currency.currency",
        name=code,
        code=code,
        digits=2,
        rounding=Decimal("0.01"),
        rates=[["create", rows]] if rows else [],
    )


def _company(firm: Firm, code: str, currency: int) -> int:
    country = firm.id_of("country.country", "code", code[:2])
    party = firm.create(
        "party.party", name=code, code=code, addresses=[["create", [{"country": country}]]]
    )
    firm.company = None
    company = firm.create("company.company", party=party, currency=currency)
    (admin,) = firm.rows("res.user", [["login", "=", "admin"]])
    firm.call(
        "res.user.write", [admin["id"]], {"companies": [["add", [company]]], "company": company}
    )
    firm.company = company
    accounts = _accounts(firm, company)
    for name, rate in (("DOM", "0.19"), ("RC", "0"), ("EXP", "0")):
        firm.create(
            "account.tax",
            company=company,
            name=name,
            description=name,
            type="percentage",
            rate=Decimal(rate),
            invoice_account=accounts["250000"],
            credit_note_account=accounts["250000"],
        )
    _years(firm, company)
    _axes(firm, company)
    return company


def _accounts(firm: Firm, company: int) -> dict[str, int]:
    own = {"company": company}
    accounts = {
        number: firm.create(
            "account.account",
            **own,
            code=number,
            name=number,
            type=firm.create("account.account.type", **own, name=number, **kind),
            party_required="receivable" in kind,
            reconcile="receivable" in kind,
        )
        for number, kind in _ACCOUNTS.items()
    }
    defaults = {
        "default_account_receivable": accounts["130100"],
        "currency_exchange_credit_account": accounts["480000"],
        "currency_exchange_debit_account": accounts["480000"],
        "tax_rounding": "line",
    }
    settings = firm.rows("account.configuration", [])
    if settings:
        firm.call("account.configuration.write", [settings[0]["id"]], defaults)
    else:
        firm.create("account.configuration", **defaults)
    return accounts


def _years(firm: Firm, company: int) -> None:
    numbers, moves = (
        firm.create(
            "ir.sequence.strict",
            name=kind,
            company=company,
            sequence_type=firm.id_of("ir.sequence.type", "name", kind),
        )
        for kind in ("Invoice", "Account Move")
    )
    fields = ("out_invoice", "out_credit_note", "in_invoice", "in_credit_note")
    sequences = {"company": company, **{f"{field}_sequence": numbers for field in fields}}
    year = firm.create(
        "account.fiscalyear",
        name="2026",
        company=company,
        start_date=date(2026, 1, 1),
        end_date=date(2026, 12, 31),
        move_sequence=moves,
        invoice_sequences=[["create", [sequences]]],
    )
    firm.call("account.fiscalyear.create_period", [year])


def _axes(firm: Firm, company: int) -> None:
    for axis, values in (("BUSINESS_UNIT", ["040", "050"]), ("PROJECT", [])):
        common = {"company": company, "state": "opened"}
        root = firm.create("analytic_account.account", **common, name=axis, code=axis, type="root")
        for value in values:
            firm.create(
                "analytic_account.account",
                **common,
                name=value,
                code=value,
                type="normal",
                root=root,
                parent=root,
            )
