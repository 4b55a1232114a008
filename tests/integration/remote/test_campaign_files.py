"""A campaign file names the worker that sends it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from paceline.cli.main import run
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.operations.campaign_file.campaign_file import CampaignFile, read_campaign_file
from paceline.operations.campaigns import sending
from paceline.operations.campaigns.campaign_drafts import get
from paceline.operations.campaigns.explaining import explain
from paceline.operations.campaigns.preparing import prepare
from paceline.operations.campaigns.summary import Summary
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.queue import campaigns
from surroundings.serving import wait_until
from surroundings.two_ends import TwoEnds

pytestmark = pytest.mark.timeout(120)


def _file(folder: Path, port: int, *, top: str = 'worker = "away"', more: str = "") -> CampaignFile:
    (folder / "contacts.csv").write_text("email\nann@example.com\nbob@example.com\ncy@example.com\n")
    (folder / "body.txt").write_text("Hello\n")
    path = folder / "spring.toml"
    path.write_text(
        f'key = "spring"\naudience = "contacts.csv"\n{top}\n\n[content]\nfrom = "ann@example.com"\n'
        'subject = "Hello"\ntext = "body.txt"\n\n[tracking]\nunsubscribe_url = "https://example.com/leave"\n\n'
        f'[[accounts]]\nname = "relay"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n{more}'
    )
    return read_campaign_file(path, os.environ)


async def _send(ends: TwoEnds, file: CampaignFile, notices: list[str]) -> Summary:
    return await sending.send(
        ends.context,
        file,
        exit_when_paused=True,
        stop=asyncio.Event(),
        on_progress=lambda summary: None,
        on_notice=notices.append,
    )


def test_campaign_of_a_file_is_sent_by_its_worker(sqlite_ends: TwoEnds, post: SmtpSandbox, tmp_path: Path) -> None:
    ends = sqlite_ends
    file = _file(tmp_path, post.port, top='worker = "away"\nworker_fallback = false')
    with ends.worker() as worker:
        summary = asyncio.run(_send(ends, file, []))
        with worker.context.queue.read() as connection:
            (there,) = campaigns.every(connection, workspace_id=1)
            assert campaigns.progress(connection, there.id).counts["sent"] == 3
    assert (summary.status, summary.counts["sent"]) == (CampaignStatus.COMPLETED, 3)
    assert post.mailbox.messages == 3


def test_file_run_again_leaves_a_campaign_where_it_is(sqlite_ends: TwoEnds, post: SmtpSandbox, tmp_path: Path) -> None:
    ends = sqlite_ends
    prepared = prepare(ends.context, _file(tmp_path, post.port, top='worker = "away"\nworker_fallback = false'))
    assert prepared.notices == ()
    again = prepare(ends.context, _file(tmp_path, post.port, more="hourly_limit = 1\n"))
    assert again.campaign_id == prepared.campaign_id
    assert again.notices == ("spring is at its worker: accounts, limits and pace stay as they were handed over",)
    for one in (prepared, again):
        assert one.audience is not None
        one.audience.close()
    wait_until(lambda: "worker_handover" in {cause.cause for cause in explain(ends.context, "spring")})


def test_worker_that_cannot_send_it_is_refused_with_nothing_changed(sqlite_ends: TwoEnds, tmp_path: Path) -> None:
    for top, more, message in (
        ('worker = "nobody"', "", "there is no worker nobody"),
        ('worker = "no/body"', "", "accepts the name of a remote worker"),
        ('worker = "away"', '[[limits]]\nfor = "campaign"\nhourly_limit = 5\n', "the campaign has limits"),
        ('worker = "away"\nchannel = "whatsapp"', "", "remote workers send e-mail only"),
        ('worker = "away"\nfallback = "whatsapp"', "", "a campaign of two channels is sent from here"),
    ):
        with pytest.raises(InputError) as refused:
            prepare(sqlite_ends.context, _file(tmp_path, 25, top=top, more=more))
        assert any(message in str(problem) for problem in refused.value.problems), message
        with sqlite_ends.context.queue.read() as connection:
            assert campaigns.every(connection, workspace_id=1) == []


def test_worker_is_chosen_before_the_start(sqlite_ends: TwoEnds, tmp_path: Path) -> None:
    prepared = prepare(sqlite_ends.context, _file(tmp_path, 25, top=""))
    assert prepared.audience is not None
    prepared.audience.close()
    with pytest.raises(InputError) as refused:
        prepare(sqlite_ends.context, _file(tmp_path, 25))
    assert "was started without this worker" in str(refused.value)


def test_draft_is_assigned_by_a_command(sqlite_ends: TwoEnds, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = sqlite_ends
    monkeypatch.setenv("PACELINE_DATA_DIR", ends.context.settings.data_dir)
    campaign = ends.campaign(25, 1, worker=None)
    database = ["--database", ends.context.settings.queue_url]
    assert run(["workers", "assign", "away", "away", "--no-fallback", *database]) == 0
    away = get(ends.context, campaign)
    assert away.worker is not None
    assert not away.worker_fallback
    assert run(["workers", "assign", "away", "nobody", *database]) == 2
    assert run(["workers", "assign", "away", *database]) == 0
    assert get(ends.context, campaign).worker is None
