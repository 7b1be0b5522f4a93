"""Exports

Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", text(64), nullable=False),
        sa.Column("account_id", text(64), nullable=False),
        sa.Column("api_key_id", text(64), nullable=True),
        sa.Column("dataset", text(64), nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", text(32), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", text(64), nullable=True),
        sa.Column("change_cursor", sa.Text(), nullable=True),
        sa.Column("rights", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(32), nullable=True),
        sa.Column("ended_at", text(32), nullable=True),
        sa.Column("expires_at", text(32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", text(64), nullable=True),
        sa.Column("claimed_until", text(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_export_account_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_export_api_key_id"), ondelete="RESTRICT"),
    )
    for name in ("account_id", "created_at", "status"):
        op.create_index(op.f(f"ix_export_{name}"), "export", [name])


def downgrade() -> None:
    op.drop_table("export")
