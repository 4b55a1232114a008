"""A worker's doors: orders may be repeated, revisions replace what has not started, and strangers learn nothing."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from paceline.remote.conformance import Conformance
from paceline.remote.signing import PeerKeys, new_key, new_signing_key, signed_headers
from paceline.store.catalogue import audit
from paceline.store.queue import suppressions
from surroundings.serving import wait_until
from surroundings.two_ends import RunningWorker, running_worker

CONTENT = {
    "from_address": "Ann <ann@example.com>",
    "subject": "Hello",
    "html": "",
    "text": "Hello\n",
    "reply_to": "",
    "list_id": "",
    "unsubscribe_url": "https://example.com/leave",
    "base_url": "",
    "track_opens": True,
    "track_clicks": True,
    "track_text_clicks": False,
    "bounce_address": "",
    "campaign_key": "away",
    "campaign_name": "Away",
    "missing_fields": "fail",
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """A worker that sends nothing, so that a campaign stays where it was put; its controller is away."""
    keys = PeerKeys((new_key(), "plw_former"), (new_signing_key(),))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        folder = tmp_path_factory.mktemp("worker")
        with running_worker(folder, "http://127.0.0.1:9", keys, listener, sends=False) as running:
            yield running


@pytest.fixture
def worker(alone: RunningWorker, request: pytest.FixtureRequest) -> RunningWorker:
    """The same, asked about a campaign of this test's own."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    return replace(alone, campaign=f"/api/campaign/{name}")


def _order(revision: int = 1, *, part: dict[str, Any] | None = None, **changes: Any) -> bytes:
    campaign = {"name": "Away", "content": CONTENT, "message_id_domain": "example.com", **changes}
    return json.dumps({"revision": revision, "campaign": campaign, "accounts": [_account()], "part": part}).encode()


def _account(port: int = 25) -> dict[str, Any]:
    login = {"host": "127.0.0.1", "port": port, "security": "none", "username": "relay", "guarded": False}
    return {"name": "relay", "login": login, "secrets": {"password": "very secret"}, "usage": [[180_000_000, 7]]}


def _part(after: int, numbers: list[int], *, complete: bool) -> dict[str, Any]:
    recipients = [{"id": number, "address": f"user{number}@example.com"} for number in numbers]
    return {"after": after, "upto": numbers[-1] if numbers else after, "complete": complete, "recipients": recipients}


def _initialize(worker: RunningWorker, body: bytes) -> httpx.Response:
    return worker.ask("POST", f"{worker.campaign}/initialize", body)


def test_same_part_again_changes_nothing_and_the_next_one_goes_on(worker: RunningWorker) -> None:
    first = _order(part=_part(0, [3, 5, 8], complete=False))
    for _ in range(2):
        report = _initialize(worker, first).json()
        assert (report["upto"], report["complete"], report["counts"]["queued"]) == (8, False, 3)
    gap = _initialize(worker, _order(part=_part(20, [21], complete=True))).json()
    assert (gap["upto"], gap["counts"]["queued"]) == (8, 3)
    report = _initialize(worker, _order(part=_part(8, [9], complete=True))).json()
    assert (report["upto"], report["complete"], report["counts"]["queued"]) == (9, True, 4)


def test_higher_revision_replaces_what_has_not_started(worker: RunningWorker) -> None:
    _initialize(worker, _order(1, part=_part(0, [1, 2], complete=True)))
    report = _initialize(worker, _order(2, part=_part(0, [7], complete=True))).json()
    assert (report["revision"], report["counts"]["queued"]) == (2, 1)
    assert _initialize(worker, _order(1)).status_code == 409


