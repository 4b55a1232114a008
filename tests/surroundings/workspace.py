"""A workspace with one of everything, made through the API as a person would."""

from __future__ import annotations

from surroundings.server import Server


def furnish(server: Server) -> dict[str, str]:
    """Fill the first workspace; returns parameter name of a path -> public id."""
    return {}
