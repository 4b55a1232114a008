"""Lists that people can join by themselves: the template of the mail that asks them to confirm."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("lists", sa.Column("confirmation_template_id", sa.BigInteger(), nullable=True))
