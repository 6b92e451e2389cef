"""Batches: frozen once, posted once."""

from collections.abc import Sequence

from sqlmodel import col, func, select

from canonical.postings import BatchId, HourBatch
from store import clock, trail
from store.database import Transaction
from store.tables.work import BatchRow


async def following_id(tx: Transaction, lane: str) -> tuple[BatchId, int]:
    """Return the id and number of a lane's next batch."""
    last = select(func.max(col(BatchRow.sequence))).where(BatchRow.lane == lane)
    sequence = ((await tx.exec(last)).one() or 0) + 1
    return BatchId(f"{lane}/{sequence}"), sequence


async def freeze(tx: Transaction, lane: str, sequence: int, batch: HourBatch) -> None:
    """Keep a batch as it will be sent, whatever changes around it."""
    tx.add(
        BatchRow(
            id=batch.id,
            lane=lane,
            sequence=sequence,
            entity=batch.entity,
            size=len(batch.lines),
            content=batch.model_dump_json(),
        )
    )
    trail.audit(tx, "batch.frozen", batch.id, detail=str(len(batch.lines)))


async def get(tx: Transaction, batch: BatchId) -> HourBatch:
    """Return a batch as it was frozen; a bug if there is none."""
    row = await tx.get_one(BatchRow, batch)
    return HourBatch.model_validate_json(row.content)


async def unposted(tx: Transaction, lane: str) -> Sequence[tuple[BatchId, int]]:
    """Return a lane's batches without a voucher, in order, each with its size."""
    query = select(BatchRow.id, BatchRow.size).where(
        BatchRow.lane == lane, col(BatchRow.voucher).is_(None)
    )
    rows = (await tx.exec(query.order_by(col(BatchRow.sequence)))).all()
    return [(BatchId(batch), size) for batch, size in rows]


async def mark_posted(tx: Transaction, batch: BatchId, voucher: str) -> None:
    """Record the ERP's voucher of a batch, and publish it."""
    row = await tx.get_one(BatchRow, batch, with_for_update=True)
    if row.voucher is None:
        row.voucher, row.posted_at = voucher, clock.now()
        trail.audit(tx, "batch.posted", batch, detail=voucher)
        await trail.publish(tx, "time.posted", batch, entries=str(row.size))
