"""What a campaign needs at a worker besides itself travels with it: files, keys, certificates, window, tokens of its envelope."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dkim
import httpx
import pytest

from paceline.content.dkim import KeyKind
from paceline.domain.account import Account, Limits, Security, SmtpLogin
from paceline.domain.layer import Layer, LayerKind
from paceline.domain.tokens import Purpose
from paceline.domain.warm_up import warm_up_of
from paceline.operations.campaigns import campaign_starting, files
from paceline.operations.campaigns.explaining import explain
from paceline.operations.domains import sending_domains
from paceline.operations.domains.sending_domains import DkimKey
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, layers
from surroundings.certificates import Certificates, make_certificates
from surroundings.serving import wait_until
from surroundings.two_ends import LETTER, RunningWorker, TwoEnds

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    folder = tmp_path / "certificates"
    folder.mkdir()
    return make_certificates(folder, "localhost")


@pytest.fixture
def keeping(certificates: Certificates) -> Iterator[SmtpSandbox]:
    """A mail server that keeps what it gets, with a certificate of an authority that nobody knows."""
    loop = asyncio.new_event_loop()
    server = SmtpSandbox(tls=certificates.server_context(), implicit_tls=True, keep_data=True)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def _account(ends: TwoEnds, port: int, ca_file: Path) -> str:
    """One with an authority of its own and a warm-up that has not begun."""
    login = SmtpLogin(host="localhost", port=port, security=Security.TLS, ca_file=str(ca_file))
    limits = Limits(warm_up=warm_up_of("50 +25 until 500"))
    account = Account(id=0, name="secured", login=login, limits=limits, weight=3.0)
    with ends.context.queue.write() as connection:
        number = accounts.save(connection, ends.context.box, account, workspace_id=1, channel="email")
    return ends.context.ids.encode(IdKind.ACCOUNT, number)


def _lent_domains(worker: RunningWorker) -> list[tuple[str, str]]:
    with worker.context.queue.read() as connection:
        rows = connection.execute(
            sql("SELECT d.domain, k.selector FROM sending_domains d JOIN dkim_keys k ON k.domain_id = d.id")
        )
        return [(row.domain, row.selector) for row in rows]


def test_everything_that_a_campaign_needs_comes_with_it(
    sqlite_ends: TwoEnds, keeping: SmtpSandbox, certificates: Certificates
) -> None:
    ends = sqlite_ends
    context = ends.context
    file = files.upload(context, "terms.txt", b"The terms.\n")
    content = {**LETTER, "attachments": [file.id], "bounce_address": "bounce@example.com"}
    window = {"timezone": "Europe/Berlin", "hours": ["00:00-24:00"], "not_before": None}
    fields: dict[str, Any] = {"content": content, "window": window, "account_choice": "even", "worker_fallback": False}
    campaign = ends.campaign(keeping.port, 3, accounts=0, **fields)
    account = _account(ends, keeping.port, certificates.ca_file)
    ends.client.patch(f"/api/v1/campaigns/{campaign}", json={"accounts": [account]}).raise_for_status()
    key = _start_and_sign(ends, campaign)
    with ends.worker() as worker:
        wait_until(lambda: _lent_domains(worker) == [("example.com", key.selector)])
        assert ends.until(campaign, "completed")["sent"] == 3
        _check_what_arrived(ends, keeping, file_name="terms.txt", record=(key.record_name, key.record_value))
        _check_what_is_there(worker, certificates)
        wait_until(lambda: _lent_domains(worker) == [])  # nothing is under way any more
    with context.queue.read() as connection:
        begun = connection.execute(sql("SELECT warm_up_since FROM accounts WHERE name = 'secured'")).scalar_one()
    assert begun is not None


def _start_and_sign(ends: TwoEnds, campaign: str) -> DkimKey:
    """Start it while its worker is away, then sign for it: at the start nobody knows the key's record."""
    ends.start(campaign)
    domain = sending_domains.add(ends.context, "example.com", [KeyKind.ED25519])
    (key,) = sending_domains.activate(ends.context, domain.id, unchecked=True).keys
    return key


