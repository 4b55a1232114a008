"""The network between the two ends loses requests and answers, in the middle of everything; both ledgers end equal all the same."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from paceline.remote.calls import Peer, PeerFailed
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.serving import wait_until
from surroundings.two_ends import TwoEnds

pytestmark = pytest.mark.timeout(240)


class Network:
    """Loses the first request of each kind, the answer to the second one, and every third of the others by chance."""

    def __init__(self) -> None:
        self._chance = random.Random(5)
        self._ask = Peer.ask
        self.lost: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()

    def ask(self, peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask, or seem to."""
        what = path.rpartition("/")[2]
        self.asked[what] += 1
        fate = {1: 0.0, 2: 0.3}.get(self.asked[what], self._chance.random())
        if fate < 0.17:
            self.lost[f"request {what}"] += 1
            raise PeerFailed("the request was lost")
        answer = self._ask(peer, method, path, body)
        if fate < 0.34:
            self.lost[f"answer {what}"] += 1
            raise PeerFailed("the answer was lost")
        return answer


def test_lost_requests_and_answers_double_nothing(
    sqlite_ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, network = sqlite_ends, Network()
    monkeypatch.setattr(Peer, "ask", lambda peer, *words: network.ask(peer, *words))
    with ends.worker() as worker:
        ids = [
            ends.campaign(post.port, 40, accounts=2, key=key, worker_fallback=False) for key in ("one", "two", "three")
        ]
        for campaign in ids:
            ends.start(campaign)
        ends.client.post(f"/api/v1/campaigns/{ids[2]}/pause").raise_for_status()
        ends.client.post(f"/api/v1/campaigns/{ids[2]}/stop").raise_for_status()
        done = [ends.until(campaign, "completed", within=150) for campaign in ids[:2]]

        def nothing_is_left() -> bool:
            return not any(ends.progress(ids[2])[state] for state in ("queued", "sending", "deferred"))

        wait_until(nothing_is_left)
        found = [*done, ends.progress(ids[2])]
        with worker.context.queue.read() as connection:
            there = connection.execute(sql("SELECT COUNT(*) FROM messages WHERE state = 4")).scalar_one()
    for what in ("batch-update", "initialize", "start"):
        assert network.lost[f"request {what}"]
        assert network.lost[f"answer {what}"]
    assert [one["sent"] == one["total"] for one in done] == [True, True]
    assert found[2]["sent"] + found[2]["cancelled"] == found[2]["total"]
    assert post.mailbox.messages == there == sum(one["sent"] for one in found)
    for number in range(120):  # each group has the people of those before it as well
        assert post.mailbox.per_recipient[f"user{number}@example.com"] <= 3 - number // 40


def test_scheduled_campaign_is_registered_with_the_worker_and_starts_at_its_moment(
    sqlite_ends: TwoEnds, post: SmtpSandbox
) -> None:
    ends = sqlite_ends
    with ends.worker() as worker:
        campaign = ends.campaign(post.port, 5)
        at = ends.context.clock.now() + 4
        words = {"at": _iso(at)}
        ends.client.post(f"/api/v1/campaigns/{campaign}/schedule", json=words).raise_for_status()

        def is_registered() -> bool:
            answer = worker.ask("GET", f"/api/campaign/{campaign}/status")
            return answer.status_code == 200 and answer.json()["status"] in ("scheduled", "processing")

        wait_until(is_registered)
        assert ends.until(campaign, "completed")["sent"] == 5
    with ends.context.queue.read() as connection:
        row = connection.execute(sql("SELECT start_written_at, handed_at FROM remote_campaigns")).one()
    assert row.start_written_at < row.handed_at  # it may send whatever it is given, so nothing falls back from then on
    assert post.mailbox.messages == 5


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def test_worker_that_goes_away_while_it_is_being_filled_is_not_waited_for_and_never_sends_it(
    sqlite_ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, ask, is_cut = sqlite_ends, Peer.ask, [True]

    def cut(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path.endswith("/initialize") and b'"part"' in (body or b""):
            ask(peer, method, path, body)  # it arrives, and from then on nothing comes back or goes there
            is_cut[0] = True
            raise PeerFailed("the cable was cut")
        if is_cut[0] and path.startswith("/api/campaign"):
            if path.endswith("/initialize"):
                is_cut[0] = False
                return ask(peer, method, path, body)
            raise PeerFailed("the cable is cut")
        return ask(peer, method, path, body)

    monkeypatch.setattr(Peer, "ask", cut)
    with ends.worker() as worker:
        campaign = ends.campaign(post.port, 7)
        ends.start(campaign)
        wait_until(lambda: _is_home(ends))
        assert worker.ask("GET", f"/api/campaign/{campaign}/status").json()["counts"]["queued"] == 7
        monkeypatch.setattr(Peer, "ask", ask)
        wait_until(lambda: worker.ask("GET", f"/api/campaign/{campaign}/status").status_code == 404)
    found = ends.progress(campaign)
    assert (found["status"], found["queued"]) == ("running", 7)  # for any sender of this installation
    assert post.mailbox.messages == 0


def test_start_whose_answer_was_lost_counts_as_started(
    sqlite_ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, ask = sqlite_ends, Peer.ask
    lost: list[str] = []

    def lossy(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = ask(peer, method, path, body)
        if path.endswith("/start") and len(lost) < 3:
            lost.append(path)
            raise PeerFailed("the answer was lost")
        return answer

    monkeypatch.setattr(Peer, "ask", lossy)
    with ends.worker():
        campaign = ends.campaign(post.port, 9)
        ends.start(campaign)
        assert ends.until(campaign, "completed")["sent"] == 9
        with ends.context.queue.read() as connection:
            local = connection.execute(sql("SELECT COUNT(*) FROM messages WHERE lease > 0")).scalar_one()
    assert lost
    assert local == 0
    assert post.mailbox.messages == 9


def _is_home(ends: TwoEnds) -> bool:
    with ends.context.queue.read() as connection:
        row = connection.execute(sql("SELECT closed_at FROM remote_campaigns")).one()
        lent = connection.execute(sql("SELECT COUNT(*) FROM accounts WHERE lent_to IS NOT NULL")).scalar_one()
    return row.closed_at is not None and lent == 0
