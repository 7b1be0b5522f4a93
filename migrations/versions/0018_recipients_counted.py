"""An index of all that is looked at where recipients are counted

Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME = "ix_recipient_communication_id_visibility_status_id"


def upgrade() -> None:
    op.create_index(NAME, "recipient", ["communication_id", "visibility", "status", "id"])


def downgrade() -> None:
    op.drop_index(NAME, "recipient")