def _check_what_arrived(ends: TwoEnds, keeping: SmtpSandbox, *, file_name: str, record: tuple[str, str]) -> None:
    tokens = ends.context.box.tokens(ends.context.settings)
    with ends.context.queue.read() as connection:
        ids = set(connection.execute(sql("SELECT id FROM messages")).scalars())
    named = set()
    for delivery in keeping.mailbox.deliveries:
        local, _, domain = delivery.sender.rpartition("@")
        name, _, token = local.partition("+")
        assert (name, domain) == ("bounce", "example.com")
        known = tokens.read_from_mail(token, Purpose.BOUNCE)
        assert known is not None
        named.add(known.message_id)
        assert delivery.data is not None
        message = email.message_from_bytes(delivery.data, policy=email.policy.default)
        (part,) = message.iter_attachments()
        assert (part.get_filename(), part.get_content()) == (file_name, "The terms.\n")
        assert dkim.verify(delivery.data, dnsfunc=lambda name, timeout=5: record[1].encode())
    assert named == ids


def _check_what_is_there(worker: RunningWorker, certificates: Certificates) -> None:
    with worker.context.queue.read() as connection:
        row = connection.execute(sql("SELECT pacing FROM campaigns")).one()
        (number,) = connection.execute(sql("SELECT id FROM accounts")).scalars()
        account = accounts.load(connection, worker.context.box, number)
    assert '"Europe/Berlin"' in row.pacing
    assert '"even"' in row.pacing
    assert account.weight == 3.0
    assert str(account.limits.warm_up) == "50 +25 until 500"
    kept = Path(account.smtp.ca_file)
    assert kept.parent == worker.context.settings.data_path.absolute() / "authorities"
    assert kept.read_text() == certificates.ca_file.read_text()


