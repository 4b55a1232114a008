"""What came back: facts are kept once, counted once, and each changes what is known of its message in one direction.

Locks are taken in the order messages by id, links, counters. Everything may be repeated: what is known already changes
nothing and is not counted again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause

from paceline.domain.fact import Doer, Fact, FactKind
from paceline.domain.reputation import Sign
from paceline.store.database import Database, sql
from paceline.store.queue import health
from paceline.store.queue.health import NewSign

COUNTS = (
    "delivered",
    "read",
    "bounced",
    "bounced_hard",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
    "opens",
    "clicks",
    "automatic_opens",
    "automatic_clicks",
)
"""Columns of campaign_counters that facts change: messages by the first time of a fact, and single opens and clicks."""

_FIRST_TIMES = ("delivered", "read", "bounced", "bounced_hard", "opened", "clicked", "unsubscribed", "complained")
_SINGLE = {FactKind.OPENED: "opens", FactKind.CLICKED: "clicks"}
_SLOT = -1  # of the counters: no sender has it, so none is waited for
Span = tuple[float, float]
"""From an instant to another one."""

HARD = "hard"
"""The rule of a bounce that will not go away."""

_SIGNS = {HARD: Sign.HARD_BOUNCE, "spam": Sign.SPAM_REFUSAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """What facts are about: a message as it left."""

    id: int
    campaign_id: int
    workspace_id: int
    channel: str
    address: str
    fields: str
    sent_at: float | None
    """When it was accepted; None while that is not on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact as people see it."""

    kind: FactKind
    at: float
    doer: Doer | None
    rule: str | None
    link: int | None
    detail: str | None


def sent_messages(connection: Connection, database: Database, ids: Iterable[int]) -> dict[int, SentMessage]:
    """The messages of these ids that there are."""
    rows = connection.execute(_statements(database)["messages"], {"rows": json.dumps([[i] for i in sorted(set(ids))])})
    return {row.id: SentMessage(**row._mapping) for row in rows}


def find_message(connection: Connection, message_id: int, *, workspace_id: int, campaign_id: int) -> SentMessage | None:
    """One message, if it belongs where it is said to belong."""
    row = connection.execute(
        sql(f"{_MESSAGE} WHERE m.id = :id AND m.campaign_id = :campaign AND c.workspace_id = :workspace"),
        {"id": message_id, "campaign": campaign_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else SentMessage(**row._mapping)


def record(connection: Connection, database: Database, facts: Sequence[Fact], *, now: float) -> list[Fact]:
    """Keep facts about messages that there are; returns those that were not known before.

    The caller has seen to it that message and campaign belong together.
    """
    if not facts:
        return []
    statements = _statements(database)
    ordered = sorted(facts, key=lambda fact: (fact.message_id, fact.kind, fact.key))
    new_keys = set(database.fetch(connection, statements["insert"], {"rows": json.dumps([_row(f) for f in ordered])}))
    new: dict[tuple[int, str, str], Fact] = {}
    for fact in ordered:
        key = (fact.message_id, fact.kind.value, fact.key)
        if key in new_keys:
            new.setdefault(key, fact)
    counts = _Counts()
    _set_first_times(connection, database, list(new.values()), counts)
    for fact in new.values():
        counts.single(fact, 1)
    counts.write(connection, database, now)
    health.note(connection, database, [sign for fact in new.values() if (sign := _sign(fact)) is not None], now=now)
    return list(new.values())


def _sign(fact: Fact) -> NewSign | None:
    """What a fact says about the sender's reputation."""
    if fact.kind is FactKind.COMPLAINED:
        return NewSign(message_id=fact.message_id, sign=Sign.COMPLAINT)
    if fact.kind is FactKind.BOUNCED and fact.rule in _SIGNS:
        return NewSign(message_id=fact.message_id, sign=_SIGNS[fact.rule])
    return None


def reclassify(
    connection: Connection, database: Database, spans: dict[int, Span], *, doer: Doer, rule: str, now: float
) -> int:
    """What looked like people has turned out to be a program: clicks of these messages in these spans of time.

    Returns how many clicks; a second call finds none.
    """
    rows = json.dumps([[message_id, *span] for message_id, span in sorted(spans.items())])
    statements = _statements(database)
    values = {"rows": rows, "doer": str(doer), "rule": rule}
    changed = database.fetch(connection, statements["reclassify"], values)
    counts = _Counts()
    for campaign_id, link in changed:
        counts.add(campaign_id, "clicks", -1)
        counts.add(campaign_id, "automatic_clicks", 1)
        counts.link(campaign_id, link, -1)
    for (campaign_id,) in database.fetch(connection, statements["unclick"], {"rows": rows}) if changed else ():
        counts.add(campaign_id, "clicked", -1)
    counts.write(connection, database, now)
    return len(changed)


