"""Webhooks

Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", text(64), nullable=False),
        sa.Column("account_id", text(64), nullable=False),
        sa.Column("api_key_id", text(64), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("label", text(200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("disabled_because", sa.String(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("former", sa.JSON(), nullable=False),
        sa.Column("created_at", text(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_webhook_account_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_webhook_api_key_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_account_id"), "webhook", ["account_id"])
    op.create_index(op.f("ix_webhook_api_key_id"), "webhook", ["api_key_id"])
    op.create_table(
        "webhook_queue",
        sa.Column("webhook_id", text(64), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("dead_letters", sa.Integer(), nullable=False),
        sa.Column("due_at", text(32), nullable=False),
        sa.Column("looked_to", sa.Integer(), nullable=False),
        sa.Column("looked_on", text(10), nullable=False),
        sa.Column("claimed_by", text(64), nullable=True),
        sa.Column("claimed_until", text(32), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_queue_webhook_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook_queue")),
    )
    op.create_index(op.f("ix_webhook_queue_due_at"), "webhook_queue", ["due_at"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", text(64), nullable=False),
        sa.Column("webhook_id", text(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_apart", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("type_name", text(64), nullable=False),
        sa.Column("subject_key", text(64), nullable=False),
        sa.Column("kind", text(32), nullable=True),
        sa.Column("at", text(32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("created_at", text(32), nullable=False),
        sa.Column("finished_at", text(32), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_finished_at"), "webhook_delivery", ["finished_at"])
    op.create_index(
        op.f("ix_webhook_delivery_webhook_id_status_number"), "webhook_delivery", ["webhook_id", "status", "number"]
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("id", text(64), nullable=False),
        sa.Column("delivery_id", text(64), nullable=False),
        sa.Column("at", text(32), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.id"],
            name=op.f("fk_webhook_attempt_delivery_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(op.f("ix_webhook_attempt_delivery_id"), "webhook_attempt", ["delivery_id"])


def downgrade() -> None:
    op.drop_table("webhook_attempt")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_queue")
    op.drop_table("webhook")
