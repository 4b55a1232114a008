"""Erasing a person from the queue: messages stay as numbers, and who they went to is gone.

A message without an address belongs to nobody: counts stay right, and it is skipped when it is claimed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.domain.phone import spellings
from paceline.store.database import Database, sql
from paceline.store.queue.tally import Tally

NOBODY = ""
"""The address of a message whose recipient was erased."""

REASON = "erased at the person's wish"
_SLOT = -1  # of the counters: no sender has it
_STRETCH = 5_000
_KEPT_MAIL_AT_ONCE = 50
_WAITING = (MessageState.QUEUED, MessageState.DEFERRED)
_BUSY = (MessageState.CLAIMED, MessageState.INTENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow:
    """One address that is to be erased, or was."""

    id: int
    workspace_id: int
    address: str | None
    """None: it is gone."""
    requested_at: float
    done_at: float | None
    cursor: int
    messages: int


class Forgotten:
    """Knows addresses again that were erased, without knowing them."""

    def __init__(self, digest: Callable[[bytes], str]) -> None:
        """``digest`` is keyed: nobody can try out addresses without the installation's secret key."""
        self._digest = digest

    def digest(self, address: str, *, workspace_id: int) -> str:
        """By what an address is known."""
        return self._digest(f"erased {workspace_id} {address.casefold()}".encode())

    def among(
        self, connection: Connection, database: Database, addresses: Collection[str], *, workspace_id: int
    ) -> set[str]:
        """Those of these addresses that were erased; nothing is computed while nobody ever was."""
        anybody = sql("SELECT 1 FROM erasures WHERE workspace_id = :workspace LIMIT 1")
        if not addresses or connection.execute(anybody, {"workspace": workspace_id}).first() is None:
            return set()
        known = {self.digest(address, workspace_id=workspace_id): address for address in addresses}
        rows = database.rows("rows", digest="text")
        found = connection.execute(
            sql(
                f"SELECT e.digest FROM ({rows}) AS r JOIN erasures e ON e.workspace_id = :workspace "
                "AND e.digest = r.digest"
            ),
            {"rows": json.dumps([[digest] for digest in known]), "workspace": workspace_id},
        )
        gone = set(found.scalars())
        return {address for address in addresses if self.digest(address, workspace_id=workspace_id) in gone}


def request(connection: Connection, address: str, digest: str, *, workspace_id: int, now: float) -> int:
    """Begin to erase an address, or begin again; returns the number under which it is done."""
    number = connection.execute(
        sql(
            "INSERT INTO erasures (workspace_id, digest, address, requested_at) "
            "VALUES (:workspace, :digest, :address, :now) ON CONFLICT (workspace_id, digest) DO UPDATE SET "
            "address = excluded.address, requested_at = excluded.requested_at, done_at = NULL, cursor = 0 RETURNING id"
        ),
        {"workspace": workspace_id, "digest": digest, "address": address, "now": now},
    ).scalar_one()
    return int(number)


