"""What is an address, and when two are the same recipient."""

from __future__ import annotations

import re

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, strategies as st

from paceline.domain.address import Mailbox, address_key, parse_address, parse_mailbox


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.Lee+tag@EXAMPLE.Com", "Ann.Lee+tag@example.com"),
        (" ann@example.com\t", "ann@example.com"),
        ("a@b.test", "a@b.test"),
        ("a@localhost", "a@localhost"),
        ("a@mail.localhost", "a@mail.localhost"),
        ("a@b.invalid", "a@b.invalid"),
        ("jörg@müller.de", "jörg@xn--mller-kva.de"),
        ("a@xn--mller-kva.de", "a@xn--mller-kva.de"),
        ("a@b.xn--p1ai", "a@b.xn--p1ai"),
        ("a'b!c@x-y.co.uk", "a'b!c@x-y.co.uk"),
        ("a" * 64 + "@b.example", "a" * 64 + "@b.example"),
    ],
)
def test_address_is_normalised(text: str, expected: str) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("ann", "no @"),
        ("a@b@c.de", "more than one @"),
        ("a@b.c,d@e.f", "more than one @"),
        ("a@b.example\r\nBcc: c", r"line break .*U\+000D"),
        ("a@b.example\n", r"U\+000A"),
        ("a\0@b.example", r"U\+0000"),
        ("a\u2028@b.example", r"U\+2028"),
        ("a@b\x85.example", r"U\+0085"),
        ("\ud800@b.example", r"U\+D800"),
        ("-a@b.example", 'begins with "-"'),
        ("=?utf-8?q?a?=@b.example", "encoded word"),
        ("a..b@c.example", "two periods"),
        ("a@-b.example", "hyphen"),
        ("a@b-.example", "hyphen"),
        ("a@gmail", "not complete"),
        ("a@1.2.3.4", "not complete"),
        ("a@[1.2.3.4]", "IP address"),
        ('"a b"@c.example', "Quoting"),
        ("a b@c.example", "SPACE"),
        ("a@b_c.example", "invalid characters"),
        ("a" * 65 + "@b.example", "longer than 64"),
        ("a@" + "b" * 64 + ".example", "too"),
        ("a@" + ".".join(["b" * 60] * 5) + ".example", "longer than 254"),
        ("é" * 33 + "@b.example", "longer than 64|too long"),
        ("x" * 1_000_000, "longer than 254"),
    ],
)
def test_bad_address_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_address(text)


@given(st.from_regex(r"\A[a-zA-Z0-9.+_=?-]{1,70}@[a-zA-Z0-9.-]{1,70}\Z") | st.emails() | st.text(max_size=60))
@example("a@b.c")
@example("a@b.co-m")
@example("a@aa--b.com")
def test_fast_path_accepts_nothing_that_the_library_refuses(text: str) -> None:
    try:
        found = parse_address(text)
    except ValueError:
        return
    assert not re.search('[\0-\x20\x7f-\xa0\u2028\u2029<>,;:"]', found)
    assert found.count("@") == 1
    assert parse_address(found) == found
    try:
        validated = validate_email(found, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        pytest.fail(f"{found}: {error}")
    assert f"{validated.local_part}@{validated.ascii_domain}" == found


def test_case_does_not_make_another_recipient() -> None:
    assert address_key("Ann@Example.com") == address_key("ann@example.COM")
    assert address_key("ann@example.com") != address_key("ann+x@example.com")


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("ann@example.com", "", "ann@example.com"),
        ("<ann@example.com>", "", "ann@example.com"),
        ("Ann Lee <ann@Example.com>", "Ann Lee", "ann@example.com"),
        ('"Lee, \\"Ann\\"" <ann@example.com>', 'Lee, "Ann"', "ann@example.com"),
        ("Ann (Sales) <ann@example.com>", "Ann (Sales)", "ann@example.com"),
        ("Jörg <j@müller.de>", "Jörg", "j@xn--mller-kva.de"),
    ],
)
def test_mailbox_is_read(text: str, name: str, address: str) -> None:
    assert parse_mailbox(text) == Mailbox(name=name, address=address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<>",
        "Ann",
        "Ann <ann@example.com> Lee",
        "Lee, Ann <ann@example.com>",
        "a@b.example, c@d.example",
        "Ann <a@b.example>, Bo <c@d.example>",
        "Ann <a@b.example> <c@d.example>",
        "group: a@b.example;",
        "bo@x.example <a@b.example>",
        "Ann\r\nBcc: x <a@b.example>",
        "Ann\0 <a@b.example>",
        "Ann\u2028 <a@b.example>",
        "Ann\x85 <a@b.example>",
        "=?utf-8?q?Ann?= <a@b.example>",
        '"=?utf-8?q?Ann?=" <a@b.example>',
        '"Ann <a@b.example>',
    ],
)
def test_what_is_not_one_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-zA-Z]"):
        parse_mailbox(text)
