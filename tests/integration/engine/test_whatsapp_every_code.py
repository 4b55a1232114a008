"""Every code of the error table through the whole engine: what becomes of messages, campaign, number and template, and the
words that a person reads. Each code has a campaign, a number and a template of its own; all are sent at the same time.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paceline.channels.whatsapp.answers import ApiError
from paceline.channels.whatsapp.error_codes import TABLE, ErrorRow, Verdict, row_of
from paceline.content.whatsapp import WhatsAppContent, WhatsAppTemplate
from paceline.domain.account import Account, AccountState, WhatsAppLogin
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.operations.context import Context
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from paceline.store.database import sql
from paceline.store.queue import accounts, campaigns, launching, suppressions, template_stops
from paceline.store.queue.campaigns import NewCampaign
from paceline.store.queue.launching import NewMessage
from surroundings.numbers import simulator
from surroundings.sending import opened
from surroundings.waiting import until
from surroundings.working import at_work

CONTACTS = 4
CODES = sorted({code for row in TABLE for code in (row.first, row.last)})
ONE = (Verdict.FAIL, Verdict.IGNORE, Verdict.SUPPRESS, Verdict.RETRY, Verdict.PAIR, Verdict.SLOW)
"""These errors are about one message: that of the first contact gets them. The others come with every message."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How a code's campaign stands."""

    status: CampaignStatus
    pause_reason: str
    counts: dict[str, int]
    replies: list[str]
    """Of messages that were not accepted."""
    account: AccountState
    account_reason: str
    template_stop: str
    suppressed: bool


@dataclass(frozen=True, kw_only=True)
class Case:
    """A code and what was made for it."""

    code: int
    campaign_id: int
    account_id: int

    @property
    def row(self) -> ErrorRow:
        return row_of(ApiError(status=400, code=self.code))

    @property
    def phone(self) -> str:
        """Of its first contact."""
        return _phone(self.code, 0)


def _phone(code: int, place: int) -> str:
    return f"+1650{code:06d}{place}"


def prepare(context: Context, url: str, code: int) -> Case:
    """A running campaign through a number of its own."""
    now = context.clock.now()
    template = WhatsAppTemplate(name=f"t{code}", language="en", share=1.0)
    content = WhatsAppContent(templates=(template,), campaign_key=str(code))
    new = NewCampaign(
        workspace_id=1,
        key=f"code-{code}",
        name=str(code),
        channel="whatsapp",
        content=json.dumps(content.to_json()),
        audience="{}",
        message_id_domain="",
        rate_per_minute=0,
        max_attempts=3,
        retry_delay_seconds=5.0,
    )
    login = WhatsAppLogin(phone_number_id=str(code), token="any", api_url=url, messages_per_second=1000)
    account = Account(id=0, name=f"number-{code}", login=login, max_connections=1)
    with context.queue.write() as connection:
        campaign_id = campaigns.create(connection, new, now=now)
        assert campaign_id is not None
        account_id = accounts.save(connection, context.box, account, workspace_id=1, channel="whatsapp")
        accounts.attach(connection, campaign_id, [account_id])
        rows = [NewMessage(contact_id=n, address=_phone(code, n), fields={}) for n in range(CONTACTS)]
        launching.add(
            connection, context.queue, campaign_id, rows, after=0, cursor=CONTACTS, refused=0, slot=0, now=now
        )
        launching.finish(connection, campaign_id, now=now)
        campaigns.move(connection, campaign_id, CampaignMove.START, now=now)
    return Case(code=code, campaign_id=campaign_id, account_id=account_id)


def look(context: Context, case: Case) -> Seen:
    """How it stands now."""
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, case.campaign_id)
        (standing,) = accounts.standings(connection, campaign_id=case.campaign_id)
        stops = template_stops.active(connection, workspace_id=1, now=context.clock.now())
        replies = connection.execute(
            sql("SELECT reply FROM messages WHERE campaign_id = :id AND state <> 4 AND reply IS NOT NULL"),
            {"id": case.campaign_id},
        ).scalars()
        suppressed = suppressions.find(
            connection, case.phone, workspace_id=1, channel="whatsapp", now=context.clock.now()
        )
        stop = stops.get(f"t{case.code}/en")
        return Seen(
            status=progress.campaign.status,
            pause_reason=progress.campaign.pause_reason or "",
            counts={state: count for state, count in progress.counts.items() if count},
            replies=list(replies),
            account=standing.state,
            account_reason=standing.reason or "",
            template_stop="" if stop is None else stop.reason,
            suppressed=suppressed is not None,
        )


