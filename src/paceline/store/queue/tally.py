"""What a transaction did, added up: progress counters, account usage and open intents, written once at its end."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause

from paceline.domain.allowance import bucket_of
from paceline.domain.message import PUBLIC_NAMES, PUBLIC_STATES, MessageState, Report, Settlement
from paceline.store.database import Database, rows_json, sql

_CHARGED = (MessageState.SENT, MessageState.UNCERTAIN)
_HELD = (MessageState.CLAIMED, MessageState.INTENDED)
_COLUMNS = [PUBLIC_STATES.index(PUBLIC_NAMES[state]) for state in sorted(MessageState)]
"""State -> its place among the public ones."""
_NONE_MOVED = [0] * len(PUBLIC_STATES)


class Tally:
    """Sums of one transaction; ``write`` applies them in the order accounts, usage, counters."""

    def __init__(self) -> None:
        # Not Counters: making these and counting into them takes longer than most statements of a small transaction.
        self._states: defaultdict[int, list[int]] = defaultdict(_NONE_MOVED.copy)
        self._open: defaultdict[int, int] = defaultdict(int)
        self._usage: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._sent: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._held: defaultdict[int, int] = defaultdict(int)
        self._layer_usage: defaultdict[int, int] = defaultdict(int)
        self._freed: set[int] = set()

    def moved(self, campaign_id: int, source: MessageState, target: MessageState, count: int = 1) -> None:
        """Messages of a campaign went from one state to another."""
        changes = self._states[campaign_id]
        changes[_COLUMNS[source]] -= count
        changes[_COLUMNS[target]] += count

    def launched(self, campaign_id: int, count: int) -> None:
        """New messages were put into the queue."""
        self._states[campaign_id][_COLUMNS[MessageState.QUEUED]] += count

    def credited(self, campaign_id: int, account_id: int) -> None:
        """An account has sent one message more than was known."""
        self._sent[campaign_id, account_id] += 1

    def told(self, campaign_id: int, account_id: int, *, is_sent: bool, at: float) -> None:
        """A remote worker has told of a message that an account of ours has sent, or perhaps has."""
        self._usage[account_id, bucket_of(at)] += 1
        if is_sent:
            self._sent[campaign_id, account_id] += 1

    def opened(self, account_ids: Iterable[int]) -> None:
        """Intents were made, each for the account that stands in its place."""
        for account_id in account_ids:
            self._open[account_id] += 1

    def held(self, layer_id: int, count: int) -> None:
        """Messages were claimed that count in a layer."""
        self._held[layer_id] += count

    def let_go(self, layers: str | None, *, charged: bool) -> None:
        """A message that counted in these layers (as JSON, of the messages' table) is not held any more.

        ``charged``: it was accepted, or may have been; else there is room for another.
        """
        for layer_id in layers_in(layers):
            self._held[layer_id] -= 1
            if charged:
                self._layer_usage[layer_id] += 1
            else:
                self._freed.add(layer_id)

    def accepted(self, reports: Sequence[Report]) -> None:
        """Open intents were accepted."""
        for campaign_id, count in Counter([r.campaign_id for r in reports]).items():
            self.moved(campaign_id, MessageState.INTENDED, MessageState.SENT, count)
        for report in reports:
            self._sent[report.campaign_id, report.account_id] += 1
            self._open[report.account_id] -= 1
            self._usage[report.account_id, bucket_of(report.at)] += 1

    def settled(self, report: Report, row: Any, move: Settlement) -> None:
        """A report moved a message (``row``: what it was before)."""
        self.moved(row.campaign_id, MessageState(row.state), move.state)
        if row.layers is not None and row.state in _HELD:
            self.let_go(row.layers, charged=row.state == MessageState.INTENDED and move.state in _CHARGED)
        if move.state is MessageState.SENT:
            self._sent[row.campaign_id, report.account_id] += 1
        if row.state == MessageState.INTENDED:
            self._open[report.account_id] -= 1
            if move.state in _CHARGED:
                self._usage[report.account_id, bucket_of(report.at)] += 1

    def write(
        self,
        connection: Connection,
        database: Database,
        *,
        slot: int,
        now: float,
        paces: dict[int, float] | None = None,
    ) -> None:
        """Apply the sums."""
        statements = _statements(database)
        paces = paces or {}
        ids = sorted({i for i, change in self._open.items() if change} | paces.keys())
        accounts = [[i, self._open[i], paces.get(i)] for i in ids]
        usage = [[*pair, count] for pair, count in sorted(self._usage.items())]
        sent = [[*pair, count] for pair, count in sorted(self._sent.items())]
        for name, rows in (("accounts", accounts), ("usage", usage), ("sent", sent)):
            if rows:
                database.run(connection, statements[name], {"rows": rows_json(rows)})
        self.write_layers(connection, database, now=now)
        for campaign_id, changes in sorted(self._states.items()):
            if any(changes):
                values = dict(zip(PUBLIC_STATES, changes, strict=True))
                database.run(connection, _COUNT, {"campaign": campaign_id, "slot": slot, "now": now, **values})

    def write_layers(self, connection: Connection, database: Database, *, now: float) -> None:
        """Apply what concerns layers, and forget it: whoever reads them next in this transaction sees it."""
        if not self._held and not self._layer_usage:
            return
        statements = _statements(database)
        ids = sorted({*self._held, *self._layer_usage})
        rows = [[i, self._held[i], int(self._layer_usage[i] != 0), int(i in self._freed)] for i in ids]
        database.run(connection, statements["layers"], {"rows": rows_json(rows)})
        usage = [[i, bucket_of(now), count] for i, count in sorted(self._layer_usage.items()) if count]
        if usage:
            database.run(connection, statements["layer_usage"], {"rows": rows_json(usage)})
        self._held.clear()
        self._layer_usage.clear()
        self._freed.clear()


@lru_cache(maxsize=10_000)
def layers_in(text: str | None) -> tuple[int, ...]:
    """The layers that a message names."""
    return () if text is None else tuple(json.loads(text))


@lru_cache(maxsize=8)
def _statements(database: Database) -> dict[str, TextClause]:
    accounts = database.rows("rows", id="integer", change="integer", next_at="number")
    usage = database.rows("rows", account_id="integer", bucket="integer", count="integer")
    sent = database.rows("rows", campaign_id="integer", account_id="integer", count="integer")
    layers = database.rows("rows", id="integer", held="integer", used="integer", freed="integer")
    layer_usage = database.rows("rows", layer_id="integer", bucket="integer", count="integer")
    return {
        # Who waits because a layer is full need not wait when a message gives its place back.
        "layers": sql(
            "UPDATE layers SET held = layers.held + r.held, changes = changes + r.used, "
            "until_at = CASE WHEN r.freed = 1 THEN NULL ELSE until_at END "
            f"FROM ({layers}) AS r WHERE layers.id = r.id"
        ),
        "layer_usage": sql(
            f"INSERT INTO layer_usage (layer_id, bucket, count) SELECT layer_id, bucket, count FROM ({layer_usage}) AS r "
            "WHERE true ON CONFLICT (layer_id, bucket) DO UPDATE SET count = layer_usage.count + excluded.count"
        ),
        "accounts": sql(
            "UPDATE accounts SET open_intents = open_intents + r.change, "
            f"next_at = COALESCE(r.next_at, accounts.next_at) FROM ({accounts}) AS r WHERE accounts.id = r.id"
        ),
        "usage": sql(
            f"INSERT INTO usage (account_id, bucket, count) SELECT account_id, bucket, count FROM ({usage}) AS r "
            "WHERE true ON CONFLICT (account_id, bucket) DO UPDATE SET count = usage.count + excluded.count"
        ),
        "sent": sql(
            f"UPDATE campaign_accounts SET sent = sent + r.count FROM ({sent}) AS r WHERE "
            "campaign_accounts.campaign_id = r.campaign_id AND campaign_accounts.account_id = r.account_id"
        ),
    }


_COUNT = sql(
    f"INSERT INTO campaign_counters (campaign_id, slot, updated_at, {', '.join(PUBLIC_STATES)}) "
    f"VALUES (:campaign, :slot, :now, {', '.join(':' + state for state in PUBLIC_STATES)}) "
    "ON CONFLICT (campaign_id, slot) DO UPDATE SET updated_at = excluded.updated_at, "
    + ", ".join(f"{state} = campaign_counters.{state} + excluded.{state}" for state in PUBLIC_STATES)
)
