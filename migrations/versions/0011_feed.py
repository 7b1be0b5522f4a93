"""Feed

Revises: 0010
"""

import os

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """What the journal holds already is told by `isu migrate` itself, once the tables are those of the code."""
    op.create_table(
        "feed_entry",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(64), nullable=False),
        sa.Column("at", text(32), nullable=False),
        sa.Column("act", text(64), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("is_part", sa.Boolean(), nullable=False),
        sa.Column("was", sa.String(32), nullable=True),
        sa.Column("now", sa.String(32), nullable=False),
        sa.Column("meeting_code", text(64), nullable=True),
        sa.Column("party_id", text(64), nullable=True),
        sa.Column("part_type", text(64), nullable=True),
        sa.Column("part_key", text(64), nullable=True),
        sa.Column("part_was", sa.String(32), nullable=True),
        sa.Column("part_now", sa.String(32), nullable=True),
        sa.Column("other_type", text(64), nullable=True),
        sa.Column("other_key", text(64), nullable=True),
        sa.PrimaryKeyConstraint("sequence", "subject_type", "subject_key", name=op.f("pk_feed_entry")),
    )
    op.create_index(op.f("ix_feed_entry_at"), "feed_entry", ["at"])
    op.create_index(
        op.f("ix_feed_entry_subject_key_subject_type_sequence"),
        "feed_entry",
        ["subject_key", "subject_type", "sequence"],
    )
    # Cursors are signed. The key may be there already: links to acknowledge communications are signed with it too.
    keys = sa.table("signing_key", sa.column("id"), sa.column("value"))
    if op.get_bind().execute(sa.select(keys.c.id)).first() is None:
        op.execute(keys.insert().values(id=1, value=os.urandom(32).hex()))


def downgrade() -> None:
    op.drop_table("feed_entry")
