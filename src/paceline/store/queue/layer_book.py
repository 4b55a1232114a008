"""What the layers of a workspace leave, as one sender knows it: usage is read once and then only what others have added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.account import Limits
from paceline.domain.allowance import LONGEST_WINDOW_SECONDS, Allowance, Exhaustion, bucket_of
from paceline.domain.layer import BY_RECIPIENT, Layer, LayerKind, Queue, why
from paceline.domain.mail_provider import domain_of, provider_of
from paceline.store.database import Database, sql
from paceline.store.queue.layers import limits_of_layer
from paceline.store.queue.mail_operators import MailOperators
from paceline.store.queue.tally import Tally

_FINDING_OUT_SECONDS = 1.0
_FOUND_OUT_PER_SECOND = 100.0
_OVERLAP_BUCKETS = 6  # of clocks that do not quite agree


@dataclass(slots=True, kw_only=True)
class OpenLayer:
    """A layer within one transaction, with what it has left."""

    id: int
    layer: Layer
    allowance: Allowance
    queue: Queue
    taken: int = 0
    was_full: bool = False

    def take(self, count: int = 1) -> None:
        """Messages are claimed."""
        self.allowance.open(count)
        self.taken += count

    def used_up(self, now: float) -> Exhaustion | None:
        """The limit that is full even without what is held."""
        held, self.allowance.open_count = self.allowance.open_count, 0
        end = self.allowance.exhaustion(now)
        self.allowance.open_count = held
        return end


@dataclass(slots=True, kw_only=True)
class _Known:
    limits: Limits
    allowance: Allowance
    changes: int
    last_bucket: int


class LayerBook:
    """The usage of layers, kept from transaction to transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, _Known] = {}

    def open(self, connection: Connection, workspace_id: int, now: float) -> list[OpenLayer]:
        """The layers of a workspace, locked until the transaction ends."""
        rows = connection.execute(
            sql(
                "SELECT * FROM layers WHERE workspace_id = :workspace AND "
                "minute_limit + hourly_limit + daily_limit + monthly_limit > 0 "
                f"ORDER BY id {self._database.lock_rows}"
            ),
            {"workspace": workspace_id},
        )
        return [self._open(connection, row, now) for row in rows.all()]

    def _open(self, connection: Connection, row: Any, now: float) -> OpenLayer:
        layer = Layer(kind=LayerKind(row.kind), name=row.name, limits=limits_of_layer(row))
        known = self._known.get(row.id)
        if known is None or known.limits != layer.limits:
            usage = _usage(connection, row.id, first=bucket_of(now - LONGEST_WINDOW_SECONDS))
            allowance = Allowance(layer.limits, usage, 0, now)
            known = _Known(limits=layer.limits, allowance=allowance, changes=row.changes, last_bucket=bucket_of(now))
            self._known[row.id] = known
        elif known.changes != row.changes:
            for bucket, count in _usage(connection, row.id, first=known.last_bucket - _OVERLAP_BUCKETS):
                known.allowance.learn(bucket, count)
            known.changes, known.last_bucket = row.changes, max(known.last_bucket, bucket_of(now))
        known.allowance.open_count = row.held
        return OpenLayer(
            id=row.id, layer=layer, allowance=known.allowance, queue=Queue(at=row.parked_at, count=row.parked)
        )

    def forget(self) -> None:
        """A transaction has failed: what was taken in it is not known any more."""
        self._known.clear()


def _usage(connection: Connection, layer_id: int, *, first: int) -> list[tuple[int, int]]:
    rows = connection.execute(
        sql("SELECT bucket, count FROM layer_usage WHERE layer_id = :id AND bucket >= :first ORDER BY bucket"),
        {"id": layer_id, "first": first},
    )
    return [(row[0], row[1]) for row in rows]


class LayeredClaim:
    """One claim in the layers of its workspace: how much they leave, and who has to wait."""

    def __init__(
        self, layers: Sequence[OpenLayer], operators: MailOperators, *, host: str, campaign_id: int, now: float
    ) -> None:
        self._all = [one for one in layers if one.layer.holds_for(host=host, campaign_id=campaign_id)]
        self._by_recipient = [one for one in layers if one.layer.kind in BY_RECIPIENT]
        self._by_operator = any(one.layer.kind is LayerKind.PROVIDER for one in layers)
        self._operators = operators
        self._now = now

    @property
    def sorts_recipients(self) -> bool:
        """Whether some layers hold for some recipients only."""
        return bool(self._by_recipient)

    def room(self, limit: int) -> int:
        """How many of ``limit`` messages may be claimed, as far as the layers go that hold for all of them."""
        for one in self._all:
            left = one.allowance.remaining(self._now)
            if left is not None and left < limit:
                limit, one.was_full = left, one.was_full or left == 0
        return limit

    def moment(self, address: str) -> float:
        """When a message to this address may be claimed: now, and then it counts, or when the last full layer has room.

        Or in a moment, while it is found out whose server takes its mail.
        """
        server = self._mail_server(address)
        if server is None:
            return self._now + _FINDING_OUT_SECONDS + self._operators.backlog / _FOUND_OUT_PER_SECOND
        mine = [one for one in self._by_recipient if one.layer.holds_for_recipient(address, server)]
        ends = [(end, one) for one in mine if (end := one.allowance.exhaustion(self._now)) is not None]
        if not ends:
            for one in mine:
                one.take()
            return self._now
        for _, one in ends:
            one.was_full = True
        return max(one.queue.put_off(end, one.layer.limits.window) for end, one in ends)

    def take(self, count: int) -> None:
        """So many messages are claimed; in the layers by recipient they count already."""
        for one in self._all:
            one.take(count)

    def layers_of(self, address: str) -> list[int]:
        """The numbers of the layers in which a message counts."""
        server = self._mail_server(address) or ""
        mine = [one for one in self._by_recipient if one.layer.holds_for_recipient(address, server)]
        return sorted(one.id for one in (*self._all, *mine))

    def _mail_server(self, address: str) -> str | None:
        """Whose server takes the mail of an address, "" where it does not matter; None: it is not known yet."""
        domain = domain_of(address)
        if not self._by_operator or not domain or provider_of(domain) is not None:
            return ""
        return self._operators.host_of(domain)


def write_back(connection: Connection, layers: Sequence[OpenLayer], tally: Tally, now: float) -> None:
    """Keep what was taken, and of those that are used up the moment at which they have room again.

    One that is full only by what is held has room again as soon as something of that is refused: it is not said to be full.
    """
    for one in layers:
        if one.taken:
            tally.held(one.id, one.taken)
        if one.was_full:
            end = one.used_up(now)
            values = {
                "until": None if end is None else end.resumes_at,
                "reason": None if end is None else why(one.layer, end),
                "at": one.queue.at,
                "count": one.queue.count,
                "id": one.id,
            }
            connection.execute(
                sql(
                    "UPDATE layers SET until_at = :until, reason = :reason, parked_at = :at, parked = :count "
                    "WHERE id = :id"
                ),
                values,
            )
        one.taken, one.was_full = 0, False
