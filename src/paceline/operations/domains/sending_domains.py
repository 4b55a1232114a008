"""Sending domains: add one, publish the record of its key, let it sign; and change its keys without a gap.

A key is made pending. Once its record is seen in DNS it may be activated and takes the place of the former one, whose
record stays published for some days: what it has signed is still on its way.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from paceline.content.dkim import KeyKind, is_key_record, make_key, publishes, record_name, record_value
from paceline.domain.address import parse_address
from paceline.domain.errors import InputError, Problem
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.outbound.dns import Dns, LookupFailed
from paceline.store.public_ids import IdKind
from paceline.store.queue import sending_domains
from paceline.store.queue.sending_domains import DomainRow, KeyRow, KeyState

MOST_DOMAINS = 1000

USUAL_KINDS = (KeyKind.RSA,)


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """One key and the TXT record that shows its public half."""

    selector: str
    kind: KeyKind
    state: KeyState
    record_name: str
    record_value: str
    created_at: float
    activated_at: float | None
    retired_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingDomain:
    """One domain of the workspace with its keys, the oldest first."""

    id: str
    domain: str
    created_at: float
    keys: tuple[DkimKey, ...]

    def in_state(self, state: KeyState) -> list[DkimKey]:
        """Its keys in one state."""
        return [key for key in self.keys if key.state is state]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What DNS says about one key: ``ok`` is None when it could not be asked."""

    key: DkimKey
    ok: bool | None
    sentence: str


def add(context: Context, domain: str, kinds: Collection[KeyKind] = USUAL_KINDS) -> SendingDomain:
    """A new domain with pending keys. Raises InputError, and NotPossible where the workspace has it already."""
    name = _checked(domain)
    with context.queue.write() as connection:
        if len(sending_domains.every(connection, workspace_id=context.workspace_id)) >= MOST_DOMAINS:
            raise NotPossible(f"a workspace has at most {MOST_DOMAINS} sending domains")
        number = sending_domains.add(connection, name, workspace_id=context.workspace_id, now=context.clock.now())
    if number is None:
        raise NotPossible(f"{name} is a sending domain already; make new keys to replace its own")
    return new_keys(context, context.ids.encode(IdKind.DOMAIN, number), kinds)


def every(context: Context) -> list[SendingDomain]:
    """The domains of the workspace in the order of the alphabet."""
    with context.queue.read() as connection:
        rows = sending_domains.every(connection, workspace_id=context.workspace_id)
    return [_domain(context, row) for row in rows]


def get(context: Context, domain_id: str) -> SendingDomain:
    """One domain by its public id. Raises NotFound."""
    return _domain(context, _row(context, domain_id))


def named(context: Context, domain: str) -> SendingDomain:
    """One domain by its name. Raises NotFound, InputError."""
    with context.queue.read() as connection:
        row = sending_domains.named(connection, _checked(domain), workspace_id=context.workspace_id)
    if row is None:
        raise NotFound(f"{domain} is no sending domain here; `paceline domains add` makes it one")
    return _domain(context, row)


def new_keys(context: Context, domain_id: str, kinds: Collection[KeyKind] = USUAL_KINDS) -> SendingDomain:
    """New pending keys, one of each kind, in the place of those that are pending; those that sign go on signing."""
    if not kinds:
        raise InputError([Problem(file="", field="kinds", message=f"accepts at least one of {', '.join(KeyKind)}")])
    row = _row(context, domain_id)
    made = [(kind, make_key(kind)) for kind in dict.fromkeys(kinds)]
    mark = secrets.token_hex(4)
    now = context.clock.now()
    with context.queue.write() as connection:
        sending_domains.drop_pending(connection, row.id)
        for kind, key in made:
            sending_domains.add_key(
                connection,
                context.box,
                row,
                workspace_id=context.workspace_id,
                selector=f"pl{mark}{kind[0]}",
                kind=kind,
                public_key=key.public,
                private_key=key.private,
                now=now,
            )
    return get(context, domain_id)


