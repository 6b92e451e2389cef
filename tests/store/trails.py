"""What the store wrote down about a thing."""

from sqlmodel import col, select

from store.database import Database
from store.tables.effects import AuditRow


async def audited(database: Database, subject: str) -> list[AuditRow]:
    async with database.reading() as tx:
        query = select(AuditRow).where(AuditRow.subject == subject).order_by(col(AuditRow.seq))
        return list((await tx.exec(query)).all())


async def actions(database: Database, subject: str) -> list[str]:
    return [row.action for row in await audited(database, subject)]
