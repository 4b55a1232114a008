"""Hands contacts over to the second channel: those whom the first one could not reach for a reason of their own.

Everybody is in each campaign at most once, so nobody gets more than one message on a channel. What failed for a reason of
the sender's (content, account, quality) is not handed over, and neither is who wants no more messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from paceline.channels.whatsapp.answers import ApiError
from paceline.channels.whatsapp.error_codes import About, Verdict, row_of
from paceline.domain.address import parse_address
from paceline.domain.campaign import ENDED, CampaignMove, CampaignStatus
from paceline.domain.phone import parse_phone
from paceline.store.database import Database
from paceline.store.queue import campaigns, fallbacks, launching
from paceline.store.queue.fallbacks import Pair, Unreached
from paceline.store.queue.launching import NewMessage
from paceline.tracking.bounce_codes import BounceKind, best_status, classify

_PART = 500
_CODE = re.compile(r"([0-9]{1,6}): ")
_WISHES = frozenset({131050})


def hand_over_all(database: Database, *, now: float) -> int:
    """Hand over whom every first channel could not reach; returns how many. A second call finds none."""
    with database.read() as connection:
        pairs = fallbacks.with_work(connection)
    return sum(_hand_over(database, one, now) for one in pairs)


def _hand_over(database: Database, one: Pair, now: float) -> int:
    total = 0
    if one.fallback_status is not CampaignStatus.STOPPED and one.failures != one.seen:
        after = 0
        while contacts := _unreached(database, one, after):
            after = contacts[-1].message_id
            total += _place(database, one, contacts, now)
    with database.write() as connection:
        fallbacks.seen(connection, one)
        if one.status in ENDED and not one.is_launched:
            launching.finish(connection, one.fallback_id, now=now)
    return total


def _unreached(database: Database, one: Pair, after: int) -> list[Unreached]:
    with database.read() as connection:
        return fallbacks.unreached(connection, one, after=after, limit=_PART)


def _place(database: Database, one: Pair, contacts: list[Unreached], now: float) -> int:
    parse = _parser(one)
    wanted = [contact for contact in contacts if is_their_own(contact.reason, from_whatsapp=one.channel == "email")]
    placed = 0
    with database.write() as connection:
        for contact in wanted:
            fields = json.loads(contact.fields)
            address = _address(fields, one.channel, parse)
            if address is None:
                fallbacks.note(
                    connection, one, contact, f"not reached: {contact.reason}; no {_noun(one)} to go on with", now=now
                )
                continue
            message = NewMessage(contact_id=contact.contact_id, address=address, fields=fields)
            placed += launching.place_waiting(connection, one.fallback_id, message)
            fallbacks.note(connection, one, contact, f"not reached: {contact.reason}; goes on as {one.key}", now=now)
        if placed:
            if one.fallback_status is CampaignStatus.COMPLETED:
                campaigns.move(connection, one.fallback_id, CampaignMove.REOPEN, now=now)
            launching.count_placed(connection, database, one.fallback_id, placed, now=now)
    return placed


def is_their_own(reason: str, *, from_whatsapp: bool) -> bool:
    """Whether a failure is for a reason of the recipient's, and no wish of theirs; by the text that was recorded."""
    if from_whatsapp:
        found = _CODE.match(reason)
        code = int(found[1]) if found else None
        row = row_of(ApiError(status=0, code=code))
        return code is not None and code not in _WISHES and row.about is About.RECIPIENT and row.verdict is Verdict.FAIL
    return classify(best_status("", reason), reason) in (BounceKind.HARD, BounceKind.SOFT)


def _parser(one: Pair) -> Callable[[str], str]:
    country = str(json.loads(one.audience).get("default_country", ""))
    return (
        (lambda text: str(parse_address(text)))
        if one.channel == "email"
        else (lambda text: parse_phone(text, country=country))
    )


def _address(fields: dict[str, str], channel: str, parse: Callable[[str], str]) -> str | None:
    column = "email" if channel == "email" else "phone"
    text = next((value for name, value in fields.items() if name.strip().casefold() == column), "")
    try:
        return parse(text) if text else None
    except ValueError:
        return None


def _noun(one: Pair) -> str:
    return "e-mail address" if one.channel == "email" else "phone number"
