"""A session of a phone number: one message after the other, each up to the gate of its request, and then through it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from paceline.channels.base import Letter
from paceline.channels.printable import printable
from paceline.channels.whatsapp.answers import AcceptedAnswer, ApiError, Unreadable, read_answer
from paceline.channels.whatsapp.client import CloudApiClient, Exchange
from paceline.channels.whatsapp.endings import HttpAnswer, NoAnswer, NotSent
from paceline.channels.whatsapp.error_codes import Streaks, Verdict, outcome, row_of
from paceline.channels.whatsapp.media import MediaMissing, MediaRefused, NumbersMedia, UploadFailed
from paceline.content.whatsapp_media import with_ids
from paceline.domain.outcome import (
    Accepted,
    AccountTrouble,
    Outcome,
    Refused,
    Returned,
    TemplateStop,
    TroubleKind,
    Uncertain,
)
from paceline.domain.rate import PairRate

_UNTIL_KNOWN_SECONDS = 10.0
_HELD_BACK_SECONDS = 3600.0  # nearly all are released within an hour


@dataclass(frozen=True, slots=True)
class StoppedTemplate:
    """A template that takes no messages until a moment of the monotonic clock."""

    until: float
    reason: str


@dataclass(slots=True, kw_only=True)
class Number:
    """What all sessions of one phone number share."""

    client: CloudApiClient
    path: str
    """/{phone-number-id}/messages"""
    media: NumbersMedia | None = None
    """None where no files are kept."""
    pairs: PairRate = field(default_factory=PairRate)
    streaks: Streaks = field(default_factory=Streaks)
    stopped: dict[str, StoppedTemplate] = field(default_factory=dict)
    sessions: int = 0


class WhatsAppSession:
    """One message at a time for one phone number (``paceline.channels.base.Session``); the connections are shared."""

    def __init__(self, number: Number, on_close: Callable[[], Awaitable[None]]) -> None:
        """``on_close`` is called once."""
        self._number = number
        self._on_close = on_close
        self._exchange: Exchange | None = None
        self._letter: Letter | None = None
        self._closed = False

    @property
    def usable(self) -> bool:
        """False once it was closed."""
        return not self._closed

    async def offer(self, letter: Letter) -> Outcome | None:
        """Find a connection for the request. None: it stands at the gate and cannot arrive before ``hand_over``."""
        if (held := self._held(letter)) is not None:
            return held
        data = letter.data
        if letter.media:
            try:
                data = with_ids(data, await self._media_ids(letter.media))
            except MediaRefused as refused:
                return self._refused(refused.error, letter)
            except MediaMissing as missing:
                return Refused(reply=str(missing))
            except UploadFailed as failed:
                return _in_trouble(printable(str(failed)))
        exchange = self._number.client.begin(self._number.path, data)
        failure = await exchange.ready()
        if failure is not None:
            return _not_sent(failure)
        self._exchange, self._letter = exchange, letter
        return None

    async def _media_ids(self, files: tuple[str, ...]) -> dict[str, str]:
        if self._number.media is None:
            raise UploadFailed("files cannot be sent from here: give links, or send it from where they are kept")
        return await self._number.media.ids(files)

    def _held(self, letter: Letter) -> Returned | None:
        """Why this message has to wait: its template was stopped, or its recipient has just had one."""
        now = time.monotonic()
        if (stopped := self._stopped(letter)) is not None:
            return stopped
        wait = self._number.pairs.wait(letter.recipient, now)
        if wait > 0:
            reply = "not sent: this number has just sent a message to this recipient; one in 6 s is allowed"
            return Returned(reply=reply, retry_after_seconds=wait)
        return None

    def _stopped(self, letter: Letter) -> Returned | None:
        now, stopped = time.monotonic(), self._number.stopped.get(letter.template)
        if stopped is None or stopped.until <= now:
            return None
        reply = f"not sent: the template {letter.template} is stopped: {stopped.reason}"
        return Returned(reply=printable(reply), retry_after_seconds=stopped.until - now)

    async def hand_over(self, ahead: Letter | None = None) -> Outcome:
        """Let the request out and wait for the answer. Nothing rides ahead: each request has its own connection."""
        exchange, letter = self._exchange, self._letter
        if exchange is None or letter is None:
            raise RuntimeError("hand_over without a request at the gate")
        self._exchange = self._letter = None
        if (stopped := self._stopped(letter)) is not None:  # since it was offered
            exchange.abandon()
            return stopped
        self._number.pairs.sent(letter.recipient, time.monotonic())
        answer = await exchange.send()
        match answer:
            case NotSent():
                return _not_sent(answer)
            case NoAnswer(reason=reason):
                return Uncertain(cause=f"after the request: {reason}")
            case HttpAnswer():
                ended = self._answered(answer, letter)
                if letter.media and isinstance(ended, Returned) and ended.template_stop and self._number.media:
                    await self._number.media.forget()  # it may be that the provider has lost them
                return ended

    def _answered(self, answer: HttpAnswer, letter: Letter) -> Outcome:
        said = read_answer(answer.status, answer.headers, answer.body)
        match said:
            case AcceptedAnswer():
                self._number.streaks.accepted(letter.template)
                if said.status in ("", "accepted"):
                    return Accepted(reply=said.wamid)
                self._stop_here(letter.template, f"the provider holds its messages back ({said.status})")
                return Accepted(reply=f"{said.wamid} ({said.status})", template_stop=_held_back(said.status))
            case ApiError():
                return self._refused(said, letter)
            case Unreadable(reason=reason):
                return Uncertain(cause=printable(f"the answer does not tell whether it was taken: {reason}"))

    def _refused(self, error: ApiError, letter: Letter) -> Outcome:
        self._number.pairs.refused(letter.recipient)
        row = row_of(error)
        verdict = self._number.streaks.verdict(letter.template, error, row)
        ended = outcome(error, row, verdict, attempt=letter.attempt)
        if verdict is Verdict.TEMPLATE:
            self._stop_here(letter.template, ended.reply)
        return ended

    def _stop_here(self, template: str, reason: str) -> None:
        """Send no more of a template until it is known everywhere that it is stopped."""
        self._number.stopped[template] = StoppedTemplate(time.monotonic() + _UNTIL_KNOWN_SECONDS, reason)

    def abandon(self) -> None:
        """Drop the request at the gate; it will never leave."""
        exchange, self._exchange, self._letter = self._exchange, None, None
        if exchange is not None:
            exchange.abandon()

    async def close(self) -> None:
        """Never raises, may be called twice. The number's connections stay while other sessions use them."""
        self.abandon()
        if not self._closed:
            self._closed = True
            await self._on_close()


def _held_back(status: str) -> TemplateStop:
    reason = f"{status}: the provider first looks at how the messages of this template are received"
    return TemplateStop(reason=reason, seconds=_HELD_BACK_SECONDS)


def _not_sent(failure: NotSent) -> Returned:
    if not failure.is_trouble:
        return Returned(reply=failure.reason)
    return _in_trouble(failure.reason)


def _in_trouble(reason: str) -> Returned:
    return Returned(reply=reason, trouble=AccountTrouble(kind=TroubleKind.FAILING, reason=reason))
