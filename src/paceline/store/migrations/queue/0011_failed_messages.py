"""Failed messages of a campaign are found without reading the others."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    failed = sa.text("state = 5")
    op.create_index("messages_failed", "messages", ["campaign_id", "id"], sqlite_where=failed, postgresql_where=failed)


def downgrade() -> None:
    op.drop_index("messages_failed", "messages")
