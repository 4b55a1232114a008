"""Checks of remote workers: at a controller each of its workers, at a worker what it has to tell its controller."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from paceline.clock import SteadyClock, iso
from paceline.domain.errors import InputError
from paceline.domain.wording import counted
from paceline.operations.installation.doctor.finding import Finding, failed, fine, warning
from paceline.operations.installation.doctor.surroundings import time_in_use
from paceline.operations.workers.asking import peers_of
from paceline.remote.calls import Peer, PeerFailed
from paceline.remote.protocol import Suppressions
from paceline.remote.signing import TOLERANCE_SECONDS
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import home, outbox, remote_campaigns, workers as stored_workers
from paceline.store.queue.workers import WorkerRow
from paceline.store.secrets import open_secret_box

_LONGEST_ANSWER_SECONDS = 3.0
_AT_ONCE = 8
_LATE_SECONDS = 60.0
_MUCH_CLOCK_SECONDS = 30.0
_MUCH_BACKLOG = 100_000
_NOTHING = Suppressions().model_dump_json().encode()
"""Nobody is suppressed by it: who takes it takes our key and our signature, and says what its version knows."""
_LATER_WORDS = ("lifted", "withheld", "erased")
_OLDER = "is older: it does not know lifted suppressions, opt-outs from lists and erasures"


def workers(database: Database, settings: Settings) -> Iterator[Finding]:
    """Whether each worker can be reached with its keys, and what its last report says."""
    clock = time_in_use(database)[0]
    with database.read() as connection:
        found = stored_workers.every(connection)
        busy = {
            row.id: sum(one.closed_at is None for one in remote_campaigns.open_ones(connection, row.id))
            for row in found
        }
    if not found:
        yield fine("workers", "no remote worker")
        return
    box = open_secret_box(settings, database)
    timeout = min(settings.worker_timeout_seconds, _LONGEST_ANSWER_SECONDS)

    def answer(row: WorkerRow) -> str:
        try:
            return _asked(peers_of(settings, box, clock, row, timeout_seconds=timeout))
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(answer, found))
    for row, wrong in zip(found, answers, strict=True):
        troubles = list(_troubles(row, wrong, busy[row.id], clock))
        yield from troubles
        if not troubles:
            yield fine("workers", f"{row.name} answers, {_last_words(row)}")


def controller(database: Database, settings: Settings) -> Iterator[Finding]:
    """At a worker: whether it may send, and how much its controller does not know yet."""
    with database.read() as connection:
        standing = home.known(connection)
        if standing is None:
            return
        waiting = outbox.pending(connection, acknowledged=standing.acknowledged).events
    if standing.halted is not None:
        cure = "at the controller: `paceline workers clear-halt` with this worker's name"
        yield failed("controller", f"nothing is sent: {standing.halted}", cure)
    else:
        yield fine("controller", f"{counted(waiting, 'event')} of this worker wait to be told")


def _asked(peers: list[Peer]) -> str:
    """Why a worker does not answer as it should; empty: it does."""
    wrong = ""
    for peer in peers:
        try:
            answer = peer.ask("POST", "/api/suppressions", _NOTHING)
            if answer.get("success") is not True:
                return "it said that it did not succeed"
            return "" if set(_LATER_WORDS) <= answer.keys() else _OLDER
        except PeerFailed as failure:
            wrong = str(failure)
            if failure.status != 401:
                break
    return wrong


def _troubles(row: WorkerRow, wrong: str, campaigns: int, clock: SteadyClock) -> Iterator[Finding]:
    if row.halted is not None:
        cure = f"look at what it has sent, then `paceline workers clear-halt {row.name}`"
        yield failed("workers", f"{row.name} has stopped everything: {row.halted}", cure)
    if wrong == _OLDER:
        yield warning("workers", f"{row.name} {_OLDER}", "update it: until then they wait here")
    elif wrong:
        cure = (
            "give it the keys of `paceline workers rotate-key`, and look at both clocks"
            if " 401" in wrong
            else f"is it running, and is {row.url} the way to it? `paceline workers change` says where it is"
        )
        sentence = f"{row.name} does not answer as it should: {wrong}"
        yield (failed if campaigns else warning)("workers", sentence, cure)
    ahead = row.clock_ahead_seconds
    if ahead is not None and abs(ahead) > _MUCH_CLOCK_SECONDS:
        way = "ahead of" if ahead > 0 else "behind"
        sentence = f"the clock of {row.name} was {abs(ahead):.0f} s {way} this one at its last report"
        cure = f"set both by NTP; from {TOLERANCE_SECONDS:.0f} s on each refuses the other"
        yield warning("workers", sentence, cure)
    if row.version and row.version != version("paceline"):
        sentence = f"{row.name} runs version {row.version}, this is {version('paceline')}"
        yield warning("workers", sentence, "update the older one; they understand each other meanwhile")
    if row.breaker and row.breaker != "closed":
        sentence = f"{row.name} reports through a breaker that is {row.breaker}: this controller has failed it lately"
        yield warning("workers", sentence, "look at the log of `paceline serve`; it closes by itself")
    if row.backlog > _MUCH_BACKLOG:
        sentence = f"{row.name} has {row.backlog:,} events that did not fit into its last report"
        yield warning("workers", sentence, "if it grows, raise PACELINE_WORKER_BATCH or look at the database's speed")
    late_by = clock.now() - (row.next_report_at or clock.now())
    if campaigns and late_by > _LATE_SECONDS:
        sentence = (
            f"{row.name} should have reported at {iso(row.next_report_at)}, and last did at {iso(row.reported_at)}"
        )
        yield warning("workers", sentence, "its log says whether it reaches this controller")


def _last_words(row: WorkerRow) -> str:
    said = "has not reported yet" if row.reported_at is None else f"reported last at {iso(row.reported_at)}"
    return f"{said}, {counted(row.backlog, 'event')} behind"