def test_after_the_start_a_higher_revision_is_refused_and_a_second_start_changes_nothing(worker: RunningWorker) -> None:
    _initialize(worker, _order(1, part=_part(0, [1, 2], complete=True)))
    order = json.dumps({"revision": 1}).encode()
    reports = [worker.ask("POST", f"{worker.campaign}/start", order).json() for _ in range(2)]
    assert [report["status"] for report in reports] == ["sending", "sending"]
    refused = _initialize(worker, _order(2))
    assert refused.status_code == 409
    assert "has started" in refused.json()["detail"]
    assert worker.ask("POST", f"{worker.campaign}/start", json.dumps({"revision": 2}).encode()).status_code == 409


def test_campaign_without_accounts_gets_them_later_and_does_not_start_before(worker: RunningWorker) -> None:
    without = json.loads(_order(part=_part(0, [1], complete=True))) | {"accounts": []}
    _initialize(worker, json.dumps(without).encode())
    order = json.dumps({"revision": 1}).encode()
    assert worker.ask("POST", f"{worker.campaign}/start", order).status_code == 409
    _initialize(worker, _order())
    assert worker.ask("POST", f"{worker.campaign}/start", order).json()["status"] == "sending"


def test_stop_with_release_gives_back_and_says_so_durably(worker: RunningWorker) -> None:
    _initialize(worker, _order(1, part=_part(0, [1, 2], complete=True)))
    worker.ask("POST", f"{worker.campaign}/start", json.dumps({"revision": 1}).encode())
    report = worker.ask("POST", f"{worker.campaign}/stop", b'{"release": true}').json()
    assert (report["status"], report["released"]) == ("stopped", True)

    def all_are_cancelled() -> bool:
        return bool(worker.ask("GET", f"{worker.campaign}/status").json()["counts"]["cancelled"] == 2)

    wait_until(all_are_cancelled)
    again = worker.ask("POST", f"{worker.campaign}/start", json.dumps({"revision": 1}).encode()).json()
    assert again["status"] == "stopped"


def test_held_campaign_goes_on_when_it_is_told_to(worker: RunningWorker) -> None:
    _initialize(worker, _order(1, part=_part(0, [1, 2], complete=True)))
    worker.ask("POST", f"{worker.campaign}/start", json.dumps({"revision": 1}).encode())
    held = worker.ask("POST", f"{worker.campaign}/pause", b'{"reason": "a person wants a look"}').json()
    assert (held["status"], held["paused_by"], held["pause_reason"]) == (
        "processing",
        "paused",
        "a person wants a look",
    )
    assert worker.ask("POST", f"{worker.campaign}/resume").json()["status"] == "sending"


def test_campaign_under_way_is_not_removed_and_a_draft_is_at_once(worker: RunningWorker) -> None:
    _initialize(worker, _order(1, part=_part(0, [1], complete=True)))
    assert worker.ask("DELETE", worker.campaign).json() == {"success": True, "removed": True, "unreported": 0}
    assert worker.ask("GET", f"{worker.campaign}/status").status_code == 404
    assert worker.ask("DELETE", worker.campaign).json()["removed"] is True
    _initialize(worker, _order(1, part=_part(0, [1], complete=True)))
    worker.ask("POST", f"{worker.campaign}/start", json.dumps({"revision": 1}).encode())
    assert worker.ask("DELETE", worker.campaign).status_code == 409


def test_tracked_campaign_is_refused_by_a_worker_that_people_cannot_reach(worker: RunningWorker) -> None:
    refused = _initialize(worker, _order(content={**CONTENT, "base_url": "https://home.example.com"}))
    assert refused.status_code == 422
    assert "PACELINE_BASE_URL" in refused.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"revision": 0, "campaign": {}}', b'{"revision": 1}', b"\xff\xfe", b'{"revision": "x"}'],
)
def test_rubbish_is_refused_and_leaves_nothing(worker: RunningWorker, body: bytes) -> None:
    keys = replace(worker.keys, signing=()) if body == b"\xff\xfe" else worker.keys
    headers = signed_headers("POST", f"{worker.campaign}/initialize", body, keys, now=worker.context.clock.now())
    answer = httpx.post(
        f"{worker.url}{worker.campaign}/initialize",
        content=body,
        headers={**headers, "Content-Type": "application/json"},
        trust_env=False,
    )
    assert answer.status_code in (400, 401, 422)
    assert worker.ask("GET", f"{worker.campaign}/status").status_code == 404


