"""What a store knew before a migration it knows after it, and again when it is taken back."""

import sqlalchemy as sa

from canonical.invoices import InvoiceId
from store import drafts, invoices, schema
from store.database import Database
from store.tables.money import Standing
from tests.fakes import invoice

_ID = InvoiceId("CT-00001/1")


async def _run(database: Database, statement: str, **values: object) -> list[tuple[object, ...]]:
    async with database.engine.begin() as connection:
        found = await connection.execute(sa.text(statement), values)
        return [tuple(row) for row in found.all()] if found.returns_rows else []


async def _drafted_before(database: Database) -> None:
    """Leave an approved draft and a posted invoice, as the first version kept them."""
    zero = 0
    for revision, number in ((1, None), (2, "FTI-00000001")):
        await _run(
            database,
            "INSERT INTO invoice (id, revision, contract, cycle, issued_on, content, content_hash,"
            " approved_by, number, net, tax, currency) VALUES (:id, :revision, 'CT-00001', 1,"
            " :day, :content, 'abc', 'Pat Moreno', :number, :net, :net, 'USD')",
            id=_ID,
            revision=revision,
            day=invoice().issued_on,
            content=invoice(revision=revision).model_dump_json(),
            number=number,
            net=zero,
        )
        await _run(
            database,
            "INSERT INTO audit (at, actor, action, subject, detail) VALUES"
            " (:at, 'Pat Moreno', 'invoice.approved', :subject, 'abc')",
            at=("2026-07-01T08:00:00.000000+00:00"),
            subject=f"{_ID}/{revision}",
        )


async def test_an_approval_survives_the_way_up_and_down(empty: Database) -> None:
    await schema.upgrade(empty, "0001")
    await _drafted_before(empty)

    await schema.upgrade(empty)

    async with empty.reading() as tx:
        draft = await invoices.get(tx, _ID, 1)
        posted = await invoices.get(tx, _ID, 2)
        assert [each.by for each in await drafts.approvals(tx, draft)] == ["Pat Moreno"]
    assert (draft.standing, draft.edition, draft.sent) == (Standing.DRAFT, 1, None)
    assert posted.standing is Standing.POSTED

    await schema.downgrade(empty, "0001")
    assert await _run(empty, "SELECT DISTINCT approved_by FROM invoice") == [("Pat Moreno",)]
