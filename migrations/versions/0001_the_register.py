"""The register

Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "b2023d54de0a"
down_revision = None
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "convention",
        sa.Column("code", text(64), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("entered_into_force_on", sa.Date(), nullable=True),
        sa.Column("depositary", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_convention")),
    )
    op.create_table(
        "document_kind",
        sa.Column("code", text(64), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_document_kind")),
    )
    op.create_table(
        "language",
        sa.Column("code", text(64), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_language")),
    )
    op.create_table(
        "meeting_kind",
        sa.Column("code", text(64), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_meeting_kind")),
    )
    op.create_table(
        "office_role",
        sa.Column("code", text(64), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_office_role")),
    )
    op.create_table(
        "organisation_kind",
        sa.Column("code", text(64), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation_kind")),
    )
    op.create_table(
        "organisation_role",
        sa.Column("code", text(64), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation_role")),
    )
    op.create_table(
        "party",
        sa.Column("id", text(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("code", text(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("kind", "code", name=op.f("uq_party_kind_code")),
    )
    op.create_table(
        "person",
        sa.Column("id", text(64), nullable=False),
        sa.Column("full_name", text(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("full_name", name=op.f("uq_person_full_name")),
    )
    op.create_table(
        "provenance",
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(64), nullable=False),
        sa.Column("field", text(64), nullable=False),
        sa.Column("basis", sa.String(32), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("stated_as_of", text(10), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("disagreement", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("subject_type", "subject_key", "field", name=op.f("pk_provenance")),
    )
    op.create_table(
        "body",
        sa.Column("code", text(64), nullable=False),
        sa.Column("convention_code", text(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("paragraph", sa.String(), nullable=False),
        sa.Column("discussed_under_code", text(64), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["convention_code"],
            ["convention.code"],
            name=op.f("fk_body_convention_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["discussed_under_code"],
            ["body.code"],
            name=op.f("fk_body_discussed_under_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_body")),
    )
    with op.batch_alter_table("body", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_body_convention_code"), ["convention_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_body_discussed_under_code"), ["discussed_under_code"], unique=False)

    op.create_table(
        "state",
        sa.Column("code", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.Column("alpha2", text(2), nullable=False),
        sa.Column("m49", text(3), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("official_name", sa.JSON(), nullable=False),
        sa.Column("sort_name", text(200), nullable=False),
        sa.Column("un_status", sa.String(), nullable=False),
        sa.Column("regional_group", text(64), nullable=True),
        sa.Column("m49_region", text(64), nullable=True),
        sa.Column("m49_subregion", text(64), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_state_party_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_state")),
        sa.UniqueConstraint("alpha2", name=op.f("uq_state_alpha2")),
        sa.UniqueConstraint("m49", name=op.f("uq_state_m49")),
        sa.UniqueConstraint("party_id", name=op.f("uq_state_party_id")),
    )
    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_state_regional_group"), ["regional_group"], unique=False)
        batch_op.create_index(batch_op.f("ix_state_sort_name"), ["sort_name"], unique=False)

    op.create_table(
        "structure_element",
        sa.Column("code", text(64), nullable=False),
        sa.Column("convention_code", text(64), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("term", sa.JSON(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("role_title", sa.String(), nullable=True),
        sa.Column("guided_by", sa.String(), nullable=True),
        sa.Column("part_of", sa.String(), nullable=True),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("paragraphs", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["convention_code"],
            ["convention.code"],
            name=op.f("fk_structure_element_convention_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_structure_element")),
    )
    with op.batch_alter_table("structure_element", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_structure_element_convention_code"), ["convention_code"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("code", text(64), nullable=False),
        sa.Column("kind_code", text(64), nullable=False),
        sa.Column("formality", sa.String(32), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("part_of_code", text(64), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("country_code", text(64), nullable=True),
        sa.Column("venue", sa.String(), nullable=True),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("starts_on", text(10), nullable=True),
        sa.Column("ends_on", text(10), nullable=True),
        sa.Column("first_planned_on", text(10), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("presidency_code", text(64), nullable=True),
        sa.Column("president_id", text(64), nullable=True),
        sa.Column("symbol_prefixes", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["country_code"],
            ["state.code"],
            name=op.f("fk_meeting_country_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"],
            ["meeting_kind.code"],
            name=op.f("fk_meeting_kind_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["part_of_code"],
            ["meeting.code"],
            name=op.f("fk_meeting_part_of_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["presidency_code"],
            ["state.code"],
            name=op.f("fk_meeting_presidency_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["president_id"],
            ["person.id"],
            name=op.f("fk_meeting_president_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_country_code"), ["country_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_kind_code"), ["kind_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_part_of_code"), ["part_of_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_presidency_code"), ["presidency_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_president_id"), ["president_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_starts_on"), ["starts_on"], unique=False)

    op.create_table(
        "obligation",
        sa.Column("id", text(64), nullable=False),
        sa.Column("state_code", text(64), nullable=False),
        sa.Column("article", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("status_as_of", text(10), nullable=True),
        sa.Column("stated_original_deadline", text(10), nullable=True),
        sa.Column("stated_deadline", text(10), nullable=True),
        sa.Column("stated_deadline_basis", sa.String(32), nullable=True),
        sa.Column("fulfilled_on", text(10), nullable=True),
        sa.Column("fulfilled_by", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("quantity_unit", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
            name=op.f("fk_obligation_state_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("state_code", "article", name=op.f("uq_obligation_state_code_article")),
    )
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_obligation_state_code"), ["state_code"], unique=False)

    op.create_table(
        "office",
        sa.Column("code", text(64), nullable=False),
        sa.Column("role_code", text(64), nullable=False),
        sa.Column("convention_code", text(64), nullable=False),
        sa.Column("body_code", text(64), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("paragraph", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["body_code"], ["body.code"], name=op.f("fk_office_body_code"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["convention_code"],
            ["convention.code"],
            name=op.f("fk_office_convention_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["role_code"],
            ["office_role.code"],
            name=op.f("fk_office_role_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_office")),
    )
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_body_code"), ["body_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_convention_code"), ["convention_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_role_code"), ["role_code"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("code", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("sort_name", text(200), nullable=False),
        sa.Column("acronym", sa.String(), nullable=True),
        sa.Column("kind_code", text(64), nullable=False),
        sa.Column("role_code", text(64), nullable=True),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("observer_basis", sa.String(), nullable=True),
        sa.Column("cmc_member", sa.Boolean(), nullable=True),
        sa.Column("country_code", text(64), nullable=True),
        sa.Column("attested_at", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["country_code"],
            ["state.code"],
            name=op.f("fk_organisation_country_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"],
            ["organisation_kind.code"],
            name=op.f("fk_organisation_kind_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_organisation_party_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["role_code"],
            ["organisation_role.code"],
            name=op.f("fk_organisation_role_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation")),
        sa.UniqueConstraint("party_id", name=op.f("uq_organisation_party_id")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_country_code"), ["country_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisation_kind_code"), ["kind_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisation_role_code"), ["role_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisation_sort_name"), ["sort_name"], unique=False)

    op.create_table(
        "treaty_action",
        sa.Column("id", text(64), nullable=False),
        sa.Column("convention_code", text(64), nullable=False),
        sa.Column("state_code", text(64), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("date", text(10), nullable=True),
        sa.Column("takes_effect_on", sa.Date(), nullable=True),
        sa.Column("stated_takes_effect_on", text(10), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["convention_code"],
            ["convention.code"],
            name=op.f("fk_treaty_action_convention_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
            name=op.f("fk_treaty_action_state_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treaty_action")),
        sa.UniqueConstraint(
            "convention_code",
            "state_code",
            "type",
            name=op.f("uq_treaty_action_convention_code_state_code_type"),
        ),
    )
    with op.batch_alter_table("treaty_action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_treaty_action_convention_code"), ["convention_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_treaty_action_date"), ["date"], unique=False)
        batch_op.create_index(batch_op.f("ix_treaty_action_state_code"), ["state_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_treaty_action_takes_effect_on"), ["takes_effect_on"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", text(64), nullable=False),
        sa.Column("symbol", text(64), nullable=True),
        sa.Column("symbol_order", text(128), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("kind_code", text(64), nullable=False),
        sa.Column("meeting_code", text(64), nullable=True),
        sa.Column("issued_on", text(10), nullable=True),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("body_code", text(64), nullable=True),
        sa.Column("is_un_document", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["body_code"], ["body.code"], name=op.f("fk_document_body_code"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["kind_code"],
            ["document_kind.code"],
            name=op.f("fk_document_kind_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code"],
            ["meeting.code"],
            name=op.f("fk_document_meeting_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("symbol", name=op.f("uq_document_symbol")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_body_code"), ["body_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_issued_on"), ["issued_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_kind_code"), ["kind_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_meeting_code"), ["meeting_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_symbol_order"), ["symbol_order"], unique=False)

    op.create_table(
        "meeting_attendance",
        sa.Column("meeting_code", text(64), nullable=False),
        sa.Column("participant_class", sa.String(32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_code"],
            ["meeting.code"],
            name=op.f("fk_meeting_attendance_meeting_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("meeting_code", "participant_class", name=op.f("pk_meeting_attendance")),
    )
    with op.batch_alter_table("meeting_attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_attendance_meeting_code"), ["meeting_code"], unique=False)

    op.create_table(
        "office_term",
        sa.Column("id", text(64), nullable=False),
        sa.Column("reference", text(32), nullable=True),
        sa.Column("office_code", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=True),
        sa.Column("person_id", text(64), nullable=True),
        sa.Column("start_meeting_code", text(64), nullable=True),
        sa.Column("start_moment", sa.String(32), nullable=True),
        sa.Column("end_meeting_code", text(64), nullable=True),
        sa.Column("end_moment", sa.String(32), nullable=True),
        sa.Column("starts_on", text(10), nullable=True),
        sa.Column("ends_on", text(10), nullable=True),
        sa.Column("attested", sa.String(), nullable=True),
        sa.Column("attested_from", text(10), nullable=True),
        sa.Column("attested_until", text(10), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["end_meeting_code"],
            ["meeting.code"],
            name=op.f("fk_office_term_end_meeting_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["office_code"],
            ["office.code"],
            name=op.f("fk_office_term_office_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_office_term_party_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_office_term_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["start_meeting_code"],
            ["meeting.code"],
            name=op.f("fk_office_term_start_meeting_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_term")),
        sa.UniqueConstraint("reference", name=op.f("uq_office_term_reference")),
    )
    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_term_end_meeting_code"), ["end_meeting_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_office_code"), ["office_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_start_meeting_code"), ["start_meeting_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_starts_on"), ["starts_on"], unique=False)

    op.create_table(
        "document_author",
        sa.Column("document_id", text(64), nullable=False),
        sa.Column("party_id", text(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_document_author_document_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["party.id"],
            name=op.f("fk_document_author_party_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("document_id", "party_id", name=op.f("pk_document_author")),
    )
    with op.batch_alter_table("document_author", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_author_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_author_party_id"), ["party_id"], unique=False)

    op.create_table(
        "document_language",
        sa.Column("document_id", text(64), nullable=False),
        sa.Column("language_code", text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_document_language_document_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["language_code"],
            ["language.code"],
            name=op.f("fk_document_language_language_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("document_id", "language_code", name=op.f("pk_document_language")),
    )
    with op.batch_alter_table("document_language", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_language_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_language_language_code"), ["language_code"], unique=False)

    op.create_table(
        "extension_request",
        sa.Column("code", text(64), nullable=False),
        sa.Column("obligation_id", text(64), nullable=False),
        sa.Column("state_code", text(64), nullable=False),
        sa.Column("article", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("submitted_on", text(10), nullable=True),
        sa.Column("considered_at_code", text(64), nullable=True),
        sa.Column("period_asked", sa.String(), nullable=True),
        sa.Column("requested_until", text(10), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decision_basis", sa.String(32), nullable=True),
        sa.Column("granted_until", text(10), nullable=True),
        sa.Column("analysis_id", text(64), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["analysis_id"],
            ["document.id"],
            name=op.f("fk_extension_request_analysis_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["considered_at_code"],
            ["meeting.code"],
            name=op.f("fk_extension_request_considered_at_code"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligation.id"],
            name=op.f("fk_extension_request_obligation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
            name=op.f("fk_extension_request_state_code"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_extension_request")),
    )
    with op.batch_alter_table("extension_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extension_request_analysis_id"), ["analysis_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_extension_request_considered_at_code"),
            ["considered_at_code"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_extension_request_obligation_id"), ["obligation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extension_request_state_code"), ["state_code"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("extension_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_extension_request_state_code"))
        batch_op.drop_index(batch_op.f("ix_extension_request_obligation_id"))
        batch_op.drop_index(batch_op.f("ix_extension_request_considered_at_code"))
        batch_op.drop_index(batch_op.f("ix_extension_request_analysis_id"))

    op.drop_table("extension_request")
    with op.batch_alter_table("document_language", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_language_language_code"))
        batch_op.drop_index(batch_op.f("ix_document_language_document_id"))

    op.drop_table("document_language")
    with op.batch_alter_table("document_author", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_author_party_id"))
        batch_op.drop_index(batch_op.f("ix_document_author_document_id"))

    op.drop_table("document_author")
    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_office_term_starts_on"))
        batch_op.drop_index(batch_op.f("ix_office_term_start_meeting_code"))
        batch_op.drop_index(batch_op.f("ix_office_term_person_id"))
        batch_op.drop_index(batch_op.f("ix_office_term_party_id"))
        batch_op.drop_index(batch_op.f("ix_office_term_office_code"))
        batch_op.drop_index(batch_op.f("ix_office_term_end_meeting_code"))

    op.drop_table("office_term")
    with op.batch_alter_table("meeting_attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_attendance_meeting_code"))

    op.drop_table("meeting_attendance")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_symbol_order"))
        batch_op.drop_index(batch_op.f("ix_document_meeting_code"))
        batch_op.drop_index(batch_op.f("ix_document_kind_code"))
        batch_op.drop_index(batch_op.f("ix_document_issued_on"))
        batch_op.drop_index(batch_op.f("ix_document_body_code"))

    op.drop_table("document")
    with op.batch_alter_table("treaty_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_treaty_action_takes_effect_on"))
        batch_op.drop_index(batch_op.f("ix_treaty_action_state_code"))
        batch_op.drop_index(batch_op.f("ix_treaty_action_date"))
        batch_op.drop_index(batch_op.f("ix_treaty_action_convention_code"))

    op.drop_table("treaty_action")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_sort_name"))
        batch_op.drop_index(batch_op.f("ix_organisation_role_code"))
        batch_op.drop_index(batch_op.f("ix_organisation_kind_code"))
        batch_op.drop_index(batch_op.f("ix_organisation_country_code"))

    op.drop_table("organisation")
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_office_role_code"))
        batch_op.drop_index(batch_op.f("ix_office_convention_code"))
        batch_op.drop_index(batch_op.f("ix_office_body_code"))

    op.drop_table("office")
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_obligation_state_code"))

    op.drop_table("obligation")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_starts_on"))
        batch_op.drop_index(batch_op.f("ix_meeting_president_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_presidency_code"))
        batch_op.drop_index(batch_op.f("ix_meeting_part_of_code"))
        batch_op.drop_index(batch_op.f("ix_meeting_kind_code"))
        batch_op.drop_index(batch_op.f("ix_meeting_country_code"))

    op.drop_table("meeting")
    with op.batch_alter_table("structure_element", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_structure_element_convention_code"))

    op.drop_table("structure_element")
    with op.batch_alter_table("state", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_state_sort_name"))
        batch_op.drop_index(batch_op.f("ix_state_regional_group"))

    op.drop_table("state")
    with op.batch_alter_table("body", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_body_discussed_under_code"))
        batch_op.drop_index(batch_op.f("ix_body_convention_code"))

    op.drop_table("body")
    op.drop_table("provenance")
    op.drop_table("person")
    op.drop_table("party")
    op.drop_table("organisation_role")
    op.drop_table("organisation_kind")
    op.drop_table("office_role")
    op.drop_table("meeting_kind")
    op.drop_table("language")
    op.drop_table("document_kind")
    op.drop_table("convention")
