"""One delivery, from a claimed message to a recorded outcome.

The order is the promise: nothing is handed over before its intent is durable, and what is handed over is recorded with
whatever answer came. Everything that can go wrong on the way has its own ending below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from paceline.channels.base import Letter, Session
from paceline.domain.account import Account
from paceline.domain.errors import AccountUnavailable, CampaignUnsendable, ContentError, StoreUnavailable
from paceline.domain.message import Report, ReportKind
from paceline.domain.outcome import (
    Accepted,
    Deferred,
    Outcome,
    Refused,
    Returned,
    TemplateStop,
    TroubleKind,
    Uncertain,
)
from paceline.engine.composer import Composer
from paceline.engine.group_commit import GroupCommit
from paceline.store.queue.claiming import ClaimedMessage
from paceline.store.queue.deliveries import Intent

_BLAMELESS = frozenset(TroubleKind) - {TroubleKind.BUSY}


class Prepared(NamedTuple):
    """A message with its letter."""

    message: ClaimedMessage
    letter: Letter


@dataclass(frozen=True, slots=True)
class Withheld:
    """The message may not be handed over now: its campaign, account, lease or suppression says no."""

    reason: str


class Delivery:
    """Delivers the messages of one leased account, one at a time per session."""

    def __init__(
        self,
        *,
        account: Account,
        lease: int,
        composer: Composer,
        group: GroupCommit,
        now: Callable[[], float],
        lease_holds: Callable[[], bool],
        on_template_stop: Callable[[str, TemplateStop], None] = lambda template, stop: None,
        on_answer: Callable[[str, ClaimedMessage | None], None] = lambda answer, message: None,
    ) -> None:
        """``lease_holds`` says whether a final dot may still be written, by the boot clock.

        ``on_template_stop`` is called when a template cannot be sent any more, ``on_answer`` when a provider did not
        accept a message.
        """
        self._account = account
        self._lease = lease
        self._composer = composer
        self._group = group
        self._now = now
        self._lease_holds = lease_holds
        self._on_template_stop = on_template_stop
        self._on_answer = on_answer

    async def deliver(
        self, prepared: Prepared, session: Session, ahead: Callable[[], Letter | None]
    ) -> Outcome | Withheld:
        """Take one prepared message through every step.

        ``ahead`` names the letter that will follow on this session, if its turn is now. It is asked first while the
        intent is on its way to the disk, so that the dot need not wait for a letter to be rendered, and again at the last
        moment; the letter that it has named once it names again.
        """
        message = prepared.message
        if (ended := await self._offer(prepared, session)) is not None:
            return self._record(message, ended, intended=False)
        if (withheld := self._keep_window(message, session)) is not None:
            return withheld
        if (withheld := await self._intend(message, session, meanwhile=ahead)) is not None:
            return withheld
        if (withheld := self._keep_lease(message, session)) is not None:
            return withheld
        outcome = await self._hand_over(message, session, ahead)
        self._stop_template(prepared.letter, outcome)
        return self._record(message, outcome, intended=True)

    def prepare(self, message: ClaimedMessage) -> Prepared | None:
        """Check and render; None when the message ended here, skipped or failed.

        Raises AccountUnavailable and CampaignUnsendable as the composer does; the message is back in the queue then.
        """
        if message.suppressed:
            self._end(message, ReportKind.SKIPPED, "the address is suppressed")
            return None
        try:
            return Prepared(message, self._composer.compose(message, self._account))
        except ContentError as error:
            self._end(message, ReportKind.UNRENDERABLE, str(error))
            return None
        except (AccountUnavailable, CampaignUnsendable):
            self._group.release([message])
            raise

    async def _offer(self, prepared: Prepared, session: Session) -> Outcome | None:
        """Everything before the point of no return. An outcome means that it ended here and nothing was accepted."""
        try:
            return await session.offer(prepared.letter)
        except BaseException:
            self._group.release([prepared.message])
            raise

    def _keep_window(self, message: ClaimedMessage, session: Session) -> Withheld | None:
        """Connecting and offering may have taken longer than the message's sending window is open."""
        if message.closes_at == math.inf or message.closes_at > self._now():
            return None
        session.abandon()
        self._group.release([message])
        return Withheld("its sending window has closed")

    async def _intend(
        self, message: ClaimedMessage, session: Session, *, meanwhile: Callable[[], object]
    ) -> Withheld | None:
        """Make the intent durable, and do ``meanwhile`` while it is on its way to the disk.

        Without it the letter is dropped and the message goes back.
        """
        try:
            granted = await self._group.intend(
                Intent(
                    message_id=message.id,
                    campaign_id=message.campaign_id,
                    account_id=self._account.id,
                    lease=self._lease,
                    revision=self._account.revision,
                    suppression_key=message.address.casefold(),
                ),
                meanwhile,
            )
        except StoreUnavailable as failure:
            return self._withdraw(message, session, str(failure))
        except BaseException:
            self._withdraw(message, session, "interrupted before the hand-over")
            raise
        if granted:
            return None
        session.abandon()
        self._group.release([message])
        return Withheld("paused, suppressed or changed in the meantime")

    def _keep_lease(self, message: ClaimedMessage, session: Session) -> Withheld | None:
        """Somebody else may have the account by now."""
        if self._lease_holds():
            return None
        return self._withdraw(message, session, "the lease ran out before the hand-over")

    async def _hand_over(
        self, message: ClaimedMessage, session: Session, ahead: Callable[[], Letter | None]
    ) -> Outcome:
        """Cross the point of no return and wait for the answer. Whatever breaks from here on is uncertain."""
        try:
            following = ahead()
        except BaseException:
            self._withdraw(message, session, "interrupted before the hand-over")
            raise
        try:
            return await session.hand_over(following)
        except BaseException as error:
            self._record(message, Uncertain(cause=f"interrupted after the hand-over: {error!r}"), intended=True)
            raise

    def _stop_template(self, letter: Letter, outcome: Outcome) -> None:
        """What the answer says of the template holds for the messages behind this one too."""
        if isinstance(outcome, Accepted | Returned) and outcome.template_stop is not None:
            self._on_template_stop(letter.template, outcome.template_stop)

    def _withdraw(self, message: ClaimedMessage, session: Session, reason: str) -> Withheld:
        """The dot was never written: the intent, if it became durable, is taken back and charged to nobody."""
        session.abandon()
        self._end(message, ReportKind.WITHDRAWN, reason, intended=True)
        return Withheld(reason)

    def _record(self, message: ClaimedMessage, outcome: Outcome, *, intended: bool) -> Outcome:
        """Report the outcome; it becomes durable with the next commit, before this session's next intent at the latest."""
        if isinstance(outcome, Deferred | Refused | Returned) and outcome.is_answer:
            self._on_answer(outcome.reply, message)
        match outcome:
            case Accepted(reply=reply):
                self._end(message, ReportKind.ACCEPTED, reply, intended=intended)
            case Deferred(reply=reply, retry_after_seconds=seconds):
                self._end(message, ReportKind.DEFERRED, reply, intended=intended, retry_after_seconds=seconds)
            case Refused(reply=reply, hard_bounce=hard, spam=spam):
                self._end(message, ReportKind.REFUSED, reply, intended=intended, hard_bounce=hard, spam=spam)
            case Returned(reply=reply, trouble=trouble, retry_after_seconds=seconds):
                counts = seconds is None and (trouble is None or trouble.kind not in _BLAMELESS)
                self._end(
                    message,
                    ReportKind.RETURNED,
                    reply,
                    intended=intended,
                    counts_as_return=counts,
                    retry_after_seconds=seconds,
                )
            case Uncertain(cause=cause):
                self._end(message, ReportKind.UNCERTAIN, cause, intended=intended)
        return outcome

    def _end(
        self,
        message: ClaimedMessage,
        kind: ReportKind,
        reply: str,
        *,
        intended: bool = False,
        retry_after_seconds: float | None = None,
        hard_bounce: bool = False,
        spam: bool = False,
        counts_as_return: bool = False,
    ) -> None:
        self._group.report(
            Report(
                message_id=message.id,
                campaign_id=message.campaign_id,
                account_id=self._account.id,
                lease=self._lease,
                attempt=message.attempt + 1,
                intended=intended,
                kind=kind,
                reply=_storable(reply),
                at=self._now(),
                retry_after_seconds=retry_after_seconds,
                counts_as_return=counts_as_return,
                hard_bounce=hard_bounce,
                spam=spam,
            )
        )


def _storable(text: str) -> str:
    """Text that every database takes; replies come sanitised from the channel, errors of our own do not."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text.encode("utf-8", "replace").decode())[:1000]
