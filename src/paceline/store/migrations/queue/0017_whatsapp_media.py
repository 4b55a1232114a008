"""Files that phone numbers have uploaded to the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "whatsapp_media",
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("phone_number_id", "digest"),
    )


def downgrade() -> None:
    op.drop_table("whatsapp_media")