def wrong(case: Case, seen: Seen) -> str | None:
    """What is not (yet) as the table says; None when everything is."""
    words = f"{case.code}: {case.row.words}"
    match case.row.verdict:
        case Verdict.FAIL | Verdict.IGNORE | Verdict.SUPPRESS:
            expected = [
                seen.status is CampaignStatus.COMPLETED,
                seen.counts == {"sent": CONTACTS - 1, "failed": 1},
                len(seen.replies) == 1 and seen.replies[0].startswith(words),
                seen.account is AccountState.READY,
                seen.suppressed == (case.row.verdict is Verdict.SUPPRESS),
            ]
        case Verdict.RETRY:
            expected = [
                seen.counts == {"sent": CONTACTS - 1, "deferred": 1},
                len(seen.replies) == 1 and seen.replies[0].startswith(words),
                (seen.status, seen.account) == (CampaignStatus.RUNNING, AccountState.READY),
            ]
        case Verdict.PAIR:
            expected = [
                seen.counts == {"sent": CONTACTS - 1, "queued": 1},
                (seen.status, seen.account) == (CampaignStatus.RUNNING, AccountState.READY),
            ]
        case Verdict.SLOW:
            expected = [seen.counts == {"sent": CONTACTS}, seen.status is CampaignStatus.COMPLETED]
        case Verdict.TEMPLATE:
            for_good = case.row.seconds is None or case.row.is_spam_signal
            expected = [
                "sent" not in seen.counts and "failed" not in seen.counts,
                seen.template_stop.startswith(words),
                seen.account is AccountState.READY,
                seen.status is (CampaignStatus.PAUSED_HEALTH if for_good else CampaignStatus.RUNNING),
                words in seen.pause_reason or not for_good,
            ]
        case Verdict.NUMBER:
            expected = [seen.account is AccountState.LIMITED, *_nothing_sent(seen, words)]
        case Verdict.CONFIGURATION:
            expected = [seen.account is AccountState.BROKEN, *_nothing_sent(seen, words)]
        case Verdict.CAMPAIGN:
            expected = [
                seen.account is AccountState.BROKEN,
                seen.status is CampaignStatus.PAUSED_HEALTH,
                f"number-{case.code}: {words}" in seen.pause_reason,
                *_nothing_sent(seen, words),
            ]
    return None if all(expected) else f"{case.code} ({case.row.verdict}): {expected} {seen}"


def _nothing_sent(seen: Seen, words: str) -> list[bool]:
    waits = {"queued", "sending"}
    return [
        seen.account_reason.startswith(words),
        not seen.counts.keys() - waits,
        sum(seen.counts.values()) == CONTACTS,
    ]


def rules() -> Iterator[WhatsAppRule]:
    """What the simulator answers each number."""
    for code in CODES:
        verdict = row_of(ApiError(status=400, code=code)).verdict
        recipient = _phone(code, 0) if verdict in ONE else "*"
        times = 1 if verdict is Verdict.SLOW else 0  # for ever
        yield WhatsAppRule(number=str(code), recipient=recipient, first=times, answer=Answer.ERROR, code=code)


async def play(context: Context, server: WhatsAppSandbox) -> list[str]:
    waiting = deque(prepare(context, server.url, code) for code in CODES)

    def is_as_the_table_says() -> bool:
        """Looks at one of them in turn; one that was right has done its part."""
        case = waiting[0]
        waiting.rotate(-1)
        if wrong(case, look(context, case)) is None:
            waiting.remove(case)
        return not waiting

    async with at_work(context):
        try:
            await until(is_as_the_table_says, within=100)
        except TimeoutError:
            return [found for case in waiting if (found := wrong(case, look(context, case))) is not None]
    assert set(server.inbox.per_reference.values()) == {1}
    with context.queue.read() as connection:
        for campaign in campaigns.every(connection, workspace_id=1):
            progress = campaigns.progress(connection, campaign.id)
            assert progress.counts == campaigns.count_anew(connection, campaign.id)
    return []


def test_every_code_of_the_table_does_what_the_table_says(sqlite_url: str, tmp_path: Path) -> None:
    async def story(context: Context) -> list[str]:
        async with simulator(rules=tuple(rules())) as server:
            return await play(context, server)

    with opened(sqlite_url, tmp_path) as context:
        found = asyncio.run(story(context))
    assert not found, "\n".join(found)
