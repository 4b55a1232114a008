"""What the provider says of templates, numbers and accounts: it stops what must stop, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from paceline.channels.whatsapp.answers import HELD_BACK, ApiError
from paceline.channels.whatsapp.error_codes import About, Verdict, in_words, row_of, stop_seconds
from paceline.content.whatsapp import templates_of
from paceline.store.queue import (
    campaigns,
    template_stops,
    whatsapp_alarms,
    whatsapp_numbers,
    whatsapp_templates,
)
from paceline.store.queue.whatsapp_messages import ToldMessage
from paceline.store.queue.whatsapp_numbers import NumberRow
from paceline.tracking.whatsapp.envelope import AccountEvent, NumberError, NumberEvent, TemplateEvent

_LOOK = "look into WhatsApp Manager, then enable the number"
_HARMFUL = {
    "ACCOUNT_RESTRICTION": "the business account is restricted",
    "ACCOUNT_VIOLATION": "the business account has violated a policy",
    "DISABLED_UPDATE": "the business account is disabled, or will be",
    "ACCOUNT_DELETED": "the business account is deleted",
}
_REINSTATED = "REINSTATE"


class Provider:
    """Takes the provider's own events; each call is part of the caller's transaction and may be repeated."""

    def template(self, connection: Connection, event: TemplateEvent, *, now: float) -> None:
        """A template has another status, quality or category."""
        changes = {"status": event.status, "quality": event.quality, "category": event.category}
        known = {name: value for name, value in changes.items() if value}
        for workspace_id in _workspaces(whatsapp_numbers.of_business(connection, event.business_account)):
            whatsapp_templates.change(
                connection,
                workspace_id=workspace_id,
                business_account=event.business_account,
                name=event.name,
                language=event.language,
                reason=event.reason or None,
                now=now,
                **known,
            )
            if event.status:
                whatsapp_templates.follow(
                    connection,
                    f"{event.name}/{event.language}",
                    event.status,
                    workspace_id=workspace_id,
                    reason=event.reason,
                    now=now,
                )

    def number(self, connection: Connection, event: NumberEvent, *, now: float) -> None:
        """A number has another limit, or is marked for its quality."""
        numbers = whatsapp_numbers.of_business(connection, event.business_account)
        for number in numbers:
            if event.messaging_limit is not None:
                whatsapp_numbers.learn(connection, number.account_id, messaging_limit=event.messaging_limit)
            if event.event == "FLAGGED" and number.display_number == event.display_number:
                reason = f"{number.name}: the provider has marked the number for its low quality; {_LOOK}"
                whatsapp_alarms.break_number(connection, number.account_id, reason=reason, now=now)

    def account(self, connection: Connection, event: AccountEvent, *, now: float) -> None:
        """A business account has another limit, or may not send: all its numbers and their campaigns stop."""
        numbers = whatsapp_numbers.of_business(connection, event.business_account)
        if event.limit is not None:
            for number in numbers:
                whatsapp_numbers.learn(connection, number.account_id, messaging_limit=event.limit)
        words = _HARMFUL.get(event.event)
        if words is not None and event.detail != _REINSTATED:
            detail = f" ({event.detail})" if event.detail else ""
            reason = f"{words}{detail}; {_LOOK}"
            whatsapp_alarms.sound(connection, [number.account_id for number in numbers], reason=reason, now=now)

    def number_error(self, connection: Connection, told: NumberError, *, now: float) -> None:
        """An error that is about no message: what would stop the number there stops it here as well."""
        self._alarm(connection, told.error, whatsapp_numbers.with_id(connection, told.phone_number_id), now)

    def failures(self, connection: Connection, failed: Iterable[tuple[ToldMessage, ApiError]], *, now: float) -> None:
        """Messages that have failed for a reason which is not their recipients': it stops template, number or account."""
        seen: set[tuple[int, int | None, int | None, int]] = set()
        for message, error in failed:
            verdict, key = row_of(error).verdict, (message.campaign_id, error.code, message.account_id, message.part)
            if verdict not in (Verdict.CAMPAIGN, Verdict.TEMPLATE) or key in seen:
                continue
            seen.add(key)
            if verdict is Verdict.TEMPLATE:
                self._stop_template(connection, message, error, now)
            else:
                self._alarm(connection, error, whatsapp_numbers.with_id(connection, message.phone_number_id or ""), now)

    def released(self, connection: Connection, taken: Iterable[ToldMessage], *, now: float) -> None:
        """Messages of these templates leave: what the provider held back to see how it is received may go on."""
        for campaign_id, part in sorted({(message.campaign_id, message.part) for message in taken}):
            campaign = campaigns.get(connection, campaign_id)
            stops = template_stops.active(connection, workspace_id=campaign.workspace_id, now=now)
            template = _part(templates_of(campaign), part)
            if template in stops and stops[template].reason.startswith(HELD_BACK):
                template_stops.lift(connection, [template], workspace_id=campaign.workspace_id)

    def _stop_template(self, connection: Connection, message: ToldMessage, error: ApiError, now: float) -> None:
        row = row_of(error)
        template = _part(templates_of(campaigns.get(connection, message.campaign_id)), message.part)
        seconds = stop_seconds(error, row, row.verdict)
        if template:
            template_stops.stop(
                connection,
                template,
                workspace_id=message.workspace_id,
                reason=in_words(error, row),
                until_at=None if seconds is None else now + seconds,
                now=now,
            )

    def _alarm(self, connection: Connection, error: ApiError, numbers: Iterable[NumberRow], now: float) -> None:
        """Number and campaigns stop; the whole business account where the error is about that."""
        row = row_of(error)
        if row.verdict is not Verdict.CAMPAIGN:
            return
        for number in numbers:
            reason = f"{number.name}: {in_words(error, row)}"
            whatsapp_alarms.sound(connection, [number.account_id], reason=reason, now=now)
            if row.about is About.ACCOUNT:
                whatsapp_alarms.sound_for_siblings(connection, number.account_id, reason=reason, now=now)


def _workspaces(numbers: Iterable[NumberRow]) -> list[int]:
    return sorted({number.workspace_id for number in numbers})


def _part(templates: tuple[str, ...], part: int) -> str:
    return templates[part] if part < len(templates) else ""