def take_back(connection: Connection, database: Database, message_ids: Iterable[int], *, now: float) -> int:
    """Bounces of these messages that have turned out to be none, because they arrived. Returns of how many messages."""
    rows = json.dumps([[i] for i in sorted(set(message_ids))])
    statements = _statements(database)
    database.run(connection, statements["forget bounces"], {"rows": rows})
    counts, known = _Counts(), 0
    for name in ("bounced", "bounced_hard"):
        for (campaign_id,) in database.fetch(connection, statements[f"take back {name}"], {"rows": rows}):
            counts.add(campaign_id, name, -1)
            known += name == "bounced"
    counts.write(connection, database, now)
    return known


def of_message(connection: Connection, message_id: int) -> list[FactRow]:
    """Everything that came back about one message, in the order of time."""
    rows = connection.execute(
        sql("SELECT kind, at, doer, rule, link, detail FROM facts WHERE message_id = :id ORDER BY at, kind, key"),
        {"id": message_id},
    )
    return [_fact_row(row) for row in rows]


def counts(connection: Connection, campaign_id: int) -> dict[str, int]:
    """The counts of what came back for one campaign; costs the same however much came back."""
    sums = ", ".join(f"COALESCE(SUM({name}), 0) AS {name}" for name in COUNTS)
    row = connection.execute(
        sql(f"SELECT {sums} FROM campaign_counters WHERE campaign_id = :id"), {"id": campaign_id}
    ).one()
    return {name: int(getattr(row, name)) for name in COUNTS}


class _Counts:
    """What a transaction counted, written once at its end."""

    def __init__(self) -> None:
        self._campaigns: dict[int, Counter[str]] = {}
        self._links: Counter[tuple[int, int]] = Counter()

    def add(self, campaign_id: int, name: str, count: int) -> None:
        self._campaigns.setdefault(campaign_id, Counter())[name] += count

    def link(self, campaign_id: int, number: int | None, count: int) -> None:
        if number is not None:
            self._links[campaign_id, number] += count

    def single(self, fact: Fact, count: int) -> None:
        name = _SINGLE.get(fact.kind)
        if name is None:
            return
        self.add(fact.campaign_id, name if fact.counts_as_person else f"automatic_{name}", count)
        if fact.counts_as_person:
            self.link(fact.campaign_id, fact.link, count)

    def write(self, connection: Connection, database: Database, now: float) -> None:
        links = [[*key, count] for key, count in sorted(self._links.items()) if count]
        if links:
            database.run(connection, _statements(database)["links"], {"rows": json.dumps(links)})
        for campaign_id, changes in sorted(self._campaigns.items()):
            values = {"campaign": campaign_id, "slot": _SLOT, "now": now, **{name: changes[name] for name in COUNTS}}
            database.run(connection, _COUNT, values)


def _set_first_times(connection: Connection, database: Database, new: Sequence[Fact], counts: _Counts) -> None:
    """Set what was not set before; only that is counted. Two processes at once: one of them sets it."""
    for name in _FIRST_TIMES:
        first: dict[int, Fact] = {}
        for fact in new:
            if _counts_for(fact, name) and (fact.message_id not in first or fact.at < first[fact.message_id].at):
                first[fact.message_id] = fact
        if first:
            rows = json.dumps([[f.message_id, f.campaign_id, f.at] for _, f in sorted(first.items())])
            for (campaign_id,) in database.fetch(connection, _statements(database)[f"first {name}"], {"rows": rows}):
                counts.add(campaign_id, name, 1)


def _counts_for(fact: Fact, name: str) -> bool:
    if name == "bounced_hard":
        return fact.kind is FactKind.BOUNCED and fact.rule == HARD
    return fact.kind == name and fact.counts_as_person


def _row(fact: Fact) -> list[Any]:
    return [
        fact.message_id,
        fact.kind.value,
        fact.key,
        fact.campaign_id,
        fact.at,
        None if fact.doer is None else fact.doer.value,
        fact.rule,
        fact.link,
        fact.detail,
    ]


def _fact_row(row: Any) -> FactRow:
    doer = None if row.doer is None else Doer(row.doer)
    return FactRow(kind=FactKind(row.kind), at=row.at, doer=doer, rule=row.rule, link=row.link, detail=row.detail)


