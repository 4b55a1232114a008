"""A phone number is an account of one workspace only."""

import sqlalchemy as sa
from alembic import op

from paceline.domain.errors import PacelineError

revision = "0019"
down_revision = "0018"

_NUMBERS = "channel = 'whatsapp' AND hidden_at IS NULL"


def upgrade() -> None:
    statement = (
        f"SELECT identity FROM accounts WHERE {_NUMBERS} GROUP BY identity HAVING COUNT(*) > 1 ORDER BY identity"
    )
    if several := op.get_bind().execute(sa.text(statement)).scalars().all():
        raise PacelineError(  # which of them shall go, nobody can tell but a person
            f"several workspaces have the same phone numbers ({', '.join(several)}): delete them in all but one with the "
            "former version, then upgrade"
        )
    where = sa.text(_NUMBERS)
    op.create_index(
        "accounts_phone_number", "accounts", ["identity"], unique=True, sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index("accounts_phone_number", "accounts")
