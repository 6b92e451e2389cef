"""What an examination of F&O looks at: sets and columns, the service, periods, codes."""

from collections.abc import Iterable, Sequence
from functools import partial

from canonical.findings import Brief, Finding, broken, doubtful, well
from canonical.mappings import MappingKind
from canonical.organization import EntityId
from connectors import errors, examination, http
from connectors.dynamics import _mapping, _odata, _set_up, _wire
from connectors.dynamics._environment import Environment, Selection, parsed
from connectors.dynamics._set_up import Code, OwnCode
from connectors.examination import CREDENTIALS, QUOTA, RIGHTS, Plan

_POSTING = {"postHourJournal", "postFreeTextInvoice"}
_PERIODS = "isPeriodOpen"
_READ: tuple[type[_wire.Row], ...] = (
    _wire.Customer,
    _wire.Contract,
    _wire.Project,
    _wire.Journal,
    _wire.HourLine,
    _wire.Invoice,
    _wire.InvoiceLine,
    _wire.Receivable,
)
_WRITTEN: tuple[type[_wire.NewRow], ...] = (
    _wire.NewCustomer,
    _wire.NewContract,
    _wire.NewProject,
    _wire.NewJournal,
    _wire.NewHourLine,
    _wire.NewInvoice,
    _wire.NewInvoiceLine,
)
_OWN: tuple[tuple[MappingKind, type[OwnCode], str], ...] = (
    ("customer_group", _set_up.CustomerGroup, "customer group"),
    ("payment_terms", _set_up.PaymentTerm, "term of payment"),
    ("tax_group", _set_up.TaxGroup, "sales tax group"),
    ("project_group", _set_up.ProjectGroup, "project group"),
)
_SHARED: tuple[tuple[MappingKind, type[Code], str], ...] = (
    ("category", _set_up.Category, "project category"),
    ("revenue_account", _set_up.MainAccount, "main account"),
    ("business_unit", _set_up.BusinessUnit, "value of a financial dimension"),
)


