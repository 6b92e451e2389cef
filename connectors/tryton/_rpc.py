"""One call: JSON-RPC with exact values both ways. One attempt, but for what is to be confirmed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias, cast

import httpx

from connectors import errors, http
from connectors.tryton import _faults
from connectors.tryton._faults import VENDOR

_DIALECT = http.Dialect(VENDOR, _faults.classify, _faults.explain)
_SKIP = "model.res.user.warning.skip"
_MOST_CONFIRMATIONS = 5
_MICRO = timedelta(microseconds=1)
_MICROS = Decimal(1_000_000)


class Float(NamedTuple):
    """A number that Tryton keeps as a float; it is written digit by digit all the same."""

    value: Decimal


Scalar: TypeAlias = bool | int | str | Decimal | date | timedelta | Float | None
Value: TypeAlias = "Scalar | Mapping[str, Value] | Sequence[Value]"


class Rpc:
    """The methods of one database, over an HTTP client that carries address, auth and timeout."""

    def __init__(
        self, http_client: httpx.AsyncClient, database: str, confirmed: frozenset[str]
    ) -> None:
        self.http = http_client
        self._path = f"/{database}/rpc/"
        self._confirmed = confirmed

    async def call(self, method: str, params: Sequence[Value], *, write: bool) -> object:
        """Return what a method answers; its last parameter is the context.

        Warnings of the confirmed kinds are confirmed, and the method is called again: it
        was rolled back each time.

        Raises:
            ConnectorError: the subclass that says what to do about it.
        """
        for _ in range(_MOST_CONFIRMATIONS):
            answer = await self._send(method, params, write=write)
            warning = _faults.warned(answer)
            if warning is None:
                return _result(answer, otherwise=errors.Uncertain if write else errors.Drifted)
            if warning.kind not in self._confirmed:
                raise errors.Rejected(VENDOR, f"a warning of {warning.kind}", reason=warning.reason)
            context = params[-1]
            await self._send(_SKIP, [warning.name, False, context], write=True)
        raise errors.Rejected(VENDOR, f"{method} warns without end")

    async def _send(self, method: str, params: Sequence[Value], *, write: bool) -> httpx.Response:
        body: http.Json = {"id": 1, "method": method, "params": encoded(params)}
        request = self.http.build_request(
            "POST",
            self._path,
            content=http.write_json(body),
            headers={"Content-Type": "application/json"},
        )
        try:
            return await http.send(self.http, request, _DIALECT, write=write)
        except errors.ConnectorError as exc:  # every call has the same address
            exc.args = (f"{exc} to {method}",)
            raise


def encoded(value: Value) -> http.Json:
    """Return a value as Tryton's JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Float):
        return value.value
    if isinstance(value, Mapping):
        return {name: encoded(member) for name, member in value.items()}
    if isinstance(value, Sequence):
        return [encoded(member) for member in value]
    return _classed(value)


def _classed(value: Decimal | date | timedelta) -> http.Json:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": format(value, "f")}
        case timedelta():
            return {"__class__": "timedelta", "seconds": Decimal(value // _MICRO) / _MICROS}
        case date():
            day = {"year": value.year, "month": value.month, "day": value.day}
            return {"__class__": "date", **day}


def decoded(value: object) -> object:
    """Return a value of Tryton's JSON as Python has it.

    Raises:
        ValueError: a typed value is not of its type.
    """
    if isinstance(value, list):
        return [decoded(member) for member in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, object]", value)
    if "__class__" not in members:
        return {name: decoded(member) for name, member in members.items()}
    try:
        return _typed(members)
    except (ArithmeticError, KeyError, TypeError):
        msg = "a typed value is not of its type"
        raise ValueError(msg) from None


def _typed(value: Mapping[str, object]) -> object:
    match value["__class__"]:
        case "Decimal":
            return Decimal(str(value["decimal"]))
        case "date":
            return date(*(_whole(value[part]) for part in ("year", "month", "day")))
        case "timedelta":
            micros = Decimal(str(value["seconds"])) * _MICROS
            return timedelta(microseconds=int(micros.to_integral_value()))
        case _:  # times of day and bytes: nothing that we read
            return None


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _result(answer: httpx.Response, *, otherwise: http.Kind) -> object:
    try:
        body = decoded(http.read_json(answer.content))
    except ValueError:
        raise otherwise(VENDOR, "the answer is not Tryton's JSON") from None
    if not isinstance(body, dict) or "result" not in body:
        raise otherwise(VENDOR, "the answer has no result")
    return cast("dict[str, object]", body)["result"]
