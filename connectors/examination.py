"""What every examination of a system begins with, and how a failure becomes a finding."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from canonical.findings import Brief, Finding, broken, doubtful, well
from canonical.mappings import MappingKind
from canonical.organization import EntityId
from connectors import errors

CREDENTIALS = "credentials"
RIGHTS = "rights"
QUOTA = "quota"
_REACH = "reach"
_CLOCK = "clock"

_A_SECOND = timedelta(seconds=1)  # the resolution of the Date header
_SERVER_FAULT = 500
_PATIENCE = 10.0  # seconds, for an answer of any kind
_WAIT = "wait and examine again; if it stays, ask who runs the system"
_SET_UP = "set it up in the system, as its connector's page says under Set-up"
_FIXES: dict[type[errors.ConnectorError], str] = {
    errors.Transient: _WAIT,
    errors.Uncertain: _WAIT,
    errors.Unauthorized: "give the integration user the right to read it (the connector's page)",
    errors.Missing: _SET_UP,
    errors.Rejected: _SET_UP,
    errors.Drifted: "compare what runs there with the connector's page: it answers otherwise",
}

Look = Callable[[], Awaitable[Iterable[Finding]]]


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """How far our clock may lie ahead of a system's, or behind it, before work stops, and why."""

    ahead: timedelta = timedelta(minutes=5)
    behind: timedelta = timedelta(minutes=5)
    why: str = "times of the two cannot be compared"

    def judge(self, ours: datetime, told: str) -> Finding:
        """Compare our time with what a Date header tells, which is up to a second old."""
        try:
            off = ours - parsedate_to_datetime(told)
        except (TypeError, ValueError):
            return well(_CLOCK, "its answers tell no time")
        if -_A_SECOND <= off <= 2 * _A_SECOND:
            return well(_CLOCK, "together with ours")
        side, most = ("behind", self.behind) if off < timedelta(0) else ("ahead", self.ahead)
        shown = f"ours is {abs(off).total_seconds():.0f} s {side}"
        fix = "synchronize this machine's clock (NTP), or tell who runs the system"
        if abs(off) > most:
            return broken(_CLOCK, f"{shown}: {self.why}", fix)
        return doubtful(_CLOCK, shown, fix) if abs(off) > most / 2 else well(_CLOCK, shown)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to look at in one system: `signs_in` first, then each look under its name.

    `path` answers anybody, be it with a refusal. `credentials` is what to do if we are refused.
    """

    path: str
    signs_in: Look
    credentials: str
    looks: Sequence[tuple[str, Look]]
    clocks: Clocks = Clocks()


async def carried_out(http_client: httpx.AsyncClient, plan: Plan) -> tuple[Finding, ...]:
    """Return all that the looks find; where the first steps fail, the others are not tried."""
    found = await _reached(http_client, plan.path, plan.clocks)
    if _stops(found):
        return found
    try:
        found += tuple(await plan.signs_in())
    except errors.ConnectorError as exc:
        return (*found, refused(exc, plan.credentials))
    if _stops(found):
        return found
    for what, look in plan.looks:
        found += await looked(what, look)
    return found


async def looked(what: str, look: Look) -> tuple[Finding, ...]:
    """Return what a look finds; one that fails is a finding of its own."""
    try:
        return tuple(await look())
    except errors.ConnectorError as exc:
        about = RIGHTS if isinstance(exc, errors.Unauthorized) else what
        return (broken(about, f"{what}: {exc}", _FIXES.get(type(exc), _SET_UP)),)


def refused(exc: errors.ConnectorError, fix: str) -> Finding:
    """Return what a failed sign-in is: expired, refused, or not tried at all."""
    if not isinstance(exc, errors.Unauthorized):
        return broken(CREDENTIALS, f"cannot be tried: {exc}", _FIXES.get(type(exc), _SET_UP))
    if "expired" in exc.reason.lower():
        return broken(CREDENTIALS, f"expired: {exc}", f"renew the secret, then {fix}")
    return broken(CREDENTIALS, f"refused: {exc}", fix)


def mapped(
    brief: Brief,
    kind: MappingKind,
    there: Iterable[str],
    *,
    thing: str,
    entity: EntityId | None = None,
) -> Iterable[Finding]:
    """Yield for each code that the mappings of a kind lead to whether the system has it.

    With `entity`, for the rows that count for it: its own and the general ones.
    """
    what = f"mapping {kind}" if entity is None else f"mapping {kind} ({entity})"
    known = {code.casefold() for code in there}
    rows = [
        row
        for row in brief.mappings.rows
        if row.kind == kind
        and row.valid_from <= brief.today
        and (entity is None or row.entity in (None, entity))
    ]
    lost = [row for row in rows if row.theirs.casefold() not in known]
    for row in lost:
        shown = f"{row.ours!r} leads to {row.theirs!r}, and there is no such {thing}"
        fix = f"{row.owner}: set up {thing} {row.theirs!r}, or map {row.ours!r} to one that exists"
        yield broken(what, shown, fix)
    if rows and not lost:
        yield well(what, f"each of {len(rows)} codes is there")


def currencies(brief: Brief, there: Iterable[str], fix: str) -> Iterable[Finding]:
    """Yield whether the system knows each currency in which a legal entity keeps its books."""
    known = set(there)
    for currency, entities in sorted(brief.currencies.items()):
        what, of = f"currency {currency}", ", ".join(entities)
        if currency in known:
            yield well(what, f"known, for {of}")
        else:
            yield broken(what, f"unknown, and {of} keeps its books in it", fix)


async def _reached(
    http_client: httpx.AsyncClient, path: str, clocks: Clocks
) -> tuple[Finding, ...]:
    fix = "start it, or correct its `url` in the landscape, the network or the certificate"
    try:
        async with http_client.stream("GET", path, auth=None, timeout=_PATIENCE) as response:
            status, told = response.status_code, response.headers.get("Date", "")
            ours = datetime.now(UTC)
    except httpx.HTTPError as exc:
        return (broken(_REACH, f"unreachable: {type(exc).__name__}", fix),)
    if status >= _SERVER_FAULT:
        return (broken(_REACH, f"answers {status}", fix),)
    return (well(_REACH, "answers"), clocks.judge(ours, told))


def _stops(found: Iterable[Finding]) -> bool:
    return any(each.severity == "broken" and each.what != _CLOCK for each in found)
