"""Changes as a poll: the org's feed of them, and a way on that loses nothing when it has a gap."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

import httpx

from canonical.notices import Notice, NoticeKind, Notices
from canonical.systems import ForeignId, SystemId
from connectors import auth, errors
from connectors.salesforce import _soql, _wire
from connectors.salesforce._events import Header
from connectors.salesforce._faults import VENDOR
from connectors.salesforce._feed import Feed, Read
from connectors.salesforce._options import Options
from connectors.salesforce._position import Position
from connectors.salesforce._queries import MOST_TOGETHER, Queries

_OVERLAP = timedelta(minutes=10)  # a commit can be told of before others with an earlier stamp
_MOST_IDS = 200  # in one query
_STAMPED = ("Id", "SystemModstamp", "IsDeleted")
_COLUMNS = {  # of the objects that we follow: what says whom a change of theirs concerns
    "Account": _STAMPED,
    "Billing_Schedule_Line__c": (*_STAMPED, "Opportunity__c"),
    "Opportunity": (*_STAMPED, "IsWon"),
}
_LOOKED_UP = ("Billing_Schedule_Line__c", "Opportunity")


class _Touched(NamedTuple):
    """A record of which we heard, under the id that makes the notice one of its own."""

    notice: str
    entity: str
    record: str


@dataclass
class _Found:
    """What is known of one poll so far: what was touched, and the rows as they are now."""

    touched: list[_Touched]
    rows: dict[str, _wire.Trace]


class Changes:
    """The changes of one org that other people made."""

    def __init__(
        self,
        http_client: httpx.AsyncClient,
        system: SystemId,
        options: Options,
        clock: auth.Clock,
    ) -> None:
        data = f"/services/data/{options.api_version}"
        self._feed = Feed(http_client, data, options.change_channel)
        self._queries = Queries(http_client, data)
        self._system = system
        self._options = options
        self._clock = clock

    async def since(self, cursor: str) -> Notices:
        """Return what changed since the cursor; nothing from an org that has no channel."""
        if not self._options.change_channel:
            return Notices(notices=(), cursor=cursor)
        last, at = Position.read(cursor), self._clock()
        missed_since = self._missed_since(last, at)
        read = await self._feed.read(None if missed_since else last.replay)
        news = [event.header for event in read.events if self._is_news(event.header)]
        found = _Found([*_touched(header for header in news if not header.is_gap)], {})
        await self._bridge(found, _gaps(news, last, is_whole=bool(missed_since) or read.is_expired))
        await self._look_up(found)
        return Notices(
            notices=tuple(self._notices(found)),
            cursor=_moved(last, read, at, is_missed=bool(missed_since)).written(),
            is_all=read.is_all,
            missed_since=missed_since,
        )

    def _missed_since(self, last: Position, at: datetime) -> datetime | None:
        if last.polled_at is None or at - last.polled_at <= self._options.kept:
            return None
        return last.polled_at

    def _is_news(self, header: Header) -> bool:
        after = self._options.changes_after
        is_early = after is not None and header.committed_at < after
        is_ours = header.client == self._options.client_name
        return header.entity in _COLUMNS and not is_early and not is_ours

    async def _bridge(self, found: _Found, gaps: dict[str, datetime]) -> None:
        """Ask for all that changed where the feed does not say what did."""
        if not gaps:
            return
        queries = {
            entity: _soql.modified_since(_COLUMNS[entity], entity, since)
            for entity, since in gaps.items()
        }
        answers = await self._queries.together(_wire.Page[_wire.Trace], queries)
        for entity, rows in answers.items():
            for row in rows:
                found.rows[row.id] = row
                found.touched.append(_Touched(f"{row.id}@{row.modified}", entity, row.id))

    async def _look_up(self, found: _Found) -> None:
        """Ask whom the touched records concern, as few requests as there can be."""
        questions = list(_questions(found))
        for start in range(0, len(questions), MOST_TOGETHER):
            several = questions[start : start + MOST_TOGETHER]
            named = {f"q{number}": query for number, query in enumerate(several)}
            answers = await self._queries.together(_wire.Page[_wire.Trace], named)
            found.rows |= {row.id: row for rows in answers.values() for row in rows}

    def _notices(self, found: _Found) -> Iterator[Notice]:
        for notice, entity, record in found.touched:
            concerned = _concerned(entity, record, found.rows.get(record))
            if concerned is not None:
                kind, subject = concerned
                about = ForeignId(system=self._system, value=subject)
                yield Notice(id=notice, kind=kind, subject=about)


def _touched(headers: Iterable[Header]) -> Iterator[_Touched]:
    for header in headers:
        try:
            records = header.ids
        except ValueError:
            raise errors.Drifted(VENDOR, "a change event names what is no id") from None
        for record in records:
            notice = f"{header.transaction}/{header.sequence}/{record}"
            yield _Touched(notice, header.entity, record)


def _gaps(news: Iterable[Header], last: Position, *, is_whole: bool) -> dict[str, datetime]:
    """Return the objects of which the feed has a gap, and since when."""
    heard = last.newest or last.polled_at
    gaps: dict[str, datetime] = {}
    if is_whole and heard is not None:
        gaps = dict.fromkeys(_COLUMNS, heard - _OVERLAP)
    for header in news:
        if header.is_gap:
            began = header.committed_at - _OVERLAP
            gaps[header.entity] = min(began, gaps.get(header.entity, began))
    return gaps


def _questions(found: _Found) -> Iterator[str]:
    for entity in _LOOKED_UP:
        unknown = dict.fromkeys(
            each.record
            for each in found.touched
            if each.entity == entity and each.record not in found.rows
        )
        for some in _by(_MOST_IDS, list(unknown)):
            yield _soql.by_ids(_COLUMNS[entity], entity, some)


def _by(size: int, records: Sequence[str]) -> Iterator[Sequence[str]]:
    rest = iter(records)
    while some := list(islice(rest, size)):
        yield some


def _concerned(entity: str, record: str, row: _wire.Trace | None) -> tuple[NoticeKind, str] | None:
    """Return whom a change concerns; None for a line that is gone together with its deal's id."""
    if entity == "Account":
        return "account", record
    if entity == "Opportunity":
        is_won = row is not None and row.is_won and not row.is_deleted
        return ("opportunity" if is_won else "opportunity_change"), record
    return ("billing_schedule", row.opportunity) if row and row.opportunity else None


def _moved(last: Position, read: Read, at: datetime, *, is_missed: bool) -> Position:
    if read.events:
        newest = read.events[-1]
        return Position(newest.place.replay, newest.header.committed_at, at)
    replay = None if read.is_expired or is_missed else last.replay
    return Position(replay, last.newest, at)
