"""Mailboxes that are read for reports: their settings with sealed secrets, how far they were read, how their readers fare."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.account import OAuth, Security
from paceline.domain.mailbox import ImapLogin, Mailbox, MailboxPlace, MailboxState, MailboxUse, Processed
from paceline.store.database import sql
from paceline.store.queue import notices
from paceline.store.secrets import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxRow:
    """A mailbox without its secrets, with how its reader fares."""

    id: int
    workspace_id: int
    name: str
    host: str
    port: int
    security: str
    username: str
    oauth: bool
    folder: str
    use: str
    processed: str
    move_to: str
    enabled: bool
    state: str
    reason: str | None
    since_at: float
    read_at: float | None
    mails: int
    matched: int
    created_at: float


_COLUMNS = (
    "id, workspace_id, name, host, port, security, username, oauth, folder, use, processed, move_to, enabled, state, reason, "
    "since_at, read_at, mails, matched, created_at"
)
_SETTINGS = "name, host, port, security, username, oauth, ca_file, guarded, folder, use, processed, move_to"


def create(connection: Connection, box: SecretBox, mailbox: Mailbox, *, now: float) -> int:
    """A new mailbox; returns its number."""
    names = [name.strip() for name in _SETTINGS.split(",")]
    number = connection.execute(
        sql(
            f"INSERT INTO mailboxes (workspace_id, secrets, created_at, since_at, {_SETTINGS}) "
            f"VALUES (:workspace_id, :nothing, :now, :now, {', '.join(f':{name}' for name in names)}) RETURNING id"
        ),
        {"workspace_id": mailbox.workspace_id, "nothing": b"", "now": now, **_settings(mailbox)},
    ).scalar_one()
    _seal(connection, box, int(number), mailbox.login)
    return int(number)


def change(connection: Connection, box: SecretBox, mailbox: Mailbox, *, now: float) -> None:
    """Give the mailbox of this number other settings; it is read from the beginning where it is another folder now."""
    names = [name.strip() for name in _SETTINGS.split(",")]
    same = "host = :host AND username = :username AND folder = :folder"
    connection.execute(
        sql(
            f"UPDATE mailboxes SET {', '.join(f'{name} = :{name}' for name in names)}, revision = revision + 1, "
            f"last_uid = CASE WHEN {same} THEN last_uid ELSE 0 END, "
            f"uid_validity = CASE WHEN {same} THEN uid_validity ELSE NULL END, "
            "state = 'new', reason = NULL, since_at = :now WHERE id = :id"
        ),
        {"id": mailbox.id, "now": now, **_settings(mailbox)},
    )
    _seal(connection, box, mailbox.id, mailbox.login)


def set_enabled(connection: Connection, mailbox_id: int, *, enabled: bool, now: float) -> None:
    """Switch a mailbox on or off; on, its reader begins anew."""
    connection.execute(
        sql(
            "UPDATE mailboxes SET enabled = :enabled, revision = revision + 1, state = 'new', reason = NULL, "
            "since_at = :now WHERE id = :id"
        ),
        {"id": mailbox_id, "enabled": int(enabled), "now": now},
    )


def delete(connection: Connection, mailbox_id: int) -> None:
    """Forget a mailbox; what was read stays."""
    connection.execute(sql("DELETE FROM mailboxes WHERE id = :id"), {"id": mailbox_id})


def every(connection: Connection, *, workspace_id: int | None, after: int = 0, limit: int = 10_000) -> list[MailboxRow]:
    """The mailboxes of a workspace (None: of all) in the order they were made, after a number."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM mailboxes WHERE id > :after AND workspace_id BETWEEN :first AND :last "
            "ORDER BY id LIMIT :limit"
        ),
        {
            "after": after,
            "first": 0 if workspace_id is None else workspace_id,
            "last": (1 << 62) if workspace_id is None else workspace_id,
            "limit": limit,
        },
    )
    return [_row(row) for row in rows]


