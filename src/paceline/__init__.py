"""Paceline: campaigns through many limited accounts, never twice, never lost."""

__version__ = "0.1.0"
