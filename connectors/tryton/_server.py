"""What all calls to one database share: reading and writing records, and what the firm set up."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, cast

import httpx
from pydantic import ValidationError

from canonical.organization import EntityId
from canonical.systems import ForeignId, SystemId
from connectors import errors, http
from connectors.tryton import _wire
from connectors.tryton._faults import VENDOR
from connectors.tryton._kept import Clock, Kept
from connectors.tryton._options import Options
from connectors.tryton._rpc import Rpc, Value

Domain = list[Value]

_CODES_AT_ONCE = 200  # SQLite nests no deeper than 1,000 clauses

_R = TypeVar("_R", bound=_wire.Row)
_C = TypeVar("_C", _wire.AxisValue, _wire.Employee, _wire.Work)


class Server:
    """Tryton, over an HTTP client that already carries address, session and timeout.

    What the firm set up is kept for a minute, or until something is refused.
    """

    def __init__(
        self, http_client: httpx.AsyncClient, system: SystemId, options: Options, clock: Clock
    ) -> None:
        self._rpc = Rpc(http_client, options.database, options.confirmed_warnings)
        self._system = system
        self._options = options
        self._kept = Kept(clock)

    async def _rows(
        self,
        row: type[_R],
        where: Domain,
        company: _wire.Company | None = None,
        *,
        most: int | None = None,
        context: Mapping[str, Value] | None = None,
    ) -> list[_R]:
        """Return the records that fit, the oldest first."""
        order: Value = [["id", "ASC"]]
        found = await self._call(
            row.model,
            "search_read",
            [where, 0, most, order, row.reads()],
            self._context(company) | dict(context or {}),
        )
        if not isinstance(found, list):
            raise errors.Drifted(VENDOR, f"{row.model}.search_read answers no list")
        try:
            return [row.model_validate(each) for each in cast("list[object]", found)]
        except ValidationError as exc:
            detail = f"{row.__name__}: {http.misfits(exc)} do not fit"
        raise errors.Drifted(VENDOR, detail)

    async def _row(self, row: type[_R], record: int, company: _wire.Company) -> _R:
        """Return a record of the company by its id.

        Raises:
            Missing: there is no such record.
        """
        where: Domain = [["id", "=", record], ["company", "=", company.id]]
        found = await self._rows(row, where, company)
        if not found:
            raise errors.Missing(VENDOR, f"there is no such {row.model}")
        return found[0]

    async def _create(
        self, row: type[_wire.Row], values: Mapping[str, Value], company: _wire.Company
    ) -> int:
        """Create a record and return its id."""
        match await self._change(row, "create", [[values]], company):
            case [int(created)]:
                return created
            case _:
                raise errors.Uncertain(VENDOR, f"{row.model}.create answers no id")

    async def _write(
        self,
        writes: Sequence[tuple[_wire.Row, Mapping[str, Value]]],
        company: _wire.Company,
        stamped: Sequence[_wire.Guarded],
    ) -> None:
        """Write records of one model, all or none; none if a stamped one has been written since.

        Raises:
            Transient: somebody wrote one since it was read, maybe an earlier attempt of ours.
        """
        params: list[Value] = []
        for record, values in writes:
            params += [[record.id], values]
        await self._change(type(writes[0][0]), "write", params, company, unwritten(stamped))

    async def _change(
        self,
        row: type[_wire.Row],
        method: str,
        params: Sequence[Value],
        company: _wire.Company,
        context: Mapping[str, Value] | None = None,
    ) -> object:
        """Call what writes: one transaction, so a refusal has changed nothing."""
        told = self._context(company) | dict(context or {})
        try:
            return await self._call(row.model, method, params, told, write=True)
        except errors.Rejected:
            self._kept.forget()
            raise

    async def _call(
        self,
        model: str,
        method: str,
        params: Sequence[Value],
        context: Mapping[str, Value],
        *,
        write: bool = False,
    ) -> object:
        return await self._rpc.call(f"model.{model}.{method}", [*params, context], write=write)

    async def _company(self, entity: EntityId) -> _wire.Company:
        """Return a legal entity's company.

        Raises:
            Rejected: no company's party has the entity's code.
        """
        return await self._known(_wire.Company, None, {"party.code": entity})

    async def _party(self, customer: ForeignId, company: _wire.Company) -> _wire.Party:
        """Return a customer's party as it is now.

        Raises:
            Rejected: there is none.
        """
        found = await self._rows(_wire.Party, [["code", "=", customer.value]], company)
        if not found:
            raise errors.Rejected(VENDOR, "there is no such party", reason=customer.value)
        return found[0]

    async def _known(
        self, row: type[_R], company: _wire.Company | None, fields: Mapping[str, Value]
    ) -> _R:
        """Return the one record with these values, as it was a minute ago at most.

        Raises:
            Rejected: there is none, or more than one.
        """
        key = (row, company and company.id, *fields.items())
        kept = self._kept.get(row, key)
        if kept is not None:
            return kept
        found = await self._only(row, company, fields)
        self._kept.keep(key, found)
        return found

    async def _only(
        self, row: type[_R], company: _wire.Company | None, fields: Mapping[str, Value]
    ) -> _R:
        """Return the one record with these values, as it is now.

        Raises:
            Rejected: there is none, or more than one.
        """
        where: Domain = [[name, "=", value] for name, value in fields.items()]
        found = await self._rows(row, where, company, most=2)
        if len(found) != 1:
            few = "no" if not found else "more than one"
            values = ", ".join(f"{name} {value}" for name, value in fields.items())
            raise errors.Rejected(
                VENDOR, f"{few} {row.model} fits", reason=f"{few} {row.model} has {values}"
            )
        return found[0]

    async def _owned(self, row: type[_R], company: _wire.Company, **fields: Value) -> _R:
        """Return the one record of a company with these values."""
        return await self._known(row, company, {"company": company.id, **fields})

    async def _by_code(
        self, row: type[_C], company: _wire.Company, codes: Iterable[str], where: Domain
    ) -> dict[str, _C]:
        """Return the records with these codes; of several with one code, the oldest.

        `where` is what they have in common besides the code.

        Raises:
            Rejected: a code has no record.
        """
        scope: tuple[object, ...] = (row, company.id, str(where))
        wanted = set(codes)
        found: dict[str, _C] = {}
        for code in wanted:
            kept = self._kept.get(row, (*scope, code))
            if kept is not None:
                found[code] = kept
        missing = sorted(wanted - found.keys())
        for start in range(0, len(missing), _CODES_AT_ONCE):
            some = missing[start : start + _CODES_AT_ONCE]
            for record in await self._rows(row, [*where, coded(row, some)], company):
                if record.code in missing and record.code not in found:
                    found[record.code] = record
                    self._kept.keep((*scope, record.code), record)
        lost = sorted(wanted - found.keys())
        if lost:
            reason = f"no {row.model} has {', '.join(lost)}"
            raise errors.Rejected(VENDOR, f"{len(lost)} {row.model} are not there", reason=reason)
        return found

    def _context(self, company: _wire.Company | None) -> dict[str, Value]:
        """Return what every call carries; messages are read, so they are English."""
        context: dict[str, Value] = {"language": "en"}
        return context if company is None else context | {"company": company.id}

    def _id(self, value: str | int) -> ForeignId:
        return ForeignId(system=self._system, value=str(value))


def unwritten(stamped: Sequence[_wire.Guarded]) -> dict[str, Value]:
    """Return the context of a call that is refused if one of these has been written since."""
    return {"_timestamp": {f"{each.model},{each.id}": each.stamp for each in stamped}}


def coded(row: type[_wire.Row], codes: Sequence[str]) -> Value:
    """Return the clause that a record has one of the codes: of a work, as its name's first word."""
    if row is _wire.Work:
        return ["OR", *(["name", "like", f"{escaped(code)} %"] for code in codes)]
    field = row.reads()[list(row.model_fields).index("code")]
    return [field, "in", list(codes)]


def escaped(text: str) -> str:
    """Return text so that `like` takes every character of it as it is."""
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text
