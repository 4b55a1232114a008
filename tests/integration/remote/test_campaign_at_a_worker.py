"""A campaign that a worker sends: it arrives once, and both ledgers end equal."""

from __future__ import annotations

from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.two_ends import TwoEnds


def test_campaign_is_sent_by_the_worker_and_ends_equal_on_both_sides(ends: TwoEnds, post: SmtpSandbox) -> None:
    with ends.worker() as worker:
        campaign = ends.campaign(post.port, 60, accounts=3)
        ends.start(campaign)
        found = ends.until(campaign, "completed")
        there = worker.ask("GET", f"/api/campaign/{campaign}/status").json()
    assert found["sent"] == 60
    assert there["status"] == "completed"
    assert there["counts"]["sent"] == 60
    assert len(post.mailbox.per_recipient) == post.mailbox.messages == 60