def activate(context: Context, domain_id: str, *, unchecked: bool = False) -> SendingDomain:
    """Let the pending keys sign in the place of the former ones, everywhere within ten seconds.

    Their records must be published, unless ``unchecked``. Raises NotPossible with what is missing.
    """
    row = _row(context, domain_id)
    pending = [key for key in row.keys if key.state is KeyState.PENDING]
    if not pending:
        raise NotPossible(f"{row.domain} has no key that waits to be activated; make new keys first")
    if not unchecked:
        shown = [_key(row.domain, key) for key in pending]
        wrong = [record.sentence for record in look_up(Dns(context.settings), shown) if record.ok is not True]
        if wrong:
            raise NotPossible("; ".join(wrong))
    with context.queue.write() as connection:
        ids = [key.id for key in pending]
        if not sending_domains.activate(connection, row.id, ids, now=context.clock.now()):
            raise NotPossible(f"the keys of {row.domain} have changed in the meantime; look again")
    return get(context, domain_id)


def delete(context: Context, domain_id: str) -> None:
    """Take a domain away with its keys: its messages are not signed any more."""
    number = number_of(context, IdKind.DOMAIN, domain_id)
    with context.queue.write() as connection:
        if not sending_domains.delete(connection, number, workspace_id=context.workspace_id):
            raise unknown(IdKind.DOMAIN, domain_id)


def check(context: Context, domain_id: str) -> list[KeyRecord]:
    """Ask DNS for the record of every key that signs or is to sign."""
    found = get(context, domain_id)
    return look_up(Dns(context.settings), [key for key in found.keys if key.state is not KeyState.RETIRED])


def look_up(dns: Dns, keys: Sequence[DkimKey]) -> list[KeyRecord]:
    """What is published for each of these keys."""
    return [_looked_up(dns, key) for key in keys]


def _looked_up(dns: Dns, key: DkimKey) -> KeyRecord:
    try:
        records = dns.texts(key.record_name)
    except LookupFailed as failure:
        return KeyRecord(key=key, ok=None, sentence=f"{key.record_name} could not be looked up ({failure})")
    public = key.record_value.partition("p=")[2]
    known = [record for record in records if is_key_record(record)]
    if not known:
        return KeyRecord(key=key, ok=False, sentence=f"there is no TXT record {key.record_name} with a key")
    if len(known) > 1:
        return KeyRecord(key=key, ok=False, sentence=f"{key.record_name} has {len(known)} records; leave one")
    if not publishes(known[0], public):
        return KeyRecord(key=key, ok=False, sentence=f"{key.record_name} holds another key than ours")
    return KeyRecord(key=key, ok=True, sentence=f"{key.record_name} is published")


def _row(context: Context, domain_id: str) -> DomainRow:
    number = number_of(context, IdKind.DOMAIN, domain_id)
    with context.queue.read() as connection:
        row = sending_domains.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise unknown(IdKind.DOMAIN, domain_id)
    return row


def _checked(domain: str) -> str:
    """The domain in lower-case ASCII. Raises InputError."""
    try:
        return parse_address(f"x@{domain.strip()}").rpartition("@")[2]
    except ValueError as error:
        message = f"accepts a domain such as example.com, got {domain[:100]!r} ({error})"
        raise InputError([Problem(file="", field="domain", message=message)]) from None


def _domain(context: Context, row: DomainRow) -> SendingDomain:
    return SendingDomain(
        id=context.ids.encode(IdKind.DOMAIN, row.id),
        domain=row.domain,
        created_at=row.created_at,
        keys=tuple(_key(row.domain, key) for key in row.keys),
    )


def _key(domain: str, key: KeyRow) -> DkimKey:
    kind = KeyKind(key.kind)
    return DkimKey(
        selector=key.selector,
        kind=kind,
        state=key.state,
        record_name=record_name(domain, key.selector),
        record_value=record_value(kind, key.public_key),
        created_at=key.created_at,
        activated_at=key.activated_at,
        retired_at=key.retired_at,
    )
