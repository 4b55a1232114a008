"""Preflight: everything that can be known before a campaign starts. Errors block it, warnings inform."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact
from paceline.content.email import EmailContent, EmailRenderer
from paceline.content.email_content import templates_of
from paceline.content.letter import Letter, read_letter
from paceline.content.preflight import letter_findings, web_links
from paceline.domain.account import Account, Security, SmtpLogin
from paceline.domain.address import parse_mailbox
from paceline.domain.campaign import CampaignKind
from paceline.domain.errors import ContentError, InputError, Problem
from paceline.domain.finding import Finding, Severity, error, warning
from paceline.launch.catalogue_audience import frozen_audience
from paceline.operations.campaign_file.campaign_file import CampaignFile, StoredAccount
from paceline.operations.campaigns import campaign_checks
from paceline.operations.campaigns.campaign_checks import Checked
from paceline.operations.campaigns.campaign_drafts import stored_content
from paceline.operations.context import Context, NotPossible
from paceline.operations.domains import sending_domains
from paceline.operations.domains.dns_findings import Posture, dns_findings, signature_findings
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
    """What was found, errors first."""

    key: str
    findings: tuple[Finding, ...]

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


def of_draft(context: Context, checked: Checked, *, follow_links: bool = False) -> list[Finding]:
    """Findings about a draft or a scheduled campaign that was checked, its problems and notices among them."""
    found = [error("draft", problem.message, _CURE, field=problem.field or "") for problem in checked.problems]
    found += [warning("draft", notice.message, _CURE, field=notice.field or "") for notice in checked.notices]
    if not any((problem.field or "").startswith("content") for problem in checked.problems):
        found += _look(context, _of_row(context, checked.row, checked), follow_links=follow_links)
    return sorted(found, key=lambda finding: finding.severity)


def of_campaign(context: Context, key: str, *, follow_links: bool = False) -> Preflight:
    """Findings about a stored e-mail campaign, whatever its status."""
    row = context.campaign(key)
    if row.channel != "email":
        raise NotPossible(f"{row.key} is a campaign by {row.channel}; only e-mail is checked")
    if row.kind is CampaignKind.CATALOGUE and row.launched_at is None:
        checked = campaign_checks.check(context, context.ids.encode(IdKind.CAMPAIGN, row.id))
        return Preflight(key=row.key, findings=tuple(of_draft(context, checked, follow_links=follow_links)))
    found = _look(context, _of_row(context, row, None), follow_links=follow_links)
    return Preflight(key=row.key, findings=tuple(found))


def of_file(context: Context, file: CampaignFile, *, follow_links: bool = False) -> Preflight:
    """Findings about the campaign of a file, which is neither stored nor changed. Raises InputError as a start would."""
    if not isinstance(file.content, EmailContent):
        raise NotPossible(f"{file.key} is a campaign by {file.channel}; only e-mail is checked")
    with open_audience(file.audience) as audience:
        problems = file.check_content(audience.columns)
        if problems:
            raise InputError(problems)
        part = next(iter(audience.batches(SAMPLE)), [])
        recipients = [(row.address, row.fields) for row in part if isinstance(row, Contact)]
    known = _accounts_of(context, file)
    subject = _Subject(
        content=file.content,
        recipients=recipients,
        senders=tuple(dict.fromkeys(account.from_address for account in known)),
        servers=_servers(known),
    )
    found = _look(context, subject, follow_links=follow_links)
    if not recipients:
        found.insert(
            0, error("audience", "nobody in it can be written to", "look at its e-mail column", field="audience")
        )
    return Preflight(key=file.key, findings=tuple(found))


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
            "fields", f"{count:,} of the first {looked_at:,} recipients cannot get it: {reason}", cure, field="content"
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


def _of_row(context: Context, row: CampaignRow, checked: Checked | None) -> _Subject:
    with context.queue.read() as connection:
        known = [
            accounts.load(connection, context.box, account.id)
            for account in campaign_drafts.sending_accounts(connection, row.id)
        ]
        queued: list[Recipient] = [] if checked else [*messages.recipients(connection, row.id, limit=SAMPLE)]
    return _Subject(
        content=stored_content(row) if checked is None else checked.content,
        recipients=queued if checked is None else _people(context, checked),
        senders=tuple(dict.fromkeys(account.from_address for account in known)),
        servers=_servers(known),
    )


def _people(context: Context, checked: Checked) -> list[Recipient]:
    """The first of a draft's audience."""
    if checked.recipients.number == 0:
        return []
    audience = frozen_audience(checked.audience, workspace_id=context.workspace_id)
    walk = AudienceWalk(database=context.catalogue, audience=audience, now=context.clock.now())
    with context.catalogue.read() as connection:
        _, found = walk.window(connection, after=0, size=SAMPLE)
    return [(one.address, {**one.fields, "email": one.address}) for one in found]


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


__all__ = ["SAMPLE", "Preflight", "as_problem", "blocking", "of_campaign", "of_draft", "of_file"]
