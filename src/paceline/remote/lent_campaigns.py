"""What a worker does at its controller's orders: prepare, start, stop, hold, tell, remove. Everything may be repeated."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from paceline.content.email import EmailContent
from paceline.content.email_tracking import GIVEN_TOKENS
from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.account import Account
from paceline.domain.campaign import ENDED, CampaignMove, CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing, pacing_of
from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.domain.tokens import Purpose
from paceline.remote.borrowed_accounts import read_account
from paceline.remote.lent_report import report_of
from paceline.remote.luggage import WORKSPACE, Luggage
from paceline.remote.protocol import (
    AccountSpec,
    BegunAnew,
    CampaignReport,
    CampaignSpec,
    FileSpec,
    Initialize,
    Part,
    Recipient,
    Removed,
)
from paceline.store.database import Database
from paceline.store.queue import (
    accounts,
    campaign_drafts,
    campaign_work,
    campaigns,
    home,
    launching,
    outbox,
)
from paceline.store.queue.campaigns import CampaignRow, NewCampaign
from paceline.store.queue.erasures import Forgotten
from paceline.store.queue.home import HomeCampaign
from paceline.store.queue.launching import NewMessage
from paceline.store.secrets import SecretBox

_UNSTARTED = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)
_ADDED_AT_ONCE = 500


class UnknownHere(PacelineError):
    """This worker has no campaign of this id."""


class OutOfTurn(PacelineError):
    """The order does not fit what has happened already."""


class LentCampaigns:
    """The campaigns of one worker. Safe to use from several threads."""

    def __init__(
        self, database: Database, box: SecretBox, luggage: Luggage, *, now: Callable[[], float], base_url: str
    ) -> None:
        """``base_url`` is where people reach this worker, for tracked links; empty: it can send none."""
        self._database = database
        self._box = box
        self._luggage = luggage
        self._forgotten = Forgotten(box.digest)
        self._now = now
        self._base_url = base_url
        self._creating = threading.Lock()

    def initialize(self, remote_id: str, order: Initialize) -> CampaignReport:
        """Prepare a campaign and take a part of its recipients; the same again changes nothing.

        A higher revision replaces what has not started. Raises OutOfTurn after the start or for an older revision, and
        InputError for content or accounts that cannot be used.
        """
        with self._database.read() as connection:
            found = home.find(connection, remote_id)
            status = None if found is None else campaigns.get(connection, found.campaign_id).status
        if found is not None and found.removing:
            raise OutOfTurn("the campaign is being removed; ask again when it is gone")
        if found is not None and order.revision < found.revision:
            raise OutOfTurn(f"revision {found.revision} is here already")
        if found is not None and order.revision > found.revision:
            if status not in _UNSTARTED:
                raise OutOfTurn(f"it has started with revision {found.revision} and is {status}")
            self._take_away(found)
            found = None
        if found is None:
            with self._creating:
                found = self._create(remote_id, order)
        elif order.accounts:
            self._borrow_later(found, order)
        if order.signing_keys is not None:
            self._luggage.keep_keys(order.signing_keys, found.campaign_id)
        if order.part is not None:
            self._take(found, order.part)
        return self.report(remote_id)

    def start(self, remote_id: str, revision: int) -> CampaignReport:
        """Start a campaign; one that has started stays as it is. Raises OutOfTurn for another revision."""
        found, campaign = self._get(remote_id)
        if revision != found.revision:
            raise OutOfTurn(f"revision {found.revision} is here, not {revision}")
        with self._database.write() as connection:
            if not campaign_drafts.account_ids(connection, found.campaign_id):
                raise OutOfTurn("it has no account: initialize it with accounts first")
            if home.get(connection).halted is not None:
                raise OutOfTurn("this worker is halted until a person has looked")
            campaigns.move(connection, campaign.id, CampaignMove.START, now=self._now())
        return self.report(remote_id)

    def stop(self, remote_id: str, *, release: bool) -> CampaignReport:
        """End a campaign: what was not sent is cancelled, or given back. A second call changes nothing."""
        found, _ = self._get(remote_id)
        with self._database.write() as connection:
            moved = campaigns.move(connection, found.campaign_id, CampaignMove.STOP, now=self._now())
            if release and (moved or found.released):
                home.release(connection, found.campaign_id)
        return self.report(remote_id)

    def pause(self, remote_id: str, reason: str) -> CampaignReport:
        """Hold a campaign; a second call changes nothing."""
        found, _ = self._get(remote_id)
        with self._database.write() as connection:
            why = reason or "held by the controller"
            campaigns.move(connection, found.campaign_id, CampaignMove.PAUSE, now=self._now(), reason=why)
        return self.report(remote_id)

    def resume(self, remote_id: str) -> CampaignReport:
        """Let a campaign go on; its accounts are tried again at once. A second call changes nothing."""
        found, _ = self._get(remote_id)
        now = self._now()
        with self._database.write() as connection:
            if home.get(connection).halted is not None:
                raise OutOfTurn("this worker is halted until a person has looked")
            accounts.retry(connection, campaign_drafts.account_ids(connection, found.campaign_id), now=now)
            campaigns.move(connection, found.campaign_id, CampaignMove.RESUME, now=now)
        return self.report(remote_id)

    def remove(self, remote_id: str) -> Removed:
        """Forget a campaign with all its data, as soon as the controller has acknowledged all that happened to it.

        Raises OutOfTurn for one that is under way. One that is not here is removed already.
        """
        with self._database.read() as connection:
            found = home.find(connection, remote_id)
            if found is None:
                return Removed(removed=True, unreported=0)
            status = campaigns.get(connection, found.campaign_id).status
            left = campaigns.progress(connection, found.campaign_id).left
            waiting = outbox.unreported(connection, found.campaign_id)
        if status in _UNSTARTED:
            self._take_away(found)
            return Removed(removed=True, unreported=0)
        if status not in ENDED:
            raise OutOfTurn(f"it is {status}: stop it first")
        waiting += left  # what is left is being cancelled, and told then
        if not waiting:
            self._forget(found.campaign_id)
            return Removed(removed=True, unreported=0)
        with self._database.write() as connection:
            home.mark_removing(connection, found.campaign_id)
        return Removed(removed=False, unreported=waiting)

    def remove_what_is_acknowledged(self) -> int:
        """Finish the removals that waited for an acknowledgement; returns how many."""
        with self._database.read() as connection:
            ready = [
                campaign
                for campaign in home.every(connection)
                if campaign.removing
                and not campaigns.progress(connection, campaign.campaign_id).left
                and not outbox.unreported(connection, campaign.campaign_id)
            ]
        for campaign in ready:
            self._forget(campaign.campaign_id)
        self._luggage.forget_unused_keys()
        return len(ready)

    def report(self, remote_id: str) -> CampaignReport:
        """How a campaign stands. Raises UnknownHere."""
        with self._database.read() as connection:
            found = home.find(connection, remote_id)
            if found is None:
                raise UnknownHere(f"there is no campaign {remote_id[:60]} here")
            progress = campaigns.progress(connection, found.campaign_id)
            waiting = outbox.unreported(connection, found.campaign_id)
            incarnation = home.get(connection).incarnation
        return report_of(found, progress, waiting, incarnation)

    def halt(self, reason: str) -> None:
        """Hold everything until a person has looked."""
        with self._database.write() as connection:
            home.halt(connection, reason)
            for campaign_id in campaign_work.running(connection):
                campaigns.move(connection, campaign_id, CampaignMove.PAUSE, now=self._now(), reason=reason)

    def begin_anew(self) -> BegunAnew:
        """End the halt: what is here ends unsent, and to the controller this is an empty database from now on.

        Nothing that was forgotten is sent again. Raises OutOfTurn for a worker that is not halted.
        """
        now = self._now()
        with self._database.write() as connection:
            standing = home.get(connection)
            if standing.halted is None:
                raise OutOfTurn("this worker is not halted")
            for one in home.every(connection):
                campaigns.move(connection, one.campaign_id, CampaignMove.STOP, now=now)
                home.retire(connection, one.campaign_id)
            incarnation = home.begin_anew(connection)
        return BegunAnew(incarnation=incarnation)

    # The parts.

    def _get(self, remote_id: str) -> tuple[HomeCampaign, CampaignRow]:
        with self._database.read() as connection:
            found = home.find(connection, remote_id)
            if found is None:
                raise UnknownHere(f"there is no campaign {remote_id[:60]} here")
            return found, campaigns.get(connection, found.campaign_id)

    def _take_away(self, found: HomeCampaign) -> None:
        """Take an unstarted campaign away, so that it never starts: first out of reach, then in parts."""
        with self._database.write() as connection:
            campaigns.move(connection, found.campaign_id, CampaignMove.UNSCHEDULE, now=self._now())
            if campaigns.get(connection, found.campaign_id).status is not CampaignStatus.DRAFT:
                raise OutOfTurn("it has just started")
            home.retire(connection, found.campaign_id)
        self._forget(found.campaign_id)

    def _forget(self, campaign_id: int) -> None:
        home.remove(self._database, campaign_id)
        with self._creating:  # its files may be those of a campaign that is just being made
            self._luggage.forget_unused_files()

    def _create(self, remote_id: str, order: Initialize) -> HomeCampaign:
        spec = order.campaign
        content, problems = self._content(spec, order.files)
        pacing = _pacing(spec, problems)
        given = self._read_accounts(order, problems)
        new = NewCampaign(
            workspace_id=WORKSPACE,
            key=f"{remote_id}.{order.revision}",
            name=spec.name,
            channel=spec.channel,
            content=json.dumps(content),
            audience="{}",
            message_id_domain=spec.message_id_domain,
            rate_per_minute=spec.rate_per_minute,
            max_attempts=spec.max_attempts,
            retry_delay_seconds=spec.retry_delay_seconds,
            pacing=pacing,
        )
        now = self._now()
        with self._database.write() as connection:
            campaign_id = campaigns.create(connection, new, now=now)
            if campaign_id is None:
                raise OutOfTurn("another request is just initializing it; ask again")
            self._borrow_all(connection, campaign_id, given, order, now)
            home.add(connection, campaign_id, remote_id, order.revision)
            if spec.starts_at is not None:
                campaign_drafts.set_start(
                    connection, campaign_id, starts_at=spec.starts_at, timezone=None, late=LateStart.START
                )
                campaigns.move(connection, campaign_id, CampaignMove.SCHEDULE, now=now)
            found = home.find(connection, remote_id)
        assert found is not None
        return found

    def _borrow_later(self, found: HomeCampaign, order: Initialize) -> None:
        """A campaign that came without accounts gets them now; one that has some keeps them."""
        given = self._read_accounts(order, [])
        with self._database.write() as connection:
            if not campaign_drafts.account_ids(connection, found.campaign_id):
                self._borrow_all(connection, found.campaign_id, given, order, self._now())

    def _read_accounts(self, order: Initialize, problems: list[Problem]) -> list[Account]:
        """The accounts as they came. Raises InputError, also with the problems that were there before."""
        given = [
            read_account(one, place, problems, keep_authority=self._luggage.keep_authority)
            for place, one in enumerate(order.accounts)
        ]
        if problems:
            raise InputError(problems)
        return [account for account in given if account is not None]

    def _borrow_all(
        self, connection: Connection, campaign_id: int, given: list[Account], order: Initialize, now: float
    ) -> None:
        ids = [
            self._borrow(connection, account, one, order.campaign.channel, now)
            for account, one in zip(given, order.accounts, strict=True)
        ]
        accounts.attach(connection, campaign_id, ids)

    def _borrow(self, connection: Connection, account: Account, spec: AccountSpec, channel: str, now: float) -> int:
        """Store a lent account; what it has used at home counts unless it is at work here already."""
        number = accounts.save(connection, self._box, account, workspace_id=WORKSPACE, channel=channel)
        if not home.is_in_use(connection, number):
            home.set_usage(connection, number, spec.usage, next_at=spec.next_at, now=now)
            accounts.retry(connection, [number], now=now)
        return number

    def _content(self, spec: CampaignSpec, given: Sequence[FileSpec]) -> tuple[dict[str, Any], list[Problem]]:
        """The content as this worker sends it: links and bounces come to where its tokens are known."""
        try:
            if spec.channel == "whatsapp":
                return dict(WhatsAppContent.from_json(spec.content).to_json()), []
            content = EmailContent.from_json(spec.content)
        except (TypeError, ValueError, KeyError) as error:
            return {}, [Problem(file="", field="campaign.content", message=f"cannot be read: {error}")]
        if content.base_url and not self._base_url:
            message = "has tracked links, but this worker has no PACELINE_BASE_URL under which people could reach it"
            return {}, [Problem(file="", field="campaign.content.base_url", message=message)]
        attachments, problems = self._luggage.keep_files(content.attachments, given)
        own = replace(
            content,
            base_url=self._base_url if content.base_url else "",
            attachments=attachments,
            given_tokens=bool(content.bounce_address),
        )
        return own.to_json(), problems

    def _take(self, found: HomeCampaign, part: Part) -> None:
        """Queue a part, if it begins where the last one ended; else nothing, and the report says where that was."""
        recipients = part.recipients
        ids = [one.id for one in recipients]
        if ids != sorted(set(ids)) or (ids and not part.after < ids[0] <= ids[-1] <= part.upto):
            message = "must be in the order of their ids, behind `after` and up to `upto`"
            raise InputError([Problem(file="", field="part.recipients", message=message)])
        after = part.after
        for start in range(0, max(len(recipients), 1), _ADDED_AT_ONCE):
            some = recipients[start : start + _ADDED_AT_ONCE]
            is_last = start + _ADDED_AT_ONCE >= len(recipients)
            upto = part.upto if is_last else some[-1].id
            with self._database.write() as connection:
                added = launching.add(
                    connection,
                    self._database,
                    found.campaign_id,
                    [NewMessage(contact_id=one.id, address=one.address, fields=_fields(one)) for one in some],
                    after=after,
                    cursor=upto,
                    refused=0,
                    slot=0,
                    now=self._now(),
                    forgotten=self._forgotten,
                )
                here = campaigns.get(connection, found.campaign_id)
                if is_last and part.complete and here.launch_cursor == part.upto and here.status not in ENDED:
                    launching.finish(connection, found.campaign_id, now=self._now())
            if not added and here.launch_cursor < upto:
                return
            after = upto


def _fields(recipient: Recipient) -> dict[str, str]:
    """The fields of a recipient, with the controller's tokens for its envelope where they cannot be taken for others."""
    tokens = {
        GIVEN_TOKENS[Purpose.BOUNCE]: recipient.bounce_token,
        GIVEN_TOKENS[Purpose.UNSUBSCRIBE_MAIL]: recipient.unsubscribe_token,
    }
    return {**recipient.fields, **{name: token for name, token in tokens.items() if token}}


def _pacing(spec: CampaignSpec, problems: list[Problem]) -> CampaignPacing:
    try:
        return pacing_of(None if spec.pacing is None else json.dumps(spec.pacing))
    except (TypeError, ValueError, KeyError, OSError) as error:
        problems.append(Problem(file="", field="campaign.pacing", message=f"cannot be used: {error}"))
        return CampaignPacing()
