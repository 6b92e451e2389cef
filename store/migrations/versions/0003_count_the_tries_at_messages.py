"""Count the tries at a message that cannot be handled, and keep when the next one is due."""

import sqlalchemy as sa
from alembic import op

from store.columns import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("due_at", Utc(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_column("due_at")
        batch_op.drop_column("tries")
