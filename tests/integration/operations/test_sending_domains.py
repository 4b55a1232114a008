"""Sending domains: keys are made, published, activated once DNS shows them, and replaced without a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from paceline.content.dkim import KeyKind
from paceline.domain.errors import InputError
from paceline.engine.signing import CannotSign, Signing
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.domains import sending_domains as operations
from paceline.store.database import sql
from paceline.store.queue.sending_domains import KeyState
from surroundings.name_server import NameServer, name_server

Open = Callable[..., Context]


@pytest.fixture
def names() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


@pytest.fixture
def asking(open_with: Open, names: NameServer) -> Context:
    """An installation that asks our name server, and does not wait long."""
    return open_with(dns_servers=names.setting, dns_timeout_seconds=1.0)


def states(domain: operations.SendingDomain) -> list[tuple[KeyKind, KeyState]]:
    return [(key.kind, key.state) for key in domain.keys]


def test_key_signs_once_its_record_is_published(asking: Context, names: NameServer) -> None:
    added = operations.add(asking, " Example.COM ", [KeyKind.RSA, KeyKind.ED25519])
    assert added.domain == "example.com"
    assert states(added) == [(KeyKind.RSA, KeyState.PENDING), (KeyKind.ED25519, KeyState.PENDING)]
    signing = Signing(asking.queue, asking.box)
    signing.refresh()
    assert signing.of(1, "example.com") is None
    with pytest.raises(NotPossible, match="there is no TXT record"):
        operations.activate(asking, added.id)
    for key in added.keys:
        names.publish(key.record_name, key.record_value)
    assert [record.ok for record in operations.check(asking, added.id)] == [True, True]
    active = operations.activate(asking, added.id)
    assert states(active) == [(KeyKind.RSA, KeyState.ACTIVE), (KeyKind.ED25519, KeyState.ACTIVE)]
    signing.refresh()
    assert signing.of(1, "example.com") is signing.of(1, "news.example.com") is not None
    assert signing.of(1, "example.net") is signing.of(2, "example.com") is signing.of(1, "badexample.com") is None


def test_keys_are_replaced_without_a_gap(asking: Context, names: NameServer) -> None:
    first = operations.add(asking, "example.com", [KeyKind.ED25519])
    operations.activate(asking, first.id, unchecked=True)
    before = Signing(asking.queue, asking.box)
    before.refresh()
    replaced = operations.new_keys(asking, first.id, [KeyKind.ED25519])
    assert states(replaced) == [(KeyKind.ED25519, KeyState.ACTIVE), (KeyKind.ED25519, KeyState.PENDING)]
    again = operations.new_keys(asking, first.id, [KeyKind.ED25519])
    assert len(again.keys) == 2
    assert again.keys[1].selector not in (first.keys[0].selector, replaced.keys[1].selector)
    before.refresh()
    assert f"s={first.keys[0].selector};".encode() in before.of(1, "example.com").sign(b"From: a@b.c\r\n\r\n", at=1.0)  # type: ignore[union-attr]
    names.publish(again.keys[1].record_name, again.keys[1].record_value)
    after = operations.activate(asking, first.id)
    assert states(after) == [(KeyKind.ED25519, KeyState.RETIRED), (KeyKind.ED25519, KeyState.ACTIVE)]
    before.refresh()
    assert f"s={again.keys[1].selector};".encode() in before.of(1, "example.com").sign(b"From: a@b.c\r\n\r\n", at=1.0)  # type: ignore[union-attr]
    with asking.queue.read() as connection:
        kept = connection.execute(sql("SELECT state, secrets IS NULL AS gone FROM dkim_keys ORDER BY id")).all()
    assert [(row.state, bool(row.gone)) for row in kept] == [("retired", True), ("active", False)]


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ("v=DKIM1; k=rsa; p=AAAA", "holds another key than ours"),
        ("v=DKIM1; p=", "there is no TXT record"),
        ("v=spf1 -all", "there is no TXT record"),
    ],
)
def test_wrong_record_is_told_and_nothing_signs(asking: Context, names: NameServer, published: str, said: str) -> None:
    added = operations.add(asking, "example.com", [KeyKind.ED25519])
    names.publish(added.keys[0].record_name, published)
    with pytest.raises(NotPossible, match=said):
        operations.activate(asking, added.id)
    assert states(operations.get(asking, added.id)) == [(KeyKind.ED25519, KeyState.PENDING)]


def test_two_records_at_one_name_are_told(asking: Context, names: NameServer) -> None:
    added = operations.add(asking, "example.com", [KeyKind.ED25519])
    names.publish(added.keys[0].record_name, added.keys[0].record_value)
    names.publish(added.keys[0].record_name, "v=DKIM1; p=AAAA")
    assert [record.sentence.partition(" has ")[2] for record in operations.check(asking, added.id)] == [
        "2 records; leave one"
    ]


def test_silent_name_server_is_no_proof_of_anything(asking: Context, names: NameServer) -> None:
    added = operations.add(asking, "example.com", [KeyKind.ED25519])
    names.silent = True
    assert [record.ok for record in operations.check(asking, added.id)] == [None]
    with pytest.raises(NotPossible, match="could not be looked up"):
        operations.activate(asking, added.id)
    assert states(operations.activate(asking, added.id, unchecked=True)) == [(KeyKind.ED25519, KeyState.ACTIVE)]
    with pytest.raises(NotPossible, match="no key that waits"):
        operations.activate(asking, added.id, unchecked=True)


def test_workspaces_do_not_see_each_others_domains(context: Context) -> None:
    other = context.in_workspace(2)
    mine = operations.add(context, "example.com", [KeyKind.ED25519])
    theirs = operations.add(other, "example.com", [KeyKind.ED25519])
    assert mine.keys[0].selector != theirs.keys[0].selector
    for act in (operations.get, operations.new_keys, operations.activate, operations.delete, operations.check):
        with pytest.raises(NotFound):
            act(other, mine.id)
    with pytest.raises(NotPossible, match="is a sending domain already"):
        operations.add(context, "example.com")
    operations.delete(context, mine.id)
    assert operations.every(context) == []
    assert [domain.id for domain in operations.every(other)] == [theirs.id]
    with pytest.raises(NotFound):
        operations.named(context, "example.com")


@pytest.mark.parametrize("domain", ["", "no", "a b.com", "-a.com", "x@example.com", "example.com\r\nX: y", "a" * 300])
def test_what_is_no_domain_is_refused(context: Context, domain: str) -> None:
    with pytest.raises(InputError):
        operations.add(context, domain)


def test_a_private_key_opens_only_for_its_own_row(context: Context) -> None:
    for domain in ("example.com", "example.net"):
        added = operations.add(context, domain, [KeyKind.ED25519])
        operations.activate(context, added.id, unchecked=True)
    with context.queue.read() as connection:
        sealed = connection.execute(sql("SELECT secrets FROM dkim_keys ORDER BY id")).scalars().all()
    assert not any(b"private" in bytes(one) for one in sealed)
    context.queue.execute("UPDATE dkim_keys SET secrets = :other WHERE id = 1", other=bytes(sealed[1]))
    signing = Signing(context.queue, context.box)
    signing.refresh()
    assert signing.of(1, "example.net") is not None
    with pytest.raises(CannotSign, match="does not open with this secret key"):
        signing.of(1, "news.example.com")
