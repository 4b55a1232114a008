"""Before a WhatsApp campaign starts: do its templates exist and fit, may its numbers send, and will the portfolio's limit do?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from paceline.content.whatsapp import WhatsAppContent, WhatsAppTemplate
from paceline.content.whatsapp_fit import misfits
from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.errors import Problem
from paceline.domain.portfolio import needed_limit
from paceline.domain.wording import counted
from paceline.operations.campaign_file.campaign_file import CampaignFile
from paceline.operations.campaign_file.campaign_templates import TemplatePlaces
from paceline.operations.context import QueueContext
from paceline.operations.whatsapp.reading import Reading, keep, read, row_of
from paceline.store.queue import accounts, portfolios, whatsapp_numbers, whatsapp_templates
from paceline.store.queue.whatsapp_templates import TemplateRow
from paceline.tracking.whatsapp.envelope import messaging_limit


@dataclass(slots=True)
class Preflight:
    """What was found: problems keep a campaign from starting, notices are worth reading."""

    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    readings: list[tuple[WhatsAppLogin, Reading]] = field(default_factory=list)
    messaging_limit: int | None = None
    """Recipients that the numbers may reach in 24 hours; None: it is not known, or there is none."""


async def preflight(context: QueueContext, file: CampaignFile) -> Preflight:
    """Ask the provider about the numbers and templates of a campaign file; what cannot be read is a notice."""
    content, places = file.content, file.content_places
    if not isinstance(content, WhatsAppContent) or not isinstance(places, TemplatePlaces):
        return Preflight()
    found = await ask(context, await asyncio.to_thread(numbers_of_file, context, file), file=str(file.path))
    known = await asyncio.to_thread(known_templates, context, found)
    if known:
        for number, (template, line) in enumerate(zip(content.templates, places.lines, strict=True), start=1):
            found.problems += [
                Problem(file=places.file, line=line, field=f"templates[{number}]", message=message)
                for message in template_problems(template, known)
            ]
    return found


async def ask(context: QueueContext, numbers: Sequence[tuple[str, WhatsAppLogin]], *, file: str = "") -> Preflight:
    """Ask the provider how numbers stand, each given by its name and login, and for their templates."""
    found = Preflight()
    readings = await asyncio.gather(*(read(context, name, login) for name, login in numbers))
    found.readings = [(login, reading) for (_, login), reading in zip(numbers, readings, strict=True)]
    _about_numbers(found, file, readings)
    return found


def keep_readings(context: QueueContext, found: Preflight) -> None:
    """Keep what was read of numbers, once they are stored."""
    for login, reading in found.readings:
        with context.queue.read() as connection:
            numbers = whatsapp_numbers.with_id(connection, login.phone_number_id)
        for number in numbers:
            if number.workspace_id == context.workspace_id:
                keep(context, number, login, reading)


def template_problems(template: WhatsAppTemplate, known: Sequence[TemplateRow]) -> list[str]:
    """Why a template cannot be sent as it stands, by the provider's list."""
    same_name = [row for row in known if row.name == template.name]
    matching = [row for row in same_name if row.language == template.language]
    if not matching:
        languages = ", ".join(sorted({row.language for row in same_name}))
        hint = f"it is there in {languages}" if languages else "the provider's list has no template of this name"
        return [f"there is no template {template.name} in {template.language}: {hint}"]
    row = matching[0]
    if row.status != "APPROVED":
        reason = f" ({row.reason})" if row.reason else ""
        return [f"the template {template.key} is {row.status}{reason}; only approved ones can be sent"]
    return misfits(template, row.components)


def budget_notice(limit: int, used: int, contacts: int) -> str | None:
    """What the portfolio's limit means for so many contacts; None when it will do."""
    left = max(limit - used, 0)
    if contacts <= left:
        return None
    spent = f", and {used:,} of them {'was' if used == 1 else 'were'} reached in the last 24" if used else ""
    return (
        f"{counted(contacts, 'contact needs', 'contacts need')} {needed_limit(contacts + used)}: the numbers may reach {limit:,} recipients in 24 hours"
        f"{spent}; the campaign will pause when they are used up and go on by itself"
    )


async def budget(context: QueueContext, found: Preflight, contacts: int) -> str | None:
    """The notice about the portfolio's limit for a campaign of so many contacts."""
    if found.messaging_limit is None:
        return None
    used = await asyncio.to_thread(used_in_24_hours, context)
    return budget_notice(found.messaging_limit, used, contacts)


def used_in_24_hours(context: QueueContext) -> int:
    """Messages that all numbers together have sent in the last 24 hours."""
    with context.queue.read() as connection:
        return portfolios.used(connection, workspace_id=context.workspace_id, now=context.clock.now())


def _about_numbers(found: Preflight, file: str, readings: Sequence[Reading]) -> None:
    harmed = [f"{reading.name}: {reading.state.harm}" for reading in readings if reading.state and reading.state.harm]
    if harmed and len(harmed) == len(readings):
        found.problems += [Problem(file=file, field="accounts", message=harm) for harm in harmed]
    else:
        found.notices += harmed
    for reading in readings:
        if reading.failure:
            found.notices.append(f"{reading.name}: its state and templates cannot be read ({reading.failure})")
        if reading.state is not None and reading.state.quality == "YELLOW":
            found.notices.append(
                f"{reading.name}: the provider rates its quality YELLOW: fewer messages, better chosen"
            )
    limits = [
        limit
        for reading in readings
        if reading.state is not None and (limit := messaging_limit(reading.state.messaging_limit)) is not None
    ]
    found.messaging_limit = min((limit for limit in limits if limit > 0), default=None)


def numbers_of_file(context: QueueContext, file: CampaignFile) -> list[tuple[str, WhatsAppLogin]]:
    """The numbers of a campaign file, its own and those that it names."""
    known = _accounts(context, file)
    return [(account.name, account.login) for account in known if isinstance(account.login, WhatsAppLogin)]


def _accounts(context: QueueContext, file: CampaignFile) -> list[Account]:
    found = [account for account in file.accounts if isinstance(account, Account)]
    with context.queue.read() as connection:
        for named in file.accounts:
            if not isinstance(named, Account):
                for standing in accounts.find(connection, named.name, workspace_id=context.workspace_id)[:1]:
                    found.append(accounts.load(connection, context.box, standing.id))
    return found


def known_templates(context: QueueContext, found: Preflight) -> list[TemplateRow]:
    """The list that was just read, else the one that is stored."""
    read_now = [one for _, reading in found.readings if reading.templates for one in reading.templates]
    if read_now:
        return [row_of(one, business="", now=0.0) for one in read_now]
    with context.queue.read() as connection:
        return whatsapp_templates.every(connection, workspace_id=context.workspace_id)
