"""Notifications by mail: to members who chose the event, through the server of the settings, once."""

from __future__ import annotations

import asyncio
import email
import email.policy

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignMove
from paceline.domain.errors import InputError
from paceline.operations.context import Context, NotFound
from paceline.operations.notifications import notifying
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaigns
from surroundings.queue import Queue
from surroundings.sink import running_sink
from surroundings.waiting import until

from .conftest import Install


def new_member(context: Context, address: str, *, workspace_id: int = 1) -> str:
    """A new user in a workspace; returns the public id."""
    with context.catalogue.write() as connection:
        number = connection.execute(
            sql("INSERT INTO users (email, email_key, name, created_at) VALUES (:e, :e, :e, 0) RETURNING id"),
            {"e": address},
        ).scalar_one()
        connection.execute(
            sql("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (:w, :u, 'viewer', 0)"),
            {"w": workspace_id, "u": number},
        )
    return context.ids.encode(IdKind.USER, int(number))


def statuses(context: Context) -> list[tuple[str, str]]:
    with context.catalogue.read() as connection:
        rows = connection.execute(sql("SELECT event, status FROM notifications ORDER BY id"))
        return [(row.event, row.status) for row in rows]


def test_members_who_chose_it_are_told_by_mail(install: Install, smtp_sink: str) -> None:
    async def story() -> None:
        with running_sink(smtp_sink) as sink:
            at = install(
                notify_smtp_url=f"smtp+plain://127.0.0.1:{sink.port}", notify_from="Paceline <paceline@example.com>"
            )
            ann, bob = new_member(at.context, "ann@example.com"), new_member(at.context, "bob@example.com")
            notifying.choose_mail(at.context, ann, ["account.broken", "campaign.stopped"])
            notifying.choose_mail(at.context, bob, ["campaign.completed"])
            queue = Queue.filled(at.context, 2)
            queue.now = at.context.clock.now()
            holder = queue.holder("relay")
            with at.context.queue.write() as connection:
                for _ in range(2):  # the second changes nothing, so nobody hears of it
                    accounts.set_state(
                        connection,
                        holder.account_id,
                        lease=holder.lease,
                        state=AccountState.BROKEN,
                        reason="535 5.7.8 login refused\r\nBcc: x@example.com",
                        until_at=None,
                        failures=2,
                        now=at.context.clock.now(),
                    )
                campaigns.move(connection, queue.campaign_id, CampaignMove.STOP, now=at.context.clock.now())
            async with at.notifying():
                await until(lambda: [status for _, status in statuses(at.context)] == ["delivered"] * 2)
            found = [email.message_from_bytes(message, policy=email.policy.default) for message in sink.messages()]
            by_subject = {str(message["Subject"]): message for message in found}
            assert set(by_subject) == {"[Paceline] the account relay is broken", "[Paceline] test was stopped"}
            broken = by_subject["[Paceline] the account relay is broken"]
            assert (broken["To"], broken["From"]) == ("ann@example.com", "Paceline <paceline@example.com>")
            assert broken["Bcc"] is None
            assert broken["Auto-Submitted"] == "auto-generated"
            text = broken.get_content()
            assert "535 5.7.8 login refused" in text
            assert "Mend the cause" in text

    asyncio.run(story())


def test_without_a_server_the_log_says_what_to_set(install: Install) -> None:
    async def story() -> None:
        at = install()
        ann = new_member(at.context, "ann@example.com")
        assert not notifying.choose_mail(at.context, ann, ["campaign.stopped"]).mail_is_set_up
        queue = Queue.filled(at.context, 1)
        queue.move(CampaignMove.STOP)
        async with at.notifying():
            await until(lambda: statuses(at.context) == [("campaign.stopped", "failed")])
        with at.context.catalogue.read() as connection:
            answer = connection.execute(sql("SELECT answer FROM notifications")).scalar_one()
        assert "PACELINE_NOTIFY_SMTP_URL" in answer

    asyncio.run(story())


def test_only_own_workspace_and_known_events_can_be_chosen(install: Install) -> None:
    at = install()
    ann = new_member(at.context, "ann@example.com")
    with pytest.raises(InputError, match=r"campaign\.completed"):
        notifying.choose_mail(at.context, ann, ["campaign.exploded"])
    with pytest.raises(NotFound):
        notifying.choose_mail(at.context.in_workspace(2), ann, ["campaign.completed"])
    with pytest.raises(NotFound):
        notifying.mail_preferences(at.context, "usr_aaaaaaaaaaaaaaaaaaaaaaaaaa")


@pytest.mark.parametrize(
    ("url", "sender", "variable"),
    [
        ("http://user:s3cret@example.com", "a@example.com", "PACELINE_NOTIFY_SMTP_URL"),
        ("smtp://", "a@example.com", "PACELINE_NOTIFY_SMTP_URL"),
        ("smtp://user:s3cret@example.com:x", "a@example.com", "PACELINE_NOTIFY_SMTP_URL"),
        ("smtp://user:s3cret@example.com", "nobody", "PACELINE_NOTIFY_FROM"),
        ("smtp://user:s3cret@example.com", "", "PACELINE_NOTIFY_FROM"),
    ],
)
def test_settings_that_cannot_be_used_are_named(install: Install, url: str, sender: str, variable: str) -> None:
    at = install(notify_smtp_url=url, notify_from=sender)
    with pytest.raises(InputError, match=variable) as error:
        notifying.new_dispatcher(at.context)
    assert "s3cret" not in str(error.value)
