"""What a remote worker does besides sending and answering: it reports home, starts what is scheduled, keeps its queue.

Its queue is a SQLite file of its own: the triggers that remember what home does not know are written for that.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from paceline.chores import campaign_starter
from paceline.chores.person_eraser import erase_some
from paceline.domain.errors import InputError, Problem
from paceline.domain.update_schedule import SPACING_SECONDS, UpdateSchedule
from paceline.operations.context import Context
from paceline.operations.installation.queue_chores import keep_queue
from paceline.operations.installation.recurring_work import Chore, Watch, attend
from paceline.remote.address import PeerAddress, is_plain_and_far
from paceline.remote.controller_client import ControllerClient
from paceline.remote.lent_campaigns import LentCampaigns
from paceline.remote.luggage import Luggage
from paceline.remote.reporter import Reporter
from paceline.remote.signing import read_keys
from paceline.settings import Settings
from paceline.store.queue import home, outbox
from paceline.store.sqlite import SqliteDatabase

_ERASE_PAUSE_SECONDS = 0.02
_ERASE_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """A worker, put together."""

    lent: LentCampaigns
    reporter: Reporter


def check_worker_settings(settings: Settings, controller_url: str) -> None:
    """Raise InputError for what a worker cannot work with, each with its name."""
    problems = []
    if not settings.queue_url.startswith("sqlite:///"):
        message = "a worker keeps its queue in a SQLite file of its own: sqlite:///file.db"
        problems.append(Problem(file="environment", field="PACELINE_DATABASE", message=message))
    try:
        keys = read_keys(settings.worker_api_key, settings.worker_signing_key)
        if not keys.bearer:
            message = "is empty: give the key that `paceline workers add` printed at the controller"
            problems.append(Problem(file="environment", field="WORKER_API_KEY", message=message))
    except ValueError as error:
        problems.append(Problem(file="environment", field="WORKER_SIGNING_KEY", message=str(error)))
    if not controller_url.startswith(("http://", "https://")):
        message = "accepts a URL such as https://paceline.example.com"
        problems.append(Problem(file="worker", field="--controller", message=message))
    elif is_plain_and_far(controller_url) and settings.worker_plain_http != "yes":
        message = "is http:// and leads beyond this machine; use https://, or set PACELINE_WORKER_PLAIN_HTTP=yes"
        problems.append(Problem(file="worker", field="--controller", message=message))
    if bool(settings.worker_certificate) != bool(settings.worker_certificate_key):
        message = "a certificate needs its key, and a key its certificate"
        problems.append(Problem(file="environment", field="PACELINE_WORKER_CERTIFICATE", message=message))
    if problems:
        raise InputError(problems)


def put_together(context: Context, controller_url: str) -> WorkerParts:
    """The parts of a worker on its own database; its ledger for home is made at the first start."""
    settings, queue = context.settings, context.queue
    assert isinstance(queue, SqliteDatabase)
    with queue.write() as connection:
        standing = home.open_home(connection)
        outbox.install(connection)
    now = context.clock.now
    luggage = Luggage(queue, context.box, context.ids, folder=settings.data_path / "authorities", now=now)
    lent = LentCampaigns(queue, context.box, luggage, now=now, base_url=settings.base_url.rstrip("/"))
    client = ControllerClient(
        PeerAddress(url=controller_url, ca_file=settings.controller_ca),
        read_keys(settings.worker_api_key, settings.worker_signing_key),
        timeout_seconds=settings.worker_timeout_seconds,
        now=context.clock.now,
    )
    scale = settings.worker_time_scale
    # A process before this one may have asked a moment ago, and its request may still be under way.
    not_before = context.clock.now() + SPACING_SECONDS * scale if standing.has_asked else None
    schedule = UpdateSchedule(scale=scale, announced=standing.announced, not_before=not_before)
    reporter = Reporter(
        queue,
        client,
        lent,
        now=context.clock.now,
        schedule=schedule,
        look_seconds=min(settings.watch_seconds, SPACING_SECONDS * scale / 10),
    )
    return WorkerParts(lent=lent, reporter=reporter)


def work_for_home(context: Context, parts: WorkerParts, stop: threading.Event) -> None:
    """Do all recurring work of a worker until ``stop`` is set."""
    chores: list[Chore | Watch] = [
        Watch(name="reporter", run=parts.reporter.run),
        Chore(name="campaign starter", work=lambda: _start_campaigns(context)),
        Chore(name="person eraser", work=lambda: _erase_people(context)),
    ]
    keeping = threading.Thread(target=keep_queue, args=(context, stop), name="paceline-queue", daemon=True)
    keeping.start()
    attend(context, chores, stop)
    keeping.join()


def _erase_people(context: Context) -> float:
    more = erase_some(context.queue, context.catalogue, now=context.clock.now())
    return _ERASE_PAUSE_SECONDS if more else _ERASE_EVERY_SECONDS


def _start_campaigns(context: Context) -> float:
    campaign_starter.start_due(context.queue, now=context.clock.now())
    return context.settings.watch_seconds
