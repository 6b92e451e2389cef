"""Bind an approval to the edition of the draft that was seen, not only to its content."""

import sqlalchemy as sa
from alembic import op

from store.columns import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BEFORE = ("id", "revision", "content_hash", "person")
_NOW = ("id", "revision", "edition", "content_hash", "person")
_INTO_NOW = """
INSERT INTO approval (id, revision, edition, content_hash, person, by, at)
SELECT id, revision, coalesce((
    SELECT invoice.edition FROM invoice
    WHERE invoice.id = approval_before.id AND invoice.revision = approval_before.revision
    AND invoice.content_hash = approval_before.content_hash
), 0), content_hash, person, by, at FROM approval_before
"""
_INTO_BEFORE = """
INSERT INTO approval (id, revision, content_hash, person, by, at)
SELECT id, revision, content_hash, person, by, at FROM approval_before
WHERE edition = (
    SELECT invoice.edition FROM invoice
    WHERE invoice.id = approval_before.id AND invoice.revision = approval_before.revision
    AND invoice.content_hash = approval_before.content_hash
)
"""


def upgrade() -> None:
    """Make the change."""
    op.rename_table("approval", "approval_before")
    _create(_NOW)
    # What is approved as it stands stays so; the rest was of some edition before.
    op.execute(_INTO_NOW)
    op.drop_table("approval_before")


def downgrade() -> None:
    """Take the change back; approvals of earlier editions would count again, so they are lost."""
    op.rename_table("approval", "approval_before")
    _create(_BEFORE)
    op.execute(_INTO_BEFORE)
    op.drop_table("approval_before")


def _create(identity: tuple[str, ...]) -> None:
    kinds = {
        "revision": sa.Column("revision", sa.Integer(), nullable=False),
        # A build before this one names none.
        "edition": sa.Column("edition", sa.Integer(), nullable=False, server_default="0"),
    }
    columns = [kinds.get(name, sa.Column(name, sa.String(), nullable=False)) for name in identity]
    op.create_table(
        "approval",
        *columns,
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint(*identity),
    )