def test_recipients_out_of_order_are_refused(worker: RunningWorker) -> None:
    assert _initialize(worker, _order(part=_part(0, [5, 3], complete=True))).status_code == 422
    assert _initialize(worker, _order(part=_part(9, [3], complete=True))).status_code == 422


def test_passwords_are_sealed_at_the_worker_and_never_told(worker: RunningWorker) -> None:
    report = _initialize(worker, _order(part=_part(0, [1], complete=True)))
    assert "very secret" not in report.text
    for file in (worker.context.settings.data_path).glob("worker.db*"):
        assert b"very secret" not in file.read_bytes()


def test_what_an_account_has_used_at_home_counts_here(worker: RunningWorker) -> None:
    _initialize(worker, _order())
    with worker.context.queue.read() as connection:
        rows = connection.exec_driver_sql("SELECT bucket, count FROM usage").all()
    assert (180_000_000, 7) in [tuple(row) for row in rows]


# Who is to get nothing.


def _told(worker: RunningWorker, **words: list[dict[str, Any]]) -> dict[str, Any]:
    answer = worker.ask("POST", "/api/suppressions", json.dumps(words).encode())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_lifting_ends_only_the_suppression_that_it_was_about(worker: RunningWorker) -> None:
    address = "lifted@example.com"
    _told(worker, suppressions=[{"address": address, "at": 10.5}])
    assert _told(worker, lifted=[{"address": address, "at": 5.0}])["lifted"] == 0
    assert _told(worker, suppressions=[{"address": address, "at": 20.0}])["added"] == 1
    assert _told(worker, lifted=[{"address": address, "at": 10.5}])["lifted"] == 0
    assert _told(worker, lifted=[{"address": address.upper(), "at": 20.0}])["lifted"] == 1
    assert _told(worker, suppressions=[{"address": address, "at": 20.0}])["added"] == 1


def test_lifting_leaves_what_home_has_not_heard_of(worker: RunningWorker) -> None:
    with worker.context.queue.write() as connection:
        suppressions.suppress(
            connection,
            ["complained@example.com"],
            workspace_id=1,
            channel="email",
            reason="complaint",
            source="feedback loop",
            now=5.0,
        )
    word = {"address": "complained@example.com", "at": 1.9e9}
    assert _told(worker, lifted=[word])["lifted"] == 0
    with worker.context.queue.write() as connection:
        connection.exec_driver_sql("DELETE FROM outbox WHERE kind = 'suppression'")  # as when it is acknowledged
    assert _told(worker, lifted=[word])["lifted"] == 1


def test_withheld_recipient_is_skipped_and_one_who_is_not_here_is_named(worker: RunningWorker) -> None:
    _initialize(worker, _order(part=_part(0, [4, 5], complete=True)))
    name = worker.campaign.rpartition("/")[2]
    words = [{"campaign": name, "recipient": number, "reason": "left"} for number in (5, 9)]
    answers = [_told(worker, withheld=words) for _ in range(2)]
    assert [(one["withheld"], one["missing"]) for one in answers] == [(1, [9]), (0, [9])]
    report = worker.ask("GET", f"{worker.campaign}/status").json()
    assert (report["counts"]["queued"], report["counts"]["skipped"]) == (1, 1)


def test_erased_person_is_nobody_also_in_parts_that_come_later(worker: RunningWorker) -> None:
    assert _told(worker, erased=[{"address": "user7@example.com"}])["erased"] == 1

    def is_done() -> bool:
        with worker.context.queue.read() as connection:
            return not connection.exec_driver_sql("SELECT COUNT(*) FROM erasures WHERE done_at IS NULL").scalar_one()

    wait_until(is_done)
    _initialize(worker, _order(part=_part(0, [6, 7], complete=True)))
    with worker.context.queue.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT m.contact_id, m.address FROM messages m JOIN home_campaigns h ON h.campaign_id = m.campaign_id "
            "WHERE h.remote_id = ? ORDER BY m.contact_id",
            (worker.campaign.rpartition("/")[2],),
        ).all()
    assert [tuple(row) for row in rows] == [(6, "user6@example.com"), (7, "")]


