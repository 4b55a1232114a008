"""Who is on the other end: X-Forwarded-For is believed as far as our own proxies wrote it, and no further."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.domain.client_address import client_address, parse_networks
from paceline.domain.errors import InputError
from paceline.settings import read_settings

OURS = parse_networks("10.0.0.0/8, 192.0.2.1, 2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # a stranger's header
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["evil, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1", "192.0.2.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, evil"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("2001:db8::1", ["[2001:db9::5]:4711"], "2001:db9::5"),
        ("::ffff:10.0.0.1", ["2001:db9::5"], "2001:db9::5"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_client_is_the_last_one_that_is_none_of_ours(peer: str, headers: list[str], found: str) -> None:
    assert client_address(peer, headers, OURS) == found


def test_nobody_is_believed_unless_named() -> None:
    assert client_address("127.0.0.1", ["198.51.100.1"], parse_networks("")) == "127.0.0.1"


@given(st.lists(st.text(max_size=60), max_size=4))
def test_whatever_a_client_writes_before_our_proxy_changes_nothing(written: list[str]) -> None:
    assert client_address("10.0.0.1", [*written, "198.51.100.1"], OURS) == "198.51.100.1"


def test_wrong_network_is_refused_at_the_start() -> None:
    with pytest.raises(InputError, match=r"PACELINE_TRUSTED_PROXIES.*10\.0\.0\.0/8.*'proxy'"):
        read_settings({"PACELINE_TRUSTED_PROXIES": "10.0.0.1, proxy"})
