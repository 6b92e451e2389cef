"""What an examination of a database looks at: modules, rights, companies, periods, codes."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import cast

from canonical.findings import Brief, Finding, broken, doubtful, well
from canonical.organization import LegalEntity
from connectors import errors, examination
from connectors.examination import CREDENTIALS, QUOTA, RIGHTS, Plan
from connectors.tryton import _wire
from connectors.tryton._closing import WorkStatus
from connectors.tryton._faults import VENDOR
from connectors.tryton._rpc import Value
from connectors.tryton._server import Domain, Server
from connectors.tryton._wire import Coded, Company, Row

_READ: tuple[type[Row], ...] = (
    _wire.Company,
    _wire.Currency,
    _wire.PaymentTerm,
    _wire.Category,
    _wire.Address,
    _wire.Party,
    _wire.Account,
    _wire.Journal,
    _wire.Tax,
    _wire.Unit,
    _wire.Product,
    _wire.Period,
    _wire.Axis,
    _wire.AxisValue,
    _wire.Employee,
    _wire.Work,
    _wire.TimesheetWork,
    _wire.TimesheetLine,
    _wire.Move,
    _wire.MoveLine,
    _wire.Invoice,
    _wire.InvoiceLine,
)
_WRITTEN: tuple[type[Row], ...] = (
    _wire.Party,
    _wire.Work,
    _wire.TimesheetLine,
    _wire.Move,
    _wire.Invoice,
    _wire.AxisValue,
)
_GROUPS = "give the user the groups Accounting, Analytic, Project and Timesheet Administration"
_NOT_OF_THE_MODEL = {"_timestamp"}
_HAS_CODE: Value = ["code", "!=", None]


class _Named(Row):
    """A record that is known by its name."""

    name: str


class _Term(_Named):
    """A term of payment."""

    model = _wire.PaymentTerm.model


class _Tax(_Named):
    """A tax of a company."""

    model = _wire.Tax.model


class _Category(_Named):
    """A category of parties."""

    model = _wire.Category.model


class _Account(Coded):
    """An account of a company."""

    model = _wire.Account.model


class _CurrencyCode(Coded):
    """A currency."""

    model = _wire.Currency.model


class Examinations(Server):
    """Reads only."""

    async def examine(self, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of the database. See `ports.Examined`."""
        own = [
            (f"legal entity {entity.id}", partial(self._entity, entity, brief))
            for entity in brief.entities
        ]
        plan = Plan(
            path="/",
            signs_in=self._sign_in,
            credentials="correct `user` and `password` of its credentials, and restart the worker:"
            " a password that was refused is not sent again",
            looks=(
                ("models", self._models),
                (RIGHTS, self._rights),
                ("currencies", partial(self._all_currencies, brief)),
                ("journals", self._journals),
                ("mappings", partial(self._shared_codes, brief)),
                *own,
            ),
        )
        return await examination.carried_out(self._rpc.http, plan)

    async def _sign_in(self) -> Iterable[Finding]:
        await self._rows(_wire.Company, [], most=1)
        return (
            well(CREDENTIALS, "accepted"),
            well(QUOTA, "Tryton has none, but for sign-ins"),
        )

    async def _models(self) -> Iterable[Finding]:
        wanted: dict[str, set[str]] = {}
        for row in _READ:
            names = {name.partition(".")[0] for name in row.reads()} - _NOT_OF_THE_MODEL
            wanted.setdefault(row.model, set()).update(names)
        found = [each for name in wanted for each in await self._model(name, wanted[name])]
        return found or (well("models", f"all {len(wanted)} are there with our fields"),)

    async def _model(self, name: str, fields: set[str]) -> Iterable[Finding]:
        asked = sorted(fields)
        try:
            told = await self._call(name, "fields_get", [asked], self._context(None))
        except (errors.Drifted, errors.Missing):
            fix = "activate the module that brings it (trytond-admin -u MODULE)"
            return (broken(f"model {name}", "is not there", fix),)
        lost = sorted(fields - _members(told).keys())
        fix = "activate the module that adds it, or compare the version of Tryton with ours"
        return [broken(f"field {name}.{field}", "is not there", fix) for field in lost]

    async def _rights(self) -> Iterable[Finding]:
        models: list[Value] = [row.model for row in _WRITTEN]
        told = await self._call("ir.model.access", "get_access", [models], self._context(None))
        access = _members(told)
        lost = [
            f"{right} {model}"
            for model in map(str, models)
            for right in ("read", "create", "write")
            if not _members(access.get(model)).get(right)
        ]
        if lost:
            return (broken(RIGHTS, f"the user may not {', '.join(lost)}", _GROUPS),)
        return (well(RIGHTS, f"may read, create and write all {len(models)} that we write"),)

    async def _all_currencies(self, brief: Brief) -> Iterable[Finding]:
        rows = await self._rows(_CurrencyCode, [])
        fix = "create the currency in Tryton, with its rates"
        return examination.currencies(brief, (row.code for row in rows), fix)

    async def _journals(self) -> Iterable[Finding]:
        found: list[Finding] = []
        for option, code in (
            ("cost_journal", self._options.cost_journal),
            ("revenue_journal", self._options.revenue_journal),
        ):
            fix = f"create the journal {code}, or correct the option `{option}`"
            if not await self._rows(_wire.Journal, [["code", "=", code]]):
                found.append(broken(f"journal {code}", "is not there", fix))
        done: Domain = [["progress", "=", 1], ["types", "in", ["project"]]]
        if not await self._rows(WorkStatus, done, most=1):
            fix = "create a status of projects with a progress of 100 %"
            shown = "is not there: a project that was used cannot be closed"
            found.append(doubtful("status of ended projects", shown, fix))
        if not await self._rows(_wire.Unit, [["name", "=", self._options.hour_unit]]):
            fix = "create the unit, or correct the option `hour_unit`"
            found.append(broken(f"unit {self._options.hour_unit}", "is not there", fix))
        return found or (well("journals", "both journals and the unit of hours are there"),)

    async def _shared_codes(self, brief: Brief) -> Iterable[Finding]:
        terms = [row.name for row in await self._rows(_Term, [])]
        groups = [row.name for row in await self._rows(_Category, [])]
        return [
            *examination.mapped(brief, "payment_terms", terms, thing="term of payment"),
            *examination.mapped(brief, "customer_group", groups, thing="category of parties"),
        ]

    async def _entity(self, entity: LegalEntity, brief: Brief) -> Iterable[Finding]:
        what = f"legal entity {entity.id}"
        found = await self._rows(_wire.Company, [["party.code", "=", entity.id]])
        if not found:
            fix = f"give the company's party the code {entity.id}, and the user the company"
            return (broken(what, "is no company here, or none of the user's", fix),)
        company = found[0]
        if company.currency_code != entity.currency:
            shown = f"keeps its books in {company.currency_code}, the landscape says otherwise"
            fix = f"correct the currency {entity.currency} of the entity in the landscape"
            return (broken(what, shown, fix),)
        return [
            well(what, f"is a company with books in {company.currency_code}"),
            *await self._period_today(entity, company, brief),
            *await self._accounts(entity, company, brief),
            *await self._axis_codes(entity, company, brief),
        ]

    async def _period_today(
        self, entity: LegalEntity, company: Company, brief: Brief
    ) -> Iterable[Finding]:
        what, day = f"period ({entity.id})", brief.today
        where: Domain = [
            ["company", "=", company.id],
            ["state", "=", "open"],
            ["type", "=", "standard"],
            ["start_date", "<=", day],
            ["end_date", ">=", day],
        ]
        if await self._rows(_wire.Period, where, company):
            return (well(what, f"{day.isoformat()} is open"),)
        fix = "create the fiscal year's periods, or open this one again (Accounting, Periods)"
        shown = f"{day.isoformat()} is in no open period: nothing can be posted"
        return (broken(what, shown, fix),)

    async def _accounts(
        self, entity: LegalEntity, company: Company, brief: Brief
    ) -> Iterable[Finding]:
        own: Domain = [["company", "=", company.id]]
        accounts = [row.code for row in await self._rows(_Account, [*own, _HAS_CODE], company)]
        taxes = [row.name for row in await self._rows(_Tax, own, company)]
        missing = [
            broken(
                f"account {code} ({entity.id})",
                "is not there",
                f"create the account, or correct the option `{option}`",
            )
            for option, code in (
                ("cost_account", self._options.cost_account),
                ("clearing_account", self._options.clearing_account),
            )
            if code not in accounts
        ]
        return [
            *missing,
            *examination.mapped(
                brief, "revenue_account", accounts, thing="account", entity=entity.id
            ),
            *examination.mapped(brief, "tax_group", taxes, thing="tax", entity=entity.id),
        ]

    async def _axis_codes(
        self, entity: LegalEntity, company: Company, brief: Brief
    ) -> Iterable[Finding]:
        found: list[Finding] = []
        for option, code in (
            ("business_unit_axis", self._options.business_unit_axis),
            ("project_axis", self._options.project_axis),
        ):
            where: Domain = [["company", "=", company.id], ["code", "=", code]]
            if not await self._rows(_wire.Axis, [*where, ["type", "=", "root"]], company):
                fix = f"create the analytic axis, or correct the option `{option}`"
                found.append(broken(f"axis {code} ({entity.id})", "is not there", fix))
        where = [["company", "=", company.id], ["root.code", "=", self._options.business_unit_axis]]
        units = await self._rows(_wire.AxisValue, [*where, _HAS_CODE], company)
        codes = [row.code for row in units]
        thing = "value of the axis"
        return [
            *found,
            *examination.mapped(brief, "business_unit", codes, thing=thing, entity=entity.id),
        ]


def _members(told: object) -> Mapping[str, object]:
    if not isinstance(told, dict):
        raise errors.Drifted(VENDOR, "an answer is no object")
    return cast("dict[str, object]", told)
