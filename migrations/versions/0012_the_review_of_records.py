"""The day on which the review of a record began

Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of reviews that began before, the journal tells the day."""
    with op.batch_alter_table("meeting_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review_began_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meeting_record", schema=None) as batch_op:
        batch_op.drop_column("review_began_on")
