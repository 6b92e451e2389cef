"""Keep which records were there before us, and what an account says of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed_customer", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("claimed_company", sa.String(), nullable=True))
    with op.batch_alter_table("crosswalk", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("origin", sa.String(32), nullable=False, server_default="created")
        )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("crosswalk", schema=None) as batch_op:
        batch_op.drop_column("origin")
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("claimed_company")
        batch_op.drop_column("claimed_customer")
