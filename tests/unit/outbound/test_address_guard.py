"""Hosts and URLs that people name: what only this machine can reach is refused, however it is spelled."""

from __future__ import annotations

import pytest

from paceline.domain.errors import InputError
from paceline.outbound.address_guard import AddressGuard, AddressRefused

GUARD = AddressGuard()

REFUSED_ADDRESSES = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2001:db8::1",
    "2002:7f00:1::",
    "2001::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "4000::1",
]


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        GUARD.check_address("mail.example.com", address)
    with pytest.raises(AddressRefused):
        GUARD.check_host(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.15.0.1", "172.32.0.1", "2a00:1450::1", "2606:4700::1", "64:ff9b::808:808"]
)
def test_public_address_is_allowed(address: str) -> None:
    GUARD.check_address("mail.example.com", address)
    assert GUARD.check_host(address)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "1.2.3.4.5",
        "example.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "x.localhost",
        "",
        ".",
        "a..b",
        "-a.example",
        "exa mple.com",
        "example.com\r\nHost: x",
        "example.com/",
        "a" * 64 + ".example",
        "[::1]",
        "::1%lo",
    ],
)
def test_host_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        GUARD.check_host(host)


@pytest.mark.parametrize(
    "host", ["example.com", "Example.COM", "example.com.", "xn--bcher-kva.example", "_a.b-c.example"]
)
def test_host_name_is_allowed(host: str) -> None:
    assert GUARD.check_host(host) == host.lower().rstrip(".")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exam\nple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://exämple.com/",
        "https://[::1",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_url_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        GUARD.check_url(url)


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?x=1", "https://example.com:8443/", "HTTPS://EXAMPLE.com", "https://8.8.8.8/"]
)
def test_url_is_allowed(url: str) -> None:
    assert GUARD.check_url(url).hostname


def test_administrator_lists_exceptions() -> None:
    guard = AddressGuard.from_setting("relay.internal, 10.0.0.0/8 ::1,127.0.0.1")
    guard.check_address("relay.internal", "192.168.1.1")
    guard.check_address("anything.example", "10.9.9.9")
    guard.check_url("http://127.0.0.1:8080/hook")
    guard.check_url("http://relay.internal/hook")
    guard.check_url("https://[::1]/hook")
    for host, address in (
        ("other.internal", "192.168.1.1"),
        ("x.example", "127.0.0.2"),
        ("x.example", "::ffff:10.0.0.1"),
    ):
        with pytest.raises(AddressRefused):
            guard.check_address(host, address)
    with pytest.raises(AddressRefused):
        guard.check_url("http://other.example/")


def test_refusal_names_the_way_out() -> None:
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.1.*PACELINE_PRIVATE_HOSTS"):
        GUARD.check_address("rebound.example", "127.0.0.1")


@pytest.mark.parametrize("words", ["10.0.0.0/33", "10.0.0.1/8", "a b/c", "0x7f.1", "http://example.com"])
def test_list_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(InputError, match="PACELINE_PRIVATE_HOSTS"):
        AddressGuard.from_setting(words)