def get(connection: Connection, erasure_id: int, *, workspace_id: int) -> ErasureRow | None:
    """The erasure of this number, if it is the workspace's."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM erasures WHERE id = :id AND workspace_id = :workspace"),
        {"id": erasure_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else ErasureRow(**row._mapping)


def unfinished(connection: Connection) -> list[ErasureRow]:
    """What is left to do, of every workspace."""
    rows = connection.execute(sql(f"SELECT {_COLUMNS} FROM erasures WHERE done_at IS NULL ORDER BY id LIMIT 100"))
    return [ErasureRow(**row._mapping) for row in rows]


def forget_digest(connection: Connection, digest: str, *, workspace_id: int) -> bool:
    """An erased address may come back; False when it was not erased, or is only about to be."""
    statement = sql("DELETE FROM erasures WHERE workspace_id = :workspace AND digest = :digest AND done_at IS NOT NULL")
    return connection.execute(statement, {"workspace": workspace_id, "digest": digest}).rowcount == 1


def let_come_back(connection: Connection, digest: str, *, workspace_id: int, before: float) -> None:
    """Whoever asked to be erased before this moment may come back; what is left to erase of that is still erased."""
    values = {"workspace": workspace_id, "digest": digest, "before": before}
    asked = "workspace_id = :workspace AND digest = :digest AND requested_at < :before"
    connection.execute(sql(f"DELETE FROM erasures WHERE {asked} AND done_at IS NOT NULL"), values)
    connection.execute(sql(f"UPDATE erasures SET digest = 'came back ' || id WHERE {asked}"), values)


def messages_to(
    connection: Connection, database: Database, address: str, *, workspace_id: int, after: int
) -> tuple[int | None, list[int]]:
    """The messages to an address among the next ones of the installation, and the last one looked at (None: the end).

    There is no index on addresses, because every message would pay for it.
    """
    last = connection.execute(
        sql("SELECT MAX(id) FROM (SELECT id FROM messages WHERE id > :after ORDER BY id LIMIT :stretch) AS s"),
        {"after": after, "stretch": _STRETCH},
    ).scalar_one()
    if last is None:
        return None, []
    found = connection.execute(
        sql(
            "SELECT m.id FROM messages m JOIN campaigns c ON c.id = m.campaign_id AND c.workspace_id = :workspace "
            f"WHERE m.id > :after AND m.id <= :last AND {database.folded('m.address')} = :address ORDER BY m.id"
        ),
        {"after": after, "last": last, "workspace": workspace_id, "address": _folded(address)},
    )
    return int(last), list(found.scalars())


def erase_messages(
    connection: Connection, database: Database, row: ErasureRow, found: list[int], *, last: int, now: float
) -> None:
    """Make messages nobody's and go on behind ``last``, or before the first one that is just being delivered."""
    rows = database.rows("rows", id="integer")
    held = connection.execute(
        sql(
            f"SELECT id, campaign_id, state, lease FROM messages WHERE id IN ({rows}) ORDER BY id {database.lock_rows}"
        ),
        {"rows": _ids(found)},
    ).all()
    busy = [one.id for one in held if _is_under_way(one)]
    waiting = [one for one in held if one.state in _WAITING and not _is_under_way(one)]
    gone = [one.id for one in held if not _is_under_way(one)]
    values = {"rows": _ids([one.id for one in waiting]), "state": int(MessageState.SKIPPED), "now": now}
    connection.execute(
        sql(f"UPDATE messages SET state = :state, due_at = NULL, at = :now WHERE id IN ({rows})"), values
    )
    connection.execute(
        sql(f"UPDATE messages SET address = :nobody, fields = '{{}}', reply = :reason WHERE id IN ({rows})"),
        {"rows": _ids(gone), "nobody": NOBODY, "reason": REASON},
    )
    for table in ("events", "facts"):
        statement = sql(f"UPDATE {table} SET detail = NULL WHERE message_id IN ({rows})")
        connection.execute(statement, {"rows": _ids(gone)})
    tally = Tally()
    for one in waiting:
        tally.moved(one.campaign_id, MessageState(one.state), MessageState.SKIPPED)
    tally.write(connection, database, slot=_SLOT, now=now)
    connection.execute(
        sql("UPDATE erasures SET cursor = :cursor, messages = messages + :count WHERE id = :id"),
        {"id": row.id, "cursor": busy[0] - 1 if busy else last, "count": len(gone)},
    )


def _is_under_way(message: Any) -> bool:
    """Whether it is just being delivered, or a remote worker has it, which skips it and says so."""
    return message.state in _BUSY or (message.state == MessageState.DEFERRED and not message.lease)


def move_on(connection: Connection, row: ErasureRow, *, last: int) -> None:
    """Nothing of the person was found up to here."""
    connection.execute(sql("UPDATE erasures SET cursor = :last WHERE id = :id"), {"id": row.id, "last": last})


def finish(connection: Connection, row: ErasureRow, *, now: float) -> None:
    """Every message is nobody's: the address goes as well, and only its digest stays."""
    values = {"workspace": row.workspace_id, "address": (row.address or "").casefold()}
    for number in spellings(row.address or ""):
        connection.execute(sql("DELETE FROM whatsapp_ids WHERE recipient = :number"), {"number": number})
    for table in ("suppressions", "soft_bounces"):
        connection.execute(sql(f"DELETE FROM {table} WHERE workspace_id = :workspace AND address = :address"), values)
    connection.execute(
        sql(
            "DELETE FROM worker_errands WHERE kind <> 'erase' AND address = :address "
            "AND worker_id IN (SELECT id FROM workers WHERE workspace_id = :workspace)"
        ),
        values,
    )
    connection.execute(
        sql("UPDATE erasures SET address = NULL, done_at = :now WHERE id = :id"), {"id": row.id, "now": now}
    )


def delete_kept_mail(database: Database, row: ErasureRow) -> None:
    """Mail that was kept because nobody understood it, if it names the address."""
    address, after = (row.address or "").casefold(), 0
    while True:
        with database.read() as connection:
            kept = connection.execute(
                sql(
                    "SELECT id, sent_to, sender, subject, raw FROM kept_mail WHERE workspace_id = :workspace "
                    "AND id > :after ORDER BY id LIMIT :most"
                ),
                {"workspace": row.workspace_id, "after": after, "most": _KEPT_MAIL_AT_ONCE},
            ).all()
        named = [mail.id for mail in kept if _names(mail, address)]
        if named:
            rows = database.rows("rows", id="integer")
            database.execute(f"DELETE FROM kept_mail WHERE id IN ({rows})", rows=_ids(named))
        if len(kept) < _KEPT_MAIL_AT_ONCE:
            return
        after = kept[-1].id


def _names(mail: Any, address: str) -> bool:
    words = (mail.sent_to, mail.sender, mail.subject, bytes(mail.raw).decode("utf-8", "replace"))
    return any(address in (text or "").casefold() for text in words)


def _folded(address: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in address)


def _ids(numbers: list[int]) -> str:
    return json.dumps([[number] for number in numbers])


_COLUMNS = "id, workspace_id, address, requested_at, done_at, cursor, messages"
