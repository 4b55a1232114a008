"""At the controller: its remote workers, their keys (sealed), what they last said, and how often they ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql
from paceline.store.secrets import SecretBox

_KEEP_MINUTES = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A worker as the database knows it."""

    id: int
    workspace_id: int
    name: str
    url: str
    ca_file: str
    guarded: bool
    key_hash: str
    former_key_hash: str | None
    former_until_at: float | None
    secrets: bytes
    incarnation: str | None
    acknowledged: int
    reported_at: float | None
    next_report_at: float | None
    backlog: int
    breaker: str | None
    version: str | None
    clock_ahead_seconds: float | None
    asked_at: float | None
    failures: int
    failure: str | None
    suppressions_cursor: str | None
    created_at: float
    halted: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorker:
    """What a worker is made of."""

    workspace_id: int
    name: str
    url: str
    ca_file: str
    guarded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSecrets:
    """The keys of a worker; the former ones are empty where there are none (any more)."""

    key: str
    signing: str
    former_key: str = ""
    former_signing: str = ""


def _row_name(key_hash: str) -> str:
    return f"worker {key_hash}"


def create(
    connection: Connection, box: SecretBox, new: NewWorker, secrets: WorkerSecrets, key_hash: str, *, now: float
) -> int | None:
    """A new worker; its number, or None when the workspace has one of this name."""
    return connection.execute(
        sql(
            "INSERT INTO workers (workspace_id, name, url, ca_file, guarded, key_hash, secrets, created_at) "
            "VALUES (:workspace, :name, :url, :ca, :guarded, :hash, :secrets, :now) "
            "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id"
        ),
        {
            "workspace": new.workspace_id,
            "name": new.name,
            "url": new.url,
            "ca": new.ca_file,
            "guarded": int(new.guarded),
            "hash": key_hash,
            "secrets": _sealed(box, secrets, key_hash),
            "now": now,
        },
    ).scalar_one_or_none()


def rotate(
    connection: Connection,
    box: SecretBox,
    worker: WorkerRow,
    secrets: WorkerSecrets,
    key_hash: str,
    *,
    former_until_at: float,
) -> None:
    """Give a worker new keys; the former ones hold until then."""
    connection.execute(
        sql(
            "UPDATE workers SET former_key_hash = key_hash, former_until_at = :until, key_hash = :hash, "
            "secrets = :secrets WHERE id = :id"
        ),
        {"id": worker.id, "hash": key_hash, "until": former_until_at, "secrets": _sealed(box, secrets, key_hash)},
    )


def secrets_of(box: SecretBox, worker: WorkerRow, *, now: float) -> WorkerSecrets:
    """The keys that hold now."""
    found = WorkerSecrets(**box.open(worker.secrets, row=_row_name(worker.key_hash)))
    if worker.former_until_at is None or worker.former_until_at <= now:
        return WorkerSecrets(key=found.key, signing=found.signing)
    return found


def change(connection: Connection, worker_id: int, *, url: str, ca_file: str) -> None:
    """Where it is reached from now on."""
    connection.execute(
        sql("UPDATE workers SET url = :url, ca_file = :ca, failures = 0, failure = NULL WHERE id = :id"),
        {"id": worker_id, "url": url, "ca": ca_file},
    )


def delete(connection: Connection, worker_id: int) -> None:
    """Forget a worker; the caller has seen to it that nothing is there."""
    values = {"id": worker_id}
    connection.execute(sql("DELETE FROM remote_campaigns WHERE worker_id = :id"), values)
    connection.execute(sql("DELETE FROM worker_minutes WHERE worker_id = :id"), values)
    connection.execute(sql("DELETE FROM worker_errands WHERE worker_id = :id"), values)
    connection.execute(sql("DELETE FROM workers WHERE id = :id"), values)


def every(connection: Connection, *, workspace_id: int | None = None) -> list[WorkerRow]:
    """The workers of a workspace by name, or of every one."""
    where = "" if workspace_id is None else "WHERE workspace_id = :workspace"
    rows = connection.execute(sql(f"SELECT * FROM workers {where} ORDER BY name, id"), {"workspace": workspace_id})
    return [_worker(row) for row in rows]