def get(connection: Connection, mailbox_id: int, *, workspace_id: int) -> MailboxRow | None:
    """One mailbox of a workspace."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM mailboxes WHERE id = :id AND workspace_id = :workspace"),
        {"id": mailbox_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _row(row)


def named(connection: Connection, name: str, *, workspace_id: int) -> MailboxRow | None:
    """The mailbox of this name."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM mailboxes WHERE name = :name AND workspace_id = :workspace"),
        {"name": name, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _row(row)


def count(connection: Connection, *, workspace_id: int) -> int:
    """How many a workspace has."""
    statement = sql("SELECT COUNT(*) FROM mailboxes WHERE workspace_id = :workspace")
    return int(connection.execute(statement, {"workspace": workspace_id}).scalar_one())


def revisions(connection: Connection) -> dict[int, int]:
    """Number -> revision of every mailbox that is to be read, of all workspaces."""
    rows = connection.execute(sql("SELECT id, revision FROM mailboxes WHERE enabled = 1 ORDER BY id"))
    return {row.id: row.revision for row in rows}


def open_one(connection: Connection, box: SecretBox, mailbox_id: int) -> tuple[Mailbox, MailboxPlace] | None:
    """A mailbox with its secrets, and how far it was read. Raises SecretsUnreadable."""
    row: Any = connection.execute(sql("SELECT * FROM mailboxes WHERE id = :id"), {"id": mailbox_id}).one_or_none()
    if row is None:
        return None
    secrets = box.open(bytes(row.secrets), row=f"mailbox {mailbox_id}")
    oauth = None
    if row.oauth is not None:
        known = json.loads(row.oauth)
        oauth = OAuth(**known, client_secret=secrets["client_secret"], refresh_token=secrets["refresh_token"])
    login = ImapLogin(
        host=row.host,
        port=row.port,
        security=Security(row.security),
        username=row.username,
        password=secrets["password"],
        oauth=oauth,
        ca_file=row.ca_file,
        guarded=row.guarded == 1,
    )
    mailbox = Mailbox(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        login=login,
        folder=row.folder,
        use=MailboxUse(row.use),
        processed=Processed(row.processed),
        move_to=row.move_to,
        revision=row.revision,
    )
    return mailbox, MailboxPlace(uid_validity=row.uid_validity, last_uid=row.last_uid)


def progress(
    connection: Connection, mailbox: Mailbox, place: MailboxPlace, *, mails: int, matched: int, now: float
) -> None:
    """It was read up to a place; changes nothing once the settings are others."""
    connection.execute(
        sql(
            "UPDATE mailboxes SET uid_validity = :validity, last_uid = :last, mails = mails + :mails, "
            "matched = matched + :matched, read_at = :now WHERE id = :id AND revision = :revision"
        ),
        {
            "id": mailbox.id,
            "revision": mailbox.revision,
            "validity": place.uid_validity,
            "last": place.last_uid,
            "mails": mails,
            "matched": matched,
            "now": now,
        },
    )


def set_state(connection: Connection, mailbox: Mailbox, state: MailboxState, reason: str | None, *, now: float) -> None:
    """Its reader fares so now, with a notice when a person is needed; changes nothing once the settings are others."""
    changed = connection.execute(
        sql(
            "UPDATE mailboxes SET since_at = CASE WHEN state = :state THEN since_at ELSE :now END, state = :state, "
            "reason = :reason WHERE id = :id AND revision = :revision AND (state <> :state OR COALESCE(reason, '') <> :said)"
        ),
        {
            "id": mailbox.id,
            "revision": mailbox.revision,
            "state": str(state),
            "reason": reason,
            "said": reason or "",
            "now": now,
        },
    ).rowcount
    if changed and state is MailboxState.BROKEN:
        notices.note_mailbox(
            connection,
            mailbox.id,
            workspace_id=mailbox.workspace_id,
            name=mailbox.name,
            host=mailbox.login.host,
            reason=reason,
            now=now,
        )


def _settings(mailbox: Mailbox) -> dict[str, Any]:
    login = mailbox.login
    known = None if login.oauth is None else {**asdict(login.oauth)}
    for secret in ("client_secret", "refresh_token"):
        if known is not None:
            del known[secret]
    return {
        "name": mailbox.name,
        "host": login.host,
        "port": login.port,
        "security": str(login.security),
        "username": login.username,
        "oauth": None if known is None else json.dumps(known),
        "ca_file": login.ca_file,
        "guarded": int(login.guarded),
        "folder": mailbox.folder,
        "use": str(mailbox.use),
        "processed": str(mailbox.processed),
        "move_to": mailbox.move_to,
    }


def _seal(connection: Connection, box: SecretBox, number: int, login: ImapLogin) -> None:
    secrets = {
        "password": login.password,
        "client_secret": "" if login.oauth is None else login.oauth.client_secret,
        "refresh_token": "" if login.oauth is None else login.oauth.refresh_token,
    }
    connection.execute(
        sql("UPDATE mailboxes SET secrets = :secrets WHERE id = :id"),
        {"id": number, "secrets": box.seal(secrets, row=f"mailbox {number}")},
    )


def _row(row: Any) -> MailboxRow:
    values = dict(row._mapping)
    return MailboxRow(**{**values, "oauth": values["oauth"] is not None, "enabled": values["enabled"] == 1})