def test_key_that_replaces_another_one_reaches_a_campaign_under_way(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(post.port, 2, worker_fallback=False)
    first = _start_and_sign(ends, campaign)
    domain = sending_domains.named(ends.context, "example.com")
    with ends.worker(sends=False) as worker:
        wait_until(lambda: _lent_domains(worker) == [("example.com", first.selector)])
        sending_domains.new_keys(ends.context, domain.id, [KeyKind.ED25519])
        after = sending_domains.activate(ends.context, domain.id, unchecked=True)
        second = after.keys[-1]
        wait_until(lambda: _lent_domains(worker) == [("example.com", second.selector)])


def test_domain_that_is_not_signed_for_any_more_is_forgotten_at_the_worker(
    sqlite_ends: TwoEnds, post: SmtpSandbox
) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(post.port, 2, worker_fallback=False)
    key = _start_and_sign(ends, campaign)
    with ends.worker(sends=False) as worker:
        wait_until(lambda: _lent_domains(worker) == [("example.com", key.selector)])
        wait_until(lambda: _has_started(ends))
        sending_domains.delete(ends.context, sending_domains.named(ends.context, "example.com").id)
        wait_until(lambda: _lent_domains(worker) == [])


def test_key_that_does_not_open_holds_back_the_campaigns_of_its_domain_alone(
    sqlite_ends: TwoEnds, post: SmtpSandbox
) -> None:
    ends = sqlite_ends
    signed = ends.campaign(post.port, 2, key="signed", worker_fallback=False)
    content = {**LETTER, "from": "Ann <ann@example.net>"}
    other = ends.campaign(post.port, 2, key="other", worker_fallback=False, content=content)
    _start_and_sign(ends, signed)
    ends.start(other)
    _damage_key(ends)
    with ends.worker():
        ends.until(other, "completed")
        wait_until(lambda: "cannot be signed" in explain(ends.context, "signed")[0].sentence)
    assert {delivery.sender for delivery in post.mailbox.deliveries} == {"ann@example.net"}


def test_campaign_whose_key_does_not_open_any_more_can_be_paused_at_its_worker(
    sqlite_ends: TwoEnds, post: SmtpSandbox
) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(post.port, 2, worker_fallback=False)
    _start_and_sign(ends, campaign)
    with ends.worker(sends=False) as worker:
        wait_until(lambda: _has_started(ends))
        _damage_key(ends)
        ends.client.post(f"/api/v1/campaigns/{campaign}/pause").raise_for_status()
        wait_until(lambda: worker.ask("GET", f"/api/campaign/{campaign}/status").json()["paused_by"] == "paused")


def _damage_key(ends: TwoEnds) -> None:
    with ends.context.queue.write() as connection:
        connection.execute(sql("UPDATE dkim_keys SET secrets = :damaged"), {"damaged": b"damaged" * 10})


def _has_started(ends: TwoEnds) -> bool:
    with ends.context.queue.read() as connection:
        started = connection.execute(sql("SELECT started_at FROM remote_campaigns")).scalar_one()
    return started is not None


def test_domain_that_a_person_has_added_at_the_worker_keeps_its_own_keys(
    sqlite_ends: TwoEnds, post: SmtpSandbox
) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(post.port, 2, worker_fallback=False)
    _start_and_sign(ends, campaign)
    with closing(ends.worker_database()) as database:
        own = sending_domains.add(database, "example.com", [KeyKind.ED25519])
        (key,) = sending_domains.activate(database, own.id, unchecked=True).keys
    with ends.worker() as worker:
        ends.until(campaign, "completed")
        assert _lent_domains(worker) == [("example.com", key.selector)]


def _problems(ends: TwoEnds, campaign: str) -> list[dict[str, Any]]:
    answer = ends.client.post(f"/api/v1/campaigns/{campaign}/start")
    assert answer.status_code == 422, answer.text
    found: list[dict[str, Any]] = answer.json()["errors"]
    return found


def test_limit_that_a_worker_would_not_keep_is_said_before_the_start(sqlite_ends: TwoEnds, post: SmtpSandbox) -> None:
    ends = sqlite_ends
    with ends.context.queue.write() as connection:
        for kind, name in ((LayerKind.SERVER, "127.0.0.1"), (LayerKind.SERVER, "elsewhere.example.com")):
            layers.save(connection, Layer(kind=kind, name=name, limits=Limits(hour=100)), workspace_id=1, now=1.0)
    campaign = ends.campaign(post.port, 2)
    (problem,) = _problems(ends, campaign)
    assert problem["field"] == "worker"
    assert problem["message"].startswith("the server 127.0.0.1 has limits, which are counted by this installation only")
    ends.client.patch(f"/api/v1/campaigns/{campaign}", json={"worker": None}).raise_for_status()
    campaign_starting.start(ends.context, campaign)


def test_certificates_that_are_gone_are_said_before_the_start(sqlite_ends: TwoEnds, certificates: Certificates) -> None:
    ends = sqlite_ends
    campaign = ends.campaign(25, 2, accounts=0)
    account = _account(ends, 25, certificates.ca_file)
    ends.client.patch(f"/api/v1/campaigns/{campaign}", json={"accounts": [account]}).raise_for_status()
    certificates.ca_file.unlink()
    (problem,) = _problems(ends, campaign)
    assert problem["message"].startswith("secured: its file of certificates")


def test_draft_that_is_deleted_or_given_to_nobody_goes_at_the_worker_too(ends: TwoEnds, post: SmtpSandbox) -> None:
    with ends.worker(sends=False) as worker:

        def status(campaign: str) -> int:
            answer: httpx.Response = worker.ask("GET", f"/api/campaign/{campaign}/status")
            return answer.status_code

        deleted, taken = (ends.campaign(post.port, 1, key=key) for key in ("deleted", "taken"))
        wait_until(lambda: status(deleted) == status(taken) == 200)
        ends.client.patch(f"/api/v1/campaigns/{taken}", json={"worker": None}).raise_for_status()
        wait_until(lambda: status(taken) == 404)
        ends.client.patch(f"/api/v1/campaigns/{taken}", json={"worker": "away"}).raise_for_status()
        wait_until(lambda: status(taken) == 200)
    ends.client.delete(f"/api/v1/campaigns/{deleted}").raise_for_status()  # while the worker is away
    with ends.worker(sends=False) as worker:
        wait_until(lambda: status(deleted) == 404)
        assert status(taken) == 200
