"""Back up and restore an installation, in one database or two: a folder with a copy of each and a manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from paceline.clock import iso
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.domain.wording import counted
from paceline.engine.process_identity import is_surely_dead
from paceline.operations.context import NotPossible
from paceline.settings import Settings
from paceline.store import leaderships
from paceline.store.copies import PutBack, copy_out, kind_of, put_back, what_is_wrong
from paceline.store.database import Database
from paceline.store.migrations import CATALOGUE, QUEUE, Schema
from paceline.store.opening import connect_catalogue, connect_queue, schema_version
from paceline.store.queue import campaign_work, campaigns, installation, senders
from paceline.store.sqlite import SqliteDatabase

MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One database of the installation, and the schemas that live in it."""

    name: str
    database: Database
    url: str
    schemas: tuple[Schema, ...]


def backup(settings: Settings, target: Path) -> Path:
    """Copy both schemas into a new folder while others go on writing; each copy is of one moment.

    The catalogue goes first, so that what was sent is as recent as can be. Raises InputError for a folder that exists,
    CopyFailed when a copy cannot be made; then nothing is left of it.
    """
    if target.exists():
        raise InputError([Problem(file=str(target), message="exists already; choose another name")])
    partial = target.with_name(f"{target.name}.partial")
    places = _places(settings)
    try:
        queue = places[-1].database
        _check_that_there_is_something(places)
        with queue.read() as connection:
            key_check = installation.key_check(connection)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        copies = [_copied(place, partial) for place in places]
        manifest = {
            "format": _FORMAT,
            "made_at": iso(time.time()),
            "paceline": version("paceline"),
            "key_check": key_check,
            "databases": copies,
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        partial.rename(target)
        with queue.write() as connection:
            installation.note_backup(connection, now=time.time())
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _close(places)
    return target


def _check_that_there_is_something(places: list[_Place]) -> None:
    for place in places:
        for schema in place.schemas:
            if schema_version(place.database, schema) is None:
                message = f"there is nothing to back up: {place.database.name} has no {schema.name}"
                raise InputError([Problem(file="database", message=message)])


def _copied(place: _Place, folder: Path) -> dict[str, Any]:
    kind = kind_of(place.database)
    file = folder / f"{place.name}.{'sqlite' if kind == 'sqlite' else 'dump'}"
    schemas = {schema.name: schema_version(place.database, schema) for schema in place.schemas}
    copy_out(place.database, place.url, file)
    return {"file": file.name, "kind": kind, "schemas": schemas, "bytes": file.stat().st_size, "sha256": _digest(file)}


def restore(settings: Settings, source: Path) -> list[str]:
    """Put a backup in the place of the databases and say what a person must know now; what was there is kept.

    Nothing of it starts to send: what ran is paused, what was scheduled is a draft again, because nobody knows what was
    sent since. Raises InputError for a folder that is no backup of this installation's kind, NotPossible while
    somebody is at work; either way nothing has changed.
    """
    manifest = _read_manifest(source)
    places = _places(settings)
    try:
        files = _matched(manifest, source, places)
        _check_that_nobody_works(places)
        done: list[PutBack] = []
        try:
            for place in places:
                done.append(put_back(place.database, place.url, files[place.name]))
                place.database.reconnect()
            held = _hold_campaigns(places[-1].database, str(manifest["made_at"]))
        except BaseException:
            for one in reversed(done):
                one.undo()
            raise
        return list(_told(settings, manifest, places, done, held))
    finally:
        _close(places)


def _told(
    settings: Settings, manifest: dict[str, Any], places: list[_Place], done: list[PutBack], held: list[str]
) -> Iterator[str]:
    for place, one in zip(places, done, strict=True):
        former = f"; what was there is {one.kept}" if one.kept else ""
        yield f"{place.database.name}: restored as it was at {manifest['made_at']}{former}"
    if held:
        yield f"not sending until a person says so: {', '.join(held)}"
    yield "what happened since then is not in it: messages that were sent, unsubscribes, changes by people"
    key_file = settings.data_path / "secret.key"
    if not settings.secret_key and not key_file.exists() and manifest.get("key_check"):
        yield f"{key_file} is missing: without it no stored password opens; bring back the one that belongs to it"
    if any(schema_version(p.database, schema) != schema.version for p in places for schema in p.schemas):
        yield "it was made by an older Paceline: run `paceline database upgrade`"


# The parts of a restore.


def _read_manifest(source: Path) -> dict[str, Any]:
    path = source / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
        known = manifest["format"] == _FORMAT and bool(manifest["databases"]) and bool(manifest["made_at"])
    except FileNotFoundError:
        message = f"is not a backup: there is no {MANIFEST} in it" if source.exists() else "there is no such backup"
        raise InputError([Problem(file=str(source), message=message)]) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError([Problem(file=str(path), message=f"cannot be read: {error}")]) from None
    if not known:
        raise InputError([Problem(file=str(path), message="was written by a newer Paceline: install that one")])
    return manifest


def _matched(manifest: dict[str, Any], source: Path, places: list[_Place]) -> dict[str, Path]:
    """Place -> the file that belongs into it, each of them whole."""
    copies = {frozenset(copy["schemas"]): copy for copy in manifest["databases"]}
    wanted = {frozenset(schema.name for schema in place.schemas): place for place in places}
    if set(copies) != set(wanted):
        has, have = ("two databases", "one") if len(copies) > 1 else ("one database", "two")
        message = f"holds {has}, and the settings name {have}: set PACELINE_QUEUE_DATABASE as it was"
        raise InputError([Problem(file=str(source), message=message)])
    files, problems = {}, []
    for schemas, place in wanted.items():
        file, problem = source / copies[schemas]["file"], _problem(copies[schemas], source, place)
        files[place.name] = file
        if problem is not None:
            problems.append(Problem(file=str(file), message=problem))
    if problems:
        raise InputError(problems)
    return files


def _problem(copy: dict[str, Any], source: Path, place: _Place) -> str | None:
    file = source / copy["file"]
    newer = [s for s in place.schemas if (copy["schemas"][s.name] or "") > s.version]
    if copy["kind"] != kind_of(place.database):
        return f"is of {copy['kind']}, and {place.database.name} is not"
    if newer:
        return f"has {newer[0].name} schema {copy['schemas'][newer[0].name]}: install the Paceline that made it first"
    if not file.is_file():
        return "is missing"
    if _digest(file) != copy["sha256"]:
        return "is damaged: it is not what was written"
    return what_is_wrong(place.database, file)


def _check_that_nobody_works(places: list[_Place]) -> None:
    """Who works on a database that is taken away would send what nobody records."""
    queue, now = places[-1].database, time.time()
    if isinstance(queue, SqliteDatabase) and not queue.path.exists():
        return
    try:
        with queue.read() as connection:
            alive = [s for s in senders.living(connection) if s.lease_until > now and not is_surely_dead(s.process)]
        with places[0].database.read() as connection:
            leaders = [one for one in leaderships.every(connection, leaderships.CATALOGUE) if one.until_at > now]
    except PacelineError:
        raise
    except Exception:
        return  # an empty database, or one so broken that nobody can be at work on it
    if alive or leaders:
        who = " and ".join([counted(len(alive), "sender")] * bool(alive) + ["a background process"] * bool(leaders))
        raise NotPossible(f"{who} at work on {queue.name}: stop every `paceline` process first")


def _hold_campaigns(queue: Database, made_at: str) -> list[str]:
    """Pause what would send by itself, and accept this copy as the one that rules from now on."""
    now, held = time.time(), []
    reason = f"restored from the backup of {made_at}; what was sent since is not on record and may be sent again"
    with queue.write() as connection:
        for campaign_id in campaign_work.starting_by_themselves(connection):
            scheduled = campaigns.get(connection, campaign_id).status is CampaignStatus.SCHEDULED
            move = CampaignMove.UNSCHEDULE if scheduled else CampaignMove.PAUSE
            if campaigns.move(connection, campaign_id, move, now=now, reason=reason):
                held.append(campaigns.get(connection, campaign_id).key)
        installation.accept_identity(queue, connection)
    return held


# Places and files.


def _places(settings: Settings) -> list[_Place]:
    """The databases of the installation; the last one holds the queue."""
    queue = connect_queue(settings)
    if not settings.has_two_databases:
        return [_Place(name="paceline", database=queue, url=settings.queue_url, schemas=(QUEUE, CATALOGUE))]
    catalogue = connect_catalogue(settings)
    return [
        _Place(name="catalogue", database=catalogue, url=settings.database_url, schemas=(CATALOGUE,)),
        _Place(name="queue", database=queue, url=settings.queue_url, schemas=(QUEUE,)),
    ]


def _close(places: list[_Place]) -> None:
    for place in places:
        place.database.close()


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
