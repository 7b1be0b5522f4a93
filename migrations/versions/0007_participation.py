"""Participation: status, credentials, observers; the adoption of agendas; hybrid meetings

Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_hybrid", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status", sa.String(32), server_default="REGISTERED", nullable=False))
        batch_op.add_column(sa.Column("credentials", sa.String(32), server_default="NOT_REQUIRED", nullable=False))
        batch_op.add_column(sa.Column("credentials_submitted_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("credentials_judged_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("credentials_remarks", text(1000), nullable=True))
        batch_op.add_column(sa.Column("salt", text(32), nullable=True))

    op.create_table(
        "agenda_adoption",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("meeting_code", text(64), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("decision_id", text(64), nullable=True),
        sa.Column("revised_on", sa.Date(), nullable=True),
        sa.Column("visibility", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_agenda_adoption_decision_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_agenda_adoption_meeting_code"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("meeting_code", name=op.f("pk_agenda_adoption")),
    )
    with op.batch_alter_table("agenda_adoption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agenda_adoption_decision_id"), ["decision_id"], unique=False)

    op.create_table(
        "meeting_observer",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("meeting_code", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("invited_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decision_id", text(64), nullable=True),
        sa.Column("visibility", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_meeting_observer_decision_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_meeting_observer_meeting_code"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_meeting_observer_party_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_observer")),
        sa.UniqueConstraint("meeting_code", "party_id", name=op.f("uq_meeting_observer_meeting_code_party_id")),
    )
    with op.batch_alter_table("meeting_observer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_observer_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_observer_meeting_code"), ["meeting_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_observer_party_id"), ["party_id"], unique=False)


def downgrade() -> None:
    op.drop_table("meeting_observer")
    op.drop_table("agenda_adoption")
    with op.batch_alter_table("participation", schema=None) as batch_op:
        for name in (
            "salt",
            "credentials_remarks",
            "credentials_judged_on",
            "credentials_submitted_on",
            "credentials",
            "status",
        ):
            batch_op.drop_column(name)

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("is_hybrid")
