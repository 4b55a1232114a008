"""What a workspace has decided about its campaigns; its settings are one JSON object."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql


def setting(connection: Connection, name: str, *, workspace_id: int) -> Any:
    """The value of one setting; None when it was never set."""
    statement = sql("SELECT settings FROM workspaces WHERE id = :id")
    stored = connection.execute(statement, {"id": workspace_id}).scalar_one_or_none()
    return None if stored is None else json.loads(stored).get(name)