class Examinations(Environment):
    """Reads only: a set is tried with all the columns that we read or write, and one row."""

    async def examine(self, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of the environment. See `ports.Examined`."""
        looks = (
            ("entity sets", self._sets),
            ("posting service", partial(self._service, brief)),
            ("legal entities", partial(self._companies, brief)),
            ("currencies", partial(self._currencies, brief)),
            ("mappings", partial(self._codes, brief)),
        )
        plan = Plan(
            path="/data",
            signs_in=self._sign_in,
            credentials="correct `client_id` and `client_secret` of its credentials, as they stand"
            " in Entra ID",
            looks=looks,
        )
        return await examination.carried_out(self._http, plan)

    async def _sign_in(self) -> Iterable[Finding]:
        try:
            await self._rows(_set_up.LegalEntity, Selection("", "LegalEntityId", most=1))
        except errors.Unauthorized as exc:
            if "token endpoint" in str(exc):
                raise
            fix = "register the application in F&O (Microsoft Entra applications) with a user"
            return (broken(CREDENTIALS, f"Entra grants a token, F&O refuses it: {exc}", fix),)
        return (
            well(CREDENTIALS, "accepted"),
            well(QUOTA, "F&O tells its limits only once they are reached (429)"),
        )

    async def _sets(self) -> Iterable[Finding]:
        wanted: dict[str, list[str]] = {}
        for read in _READ:
            wanted.setdefault(read.entity_set, []).extend(read.columns().split(","))
        for written in _WRITTEN:
            wanted.setdefault(written.entity_set, []).extend(_written(written))
        found: list[Finding] = []
        for name, columns in wanted.items():
            found += await self._set(name, sorted(set(columns)))
        if any(each.severity != "ok" for each in found):
            return [each for each in found if each.severity != "ok"]
        return (
            well("entity sets", f"all {len(wanted)} are there with the columns that we use"),
            well(RIGHTS, "the sets can be read; whether they can be written only a write tells"),
        )

    async def _set(self, name: str, columns: Sequence[str]) -> Iterable[Finding]:
        query = _odata.query(top="1", select=",".join(columns))
        what = f"entity set {name}"
        try:
            await self._send(self._request("GET", f"{name}?{query}"), write=False)
        except errors.Drifted:
            return (broken(what, "is not there", "publish the data entity (IsPublic)"),)
        except errors.Rejected as exc:  # a `$select` quotes names of columns and no row
            fix = "compare the version of F&O with the connector's page: a column has another name"
            return (broken(what, exc.reason[:200] or str(exc), fix),)
        except errors.Unauthorized as exc:
            fix = "give the application's user in F&O a role whose duties hold this entity"
            return (broken(RIGHTS, f"{what}: {exc}", fix),)
        return (well(what, "is there"),)

    async def _service(self, brief: Brief) -> Iterable[Finding]:
        what, path = "posting service", self._options.posting_service
        request = self._http.build_request("GET", path)
        try:
            response = await self._send(request, write=False)
        except (errors.Missing, errors.Drifted):
            fix = "deploy the firm's service, or correct the option `posting_service`"
            return (broken(what, f"there is none at {path}", fix),)
        told = parsed(response, _set_up.Operations, otherwise=errors.Drifted)
        names = {operation.name for operation in told.operations}
        if lost := sorted(_POSTING - names):
            fix = "deploy a version of the firm's service that has them (the connector's page)"
            return (broken(what, f"lacks {', '.join(lost)}", fix),)
        here = well(what, "posts journals and invoices")
        if _PERIODS not in names:
            fix = f"add {_PERIODS} to the firm's service, as the connector's page says"
            shown = "cannot be examined: the service does not tell"
            return (here, doubtful("periods", shown, fix))
        return (here, *[await self._period(each.id, brief) for each in brief.entities])

    async def _period(self, entity: EntityId, brief: Brief) -> Finding:
        what, day = f"period ({entity})", brief.today.isoformat()
        asked = {"_request": {"dataAreaId": _mapping.area(entity), "date": day}}
        request = self._http.build_request(
            "POST",
            f"{self._options.posting_service}/{_PERIODS}",
            content=http.write_json(asked),
            headers={"Content-Type": "application/json"},
        )
        response = await self._send(request, write=False)
        told = parsed(response, _set_up.PeriodStatus, otherwise=errors.Drifted)
        if told.success and told.open:
            return well(what, f"{day} is open")
        fix = "open the period in the ledger calendar (General ledger, Period close)"
        return broken(what, f"{day} is in no open period: nothing can be posted", fix)

    async def _companies(self, brief: Brief) -> Iterable[Finding]:
        rows = await self._rows(_set_up.LegalEntity, Selection("", "LegalEntityId"))
        there = {row.code.casefold() for row in rows}
        lost = [entity for entity in brief.entities if entity.id.casefold() not in there]
        fix = "create the company in F&O, or name the entity in the landscape as F&O does"
        return [
            broken(f"legal entity {entity.id}", "is no company here", fix) for entity in lost
        ] or (well("legal entities", f"all {len(brief.entities)} are companies here"),)

    async def _currencies(self, brief: Brief) -> Iterable[Finding]:
        rows = await self._rows(_set_up.Currency, Selection("", "CurrencyCode"))
        fix = "create the currency in F&O (General ledger, Currencies) with its rounding"
        return examination.currencies(brief, (row.code for row in rows), fix)

    async def _codes(self, brief: Brief) -> Iterable[Finding]:
        found: list[Finding] = []
        for kind, model, thing in _SHARED:
            rows = await self._rows(model, Selection("", model.key()))
            found += examination.mapped(brief, kind, (row.code for row in rows), thing=thing)
        for entity in brief.entities:
            own = _odata.equal(dataAreaId=_mapping.area(entity.id))
            for kind, model, thing in _OWN:
                there = [row.code for row in await self._rows(model, Selection(own, model.key()))]
                found += examination.mapped(brief, kind, there, thing=thing, entity=entity.id)
        return found


def _written(row: type[_wire.NewRow]) -> list[str]:
    names = ((field.serialization_alias or field.alias) for field in row.model_fields.values())
    return [str(name) for name in names]
