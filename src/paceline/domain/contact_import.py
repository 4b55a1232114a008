"""An import of contacts: what it does with those that are known, and where it stands."""

from __future__ import annotations

from enum import StrEnum


class ImportMode(StrEnum):
    """What happens to the fields of a contact that is there already; it comes on the list in every mode."""

    ADD = "add"  # they stay as they are
    UPDATE = "update"  # a cell that is not empty replaces its field, everything else stays
    REPLACE = "replace"  # the row's cells are its fields from now on, all others are dropped


class ImportStatus(StrEnum):
    """Where an import stands."""

    WAITING = "waiting"  # nobody works on it, now or not yet
    RUNNING = "running"  # a process works on it
    COMPLETED = "completed"  # every row was imported or refused
    CANCELLED = "cancelled"  # ended by a person; what was imported before stays
    FAILED = "failed"  # cannot go on, the reason says why; what was imported before stays
