"""Preflight: everything that can be known before a campaign starts. Errors block it, warnings inform."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from paceline.audience.contact import Contact
from paceline.content.email import EmailContent, EmailRenderer
from paceline.content.email_content import templates_of
from paceline.content.letter import Letter, read_letter
from paceline.content.preflight import letter_findings, web_links
from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.account import Account, Security, SmtpLogin, WhatsAppLogin
from paceline.domain.address import parse_mailbox
from paceline.domain.campaign import CampaignKind
from paceline.domain.errors import ContentError, InputError, Problem
from paceline.domain.finding import Finding, Severity, error, warning
from paceline.domain.wording import counted
from paceline.launch.catalogue_audience import frozen_audience
from paceline.operations.campaign_file.campaign_audience import open_campaign_audience
from paceline.operations.campaign_file.campaign_file import CampaignFile, StoredAccount, read_campaign_file
from paceline.operations.campaigns import campaign_checks
from paceline.operations.campaigns.campaign_checks import Checked
from paceline.operations.campaigns.draft_content import content_of
from paceline.operations.context import Context
from paceline.operations.domains import sending_domains
from paceline.operations.domains.dns_findings import Posture, dns_findings, signature_findings
from paceline.operations.whatsapp import campaign_check
from paceline.operations.whatsapp.costs import Estimate
from paceline.operations.whatsapp.preflight import numbers_of_file
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.outbound.dns import Dns
from paceline.store.catalogue.audiences import AudienceWalk
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaign_drafts, messages
from paceline.store.queue.campaigns import CampaignRow

_CURE = "change the draft"

SAMPLE = 500
"""So many contacts are rendered to find fields that they lack."""

_SECONDS = 8.0
_SECONDS_AT_START = 1.5
_MOST_LINKS = 50
_LINKS_AT_ONCE = 5
_LINK_SECONDS = 5.0
_MOST_REASONS = 5
_SOMEBODY = "somebody@example.com"

Recipient = tuple[str, Mapping[str, str]]
"""An address and its fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found, errors first; of a WhatsApp campaign also what it would cost."""

    key: str
    findings: tuple[Finding, ...]
    estimate: Estimate | None = None

    @property
    def blocks(self) -> bool:
        """Whether the campaign would not start."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What is looked at: a content, some of the people who get it, and how it leaves."""

    content: EmailContent
    recipients: Sequence[Recipient]
    senders: tuple[str, ...]
    """The From of each account, "" where it is the content's."""
    servers: tuple[tuple[str, bool], ...]


def of_draft(context: Context, checked: Checked, *, follow_links: bool = False) -> Preflight:
    """Findings about a draft or a scheduled campaign that was checked, its problems and notices among them."""
    found = [error("draft", problem.message, _CURE, field=problem.field or "") for problem in checked.problems]
    found += [warning("draft", notice.message, _CURE, field=notice.field or "") for notice in checked.notices]
    if checked.email is not None and not any(
        (problem.field or "").startswith("content") for problem in checked.problems
    ):
        subject = _subject(checked.email, _people(context, checked), _stored_accounts(context, checked.row))
        found += _look(context, subject, follow_links=follow_links)
    if checked.whatsapp is not None:
        numbers = _numbers(_stored_accounts(context, checked.row))
        is_fallback = checked.content.channel != "whatsapp"
        looked = campaign_check.look(
            context, checked.whatsapp, numbers, _everybody(context, checked), is_fallback=is_fallback
        )
        return _sorted(checked.row.key, [*found, *looked.findings], looked.estimate)
    return _sorted(checked.row.key, found)


def of_campaign(context: Context, key: str, *, follow_links: bool = False) -> Preflight:
    """Findings about a stored campaign, whatever its status. Not within an event loop."""
    row = context.campaign(key)
    if row.kind is CampaignKind.CATALOGUE and row.launched_at is None:
        checked = campaign_checks.check(context, context.ids.encode(IdKind.CAMPAIGN, row.id))
        return of_draft(context, checked, follow_links=follow_links)
    known, content = _stored_accounts(context, row), content_of(row).main
    with context.queue.read() as connection:
        people = [*messages.recipients(connection, row.id, limit=SAMPLE + 1)]
    if isinstance(content, WhatsAppContent):
        looked = campaign_check.look(context, content, _numbers(known), [people[:SAMPLE]])
        return _sorted(row.key, looked.findings, replace(looked.estimate, exact=len(people) <= SAMPLE))
    return _sorted(row.key, _look(context, _subject(content, people[:SAMPLE], known), follow_links=follow_links))


def of_file(context: Context, file: CampaignFile, *, follow_links: bool = False) -> Preflight:
    """Findings about the campaign of a file, which is neither stored nor changed. Raises InputError as a start would.

    Not within an event loop.
    """
    first = _of_part(context, file, follow_links=follow_links)
    if file.fallback is None:
        return first
    second = _of_part(context, file.fallback, follow_links=follow_links, is_fallback=True)
    return _sorted(file.key, [*first.findings, *second.findings], first.estimate or second.estimate)


