"""Who is to get nothing from a worker by home's word, or something again: carried until the worker has it, whatever is lost."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from paceline.domain.tokens import Token
from paceline.operations.audience import preferences, privacy, suppressions
from paceline.remote import suppression_courier
from paceline.remote.calls import Peer, PeerFailed
from paceline.remote.reports import began_anew
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, remote_campaigns, remote_messages, worker_errands, workers
from paceline.store.queue.erasures import Forgotten
from paceline.store.queue.remote_campaigns import RemoteCampaign
from paceline.store.queue.remote_messages import Handed, Span
from surroundings.serving import wait_until
from surroundings.two_ends import RunningWorker, TwoEnds

pytestmark = pytest.mark.timeout(120)


def _leave_lists(ends: TwoEnds, campaign: str, address: str) -> None:
    """As the recipient does by the link in the message."""
    number = ends.context.ids.decode(IdKind.CAMPAIGN, campaign)
    assert number is not None
    with ends.context.queue.read() as connection:
        statement = sql("SELECT id FROM messages WHERE campaign_id = :campaign AND address = :address")
        message = connection.execute(statement, {"campaign": number, "address": address}).scalar_one()
    preferences.choose(ends.context, Token(workspace_id=1, campaign_id=number, message_id=message), set())


def _at_the_worker(worker: RunningWorker) -> tuple[Counter[str], set[str]]:
    """Its messages by address and state, and whom it has suppressed."""
    with worker.context.queue.read() as connection:
        rows = connection.execute(sql("SELECT address, state FROM messages")).all()
        unwanted = connection.execute(sql("SELECT address FROM suppressions")).scalars().all()
    return Counter(f"{row.address} {row.state}" for row in rows), set(unwanted)


def _errands(ends: TwoEnds) -> int:
    with ends.context.queue.read() as connection:
        return len(worker_errands.untold(connection, 1, after=0, limit=100))


def _kept(ends: TwoEnds) -> int:
    with ends.context.queue.read() as connection:
        return int(connection.execute(sql("SELECT COUNT(*) FROM worker_errands")).scalar_one())


def test_opt_outs_lifted_suppressions_and_erasures_reach_the_worker_although_words_are_lost(
    ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, lost = Peer.ask, Counter[str]()

    def lossy(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path != "/api/suppressions" or lost["answer"]:
            return ask(peer, method, path, body)
        if not lost["request"]:
            lost["request"] += 1
            raise PeerFailed("the request was lost")
        ask(peer, method, path, body)
        lost["answer"] += 1
        raise PeerFailed("the answer was lost")

    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 4)
        ends.start(campaign)
        wait_until(lambda: sum(_at_the_worker(worker)[0].values()) == 4)
        suppressions.add(ends.context, ["user2@example.com"], "by hand")
        wait_until(lambda: "user2@example.com" in _at_the_worker(worker)[1])
        monkeypatch.setattr(Peer, "ask", lossy)
        _leave_lists(ends, campaign, "user1@example.com")
        suppressions.lift(ends.context, "user2@example.com")
        (erasure,) = privacy.request_erasure(ends.context, "user3@example.com")
        wait_until(lambda: not _errands(ends))
        assert lost == {"request": 1, "answer": 1}
        wait_until(
            lambda: (
                _at_the_worker(worker)
                == ({"user0@example.com 0": 1, "user1@example.com 6": 1, "user2@example.com 0": 1, " 6": 1}, set())
            )
        )
    with ends.worker():
        found = ends.until(campaign, "completed")
    assert (found["sent"], found["skipped"]) == (2, 2)
    assert set(post.mailbox.per_recipient) == {"user0@example.com", "user2@example.com"}
    wait_until(lambda: privacy.erasure(ends.context, erasure.id).done_at is not None)
    with ends.context.queue.read() as connection:
        said = connection.execute(sql("SELECT reply FROM messages WHERE address = 'user1@example.com'")).scalar_one()
    assert said == "the recipient has left the list"
    wait_until(lambda: not _kept(ends))  # the campaign has come home


def test_whoever_leaves_while_the_worker_is_away_gets_nothing_when_the_campaign_has_come_home(
    ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Peer.ask

    def deaf(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path == "/api/suppressions":
            raise PeerFailed("the request was lost")
        return ask(peer, method, path, body)

    monkeypatch.setattr(Peer, "ask", deaf)
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 3)
        ends.start(campaign)
        wait_until(lambda: sum(_at_the_worker(worker)[0].values()) == 3)
        _leave_lists(ends, campaign, "user1@example.com")
        ends.client.post(f"/api/v1/campaigns/{campaign}/take-home", json={}).raise_for_status()
        wait_until(lambda: _is_home(ends))
    found = ends.progress(campaign)
    assert (found["queued"], found["skipped"], found["sending"]) == (2, 1, 0)
    assert not _kept(ends)


def _is_home(ends: TwoEnds) -> bool:
    return _remote(ends).closed_at is not None


def _has_started(ends: TwoEnds) -> bool:
    return _remote(ends).started_at is not None


def _remote(ends: TwoEnds) -> RemoteCampaign:
    with ends.context.queue.read() as connection:
        known = remote_campaigns.get(connection, 1)
    assert known is not None
    return known


def test_whoever_is_erased_and_comes_back_before_the_worker_hears_of_it_may_be_written_to(sqlite_ends: TwoEnds) -> None:
    ends, address = sqlite_ends, "user1@example.com"
    (erasure,) = privacy.request_erasure(ends.context, address)
    wait_until(lambda: privacy.erasure(ends.context, erasure.id).done_at is not None)
    assert suppressions.lift(ends.context, address)
    with ends.worker(sends=False) as worker:
        wait_until(lambda: not _errands(ends))
        queue = worker.context.queue
        with queue.read() as connection:
            forgotten = Forgotten(worker.context.box.digest).among(connection, queue, [address], workspace_id=1)
        assert not forgotten
        assert _at_the_worker(worker)[1] == set()

        def is_erased() -> bool:
            with queue.read() as connection:
                left = connection.execute(sql("SELECT COUNT(*) FROM erasures WHERE done_at IS NULL")).scalar_one()
            return not left

        wait_until(is_erased)


def test_errands_behind_many_that_wait_for_their_messages_are_carried(
    sqlite_ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, ask = sqlite_ends, Peer.ask
    campaign = ends.campaign(post.port, 5, worker_fallback=False)
    _hand_over_in_vain(ends, campaign, 5)
    for number in range(3):
        _leave_lists(ends, campaign, f"user{number}@example.com")

    def unfilled(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path.endswith("/initialize"):
            raise PeerFailed("the request was lost")
        return ask(peer, method, path, body)

    monkeypatch.setattr(Peer, "ask", unfilled)
    monkeypatch.setattr(suppression_courier, "_AT_ONCE", 2)
    suppressions.add(ends.context, ["user4@example.com"], "by hand")
    suppressions.lift(ends.context, "user4@example.com")
    assert _errands(ends) == 4
    with ends.worker(sends=False):
        wait_until(lambda: _errands(ends) == 3)


def test_nobody_is_withheld_from_a_worker_that_has_lost_the_campaign(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    with ends.worker(sends=False):
        campaign = ends.campaign(post.port, 3)
        ends.start(campaign)
        wait_until(lambda: _has_started(ends))
        _leave_lists(ends, campaign, "user0@example.com")
        wait_until(lambda: not _errands(ends))
    _leave_lists(ends, campaign, "user1@example.com")
    with ends.context.queue.write() as connection:
        row = workers.get(connection, 1)
        assert row is not None
        began_anew(connection, row, "another database")
    assert not _errands(ends)
    assert _kept(ends) == 2  # they are still not to be sent, should it be found


def _hand_over_in_vain(ends: TwoEnds, campaign: str, people: int) -> list[Handed]:
    """Start it while its worker is away, as if its recipients had been written to it."""
    ends.start(campaign)
    wait_until(lambda: ends.progress(campaign)["queued"] == people)
    queue, number = ends.context.queue, ends.context.ids.decode(IdKind.CAMPAIGN, campaign)
    assert number is not None
    with queue.write() as connection:
        row = campaigns.get(connection, number)
        handed = remote_messages.take_part(connection, queue, row, limit=people, now=ends.context.clock.now())
    assert len(handed) == people
    return handed


def test_part_that_is_handed_again_leaves_out_who_is_unwanted_by_now(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(post.port, 5, worker_fallback=False)
    handed = _hand_over_in_vain(ends, campaign, 5)
    queue, now = ends.context.queue, ends.context.clock.now()
    number = ends.context.ids.decode(IdKind.CAMPAIGN, campaign)
    assert number is not None
    _leave_lists(ends, campaign, "user1@example.com")
    suppressions.add(ends.context, ["user2@example.com"], "by hand")
    with queue.write() as connection:
        row = campaigns.get(connection, number)
        worker = workers.get(connection, 1)
        assert worker is not None
        (errand,) = worker_errands.untold(connection, 1, after=0, limit=10)
        worker_errands.told(connection, queue, [errand.id], now=now)
        began_anew(connection, worker, "another database")
        assert worker_errands.untold(connection, 1, after=0, limit=10) == [errand]
        span = Span(after=0, upto=handed[-1].id, limit=10)
        upto, again = remote_messages.part_again(connection, queue, row, span, now=now)
    assert upto == handed[-1].id
    assert [one.address for one in again] == [f"user{n}@example.com" for n in (0, 3, 4)]
    found = ends.progress(campaign)
    assert (found["sending"], found["skipped"]) == (3, 2)


def test_worker_that_knows_no_errands_is_told_suppressions_all_the_same(
    sqlite_ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, ask = sqlite_ends, Peer.ask

    def older(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path != "/api/suppressions":
            return ask(peer, method, path, body)
        known = json.dumps({"suppressions": json.loads(body)["suppressions"]}).encode()
        return {"success": True, "added": ask(peer, method, path, known)["added"]}

    with ends.worker(sends=False, controller="http://127.0.0.1:9") as worker:
        campaign = ends.campaign(post.port, 3)
        ends.start(campaign)
        wait_until(lambda: sum(_at_the_worker(worker)[0].values()) == 3)
        monkeypatch.setattr(Peer, "ask", older)
        suppressions.add(ends.context, ["user0@example.com", "user1@example.com"], "by hand")
        suppressions.lift(ends.context, "user0@example.com")
        wait_until(lambda: _at_the_worker(worker)[1] == {"user1@example.com"})
        draft = ends.campaign(post.port, 1, key="draft")
        wait_until(lambda: worker.ask("GET", f"/api/campaign/{draft}/status").status_code == 200)
        ends.client.delete(f"/api/v1/campaigns/{draft}").raise_for_status()
        wait_until(lambda: worker.ask("GET", f"/api/campaign/{draft}/status").status_code == 404)
        wait_until(lambda: _errands(ends) == 1)  # it is not understood, and waits
        monkeypatch.setattr(Peer, "ask", ask)
        with ends.context.queue.write() as connection:  # as its first report after an update
            connection.execute(sql("UPDATE workers SET version = 'newer'"))
        wait_until(lambda: not _errands(ends))
