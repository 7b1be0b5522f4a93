"""The mandate

Revises: a566bc9a7aaf
"""

import sqlalchemy as sa
from alembic import op

revision = "6fb1fdc145ab"
down_revision = "a566bc9a7aaf"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "external_meeting",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("treaty", text(32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_meeting")),
        sa.UniqueConstraint("treaty", "title", "starts_on", name=op.f("uq_external_meeting_treaty_title_starts_on")),
    )
    with op.batch_alter_table("external_meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_external_meeting_starts_on"), ["starts_on"], unique=False)

    op.create_table(
        "judgement",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(200), nullable=False),
        sa.Column("act", text(64), nullable=False),
        sa.Column("rule_set", text(64), nullable=False),
        sa.Column("judged_at", text(32), nullable=False),
        sa.Column("evaluations", sa.JSON(), nullable=False),
        sa.Column("visibility", sa.String(32), server_default="PUBLIC", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.create_index("ix_judgement_subject_key_subject_type", ["subject_key", "subject_type"], unique=False)

    op.create_table(
        "decision",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("meeting_code", text(64), nullable=False),
        sa.Column("number", text(32), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=True),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("visibility", sa.String(32), server_default="PUBLIC", nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_decision_meeting_code"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("meeting_code", "number", name=op.f("uq_decision_meeting_code_number")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_meeting_code"), ["meeting_code"], unique=False)

    op.create_table(
        "rule_set_adoption",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("rule_set", text(64), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("decision_id", text(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_rule_set_adoption_decision_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("rule_set", name=op.f("pk_rule_set_adoption")),
    )
    with op.batch_alter_table("rule_set_adoption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_set_adoption_decision_id"), ["decision_id"], unique=False)

    op.create_table(
        "rule_waiver",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(200), nullable=False),
        sa.Column("rule", text(64), nullable=False),
        sa.Column("rule_set", text(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision_id", text(64), nullable=True),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("visibility", sa.String(32), server_default="PUBLIC", nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_rule_waiver_decision_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_waiver")),
    )
    with op.batch_alter_table("rule_waiver", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_waiver_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index("ix_rule_waiver_subject_key_subject_type", ["subject_key", "subject_type"], unique=False)

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("time_zone", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("half_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("working_methods", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("working_methods_set_on", sa.Date(), nullable=True))

    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.add_column(sa.Column("elected_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("completes_id", text(64), nullable=True))
        batch_op.add_column(sa.Column("decision_id", text(64), nullable=True))
        batch_op.add_column(sa.Column("handed_over_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("handover_note", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("ix_office_term_completes_id"), ["completes_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(
            "uq_office_term_elected",
            ["office_code", "party_id", "starts_on"],
            unique=True,
            sqlite_where=sa.text("decision_id IS NOT NULL"),
            postgresql_where=sa.text("decision_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_office_term_decision_id"), "decision", ["decision_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_office_term_completes_id"), "office_term", ["completes_id"], ["id"], ondelete="RESTRICT"
        )


def downgrade() -> None:
    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_office_term_completes_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_office_term_decision_id"), type_="foreignkey")
        batch_op.drop_index("uq_office_term_elected")
        batch_op.drop_index(batch_op.f("ix_office_term_decision_id"))
        batch_op.drop_index(batch_op.f("ix_office_term_completes_id"))
        batch_op.drop_column("handover_note")
        batch_op.drop_column("handed_over_on")
        batch_op.drop_column("decision_id")
        batch_op.drop_column("completes_id")
        batch_op.drop_column("elected_until")

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("working_methods_set_on")
        batch_op.drop_column("working_methods")
        batch_op.drop_column("half_days")
        batch_op.drop_column("time_zone")

    with op.batch_alter_table("rule_waiver", schema=None) as batch_op:
        batch_op.drop_index("ix_rule_waiver_subject_key_subject_type")
        batch_op.drop_index(batch_op.f("ix_rule_waiver_decision_id"))

    op.drop_table("rule_waiver")
    with op.batch_alter_table("rule_set_adoption", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rule_set_adoption_decision_id"))

    op.drop_table("rule_set_adoption")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_meeting_code"))

    op.drop_table("decision")
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_index("ix_judgement_subject_key_subject_type")

    op.drop_table("judgement")
    with op.batch_alter_table("external_meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_meeting_starts_on"))

    op.drop_table("external_meeting")
