"""Frozen campaign content and one contact in, the exact bytes of one message out. Pure: no I/O, no clock."""
