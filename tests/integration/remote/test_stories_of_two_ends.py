"""Controller and worker through what happens to them: away, stopped, held, taken home, restored, and who unsubscribes."""

from __future__ import annotations

import email
import email.policy
import json
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from paceline.operations.audience import suppressions
from paceline.operations.campaigns.explaining import explain
from paceline.remote.signing import PeerKeys
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import facts, workers
from surroundings.http_clients import NO_TLS
from surroundings.serving import wait_until
from surroundings.two_ends import SCALE, RunningWorker, TwoEnds, two_ends

pytestmark = pytest.mark.timeout(240)


def _causes(ends: TwoEnds, key: str = "away") -> set[str]:
    return {cause.cause for cause in explain(ends.context, key)}


def _there(worker: RunningWorker, campaign: str) -> dict[str, Any]:
    answer = worker.ask("GET", f"/api/campaign/{campaign}/status")
    found: dict[str, Any] = answer.json()
    return found


def test_campaign_is_sent_by_the_worker_and_ends_equal_on_both_sides(ends: TwoEnds, post: SmtpSandbox) -> None:
    with ends.worker() as worker:
        campaign = ends.campaign(post.port, 60, accounts=3)
        ends.start(campaign)
        found = ends.until(campaign, "completed")
        there = _there(worker, campaign)
        (seen,) = ends.client.get("/api/v1/workers").json()
    assert found["sent"] == 60
    assert there["status"] == "completed"
    assert there["counts"] == {name: found[name] for name in there["counts"]}
    assert len(post.mailbox.per_recipient) == post.mailbox.messages == 60
    with ends.context.queue.read() as connection:
        used = connection.execute(sql("SELECT COALESCE(SUM(count), 0) FROM usage")).scalar_one()
        lent = connection.execute(sql("SELECT COUNT(*) FROM accounts WHERE lent_to IS NOT NULL")).scalar_one()
        asked = workers.requests_of(connection, 1, now=ends.context.clock.now())
    assert used == 60
    wait_until(lambda: lent == 0 or _lent(ends) == 0)
    assert seen["state"] == "reachable"
    assert asked.shortest_gap_seconds is None or asked.shortest_gap_seconds >= 15.0 * SCALE


def _lent(ends: TwoEnds) -> int:
    with ends.context.queue.read() as connection:
        statement = sql("SELECT COUNT(*) FROM accounts WHERE lent_to IS NOT NULL")
        return int(connection.execute(statement).scalar_one())


def test_what_comes_back_at_the_worker_reaches_home_and_suppresses(ends: TwoEnds, post: SmtpSandbox) -> None:
    with ends.worker() as worker:
        campaign = ends.campaign(post.port, 4)
        ends.start(campaign)
        ends.until(campaign, "completed")
        number = ends.context.ids.decode(IdKind.CAMPAIGN, campaign)
        assert number is not None
        with ends.context.queue.read() as connection:
            ids = list(connection.execute(sql("SELECT id FROM messages ORDER BY id")).scalars())
        for place, (path, kind, rule) in enumerate(
            [
                ("/api/tracking/update", "opened", None),
                ("/api/tracking/contacts/unsubscribe", None, None),
                ("/api/tracking/contacts/bounce", None, "hard"),
                ("/api/tracking/contacts/complaint", None, None),
            ]
        ):
            event = {"id": f"x.{place}", "type": "fact", "campaign": campaign, "recipient": ids[place], "at": 1.8e9}
            body = json.dumps({"event": {**event, "kind": kind, "rule": rule}}).encode()
            home = RunningWorker(url=ends.server.url, context=ends.context, keys=worker.keys)
            answers = [home.ask("POST", path, body).json() for _ in range(2)]
            assert [answer["new"] for answer in answers] == [True, False], path
        with ends.context.queue.read() as connection:
            counts = facts.counts(connection, number)
            kept = connection.execute(sql("SELECT COUNT(*) FROM suppressions")).scalar_one()
    assert (counts["opened"], counts["unsubscribed"], counts["bounced_hard"], counts["complained"]) == (1, 1, 1, 1)
    assert kept == 3


def test_what_people_do_with_a_workers_messages_is_told_home(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    content = {
        "from": "Ann <news@example.com>",
        "subject": "Hello",
        "html": '<p>Hello, <a href="https://shop.example.com/">look</a></p>',
        "base_url": "https://home.example.com",
    }
    with ends.worker(base_url=f"http://127.0.0.1:{ends.listener.getsockname()[1]}"):
        campaign = ends.campaign(post.port, 2, content=content)
        ends.start(campaign)
        ends.until(campaign, "completed")
        opened, left = (_letter(delivery.data) for delivery in post.mailbox.deliveries)
        browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"}
        for url in re.findall(r'(?:src|href)="(http://127[^"]+)"', _html(opened)):
            httpx.get(url, headers=browser, trust_env=False, verify=NO_TLS)
        (one_click,) = re.findall(r"<(http[^>]+)>", left["List-Unsubscribe"])
        words = {"List-Unsubscribe": "One-Click"}
        httpx.post(one_click, data=words, trust_env=False, verify=NO_TLS).raise_for_status()

        def is_told() -> bool:
            with ends.context.queue.read() as connection:
                told = connection.execute(sql("SELECT kind FROM facts ORDER BY kind")).scalars().all()
                unwanted = connection.execute(sql("SELECT address FROM suppressions")).scalars().all()
            return told == ["clicked", "opened", "unsubscribed"] and unwanted == [left["To"]]

        wait_until(is_told)


def _letter(data: bytes | None) -> EmailMessage:
    assert data is not None
    return email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)


