"""Keep what becomes of a draft before it is an invoice, and what it consumes."""

import sqlalchemy as sa
from alembic import op

from store.columns import Exact, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "approval",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", "revision", "content_hash", "person"),
    )
    op.create_table(
        "commitment",
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("amount", Exact(4), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contract", "kind", "document"),
    )
    op.create_table(
        "draft_change",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("draft_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_change_id"), ["id"], unique=False)
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recalled_at", Utc(), nullable=True))
        batch_op.create_index(batch_op.f("ix_entry_timesheet"), ["timesheet"], unique=False)
    with op.batch_alter_table("slice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hold", sa.String(32), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("trigger", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_begun", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _upgrade_invoices()


def _upgrade_invoices() -> None:
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("standing", sa.String(32), nullable=False, server_default="draft")
        )
        batch_op.add_column(sa.Column("edition", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("seen", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("sent", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("needed", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("changed_by", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_invoice_standing"), ["standing"], unique=False)
    op.execute("UPDATE invoice SET standing = 'posted' WHERE number IS NOT NULL")
    op.execute("UPDATE invoice SET sent = 1 WHERE document IS NOT NULL")
    # What a person had agreed to is an approval like every other; the name as it was written.
    op.execute(
        "INSERT INTO approval (id, revision, content_hash, person, by, at) "
        "SELECT invoice.id, revision, content_hash, lower(approved_by), approved_by, "
        "(SELECT max(audit.at) FROM audit WHERE audit.action = 'invoice.approved' "
        "AND audit.subject = invoice.id || '/' || revision) "
        "FROM invoice WHERE approved_by IS NOT NULL"
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_column("approved_by")


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approved_by", sa.String(), nullable=True))
    op.execute(
        "UPDATE invoice SET approved_by = (SELECT min(approval.by) FROM approval "
        "WHERE approval.id = invoice.id AND approval.revision = invoice.revision "
        "AND approval.content_hash = invoice.content_hash)"
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_standing"))
        for name in ("changed_by", "needed", "sent", "seen", "edition", "standing"):
            batch_op.drop_column(name)
    with op.batch_alter_table("trigger", schema=None) as batch_op:
        batch_op.drop_column("is_begun")
    with op.batch_alter_table("slice", schema=None) as batch_op:
        batch_op.drop_column("reason")
        batch_op.drop_column("hold")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_timesheet"))
        batch_op.drop_column("recalled_at")
    with op.batch_alter_table("draft_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_change_id"))
    op.drop_table("draft_change")
    op.drop_table("commitment")
    op.drop_table("approval")
