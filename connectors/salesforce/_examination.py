"""What an examination of an org looks at: its sign-in, versions, quota, objects and fields."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import httpx
from pydantic import BaseModel

from canonical.findings import Brief, Finding, broken, doubtful, well
from connectors import errors, examination, http
from connectors.examination import CREDENTIALS, QUOTA, RIGHTS, Clocks, Plan
from connectors.salesforce import _columns, _described, _faults
from connectors.salesforce._columns import Need
from connectors.salesforce._faults import VENDOR
from connectors.salesforce._feed import Feed
from connectors.salesforce._options import Options

_ANSWER = TypeVar("_ANSWER", bound=BaseModel)
_LATEST_EXPIRY = timedelta(minutes=3)  # how far ahead an assertion may expire
_LOW, _VERY_LOW = 20, 5  # percent of the daily requests
_CURRENCY = "CurrencyIsoCode"


class Examination:
    """One examination of one org."""

    def __init__(self, http_client: httpx.AsyncClient, options: Options, brief: Brief) -> None:
        self._http = http_client
        self._data = f"/services/data/{options.api_version}"
        self._options = options
        self._brief = brief

    async def carried_out(self) -> tuple[Finding, ...]:
        """Return what is found."""
        plan = Plan(
            path="/services/data/",
            clocks=self._clocks(),
            signs_in=self._sign_in,
            credentials="correct its section of the credentials file: the connected app must be"
            " approved for the integration user, and know this key or secret",
            looks=(
                ("version", self._version),
                ("objects", self._objects),
                ("feed", self._feed),
            ),
        )
        return await examination.carried_out(self._http, plan)

    def _clocks(self) -> Clocks:
        if self._options.flow == "client_credentials":
            return Clocks()
        good_for = timedelta(seconds=self._options.assertion_seconds)
        return Clocks(
            ahead=max(_LATEST_EXPIRY - good_for, timedelta(seconds=4)),
            behind=good_for,
            why="assertions that we sign are refused as expired or too far ahead",
        )

    async def _sign_in(self) -> Iterable[Finding]:
        limits = await self._get(f"{self._data}/limits", _described.Limits)
        quota = limits.daily
        if quota is None:
            return (well(CREDENTIALS, "accepted"), well(QUOTA, "the org does not tell it"))
        percent = 100 * quota.remaining // quota.most if quota.most else 0
        shown = f"{quota.remaining} of {quota.most} requests a day are left"
        fix = "lower `requests_per_second`, buy more requests, or look who else uses them up"
        if percent < _VERY_LOW:
            return (well(CREDENTIALS, "accepted"), broken(QUOTA, shown, fix))
        if percent < _LOW:
            return (well(CREDENTIALS, "accepted"), doubtful(QUOTA, shown, fix))
        return (well(CREDENTIALS, "accepted"), well(QUOTA, shown))

    async def _version(self) -> Iterable[Finding]:
        found = await self._get("/services/data/", _described.Versions)
        ours = self._data.rpartition("/")[2].removeprefix("v")
        if ours in found.numbers:
            return (well("version", f"v{ours} is served"),)
        fix = f"set the option `api_version`: the newest here is v{found.numbers[-1]}"
        return (broken("version", f"v{ours} is not served", fix),)

    async def _objects(self) -> Iterable[Finding]:
        found: list[Finding] = []
        for sobject, needs in _columns.needs().items():
            found += await examination.looked(sobject, partial(self._object, sobject, needs))
        return found

    async def _object(self, sobject: str, needs: Sequence[Need]) -> Iterable[Finding]:
        try:
            told = await self._get(
                f"{self._data}/sobjects/{sobject}/describe", _described.Described
            )
        except (errors.Missing, errors.Drifted):
            fix = f"create {sobject} as the connector's page says, and let the user read it"
            return (broken(f"object {sobject}", "is not there, or not for this user", fix),)
        fields = {field.name: field for field in told.fields}
        found = [*_fields(needs, fields), *_picklists(sobject, fields), *_children(sobject, told)]
        if any(need.is_written for need in needs) and not (told.updateable and told.createable):
            fix = f"let the integration user create and edit {sobject}: a permission set"
            found.append(broken(RIGHTS, f"{sobject} cannot be written", fix))
        if sobject == "Opportunity" and _CURRENCY in fields:
            fix = "activate the currency in Setup, Company Information, Manage Currencies"
            active = fields[_CURRENCY].active
            found += examination.currencies(self._brief, active, fix)
        all_well = f"{len(fields)} fields, and all {len(needs)} that are needed"
        return found if _is_wrong(found) else [*found, well(f"object {sobject}", all_well)]

    async def _feed(self) -> Iterable[Finding]:
        channel = self._options.change_channel
        if not channel:
            fix = "set up Change Data Capture, and the option `change_channel`"
            return (doubtful("feed", "is not followed: a lost message stays lost", fix),)
        try:
            await Feed(self._http, self._data, channel).can_be_followed()
        except errors.Rejected as refused:
            fix = "enable Change Data Capture for the objects that the page names, and the channel"
            return (broken("feed", f"{channel} cannot be followed: {refused.reason}", fix),)
        return (well("feed", f"{channel} can be followed"),)

    async def _get(self, path: str, model: type[_ANSWER]) -> _ANSWER:
        request = self._http.build_request("GET", path)
        response = await http.send(self._http, request, _faults.ROW, write=False)
        return http.parsed(response, model, vendor=VENDOR, otherwise=errors.Drifted)


def _is_wrong(found: Iterable[Finding]) -> bool:
    return any(each.severity != "ok" for each in found)


def _fields(
    needs: Sequence[Need], there: Mapping[str, _described.DescribedField]
) -> Iterator[Finding]:
    for need in needs:
        name = f"field {need.sobject}.{need.name}"
        field = there.get(need.name)
        if field is None:
            fix = "create it, or make it visible to the integration user (field-level security)"
            yield broken(name, "is not there, or not for this user", fix)
        elif field.type not in need.types:
            fix = f"make it a field of type {' or '.join(sorted(need.types))}"
            yield broken(name, f"has the type {field.type}", fix)
        elif need.is_written and not field.updateable:
            fix = "let the integration user edit it (field-level security)"
            yield broken(name, "cannot be written", fix)
        elif need.is_key and not (field.external and field.unique):
            fix = "mark it as External ID and Unique: invoices are upserted by it"
            yield broken(name, "is not an external id, or not unique", fix)


def _picklists(sobject: str, there: Mapping[str, _described.DescribedField]) -> Iterator[Finding]:
    for (owner, name), words in _columns.PICKLISTS.items():
        field = there.get(name)
        if owner != sobject or field is None or field.type != "picklist":
            continue
        lost = [word for word in words if word not in field.active]
        if lost:
            fix = f"add {', '.join(lost)} to its values, as the connector's page says"
            yield doubtful(f"field {owner}.{name}", f"cannot say {', '.join(lost)}", fix)


def _children(sobject: str, told: _described.Described) -> Iterator[Finding]:
    there = {child.name for child in told.children}
    for name in _columns.CHILDREN.get(sobject, ()):
        if name not in there:
            fix = f"give the lookup to {sobject} the child relationship name {name}"
            yield broken(f"relationship {sobject}.{name}", "is not there", fix)
