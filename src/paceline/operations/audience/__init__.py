"""Contacts, lists, segments, suppressions: who gets messages, and who does not."""
