"""Accounts over HTTP: one by one, and many at once."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.accounts import (
    AccountAnswer,
    AccountChange,
    AccountsEdit,
    AccountsEdited,
    AccountsFile,
    AccountsImported,
    AccountsTest,
    AccountsTested,
    AccountTested,
    AccountUsageAnswer,
    DayUsageAnswer,
    NewAccount,
    PhoneNumberAnswer,
)
from paceline.api.schemas.campaigns import ExplainAnswer
from paceline.domain.permission import Permission
from paceline.operations.accounts import account_changes, account_checks, account_details
from paceline.operations.accounts.account_checks import CheckResult
from paceline.operations.accounts.account_details import AccountDetails
from paceline.operations.campaigns import explaining

routes = Routes(tag="accounts")

_TagFilter = Annotated[str | None, Query(max_length=40, pattern=r"^[\w.:-]+$")]
_HostFilter = Annotated[str | None, Query(max_length=253, pattern=r"^[!-~]+$")]


@routes.get("/accounts", permission=Permission.ACCOUNTS_READ)
def list_accounts(
    asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None, tag: _TagFilter = None, host: _HostFilter = None
) -> Page[AccountAnswer]:
    """The accounts of this workspace in the order they were made, all or those with a tag or on a server."""
    rows = account_details.page(asked.context, after=text_after(cursor), limit=limit + 1, tag=tag, host=host)
    return page(rows, limit, position=lambda row: row.id, model=_answer)


@routes.post("/accounts", permission=Permission.ACCOUNTS_WRITE, status=HTTPStatus.CREATED)
def create_account(asked: Asked, new: NewAccount) -> AccountAnswer:
    """Store an account; its secrets are sealed and never shown again. Its host must be public."""
    made = account_changes.create(asked.context, new.given(), new.tags)
    asked.audit("account.create", made.id, name=made.name, host=made.host, username=made.username)
    return _answer(made)


@routes.post("/accounts/edit", permission=Permission.ACCOUNTS_WRITE)
def edit_accounts(asked: Asked, edit: AccountsEdit) -> AccountsEdited:
    """Change limits, pace, tags or state of many accounts at once, all or none."""
    fields = {name: str(v) if name == "window" else v for name, v in edit.changes.model_dump(exclude_none=True).items()}
    changed = account_changes.edit_many(
        asked.context,
        ids=edit.ids,
        tag=edit.tag,
        fields=fields,
        add_tags=edit.add_tags,
        remove_tags=edit.remove_tags,
        enabled=edit.enabled,
    )
    asked.audit("account.edit", **edit.model_dump(mode="json", exclude_none=True), changed=changed)
    return AccountsEdited(changed=changed)


@routes.post("/accounts/test", permission=Permission.ACCOUNTS_WRITE)
def test_accounts(asked: Asked, chosen: AccountsTest) -> AccountsTested:
    """Connect and log in as each of these accounts, ten at a time, and send nothing."""
    results = asyncio.run(account_checks.check_many(asked.context, ids=chosen.ids))
    return AccountsTested(items=[_tested(result) for result in results])


@routes.post("/accounts/import", permission=Permission.ACCOUNTS_WRITE)
def import_accounts(asked: Asked, file: AccountsFile) -> AccountsImported:
    """Store the accounts of a CSV or TOML file: all of them, or none and a problem for each line that is wrong."""
    created, changed = account_changes.import_text(asked.context, file.file_name, file.content)
    asked.audit("account.import", file_name=file.file_name, created=created, changed=changed)
    return AccountsImported(created=created, changed=changed)


@routes.get("/accounts/{account_id}", permission=Permission.ACCOUNTS_READ)
def show_account(asked: Asked, account_id: str) -> AccountAnswer:
    """One account."""
    return _answer(account_details.get(asked.context, account_id))


@routes.patch("/accounts/{account_id}", permission=Permission.ACCOUNTS_WRITE)
def change_account(asked: Asked, account_id: str, change: AccountChange) -> AccountAnswer:
    """Change what is given; whoever changes where a password would be sent must give it again."""
    changed = account_changes.change(
        asked.context, account_id, change.given(), tags=change.tags, enabled=change.enabled
    )
    asked.audit("account.change", account_id, fields=sorted(change.model_fields_set))
    return _answer(changed)


@routes.delete("/accounts/{account_id}", permission=Permission.ACCOUNTS_WRITE)
def delete_account(asked: Asked, account_id: str) -> None:
    """Delete an account with its secrets, unless a campaign under way uses it; what it has sent stays on record."""
    account_changes.delete(asked.context, account_id)
    asked.audit("account.delete", account_id)


@routes.post("/accounts/{account_id}/test", permission=Permission.ACCOUNTS_WRITE)
def test_account(asked: Asked, account_id: str) -> AccountTested:
    """Connect and log in as this account, and send nothing."""
    return _tested(asyncio.run(account_checks.check_one(asked.context, account_id)))


@routes.get("/accounts/{account_id}/usage", permission=Permission.ACCOUNTS_READ)
def show_account_usage(asked: Asked, account_id: str) -> AccountUsageAnswer:
    """What an account has sent in this hour, today, and on each of the last 30 days."""
    usage = account_details.usage(asked.context, account_id)
    return AccountUsageAnswer(
        sent_this_hour=usage.sent_this_hour,
        hourly_limit=usage.hourly_limit,
        sent_today=usage.sent_today,
        daily_limit=usage.daily_limit,
        timezone=usage.timezone,
        days=[DayUsageAnswer(date=day.date, messages=day.messages) for day in usage.days],
    )


@routes.get("/accounts/{account_id}/explain", permission=Permission.ACCOUNTS_READ)
def explain_account(asked: Asked, account_id: str) -> ExplainAnswer:
    """Why an account sends nothing, or not more, whatever it is for."""
    causes = explaining.explain_account(asked.context, account_id)
    return ExplainAnswer(causes=[cause.to_json() for cause in causes])


def _tested(result: CheckResult) -> AccountTested:
    return AccountTested(id=result.id, name=result.name, ok=result.ok, message=result.message, seconds=result.seconds)


def _answer(row: AccountDetails) -> AccountAnswer:
    summary = row.summary
    return AccountAnswer(
        id=row.id,
        name=row.name,
        channel="whatsapp" if row.channel == "whatsapp" else "email",
        host=row.host,
        port=row.port,
        security=row.security,
        username=row.username,
        oauth=row.oauth,
        from_=row.from_address,
        tags=list(row.tags),
        enabled=row.enabled,
        state=summary.state,
        reason=summary.reason,
        resumes_at=summary.resumes_at,
        sent_this_hour=summary.sent_this_hour,
        sent_today=summary.sent_today,
        minute_limit=summary.minute_limit,
        hourly_limit=summary.hourly_limit,
        daily_limit=summary.daily_limit,
        monthly_limit=summary.monthly_limit,
        window=row.window,
        timezone=row.timezone,
        rate_per_minute=row.rate_per_minute,
        max_connections=row.max_connections,
        largest_campaign=row.largest_campaign,
        weight=row.weight,
        warm_up=row.warm_up,
        warm_up_since=row.warm_up_since,
        guarded=row.guarded,
        whatsapp=None if row.whatsapp is None else PhoneNumberAnswer(**asdict(row.whatsapp)),
    )