def _of_part(context: Context, file: CampaignFile, *, follow_links: bool, is_fallback: bool = False) -> Preflight:
    with open_campaign_audience(file) as audience:
        problems = file.check_content(audience.columns)
        if problems:
            raise InputError(problems)
        if isinstance(file.content, WhatsAppContent):
            people = (
                [(row.address, row.fields) for row in part if isinstance(row, Contact)]
                for part in audience.batches(SAMPLE)
            )
            numbers = numbers_of_file(context, file)
            looked = campaign_check.look(context, file.content, numbers, people, is_fallback=is_fallback)
            return _sorted(file.key, looked.findings, looked.estimate)
        part = next(iter(audience.batches(SAMPLE)), [])
        recipients = [(row.address, row.fields) for row in part if isinstance(row, Contact)]
    known = _accounts_of(context, file)
    found = _look(context, _subject(file.content, recipients, known), follow_links=follow_links)
    if not recipients:
        found.insert(
            0, error("audience", "nobody in it can be written to", "look at its e-mail column", field="audience")
        )
    return _sorted(file.key, found)


def _sorted(key: str, found: Iterable[Finding], estimate: Estimate | None = None) -> Preflight:
    ordered = sorted(found, key=lambda finding: finding.severity)
    return Preflight(key=key, findings=tuple(ordered), estimate=estimate)


def looked_at(
    context: Context, campaign: str, environment: Mapping[str, str], *, follow_links: bool = False
) -> Preflight:
    """Findings about a campaign file, whose secrets ``environment`` holds, or about a stored campaign by its key."""
    if campaign.endswith(".toml"):
        return of_file(context, read_campaign_file(Path(campaign), environment), follow_links=follow_links)
    return of_campaign(context, campaign, follow_links=follow_links)


def blocking(context: Context, content: EmailContent, *, senders: Iterable[str]) -> list[Finding]:
    """Only the errors, for a start that is in a hurry: the message itself, and whether our signatures verify.

    Nobody is rendered for, and DNS is asked about nothing but our own keys.
    """
    found = _of_message(content, ())[0]
    posture = _posture(context, content, tuple(dict.fromkeys(senders)), ())
    found += signature_findings(Dns(context.settings), posture, seconds=_SECONDS_AT_START)
    return [finding for finding in found if finding.severity is Severity.ERROR]


def as_problem(finding: Finding, *, file: str = "") -> Problem:
    """An error as the problem of an input."""
    return Problem(file=file, field=finding.field or finding.rule, message=f"{finding.sentence}; {finding.cure}")


def _look(context: Context, subject: _Subject, *, follow_links: bool) -> list[Finding]:
    found, links = _of_message(subject.content, subject.recipients)
    posture = _posture(context, subject.content, subject.senders, subject.servers)
    found += dns_findings(Dns(context.settings), posture, seconds=_SECONDS)
    if follow_links:
        found += asyncio.run(_followed(context, links))
    return sorted(found, key=lambda finding: finding.severity)


def _of_message(content: EmailContent, recipients: Sequence[Recipient]) -> tuple[list[Finding], list[str]]:
    """Findings about the message of the first recipient who can be rendered, about fields that others lack; and links."""
    judged = content if content.from_address else replace(content, from_address=_SOMEBODY)
    renderer = EmailRenderer(judged, domain="example.com", secret=b"preflight")
    first: bytes | None = None
    reasons: Counter[str] = Counter()
    for address, fields in islice(recipients, SAMPLE):
        try:
            data = renderer.render(address=address, fields=fields, message_key="check", account_from="", at=0.0).data
        except ContentError as failure:
            reasons[str(failure)] += 1
        else:
            first = first or data
    found = _missing(reasons, min(len(recipients), SAMPLE))
    letter = None if first is None else read_letter(first)
    if not recipients:
        letter = _for_nobody(judged)
    return (found, []) if letter is None else (found + letter_findings(letter), web_links(letter))


def _for_nobody(content: EmailContent) -> Letter | None:
    """The message where no recipient is known: of links and images those that are the same for everybody."""
    lenient = EmailContent.from_json({**content.to_json(), "missing_fields": "empty"})
    renderer = EmailRenderer(lenient, domain="example.com", secret=b"preflight")
    names = {reference.name for parsed in templates_of(lenient).parsed.values() for reference in parsed.references}
    letters = []
    for filler in ("one", "other"):
        fields = dict.fromkeys(names, filler)
        try:
            rendered = renderer.render(
                address=f"{filler}@example.com", fields=fields, message_key="check", account_from="", at=0.0
            )
        except ContentError:
            return None
        letters.append(read_letter(rendered.data))
    first, second = letters
    return replace(
        first,
        links=tuple(link for link in first.links if link in second.links),
        images=tuple(image for image in first.images if image in second.images),
    )


