"""DKIM: what we sign, dkimpy verifies; what somebody changes on the way, it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from paceline.content.dkim import (
    SIGNED_FIELDS,
    DkimSigner,
    KeyKind,
    SigningKey,
    is_key_record,
    make_key,
    publishes,
    record_name,
    record_value,
)
from unit.content.letters import assert_sendable, make_content, render

dkim = pytest.importorskip("dkim", reason="dkimpy is not installed: `make test` installs it")

AT = 1_700_000_000.0  # a library refuses signatures of the future
KEYS = {kind: make_key(kind) for kind in KeyKind}
SIGNING = {
    kind: SigningKey(domain="example.com", selector=f"s-{kind}", kind=kind, private=KEYS[kind].private)
    for kind in KeyKind
}
RECORDS = {f"s-{kind}._domainkey.example.com.": record_value(kind, KEYS[kind].public) for kind in KeyKind}
HTML = "<p>Grüße, {{ contact.name }}</p>\n" + "<p>words  and\tmore words </p>\n" * 20


def verified(data: bytes, records: Mapping[str, str] = RECORDS) -> list[bool]:
    """What dkimpy says of each signature of a message."""

    def published(name: bytes, timeout: float = 5) -> bytes | None:
        record = records.get(name.decode())
        return None if record is None else record.encode()

    verifier = dkim.DKIM(data)
    count = len(re.findall(rb"^DKIM-Signature:", data, re.M))
    found = []
    for number in range(count):
        try:
            found.append(bool(verifier.verify(idx=number, dnsfunc=published)))
        except dkim.DKIMException:
            found.append(False)
    return found


def signed(*kinds: KeyKind, **content: Any) -> bytes:
    values = {
        "subject": "Hello {{ contact.name }}",
        "html": HTML,
        "unsubscribe_url": "https://example.com/u?{{ contact.email }}",
    }
    data = render(make_content(**{**values, **content}), {"name": "Zoë"}).data
    return DkimSigner([SIGNING[kind] for kind in kinds]).sign(data, at=AT) + data


@pytest.mark.parametrize("kinds", [(KeyKind.RSA,), (KeyKind.ED25519,), (KeyKind.ED25519, KeyKind.RSA)])
def test_an_independent_library_verifies_what_we_sign(kinds: tuple[KeyKind, ...]) -> None:
    data = signed(*kinds, reply_to="Office <office@example.com>")
    assert_sendable(data)
    assert verified(data) == [True] * len(kinds)


def test_the_signature_covers_what_bulk_senders_must_sign_and_from_twice() -> None:
    header = signed(KeyKind.RSA, reply_to="office@example.com").split(b"\r\nDate:")[0].decode()
    tags = dict(re.findall(r"(\w+)=([^;]*)(?:;|$)", "".join(header.partition(":")[2].split())))
    names = tags["h"].split(":")
    assert names == ["from", *SIGNED_FIELDS]
    assert (tags["c"], tags["d"], tags["t"]) == ("relaxed/relaxed", "example.com", str(int(AT)))
    assert "l" not in tags


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Subject: Re: "),
        (b"words", b"wrods"),
        (b"From: ", b"From: Eve <eve@example.net>\r\nFrom: "),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: List-Unsubscribe=Two-Click"),
        (b"--=_paceline_--\r\n", b"--=_paceline_--\r\nand a line of a stranger\r\n"),
    ],
)
def test_a_message_that_was_changed_does_not_verify(old: bytes, new: bytes) -> None:
    data = signed(KeyKind.RSA, KeyKind.ED25519)
    assert old in data
    assert verified(data.replace(old, new, 1)) == [False, False]


def test_spaces_and_folds_that_servers_change_do_no_harm() -> None:
    data = signed(KeyKind.RSA)
    head, _, body = data.partition(b"\r\n\r\n")
    changed = (
        head.replace(b"Reply-To:", b"reply-to :").replace(b"\r\n <https", b" <https") + b"\r\n\r\n" + body + b"\r\n\r\n"
    )
    assert changed != data
    assert verified(changed) == [True]


def test_another_key_or_none_in_dns_does_not_verify() -> None:
    other = record_value(KeyKind.RSA, make_key(KeyKind.RSA).public)
    assert verified(signed(KeyKind.RSA), {"s-rsa._domainkey.example.com.": other}) == [False]
    assert verified(signed(KeyKind.RSA), {}) == [False]


_LINES = st.lists(
    st.text(alphabet=st.sampled_from("ab =\t."), max_size=30).map(lambda line: line.encode()), max_size=12
)


@settings(max_examples=150)
@given(lines=_LINES, subject=st.text(alphabet=st.sampled_from("xy \t"), max_size=40))
def test_every_body_and_header_is_signed_as_the_library_reads_it(lines: list[bytes], subject: str) -> None:
    head = f"From: ann@example.com\r\nTo: jo@example.org\r\nSubject:  {subject}\r\n\tfolded\r\n".encode()
    data = head + b"\r\n" + b"\r\n".join(lines) + b"\r\n"
    assert verified(DkimSigner([SIGNING[KeyKind.ED25519]]).sign(data, at=AT) + data) == [True]


def test_a_record_is_told_from_others() -> None:
    public = KEYS[KeyKind.RSA].public
    record = record_value(KeyKind.RSA, public)
    assert record_name("example.com", "s1") == "s1._domainkey.example.com"
    assert publishes(record, public)
    assert publishes(f"k=rsa;p={public[:80]} {public[80:]};", public)
    assert not publishes(record.replace("DKIM1", "DKIM2"), public)
    assert not publishes(record_value(KeyKind.RSA, make_key(KeyKind.ED25519).public), public)
    assert is_key_record(record)
    assert not is_key_record("v=DKIM1; p=")
    assert not is_key_record("v=spf1 -all")


def test_a_key_is_refused_that_is_of_another_kind_than_it_says() -> None:
    with pytest.raises(ValueError, match="another kind"):
        DkimSigner([SigningKey(domain="e.com", selector="s", kind=KeyKind.RSA, private=KEYS[KeyKind.ED25519].private)])


def test_a_private_key_is_in_no_representation() -> None:
    assert "private" not in repr(SIGNING[KeyKind.RSA])
    assert "private" not in repr(KEYS[KeyKind.RSA])