# Keys and signatures.


def _audited(worker: RunningWorker) -> set[str]:
    with worker.context.catalogue.read() as connection:
        rows = audit.listing(connection, workspace_id=1, limit=50)
    return {str(row.detail["reason"]) for row in rows if row.action == "worker.refuse"}


def test_wrong_key_is_refused_before_anything_is_read_and_put_on_record(worker: RunningWorker) -> None:
    host, _, port = worker.url.removeprefix("http://").rpartition(":")
    head = f"POST {worker.campaign}/initialize HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {new_key()}\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode())  # the body that is promised never comes
        assert b" 401 " in client.recv(4096)
    assert httpx.get(f"{worker.url}{worker.campaign}/status", trust_env=False).status_code == 401
    assert "the bearer key is unknown or no longer valid" in _audited(worker)


def test_replay_is_refused(worker: RunningWorker) -> None:
    path = f"{worker.campaign}/status"
    headers = signed_headers("GET", path, b"", worker.keys, now=worker.context.clock.now())
    answers = [httpx.get(worker.url + path, headers=headers, trust_env=False) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 401]
    assert "this request was taken before: a replay" in _audited(worker)


@pytest.mark.parametrize("seconds", [-310, 400])
def test_old_and_early_signatures_are_refused(worker: RunningWorker, seconds: float) -> None:
    path = f"{worker.campaign}/status"
    headers = signed_headers("GET", path, b"", worker.keys, now=worker.context.clock.now() + seconds)
    assert httpx.get(worker.url + path, headers=headers, trust_env=False).status_code == 401


def test_signature_of_one_request_does_not_fit_another(worker: RunningWorker) -> None:
    now = worker.context.clock.now()
    headers = signed_headers("GET", f"{worker.campaign}/status", b"", worker.keys, now=now)
    assert httpx.delete(f"{worker.url}{worker.campaign}", headers=headers, trust_env=False).status_code == 401
    body = b'{"release": false}'
    headers = signed_headers("POST", f"{worker.campaign}/stop", body, worker.keys, now=now)
    changed = b'{"release": true }'
    answer = httpx.post(f"{worker.url}{worker.campaign}/stop", content=changed, headers=headers, trust_env=False)
    assert answer.status_code == 401


def test_unsigned_request_is_refused_where_a_signing_key_is_agreed_on(worker: RunningWorker) -> None:
    headers = {"Authorization": f"Bearer {worker.keys.bearer[0]}"}
    assert httpx.get(f"{worker.url}{worker.campaign}/status", headers=headers, trust_env=False).status_code == 401


def test_worker_with_two_keys_takes_both(worker: RunningWorker) -> None:
    for key in worker.keys.bearer:
        asking = replace(worker, keys=PeerKeys((key,), worker.keys.signing))
        assert asking.ask("GET", f"{worker.campaign}/status").status_code == 404


def test_our_own_worker_keeps_every_promise_of_the_protocol(worker: RunningWorker) -> None:
    checks = Conformance(worker.url, worker.keys, ca_file="", timeout_seconds=20, now=worker.context.clock.now)
    findings = list(checks.run())
    assert len(findings) > 20
    assert [finding for finding in findings if not finding.is_kept] == []


def test_somebody_who_is_no_worker_keeps_hardly_any(worker: RunningWorker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    checks = Conformance(f"http://127.0.0.1:{port}", worker.keys, ca_file="", timeout_seconds=1, now=lambda: 1.8e9)
    assert not any(finding.is_kept for finding in checks.run())
