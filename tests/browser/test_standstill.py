"""Why a campaign with many accounts stands still: a line for each cause, which opens."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from paceline.content.email import EmailContent
from paceline.domain.account import Account, Limits, Security, SmtpLogin
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts
from surroundings.browser import Visitor
from surroundings.server import Server
from surroundings.working import started_campaign

ACCOUNTS = 300
NOBODY = '{"lists": [], "segment": null, "exclude_lists": [], "exclude_segment": null}'


def test_accounts_held_up_by_the_same_stand_together(server: Server, owner: Visitor) -> None:
    context = server.context
    campaign = started_campaign(context, NOBODY)
    login: dict[str, Any] = {"host": "mx.example.com", "port": 25, "security": Security.NONE}
    with context.queue.write() as connection:
        known = [
            Account(
                id=0, name=f"relay-{number}", login=SmtpLogin(username=f"u{number}", **login), limits=Limits(day=200)
            )
            for number in range(ACCOUNTS)
        ]
        numbers = [
            accounts.save(connection, context.box, one, workspace_id=context.workspace_id, channel="email")
            for one in known
        ]
        content = EmailContent(from_address="ann@example.com", subject="News", text="Hi", campaign_key="launched")
        connection.execute(sql("UPDATE campaigns SET content = :content"), {"content": json.dumps(content.to_json())})
        accounts.attach(connection, campaign, numbers)
        until = context.clock.now() + 3600
        connection.execute(
            sql(
                "UPDATE accounts SET state = 'limited', until_at = :until, "
                "reason = CASE WHEN id % 2 = 0 THEN 'daily limit 200 reached' ELSE 'daily limit 500 reached' END"
            ),
            {"until": until},
        )
        broken = "UPDATE accounts SET state = 'broken', until_at = NULL, reason = '535 login refused' WHERE id = :id"
        connection.execute(sql(broken), {"id": numbers[0]})
    page = owner.open(f"/campaigns/{context.ids.encode(IdKind.CAMPAIGN, campaign)}")
    why = page.get_by_role("region", name="Why it is as it is")
    group = why.get_by_text(f"{ACCOUNTS - 1} accounts: daily limit reached, next message")
    expect(group).to_be_visible()
    expect(why.get_by_text("relay-0: 535 login refused")).to_be_visible()
    expect(why.get_by_text("relay-7: daily limit")).to_have_count(0)
    group.focus()
    page.keyboard.press("Enter")
    expect(
        why.get_by_text("relay-7: daily limit 500 reached").or_(why.get_by_text("relay-7: daily limit 200 reached"))
    ).to_be_visible()
    expect(why.get_by_text(f"And {ACCOUNTS - 1 - 100} more")).to_be_visible()
    assert owner.serious_findings() == []
