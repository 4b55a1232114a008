"""What a person does with the remote workers of this installation: add, list, change, rotate the key, remove."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from paceline.clock import iso
from paceline.domain.errors import InputError, Problem
from paceline.domain.wording import counted
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.remote.address import is_plain_and_far
from paceline.remote.signing import key_digest, new_key, new_signing_key
from paceline.store.public_ids import IdKind
from paceline.store.queue import remote_campaigns, workers
from paceline.store.queue.workers import NewWorker, Requests, WorkerRow, WorkerSecrets

OVERLAP_SECONDS = 86_400.0
"""How long the keys before the present ones hold as well, unless a person says otherwise."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_LONGEST_OVERLAP_SECONDS = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A remote worker as people see it: where it is, what it last said, and how often it asks."""

    id: str
    row: WorkerRow
    requests: Requests
    campaigns: int
    """That it has and that are not done."""

    @property
    def state(self) -> str:
        """``new`` until it has answered or told something, then ``reachable`` or ``unreachable``; ``halted`` before all."""
        if self.row.halted:
            return "halted"
        if self.row.failures:
            return "unreachable"
        return "new" if self.row.asked_at is None and self.row.reported_at is None else "reachable"

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        row = self.row
        return {
            "id": self.id,
            "name": row.name,
            "url": row.url,
            "state": self.state,
            "failure": row.failure,
            "halted": row.halted,
            "campaigns": self.campaigns,
            "last_report_at": iso(row.reported_at),
            "next_report_at": iso(row.next_report_at),
            "backlog": row.backlog,
            "breaker": row.breaker,
            "version": row.version,
            "clock_ahead_seconds": None if row.clock_ahead_seconds is None else round(row.clock_ahead_seconds, 3),
            "requests_last_minute": self.requests.last_minute,
            "requests_last_hour": self.requests.last_hour,
            "requests_last_day": self.requests.last_day,
            "shortest_gap_seconds": self.requests.shortest_gap_seconds,
            "former_key_until": iso(row.former_until_at),
            "created_at": iso(row.created_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WithKeys:
    """A worker, and the keys that are shown this once: its WORKER_API_KEY and WORKER_SIGNING_KEY."""

    worker: Worker
    key: str
    signing_key: str


def add(context: Context, *, name: str, url: str, ca_file: str = "", guarded: bool) -> WithKeys:
    """Register a worker. ``guarded``: named through the API, so its address must be public. Raises NotPossible, InputError."""
    if _NAME.fullmatch(name) is None:
        message = "accepts letters, digits, point, hyphen and underscore, 60 at most, the first a letter or digit"
        raise InputError([Problem(file="", field="name", message=message)])
    _check_url(context, url, ca_file, guarded=guarded)
    secrets = WorkerSecrets(key=new_key(), signing=new_signing_key())
    new = NewWorker(workspace_id=context.workspace_id, name=name, url=url.rstrip("/"), ca_file=ca_file, guarded=guarded)
    digest = key_digest(secrets.key).hex()
    with context.queue.write() as connection:
        number = workers.create(connection, context.box, new, secrets, digest, now=context.clock.now())
    if number is None:
        raise NotPossible(f"there is a worker with the name {name!r}; choose another name")
    return WithKeys(worker=get(context, name), key=secrets.key, signing_key=secrets.signing)


def list_workers(context: Context) -> list[Worker]:
    """The workers of this workspace by name."""
    with context.queue.read() as connection:
        found = workers.every(connection, workspace_id=context.workspace_id)
        requests = [workers.requests_of(connection, row.id, now=context.clock.now()) for row in found]
        open_ones = [
            sum(one.closed_at is None for one in remote_campaigns.open_ones(connection, row.id)) for row in found
        ]
    return [
        Worker(id=context.ids.encode(IdKind.WORKER, row.id), row=row, requests=asked, campaigns=count)
        for row, asked, count in zip(found, requests, open_ones, strict=True)
    ]


def get(context: Context, worker: str) -> Worker:
    """The worker of this name or public id. Raises NotFound."""
    number = row_of(context, worker).id
    return next(one for one in list_workers(context) if one.row.id == number)


def row_of(context: Context, worker: str) -> WorkerRow:
    """The worker of this name or public id, as it is stored. Raises NotFound."""
    number = context.ids.decode(IdKind.WORKER, worker)
    with context.queue.read() as connection:
        if number is None:
            found = workers.named(connection, worker, workspace_id=context.workspace_id)
        else:
            found = workers.get(connection, number)
    if found is None or found.workspace_id != context.workspace_id:
        raise NotFound(f"there is no worker {worker[:60]}")
    return found


def change(context: Context, worker: str, *, url: str, ca_file: str | None = None) -> Worker:
    """Say where a worker is now. Raises NotFound, InputError."""
    row = row_of(context, worker)
    authority = row.ca_file if ca_file is None else ca_file
    _check_url(context, url, authority, guarded=row.guarded)
    with context.queue.write() as connection:
        workers.change(connection, row.id, url=url.rstrip("/"), ca_file=authority)
    return get(context, row.name)


def rotate_key(context: Context, worker: str, *, overlap_seconds: float = OVERLAP_SECONDS) -> WithKeys:
    """Give a worker new keys; the present ones hold on for a while, so that nothing is refused in between.

    Until then both are accepted here, and the worker is asked with the new key first. Raises NotFound, InputError.
    """
    if not 0 <= overlap_seconds <= _LONGEST_OVERLAP_SECONDS:
        message = f"accepts 0 to {_LONGEST_OVERLAP_SECONDS / 3600:.0f} hours"
        raise InputError([Problem(file="", field="hours", message=message)])
    row, now = row_of(context, worker), context.clock.now()
    before = workers.secrets_of(context.box, row, now=now)
    secrets = WorkerSecrets(
        key=new_key(), signing=new_signing_key(), former_key=before.key, former_signing=before.signing
    )
    with context.queue.write() as connection:
        until = now + overlap_seconds
        digest = key_digest(secrets.key).hex()
        workers.rotate(connection, context.box, row, secrets, digest, former_until_at=until)
    return WithKeys(worker=get(context, row.name), key=secrets.key, signing_key=secrets.signing)


def remove(context: Context, worker: str) -> None:
    """Forget a worker. Raises NotPossible while it has a campaign that is not done, NotFound."""
    row = row_of(context, worker)
    with context.queue.write() as connection:
        busy = [one for one in remote_campaigns.open_ones(connection, row.id) if one.closed_at is None]
        if busy:
            hint = "end them, take them home, or assign the drafts to another worker"
            raise NotPossible(
                f"{row.name} has {counted(len(busy), 'campaign that is', 'campaigns that are')} not done: {hint}"
            )
        workers.delete(connection, row.id)


def _check_url(context: Context, url: str, ca_file: str, *, guarded: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise InputError(
            [Problem(file="", field="url", message="accepts a URL such as https://worker.example.com:8600")]
        )
    if is_plain_and_far(url) and context.settings.worker_plain_http != "yes":
        message = (
            "is http:// and leads beyond this machine: keys, logins and addresses could be read on the way. Use https://, "
            "or set PACELINE_WORKER_PLAIN_HTTP=yes where the way is protected otherwise"
        )
        raise InputError([Problem(file="", field="url", message=message)])
    if ca_file and not Path(ca_file).is_file():
        raise InputError([Problem(file=ca_file, field="ca_file", message="there is no such file")])
    if guarded:
        try:
            AddressGuard.from_setting(context.settings.private_hosts).check_url(url)
        except AddressRefused as error:
            raise InputError([Problem(file="", field="url", message=str(error))]) from None
