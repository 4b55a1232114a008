"""The tables of the catalogue, for both databases. No table here has the name of one in the queue: they may share a home.

Columns named ``*_at`` are instants: UTC seconds since the epoch. Every row belongs to a workspace, directly or through
the row it belongs to. Numbers of campaigns and accounts are the queue's: there is no foreign key across databases.
"""

from __future__ import annotations

from paceline.store.catalogue.schema import audience, content, installation, people
from paceline.store.catalogue.schema.base import metadata

__all__ = ["audience", "content", "installation", "metadata", "people"]
