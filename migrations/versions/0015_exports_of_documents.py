"""Exports of trusted documents

Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("export") as export:
        export.alter_column("dataset", existing_type=text(64), nullable=True)
        export.add_column(sa.Column("document", text(255), nullable=True))
        export.add_column(sa.Column("variables", sa.JSON(), nullable=True))
        export.add_column(sa.Column("error_message", sa.Text(), nullable=True))


def downgrade() -> None:
    # Of a document there was no export.
    op.execute("DELETE FROM export WHERE dataset IS NULL")
    with op.batch_alter_table("export") as export:
        export.drop_column("error_message")
        export.drop_column("variables")
        export.drop_column("document")
        export.alter_column("dataset", existing_type=text(64), nullable=False)
