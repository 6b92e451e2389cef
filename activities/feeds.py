"""Feeds: what a CRM says has changed, fetched because its messages can be lost."""

from datetime import UTC, datetime, time

from temporalio import activity

from activities import failures, polls
from activities.pace import Pace
from canonical.base import Record
from canonical.notices import Notices
from canonical.processes import FollowRequest
from canonical.systems import SystemId
from connectors import ports
from store import clock, inbox, trail
from store.database import Database, Transaction
from telemetry import logs

_REQUESTS_A_POLL = 7  # of a short one; a long one has many answers to wait for in between


class Heard(Record):
    """How many messages were new, if that is all, and if the feed had a gap that was bridged."""

    received: int
    is_all: bool
    is_bridged: bool


class CrmFeed:
    """Steps about a CRM's feed of changes, bound to one CRM by the worker."""

    def __init__(self, crm: ports.Crm, database: Database, pace: Pace) -> None:
        self._crm = crm
        self._database = database
        self._pace = pace

    @activity.defn(name="deals.collect")
    async def collect(self, request: FollowRequest) -> Heard:
        """Poll, and keep what is new for the dispatcher. Idempotent: by message.

        As many requests as the feed takes, at the system's own pace.
        """
        with failures.reported():
            await self._pace.turn(_REQUESTS_A_POLL)
            async with self._database.reading() as tx:
                cursor = await inbox.cursor(tx, request.crm)
                now = datetime.combine(await clock.today(tx), time.max, UTC)
            async with polls.watched(self._database, request.crm):
                found = await self._crm.changes(cursor, now)
            async with self._database.transaction() as tx:
                received = await inbox.receive_all(tx, request.crm, found.notices)
                await inbox.move_cursor(tx, request.crm, found.cursor)
                _tell_gap(tx, request.crm, found)
        is_bridged = found.missed_since is not None
        return Heard(received=received, is_all=found.is_all, is_bridged=is_bridged)


def _tell_gap(tx: Transaction, crm: SystemId, found: Notices) -> None:
    if found.missed_since is None:
        return
    since = f"{found.missed_since:%Y-%m-%dT%H:%MZ}"
    detail = f"not polled since {since}; {len(found.notices)} changes found by their date"
    trail.audit(tx, "feed.bridged", crm, detail=detail)
    logs.logger().warning("feed.bridged", system=crm, since=since, changes=len(found.notices))
