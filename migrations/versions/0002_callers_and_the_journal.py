"""Callers and the journal

Revises: b2023d54de0a
"""

import sqlalchemy as sa
from alembic import op

revision = "a566bc9a7aaf"
down_revision = "b2023d54de0a"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


REFUSE = """
CREATE FUNCTION refuse_to_change_the_journal() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is never changed'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", text(32), nullable=False),
        sa.Column("account_id", text(64), nullable=True),
        sa.Column("on_behalf_of", text(64), nullable=True),
        sa.Column("act", text(64), nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("visibility", sa.String(32), nullable=False),
        sa.Column("request_id", text(64), nullable=True),
        sa.Column("previous_hash", text(64), nullable=False),
        sa.Column("hash", text(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_at"), ["at"], unique=False)
        batch_op.create_index("ix_change_subject_key_subject_type", ["subject_key", "subject_type"], unique=False)

    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", text(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "kept_answer",
        sa.Column("account_id", text(64), nullable=False),
        sa.Column("key", text(255), nullable=False),
        sa.Column("request_hash", text(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", text(32), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_kept_answer")),
    )
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answer_at"), ["at"], unique=False)

    op.create_table(
        "account",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("label", text(200), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.Column("subject", text(255), nullable=True),
        sa.Column("salt", text(32), nullable=True),
        sa.Column("person_id", text(64), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_account_party_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("subject", name=op.f("uq_account_subject")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_person_id"), ["person_id"], unique=False)

    op.create_table(
        "concern",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_concern_party_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("subject_type", "subject_key", "party_id", name=op.f("pk_concern")),
    )
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_concern_party_id"), ["party_id"], unique=False)

    op.create_table(
        "contact",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.Column("person_id", text(64), nullable=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("emails", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("phones", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("salt", text(32), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("last_confirmed_at", text(32), nullable=True),
        sa.Column("visibility", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_contact_party_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contact_person_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_person_id"), ["person_id"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("account_id", text(64), nullable=False),
        sa.Column("label", text(200), nullable=False),
        sa.Column("secret_hash", text(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", text(32), nullable=False),
        sa.Column("expires_at", text(32), nullable=False),
        sa.Column("revoked_at", text(32), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_key_account_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_account_id"), ["account_id"], unique=False)

    op.create_table(
        "key_use",
        sa.Column("key_id", text(64), nullable=False),
        sa.Column("last_used_at", text(32), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_key_use_key_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_key_use")),
    )
    with op.batch_alter_table("body", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("convention", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("visibility", sa.String(32), server_default="PUBLIC", nullable=False))

    with op.batch_alter_table("document_author", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("document_kind", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("document_language", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("extension_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("language", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("visibility", sa.String(32), server_default="PUBLIC", nullable=False))

    with op.batch_alter_table("meeting_attendance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("meeting_kind", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("office_role", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("organisation_kind", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("organisation_role", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("salt", text(32), nullable=True))
        batch_op.add_column(sa.Column("visibility", sa.String(32), server_default="PUBLIC", nullable=False))
        batch_op.alter_column("full_name", existing_type=sa.VARCHAR(length=200), nullable=True)
        # Two people may have one name; and whether a name is taken would tell of somebody hidden.
        batch_op.drop_constraint("uq_person_full_name", type_="unique")

    with op.batch_alter_table("provenance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("structure_element", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("treaty_action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    op.execute(f"INSERT INTO journal_head (id, sequence, hash) VALUES (1, 0, '{'0' * 64}')")  # noqa: S608  a constant
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE)
        op.execute(
            "CREATE TRIGGER change_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON change "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_journal()"
        )
    else:
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER change_stays_{what.lower()} BEFORE {what} ON change "
                "BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER change_stays ON change")
        op.execute("DROP FUNCTION refuse_to_change_the_journal")
    with op.batch_alter_table("treaty_action", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("structure_element", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("provenance", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_unique_constraint("uq_person_full_name", ["full_name"])
        batch_op.alter_column("full_name", existing_type=sa.VARCHAR(length=200), nullable=False)
        batch_op.drop_column("visibility")
        batch_op.drop_column("salt")
        batch_op.drop_column("version")

    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("organisation_role", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("organisation_kind", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("office_role", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("meeting_kind", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("meeting_attendance", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("visibility")
        batch_op.drop_column("version")

    with op.batch_alter_table("language", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("extension_request", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("document_language", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("document_kind", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("document_author", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_column("visibility")
        batch_op.drop_column("version")

    with op.batch_alter_table("convention", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("body", schema=None) as batch_op:
        batch_op.drop_column("version")

    op.drop_table("key_use")
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_account_id"))

    op.drop_table("api_key")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_person_id"))
        batch_op.drop_index(batch_op.f("ix_contact_party_id"))

    op.drop_table("contact")
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_concern_party_id"))

    op.drop_table("concern")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_person_id"))
        batch_op.drop_index(batch_op.f("ix_account_party_id"))

    op.drop_table("account")
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_answer_at"))

    op.drop_table("kept_answer")
    op.drop_table("journal_head")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index("ix_change_subject_key_subject_type")
        batch_op.drop_index(batch_op.f("ix_change_at"))
        batch_op.drop_index(batch_op.f("ix_change_account_id"))

    op.drop_table("change")