def _missing(reasons: Counter[str], looked_at: int) -> list[Finding]:
    cure = "fill the field, give the template a default ({{ contact.name | default('friend') }}), or missing_fields = \"empty\""
    failing = sum(reasons.values())
    make = error if looked_at and failing == looked_at else warning
    return [
        make(
            "fields",
            f"{count:,} of the first {counted(looked_at, 'recipient')} cannot get it: {reason}",
            cure,
            field="content",
        )
        for reason, count in reasons.most_common(_MOST_REASONS)
    ]


def _posture(
    context: Context, content: EmailContent, senders: tuple[str, ...], servers: tuple[tuple[str, bool], ...]
) -> Posture:
    froms = [sender or content.from_address for sender in senders] or [content.from_address]
    domains = [parse_mailbox(one).address.rpartition("@")[2] for one in froms if one]
    envelope = parse_mailbox(content.bounce_address).address.rpartition("@")[2] if content.bounce_address else None
    return Posture(
        from_domains=tuple(dict.fromkeys(domains)),
        envelope_domain=envelope,
        servers=servers,
        domains=tuple(sending_domains.every(context)),
    )


def _subject(content: EmailContent, recipients: Sequence[Recipient], known: Sequence[Account]) -> _Subject:
    by_email = [account for account in known if account.channel == "email"]
    return _Subject(
        content=content,
        recipients=recipients,
        senders=tuple(dict.fromkeys(account.from_address for account in by_email)),
        servers=_servers(by_email),
    )


def _stored_accounts(context: Context, row: CampaignRow) -> list[Account]:
    with context.queue.read() as connection:
        sending = campaign_drafts.sending_accounts(connection, row.id)
        return [accounts.load(connection, context.box, account.id) for account in sending]


def _numbers(known: Iterable[Account]) -> list[tuple[str, WhatsAppLogin]]:
    return [(account.name, account.login) for account in known if isinstance(account.login, WhatsAppLogin)]


def _people(context: Context, checked: Checked) -> list[Recipient]:
    """The first of a draft's audience, as far as they have an e-mail address."""
    if checked.recipients.number == 0:
        return []
    walk = _walk(context, checked)
    with context.catalogue.read() as connection:
        _, found = walk.window(connection, after=0, size=SAMPLE)
    return [(one.email, {**one.fields, "email": one.email}) for one in found if one.email]


def _everybody(context: Context, checked: Checked) -> Iterator[list[Recipient]]:
    """A draft's whole audience in batches, as far as they have a phone number."""
    walk, after = _walk(context, checked), 0
    while checked.recipients.number:
        with context.catalogue.read() as connection:
            end, found = walk.window(connection, after=after, size=SAMPLE)
        if end is None:
            return
        after = end
        yield [
            (one.phone, {**one.fields, "phone": one.phone, **({"email": one.email} if one.email else {})})
            for one in found
            if one.phone
        ]


def _walk(context: Context, checked: Checked) -> AudienceWalk:
    channel = checked.content.channel
    audience = frozen_audience(checked.audience, workspace_id=context.workspace_id, channel=channel)
    return AudienceWalk(database=context.catalogue, audience=audience, now=context.clock.now())


def _accounts_of(context: Context, file: CampaignFile) -> list[Account]:
    known: list[Account] = []
    with context.queue.read() as connection:
        for account in file.accounts:
            if isinstance(account, StoredAccount):
                standings = accounts.find(connection, account.name, workspace_id=context.workspace_id)
                known += [accounts.load(connection, context.box, one.id) for one in standings[:1]]
            else:
                known.append(account)
    return known


def _servers(known: Iterable[Account]) -> tuple[tuple[str, bool], ...]:
    logins = [account.login for account in known if isinstance(account.login, SmtpLogin)]
    return tuple(dict.fromkeys((login.host, login.security is not Security.NONE) for login in logins))


async def _followed(context: Context, links: Sequence[str]) -> list[Finding]:
    """Ask for each link, from this machine and only at public addresses."""
    from paceline.outbound.http import (  # imported here: it takes long to load, and few ask for it
        CallFailed,
        OutboundHttp,
    )

    guard = AddressGuard.from_setting(context.settings.private_hosts)
    http = OutboundHttp(guard, timeout_seconds=_LINK_SECONDS)
    room = asyncio.Semaphore(_LINKS_AT_ONCE)

    async def follow(url: str) -> Finding | None:
        async with room:
            try:
                status = (await http.get(url)).status
            except (CallFailed, AddressRefused) as failure:
                return warning("links", f"{url[:100]} could not be followed: {failure}", "open it in a browser")
        if status < 400:
            return None
        return warning(
            "links", f"{url[:100]} answers with {status}", "mend the link, or the page", field="content.html"
        )

    found = await asyncio.gather(*(follow(url) for url in links[:_MOST_LINKS]))
    return [finding for finding in found if finding is not None]


__all__ = ["SAMPLE", "Preflight", "as_problem", "blocking", "looked_at", "of_campaign", "of_draft", "of_file"]
