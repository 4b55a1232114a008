"""What clients of servers on this machine share."""

from __future__ import annotations

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Believes nobody. Without it httpx reads the system's authorities for every client, which takes longer than most tests."""