def _html(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def test_worker_that_is_away_at_the_start_is_not_waited_for(ends: TwoEnds, post: SmtpSandbox) -> None:
    campaign = ends.campaign(post.port, 5)
    ends.start(campaign)
    number = ends.context.ids.decode(IdKind.CAMPAIGN, campaign)

    def is_here() -> bool:
        with ends.context.queue.read() as connection:
            row = connection.execute(
                sql("SELECT closed_at FROM remote_campaigns WHERE campaign_id = :i"), {"i": number}
            )
            return row.scalar_one() is not None

    wait_until(is_here)
    assert _lent(ends) == 0
    assert ends.progress(campaign)["queued"] == 5
    assert "no_sender" in _causes(ends)  # from here on any sender of this installation sends it


def test_campaign_that_must_not_fall_back_waits_and_says_so(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(post.port, 5, worker_fallback=False)
    ends.start(campaign)

    def says_so() -> bool:
        return any(c.cause == "worker_handover" and "no answer" in c.sentence for c in explain(ends.context, "away"))

    wait_until(says_so)
    with ends.worker():
        assert ends.until(campaign, "completed")["sent"] == 5


def test_after_the_start_nothing_is_sent_from_here_until_the_worker_has_said_so(
    ends: TwoEnds, post: SmtpSandbox
) -> None:
    with ends.worker(sends=False):
        campaign = ends.campaign(post.port, 6)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
    assert ends.progress(campaign)["sending"] == 6
    assert _lent(ends) == 1
    (account,) = ends.client.get(f"/api/v1/campaigns/{campaign}").json()["accounts"]
    other = ends.client.post("/api/v1/campaigns", json={"name": "Here", "key": "here", "accounts": [account]}).json()[
        "id"
    ]
    with ends.context.queue.write() as connection:
        number = ends.context.ids.decode(IdKind.CAMPAIGN, other)
        connection.execute(sql("UPDATE campaigns SET status = 'running' WHERE id = :id"), {"id": number})
    assert "account_lent" in _causes(ends, "here")
    answer = ends.client.post(f"/api/v1/campaigns/{campaign}/take-home", json={})
    assert answer.status_code == 200, answer.text
    assert _causes(ends) == {"worker_returns"}
    assert ends.progress(campaign)["sending"] == 6
    with ends.worker(sends=False):
        wait_until(lambda: _lent(ends) == 0)
    found = ends.progress(campaign)
    assert (found["queued"], found["sending"], found["status"]) == (6, 0, "running")


def test_worker_that_is_given_up_leaves_uncertain_messages_for_a_person(ends: TwoEnds, post: SmtpSandbox) -> None:
    with ends.worker(sends=False):
        campaign = ends.campaign(post.port, 6)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
    ends.client.post(f"/api/v1/campaigns/{campaign}/take-home", json={"abandon": True}).raise_for_status()
    found = ends.until(campaign, "completed")
    assert found["uncertain"] == 6
    assert _lent(ends) == 0


def test_pause_resume_and_stop_reach_the_worker(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 6)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
        ends.client.post(f"/api/v1/campaigns/{campaign}/pause").raise_for_status()
        wait_until(lambda: _there(worker, campaign)["paused_by"] == "paused")
        ends.client.post(f"/api/v1/campaigns/{campaign}/resume").raise_for_status()
        wait_until(lambda: _there(worker, campaign)["status"] == "sending")
        ends.client.post(f"/api/v1/campaigns/{campaign}/stop").raise_for_status()
        wait_until(lambda: _there(worker, campaign)["status"] == "stopped")
        wait_until(lambda: ends.progress(campaign)["cancelled"] == 6)
        wait_until(lambda: _lent(ends) == 0)


def test_alarm_at_the_worker_pauses_the_campaign_here_and_a_person_resumes_it(
    sqlite_ends: TwoEnds, post: SmtpSandbox
) -> None:
    ends = sqlite_ends
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 6)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
        with worker.context.queue.write() as connection:
            connection.execute(sql("UPDATE campaigns SET status = 'paused_health', pause_reason = 'too much spam'"))
        found = ends.until(campaign, "paused_health")
        assert "too much spam" in found["pause_reason"]
        ends.client.post(f"/api/v1/campaigns/{campaign}/resume").raise_for_status()
        wait_until(lambda: _there(worker, campaign)["status"] == "sending")
        assert ends.progress(campaign)["status"] == "running"


def test_whoever_unsubscribes_here_gets_nothing_from_there(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 3)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
        suppressions.add(ends.context, ["user1@example.com"], "by hand")

        def is_there() -> bool:
            with worker.context.queue.read() as connection:
                statement = sql("SELECT COUNT(*) FROM suppressions WHERE address = 'user1@example.com'")
                return bool(connection.execute(statement).scalar_one())

        wait_until(is_there)
    with ends.worker():
        found = ends.until(campaign, "completed")
    assert (found["sent"], found["skipped"]) == (2, 1)
    assert "user1@example.com" not in post.mailbox.per_recipient


def test_controller_that_is_away_hears_everything_afterwards(
    sqlite_url: str, tmp_path: Path, post: SmtpSandbox
) -> None:
    with two_ends(sqlite_url, tmp_path) as ends:
        with ends.worker(sends=False):
            campaign = ends.campaign(post.port, 30, accounts=3)
            ends.start(campaign)
            wait_until(lambda: "worker_report" in _causes(ends))
        good, ends.server.url = ends.server.url, "http://127.0.0.1:9"
        with ends.worker() as worker:
            wait_until(lambda: _there(worker, campaign)["status"] == "completed")
            assert _there(worker, campaign)["unreported"] >= 30
            assert ends.progress(campaign)["sent"] == 0
        ends.server.url = good
        with ends.worker() as worker:
            found = ends.until(campaign, "completed")
            assert found["sent"] == 30
            wait_until(lambda: _there(worker, campaign)["unreported"] == 0)
    assert post.mailbox.messages == 30


def test_controller_that_was_restored_is_told_everything_again(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    with ends.worker() as worker:
        campaign = ends.campaign(post.port, 10)
        ends.start(campaign)
        ends.until(campaign, "completed")
        wait_until(lambda: _there(worker, campaign)["unreported"] == 0)
        with ends.context.queue.write() as connection:  # as it was before the reports
            connection.execute(sql("UPDATE workers SET acknowledged = 0"))
            connection.execute(sql("UPDATE messages SET state = 2, account_id = NULL"))
            connection.execute(sql("UPDATE campaign_counters SET sent = 0, sending = 0, queued = 0 WHERE slot <> 0"))
            connection.execute(sql("UPDATE campaign_counters SET sending = 10, queued = 0, sent = 0 WHERE slot = 0"))
            connection.execute(sql("UPDATE campaigns SET status = 'running', finished_at = NULL"))
            connection.execute(sql("UPDATE remote_campaigns SET closed_at = NULL"))
        with worker.context.queue.write() as connection:
            connection.execute(sql("UPDATE campaigns SET status = 'running'"))
            connection.execute(sql("UPDATE campaigns SET status = 'completed'"))
        assert ends.until(campaign, "completed")["sent"] == 10


def test_key_is_rotated_without_a_gap_and_the_former_one_ends(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    (away,) = [worker["id"] for worker in ends.client.get("/api/v1/workers").json() if worker["name"] == "away"]
    new = ends.client.post(f"/api/v1/workers/{away}/rotate-key", json={"hours": 1}).json()
    with ends.worker() as worker:  # still with the former keys only
        campaign = ends.campaign(post.port, 5)
        ends.start(campaign)
        assert ends.until(campaign, "completed")["sent"] == 5
        home = RunningWorker(url=ends.server.url, context=ends.context, keys=worker.keys)
        ends.client.post(f"/api/v1/workers/{away}/rotate-key", json={"hours": 0}).raise_for_status()
        assert home.ask("POST", "/api/tracking/update", b"{}").status_code == 401
        before = RunningWorker(
            url=ends.server.url, context=ends.context, keys=PeerKeys((new["key"],), (new["signing_key"],))
        )
        assert before.ask("POST", "/api/tracking/update", b"{}").status_code == 401
    entries = ends.client.get("/api/v1/audit", params={"action": "worker.refuse"}).json()["items"]
    assert entries


def test_worker_learns_and_tells_nothing_of_campaigns_of_others(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    other = ends.client.post("/api/v1/workers", json={"name": "other", "url": "http://127.0.0.1:9"})
    assert other.status_code == 201, other.text
    keys = PeerKeys((other.json()["key"],), (other.json()["signing_key"],))
    with ends.worker(sends=False):
        campaign = ends.campaign(post.port, 3)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
        stranger = RunningWorker(url=ends.server.url, context=ends.context, keys=keys)
        event = {"id": "x.1", "type": "message", "campaign": campaign, "recipient": 1, "state": "sent", "at": 1.8e9}
        answer = stranger.ask("POST", "/api/tracking/update", json.dumps({"event": event}).encode())
        assert answer.json() == {"success": True, "new": False}
        assert ends.progress(campaign)["sent"] == 0
