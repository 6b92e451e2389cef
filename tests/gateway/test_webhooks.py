"""The door: what is good is kept before it is acknowledged; what is not leaves no trace."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from sqlmodel import col, select
from temporalio.client import Client
from typing_extensions import override

from gateway import app
from gateway.dispatcher import Dispatcher
from store import engagements
from store.database import ContendedError, Database, Transaction
from store.tables.effects import AuditRow
from store.tables.traffic import InboxRow
from tests.fakes import CRM, foreign
from tests.gateway.messages import CANARY, SECRET, doors, message

DOOR = f"/webhooks/{CRM}/{SECRET}"
MEGABYTE = 1024 * 1024
T = TypeVar("T")


class _Broken(Dispatcher):
    """Breaks the request after its message is kept and before it is answered."""

    @override
    def wake(self) -> None:
        raise RuntimeError


class _Contended(Database):
    """A store in which others are in the way of every message."""

    @override
    async def carry_out(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        raise ContendedError


async def _kept(database: Database) -> list[tuple[str, str, int | None, str]]:
    async with database.reading() as tx:
        rows = (await tx.exec(select(InboxRow).order_by(col(InboxRow.id)))).all()
    return [(row.message, row.kind, row.generation, row.outcome.value) for row in rows]


async def test_a_message_is_acknowledged_once_it_is_kept(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    answer = await web.post(DOOR, content=message(subject))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert b"<Ack>true</Ack>" in answer.content
    assert await _kept(database) == [("04l5f0000000001AAA", "opportunity", 1, "received")]
    async with database.reading() as tx:
        engagement = await engagements.running(tx, foreign(CRM, subject))
    assert engagement is not None
    assert engagement.contract == "CT-00001"


async def test_the_same_message_is_kept_once_and_acknowledged_each_time(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    answers = [await web.post(DOOR, content=message(subject)) for _ in range(3)]

    assert [b"<Ack>true</Ack>" in answer.content for answer in answers] == [True, True, True]
    assert len(await _kept(database)) == 1


async def test_one_id_about_two_records_is_one_message_and_leaves_a_trace(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    await web.post(DOOR, content=message(subject))

    answer = await web.post(DOOR, content=message("0065f00000Zz9yYAAR"))

    assert answer.status_code == 200
    assert len(await _kept(database)) == 1
    async with database.reading() as tx:
        found = await tx.exec(select(AuditRow).where(AuditRow.action == "message.conflicted"))
        [trace] = found.all()
    assert trace.subject == "crm-main/04l5f0000000001AAA"
    assert trace.detail == "opportunity crm-main:0065f00000Zz9yYAAR"


async def test_every_notification_of_a_message_is_kept(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    await web.post(DOOR, content=message(subject, 1, 2, 3))

    assert [generation for _, _, generation, _ in await _kept(database)] == [1, 1, 1]


async def test_a_billing_schedule_of_no_running_deal_opens_none(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    about = message(subject, kind="Billing_Schedule_Line__c").replace(
        b"</sf:Id>", f"</sf:Id><sf:Opportunity__c>{subject}</sf:Opportunity__c>".encode()
    )

    assert (await web.post(DOOR, content=about)).status_code == 200
    assert [(kind, generation) for _, kind, generation, _ in await _kept(database)] == [
        ("billing_schedule", None)
    ]
    async with database.reading() as tx:
        assert await engagements.everything(tx) == []


async def test_an_answer_lost_after_the_commit_is_harmless(
    web: httpx.AsyncClient, database: Database, nobody: Client, subject: str
) -> None:
    broken = app.build(database, doors(), _Broken(nobody, database))
    transport = httpx.ASGITransport(broken, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as sender:
        lost = await sender.post(DOOR, content=message(subject))
    again = await web.post(DOOR, content=message(subject))

    assert (lost.status_code, again.status_code) == (500, 200)
    assert len(await _kept(database)) == 1


@pytest.mark.parametrize(
    "path",
    [
        f"/webhooks/{CRM}/wrong",
        f"/webhooks/{CRM}/{SECRET}x",
        f"/webhooks/{CRM}/{SECRET[:-1]}",
        f"/webhooks/{CRM}/{SECRET.upper()}",
        f"/webhooks/{CRM}/%C3%A9%00%FF",
        f"/webhooks/psa-main/{SECRET}",
        f"/webhooks/nowhere/{SECRET}",
    ],
)
async def test_a_stranger_finds_nothing_here(
    web: httpx.AsyncClient, database: Database, subject: str, path: str
) -> None:
    answer = await web.post(path, content=message(subject))

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    assert await _kept(database) == []


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/"])
async def test_the_gateway_does_not_describe_itself(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.get(path)).status_code == 404


async def test_a_stranger_is_not_even_listened_to(web: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 10:
            read += 1
            yield b"x" * MEGABYTE

    answer = await web.post(f"/webhooks/{CRM}/wrong", content=endless())

    assert (answer.status_code, read) == (404, 0)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<Envelope>", id="torn"),
        pytest.param(b'{"Id": "0065f00000A1b2CAAR"}', id="json"),
        pytest.param(b"\xff\xfe\x00\xd8 not UTF-8", id="not-utf-8"),
        pytest.param(
            message("0065f00000A1b2CAAR").replace(b"<sf:Name>", b"\xff<sf:Name>"), id="one-bad-byte"
        ),
        pytest.param(message("no id"), id="no-id"),
        pytest.param(message("0065f00000A1b2CAAR", kind="Case"), id="unfollowed"),
        pytest.param(message("0065f00000A1b2CAAR", *range(1, 102)), id="too-many"),
        pytest.param(
            message("0065f00000A1b2CAAR", organization="00D5f0000000002EAA"), id="stranger"
        ),
        pytest.param(
            b'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            + message("&x;").partition(b"?>")[2],
            id="entity",
        ),
    ],
)
async def test_what_is_not_an_honest_message_is_refused_in_one_sentence(
    web: httpx.AsyncClient, database: Database, body: bytes
) -> None:
    answer = await web.post(DOOR, content=body)

    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert isinstance(detail, str)
    assert "\n" not in detail
    assert CANARY not in detail
    assert await _kept(database) == []


async def test_one_bad_notification_keeps_the_whole_message_out(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    body = message(subject, 1, 2).replace(b"04l5f0000000002", b"not an id")

    assert (await web.post(DOOR, content=body)).status_code == 400
    assert await _kept(database) == []
    async with database.reading() as tx:
        assert await engagements.everything(tx) == []


async def test_a_megabyte_and_a_byte_is_cut_off_in_the_stream(
    web: httpx.AsyncClient, database: Database
) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:  # without a Content-Length
        nonlocal sent
        for size in [MEGABYTE // 2, MEGABYTE // 2, 1, MEGABYTE]:
            sent += size
            yield b"x" * size

    answer = await web.post(DOOR, content=chunks())

    assert (answer.status_code, sent) == (413, MEGABYTE + 1)
    assert answer.json() == {"detail": "a message is at most one megabyte"}
    assert await _kept(database) == []


async def test_a_megabyte_is_read_whole(
    web: httpx.AsyncClient, database: Database, subject: str
) -> None:
    body = message(subject)
    body += b" " * (MEGABYTE - len(body))

    assert (await web.post(DOOR, content=body)).status_code == 200
    assert len(await _kept(database)) == 1


async def test_logs_and_answers_quote_neither_secret_nor_message(
    web: httpx.AsyncClient, subject: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = [
        await web.post(path, content=body)
        for path in (DOOR, f"{DOOR}x", f"/webhooks/{CRM}/{CANARY}")
        for body in (message(subject), message(subject)[:-9], message(CANARY), CANARY.encode() * 9)
    ]

    told = "".join(capfd.readouterr()) + "".join(answer.text for answer in answers)
    assert "message.received" in told
    assert "message.refused" in told
    assert CANARY not in told
    assert SECRET not in told


async def test_a_sender_whom_others_are_in_the_way_of_is_asked_to_come_again(
    nobody: Client, subject: str, tmp_path: Path
) -> None:
    contended = _Contended(f"sqlite:///{tmp_path}/contended.db")
    application = app.build(contended, doors(), Dispatcher(nobody, contended))
    transport = httpx.ASGITransport(application)

    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as sender:
        answer = await sender.post(DOOR, content=message(subject))
    await contended.close()

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