def get(connection: Connection, worker_id: int) -> WorkerRow | None:
    """The worker of this number."""
    row = connection.execute(sql("SELECT * FROM workers WHERE id = :id"), {"id": worker_id}).one_or_none()
    return None if row is None else _worker(row)


def named(connection: Connection, name: str, *, workspace_id: int) -> WorkerRow | None:
    """The worker of this name."""
    row = connection.execute(
        sql("SELECT * FROM workers WHERE workspace_id = :workspace AND name = :name"),
        {"workspace": workspace_id, "name": name},
    ).one_or_none()
    return None if row is None else _worker(row)


def note_request(connection: Connection, worker_id: int, *, now: float) -> None:
    """Count a request of a worker in its minute, and the shortest time between two of them."""
    values: dict[str, Any] = {"id": worker_id, "minute": int(now // 60), "now": now}
    last = connection.execute(sql("SELECT MAX(last_at) FROM worker_minutes WHERE worker_id = :id"), values).scalar()
    connection.execute(
        sql(
            "INSERT INTO worker_minutes (worker_id, minute, requests, last_at, shortest_gap_seconds) "
            "VALUES (:id, :minute, 1, :now, CAST(:gap AS DOUBLE PRECISION)) "
            "ON CONFLICT (worker_id, minute) DO UPDATE SET "
            "requests = worker_minutes.requests + 1, last_at = excluded.last_at, shortest_gap_seconds = "
            "CASE WHEN worker_minutes.shortest_gap_seconds <= excluded.shortest_gap_seconds "
            "THEN worker_minutes.shortest_gap_seconds ELSE excluded.shortest_gap_seconds END"
        ),
        {**values, "gap": None if last is None else now - last},
    )
    connection.execute(
        sql("DELETE FROM worker_minutes WHERE worker_id = :id AND minute < :minute"),
        {**values, "minute": int(now // 60) - _KEEP_MINUTES},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """How often a worker has asked."""

    last_minute: int
    last_hour: int
    last_day: int
    shortest_gap_seconds: float | None


def requests_of(connection: Connection, worker_id: int, *, now: float) -> Requests:
    """Of the minute before this one, and of the last hour and day."""
    minute = int(now // 60)
    row = connection.execute(
        sql(
            "SELECT COALESCE(SUM(CASE WHEN minute = :before THEN requests END), 0) AS last_minute, "
            "COALESCE(SUM(CASE WHEN minute > :hour THEN requests END), 0) AS last_hour, "
            "COALESCE(SUM(requests), 0) AS last_day, MIN(shortest_gap_seconds) AS gap "
            "FROM worker_minutes WHERE worker_id = :id"
        ),
        {"id": worker_id, "before": minute - 1, "hour": minute - 60},
    ).one()
    return Requests(
        last_minute=int(row.last_minute),
        last_hour=int(row.last_hour),
        last_day=int(row.last_day),
        shortest_gap_seconds=row.gap,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a report says of the worker itself."""

    reported_at: float
    next_report_at: float | None
    backlog: int
    breaker: str
    version: str
    clock_ahead_seconds: float


def note_report(connection: Connection, worker_id: int, heard: Heard) -> None:
    """Keep what a worker said of itself."""
    connection.execute(
        sql(
            "UPDATE workers SET reported_at = :at, next_report_at = :next, backlog = :backlog, breaker = :breaker, "
            "version = :version, clock_ahead_seconds = :ahead WHERE id = :id"
        ),
        {
            "id": worker_id,
            "at": heard.reported_at,
            "next": heard.next_report_at,
            "backlog": heard.backlog,
            "breaker": heard.breaker,
            "version": heard.version[:50],
            "ahead": heard.clock_ahead_seconds,
        },
    )


def note_answer(connection: Connection, worker_id: int, *, now: float) -> None:
    """It has answered us."""
    connection.execute(
        sql("UPDATE workers SET asked_at = :now, failures = 0, failure = NULL WHERE id = :id"),
        {"id": worker_id, "now": now},
    )


def note_failure(connection: Connection, worker_id: int, reason: str) -> int:
    """It could not be reached, or refused us; returns how often before this, in a row."""
    failures = connection.execute(
        sql("UPDATE workers SET failures = failures + 1, failure = :reason WHERE id = :id RETURNING failures"),
        {"id": worker_id, "reason": reason[:500]},
    ).scalar_one_or_none()
    return (failures or 1) - 1


def note_halted(connection: Connection, worker_id: int, reason: str) -> None:
    """It was told that its database went back: it sends nothing until a person has looked."""
    connection.execute(
        sql("UPDATE workers SET halted = :reason WHERE id = :id"), {"id": worker_id, "reason": reason[:500]}
    )


def mirror_account(
    connection: Connection, worker_id: int, *, identity: str, state: str, reason: str | None, until_at: float | None
) -> None:
    """How an account stands that is lent to a worker, as it says; what a person has disabled here stays so."""
    connection.execute(
        sql(
            "UPDATE accounts SET state = :state, reason = :reason, until_at = :until WHERE lent_to = :worker "
            "AND identity = :identity AND state <> 'disabled' "
            "AND :state IN ('ready', 'limited', 'backing_off', 'broken')"
        ),
        {"worker": worker_id, "identity": identity, "state": state, "reason": reason, "until": until_at},
    )


def standing_for_update(connection: Connection, lock_rows: str, worker_id: int) -> tuple[str | None, int]:
    """(incarnation, acknowledged), locked until the end of the transaction."""
    row = connection.execute(
        sql(f"SELECT incarnation, acknowledged FROM workers WHERE id = :id {lock_rows}"), {"id": worker_id}
    ).one()
    return row.incarnation, int(row.acknowledged)


def begin_anew(connection: Connection, worker_id: int, incarnation: str) -> None:
    """It has another database: it has told nothing from that, and knows no suppression."""
    connection.execute(
        sql(
            "UPDATE workers SET incarnation = :incarnation, acknowledged = 0, suppressions_cursor = NULL, halted = NULL "
            "WHERE id = :id"
        ),
        {"id": worker_id, "incarnation": incarnation},
    )


def set_standing(connection: Connection, worker_id: int, *, incarnation: str, acknowledged: int) -> None:
    """From which database of the worker what was applied last."""
    connection.execute(
        sql("UPDATE workers SET incarnation = :incarnation, acknowledged = :acknowledged WHERE id = :id"),
        {"id": worker_id, "incarnation": incarnation, "acknowledged": acknowledged},
    )


def set_suppressions_cursor(connection: Connection, worker_id: int, cursor: str, *, incarnation: str | None) -> None:
    """How far suppressions were carried to this database of it; nothing happens when it has another one by now."""
    connection.execute(
        sql(
            "UPDATE workers SET suppressions_cursor = :cursor "
            "WHERE id = :id AND COALESCE(incarnation, '') = COALESCE(CAST(:incarnation AS TEXT), '')"
        ),
        {"id": worker_id, "cursor": cursor, "incarnation": incarnation},
    )


def _sealed(box: SecretBox, secrets: WorkerSecrets, key_hash: str) -> bytes:
    values = {
        "key": secrets.key,
        "signing": secrets.signing,
        "former_key": secrets.former_key,
        "former_signing": secrets.former_signing,
    }
    return box.seal(values, row=_row_name(key_hash))


def _worker(row: Any) -> WorkerRow:
    return WorkerRow(**{**row._mapping, "guarded": bool(row.guarded), "secrets": bytes(row.secrets)})


def read_cursor(cursor: str | None) -> tuple[float, str]:
    """Where a worker's suppressions were left: (created_at, address) of the last one."""
    at, address = json.loads(cursor) if cursor else (0.0, "")
    return float(at), str(address)