def every(database: Database, campaign_id: int) -> Iterator[tuple[int, FactRow]]:
    """Every fact of a campaign with its message's id, in the order of the messages, read page by page."""
    statement = sql(
        "SELECT m.id, f.kind, f.at, f.doer, f.rule, f.link, f.detail FROM "
        "(SELECT id FROM messages WHERE campaign_id = :campaign AND id > :after ORDER BY id LIMIT :page) AS m "
        "LEFT JOIN facts f ON f.message_id = m.id ORDER BY m.id, f.at, f.kind, f.key"
    )
    after = 0
    while True:
        with database.read() as connection:
            rows = connection.execute(statement, {"campaign": campaign_id, "after": after, "page": _PAGE}).all()
        yield from ((row.id, _fact_row(row)) for row in rows if row.kind is not None)
        if not rows:
            return
        after = rows[-1].id


_PAGE = 500
_MESSAGE = (
    "SELECT m.id, m.campaign_id, c.workspace_id, c.channel, m.address, m.fields, "
    "CASE WHEN m.state = 4 THEN m.at END AS sent_at FROM messages m JOIN campaigns c ON c.id = m.campaign_id"
)
_COUNT = sql(
    f"INSERT INTO campaign_counters (campaign_id, slot, updated_at, {', '.join(COUNTS)}) "
    f"VALUES (:campaign, :slot, :now, {', '.join(':' + name for name in COUNTS)}) "
    "ON CONFLICT (campaign_id, slot) DO UPDATE SET updated_at = excluded.updated_at, "
    + ", ".join(f"{name} = campaign_counters.{name} + excluded.{name}" for name in COUNTS)
)


@lru_cache(maxsize=8)
def _statements(database: Database) -> dict[str, TextClause]:
    ids = database.rows("rows", id="integer")
    facts = database.rows(
        "rows",
        message_id="integer",
        kind="text",
        key="text",
        campaign_id="integer",
        at="number",
        doer="text",
        rule="text",
        link="integer",
        detail="text",
    )
    firsts = database.rows("rows", message_id="integer", campaign_id="integer", at="number")
    spans = database.rows("rows", message_id="integer", since="number", until="number")
    links = database.rows("rows", campaign_id="integer", number="integer", count="integer")
    columns = "message_id, kind, key, campaign_id, at, doer, rule, link, detail"
    statements = {
        "messages": f"{_MESSAGE} WHERE m.id IN ({ids})",
        "insert": f"INSERT INTO facts ({columns}) SELECT {columns} FROM ({facts}) AS r WHERE true "
        "ON CONFLICT DO NOTHING RETURNING message_id, kind, key",
        "links": f"UPDATE links SET clicks = clicks + r.count FROM ({links}) AS r "
        "WHERE links.campaign_id = r.campaign_id AND links.number = r.number",
        "reclassify": f"UPDATE facts SET doer = :doer, rule = :rule FROM ({spans}) AS r WHERE "
        "facts.message_id = r.message_id AND facts.kind = 'clicked' AND facts.doer = 'person' AND facts.at BETWEEN r.since AND r.until "
        "RETURNING facts.campaign_id, facts.link",
        "unclick": f"UPDATE delivery_facts SET clicked_at = NULL FROM ({spans}) AS r WHERE "
        "delivery_facts.message_id = r.message_id AND clicked_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM facts f "
        "WHERE f.message_id = r.message_id AND f.kind = 'clicked' AND f.doer = 'person') "
        "RETURNING delivery_facts.campaign_id",
        "forget bounces": f"DELETE FROM facts WHERE kind = 'bounced' AND message_id IN ({ids})",
        **{
            f"take back {name}": f"UPDATE delivery_facts SET {name}_at = NULL WHERE {name}_at IS NOT NULL "
            f"AND message_id IN ({ids}) RETURNING campaign_id"
            for name in ("bounced", "bounced_hard")
        },
        **{
            f"first {name}": f"INSERT INTO delivery_facts (message_id, campaign_id, {name}_at) "
            f"SELECT message_id, campaign_id, at FROM ({firsts}) AS r WHERE true ON CONFLICT (message_id) DO UPDATE SET "
            f"{name}_at = excluded.{name}_at WHERE delivery_facts.{name}_at IS NULL RETURNING campaign_id"
            for name in _FIRST_TIMES
        },
    }
    return {name: sql(statement) for name, statement in statements.items()}
