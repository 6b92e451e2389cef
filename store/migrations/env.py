"""Alembic's entry: runs the steps on the connection that `store.schema` hands over."""

from typing import Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from store import tables
from store.columns import Choice, Exact, Utc

assert tables.__all__  # noqa: S101 - importing the tables fills the metadata


def _rendered(kind: str, item: object, _context: object) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Exact):
        return f"Exact({item.scale})"
    if kind == "type" and isinstance(item, Utc):
        return "Utc()"
    if kind == "type" and isinstance(item, Choice):
        return "sa.String(32)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_rendered,
)
with context.begin_transaction():
    context.run_migrations()
