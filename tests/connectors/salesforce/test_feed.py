"""The feed when it misbehaves: each answer that it should not give, and what we make of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.notices import Notices
from connectors import errors
from connectors.salesforce._position import Position
from tests.connectors.salesforce.org import NOW, SECRET, Org, body, signed_in

CHANNEL = "/data/ChangeEvents"
RECORD = "0015f00000Xy9ZzAAJ"
GOOD = {"successful": True, "id": "1"}
EXPIRED = "400::The replayId {9} you provided was invalid."


def _event(number: int, **header: object) -> dict[str, Any]:
    told = {
        "entityName": "Account",
        "recordIds": [RECORD],
        "changeType": "UPDATE",
        "changeOrigin": "",
        "transactionKey": f"0000-{number}",
        "sequenceNumber": 1,
        "commitTimestamp": 1767225600000,
    }
    payload = {"ChangeEventHeader": told | header, "Name": SECRET}
    return {"channel": CHANNEL, "data": {"payload": payload, "event": {"replayId": number}}}


def _failed(error: str, **more: object) -> dict[str, Any]:
    return {"successful": False, "error": error, **more}


class _Server:
    """Answers each kind of message as it is told to, and remembers what was asked."""

    def __init__(self, **replies: Any) -> None:  # noqa: ANN401 - of each kind its own
        self._replies = replies
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/cometd/"):
            return httpx.Response(200, json={})
        [message] = body(request)
        self.asked.append(message)
        kind = message["channel"].removeprefix("/meta/")
        reply = self._replies.get(kind, GOOD)
        if isinstance(reply, list):
            reply = reply.pop(0) if reply else GOOD
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return reply
        events = reply.pop("events", []) if isinstance(reply, dict) else []
        answer = {"channel": message["channel"], "clientId": "c1", **dict(reply)}
        return httpx.Response(200, json=[*events, answer])

    @property
    def kinds(self) -> list[str]:
        return [message["channel"].removeprefix("/meta/") for message in self.asked]


async def _polled(server: _Server, cursor: str = "") -> Notices:
    async with signed_in(Org(server)) as crm:
        return await crm.changes(cursor, NOW)


def _connected(*events: Mapping[str, Any]) -> dict[str, Any]:
    return {**GOOD, "events": list(events)}


async def test_a_poll_is_a_session_of_its_own_from_where_the_last_one_ended() -> None:
    server = _Server(connect=[_connected(_event(7)), _connected()])

    found = await _polled(server, "5//")

    assert server.kinds == ["handshake", "subscribe", "connect", "connect", "disconnect"]
    assert server.asked[1]["ext"] == {"replay": {CHANNEL: 5}}
    assert server.asked[2]["advice"] == {"timeout": 0}
    assert [message.get("clientId") for message in server.asked] == [None, *["c1"] * 4]
    assert [(notice.id, notice.subject.value) for notice in found.notices] == [
        (f"0000-7/1/{RECORD}", RECORD)
    ]
    assert found.cursor.startswith("7/2026-01-01T00:00:00+00:00/")


async def test_what_came_before_an_answer_that_does_not_is_kept() -> None:
    server = _Server(connect=[_connected(_event(7)), httpx.ReadTimeout("late")])

    found = await _polled(server)

    assert len(found.notices) == 1
    assert server.kinds[-1] == "disconnect"


async def test_a_feed_that_never_ends_is_read_in_turns() -> None:
    events = [[_event(100 * turn + number) for number in range(100)] for turn in range(30)]
    server = _Server(connect=[_connected(*some) for some in events])

    found = await _polled(server)

    assert len(found.notices) == 2000
    assert found.is_all is False
    assert Position.read(found.cursor).replay == 1999


async def test_an_end_that_is_refused_is_nobodys_loss() -> None:
    found = await _polled(_Server(disconnect=httpx.Response(503)))

    assert found.notices == ()
    assert found.is_all is True


@pytest.mark.parametrize(
    ("replies", "kind", "text"),
    [
        ({"handshake": httpx.ConnectError("x")}, errors.Transient, "ConnectError"),
        ({"handshake": httpx.Response(503, text=SECRET)}, errors.Transient, "503"),
        ({"handshake": httpx.Response(200, text=SECRET)}, errors.Drifted, "not JSON"),
        ({"handshake": httpx.Response(200, json={"a": 1})}, errors.Drifted, "do not fit"),
        ({"handshake": httpx.Response(200, json=[])}, errors.Drifted, "something else"),
        ({"handshake": _failed(f"403::{SECRET}")}, errors.Rejected, r"handshake \(403\)"),
        ({"handshake": {**GOOD, "clientId": None}}, errors.Rejected, "handshake"),
        ({"subscribe": _failed(f"403:{SECRET}")}, errors.Rejected, f"{CHANNEL} .403"),
        ({"subscribe": _failed("403::Unknown client")}, errors.Transient, "ended our session"),
        ({"subscribe": _failed("402::Session unknown")}, errors.Transient, "ended our session"),
        ({"subscribe": _failed(EXPIRED)}, errors.Drifted, "refuses to replay"),
        ({"connect": _failed("402::Unknown client")}, errors.Transient, "ended our session"),
        ({"connect": _failed("408::x")}, errors.Drifted, r"refuses to connect \(408\)"),
        ({"connect": _connected({"channel": CHANNEL})}, errors.Drifted, "a change event"),
        ({"connect": _connected(_event(1, recordIds=["x"]))}, errors.Drifted, "no id"),
        ({"connect": _connected(_event(1, transactionKey="a b"))}, errors.Drifted, "do not fit"),
    ],
)
async def test_a_wrong_answer_is_the_error_that_it_is(
    replies: dict[str, Any], kind: type[errors.ConnectorError], text: str
) -> None:
    server = _Server(**replies)

    with pytest.raises(kind, match=text) as wrong:
        await _polled(server)

    assert type(wrong.value) is kind
    assert SECRET not in str(wrong.value)
    assert wrong.value.__cause__ is None
    is_open = "subscribe" in server.kinds
    assert ("disconnect" in server.kinds) is is_open


async def test_a_handshake_that_is_refused_for_the_session_renews_it() -> None:
    denied = _failed(
        "403::Handshake denied", ext={"sfdc": {"failureReason": "401::Authentication invalid"}}
    )
    org = Org(_Server(handshake=denied))

    async with signed_in(org) as crm:
        with pytest.raises(errors.Transient, match="the session had ended"):
            await crm.changes("", NOW)

    assert [request.url.path for request in org.requests] == [
        "/cometd/60.0",
        "/services/data/v60.0/limits",
    ]


async def test_an_expired_position_begins_again_with_all_that_is_kept() -> None:
    server = _Server(subscribe=[_failed(EXPIRED), GOOD], connect=[_connected(_event(12)), GOOD])

    found = await _polled(server, "9//")

    assert [message["ext"]["replay"][CHANNEL] for message in server.asked[1:3]] == [9, -2]
    assert Position.read(found.cursor).replay == 12
    assert found.missed_since is None


async def test_other_peoples_objects_and_our_own_writes_are_passed_over() -> None:
    ours = "com/salesforce/api/rest/60.0;client=tiebeam"
    events = [_event(1, entityName="Case"), _event(2, changeOrigin=ours)]
    server = _Server(connect=[_connected(*events), GOOD])

    found = await _polled(server)

    assert found.notices == ()
    assert Position.read(found.cursor).replay == 2


@given(
    replay=st.none() | st.integers(min_value=0, max_value=2**63),
    newest=st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)),
    polled_at=st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)),
)
def test_a_position_is_read_as_it_was_written(
    replay: int | None, newest: datetime | None, polled_at: datetime | None
) -> None:
    position = Position(replay, newest, polled_at)

    assert Position.read(position.written()) == position
    assert Position.read("") == Position()
