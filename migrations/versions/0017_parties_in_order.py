"""Indices that have the order in which States and organisations are listed

Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("state", "organisation")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_sort_name_code", table, ["sort_name", "code"])
        op.drop_index(f"ix_{table}_sort_name", table)


def downgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_sort_name", table, ["sort_name"])
        op.drop_index(f"ix_{table}_sort_name_code", table)
