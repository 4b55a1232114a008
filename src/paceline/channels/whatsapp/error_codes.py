"""What an error of the Cloud API means: one table, by code. Above this file nobody looks at a number.

The code decides; the HTTP status only where there is no code, since editions of the documentation differ about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paceline.channels.printable import printable
from paceline.channels.whatsapp.answers import ApiError
from paceline.channels.whatsapp.limits import RETRY_SECONDS
from paceline.domain.outcome import AccountTrouble, Deferred, Refused, Returned, TemplateStop, TroubleKind
from paceline.domain.rate import PAIR_SECONDS


class Verdict(StrEnum):
    """Whose fault an error is, and what follows from it."""

    FAIL = "fail"  # this message, for good
    SUPPRESS = "suppress"  # this message for good, and nothing more to this recipient
    RETRY = "retry"  # not processed, may work in a moment: after 5 s and 10 s
    PAIR = "pair"  # too soon after the last message to this recipient; the others go on
    SLOW = "slow"  # the number sends too fast
    TEMPLATE = "template"  # the template cannot be sent; the others can
    NUMBER = "number"  # the number rests for a known time
    CAMPAIGN = "campaign"  # spam, policy or payment: number and campaigns stop at once, a person must look
    CONFIGURATION = "configuration"  # token, permission, registration: a person must mend it
    IGNORE = "ignore"  # says nothing about a message of ours


class About(StrEnum):
    """How far an error reaches beyond its message."""

    MESSAGE = "message"
    RECIPIENT = "recipient"
    TEMPLATE = "template"
    NUMBER = "number"
    ACCOUNT = "account"  # the WhatsApp Business Account: all its numbers
    APP = "app"  # all accounts of the app or of the token


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """One error, or a range of them."""

    first: int
    last: int
    verdict: Verdict
    about: About
    words: str
    """What is wrong and what helps, for a person."""
    seconds: float | None = None
    """How long to wait, where that is known."""
    repeated: Verdict | None = None
    """What it means when it comes again and again with nothing accepted between: then it is not the recipient."""
    is_spam_signal: bool = False


_V, _A = Verdict, About
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def _row(
    code: int | tuple[int, int],
    verdict: Verdict,
    about: About,
    words: str,
    *,
    seconds: float | None = None,
    repeated: Verdict | None = None,
    spam: bool = False,
) -> ErrorRow:
    first, last = (code, code) if isinstance(code, int) else code
    return ErrorRow(
        first=first,
        last=last,
        verdict=verdict,
        about=about,
        words=words,
        seconds=seconds,
        repeated=repeated,
        is_spam_signal=spam,
    )


_NEW_TOKEN = "make a new access token and give it to the account"
_PERMISSIONS = "the token lacks a permission (whatsapp_business_messaging), or the app lacks access"
_LOOK_AT_MANAGER = "look into WhatsApp Manager"

# fmt: off
TABLE: tuple[ErrorRow, ...] = (
    # Access -------------------------------------------------------------------------------------------------------
    _row(0,          _V.CONFIGURATION, _A.APP, f"the access token is not accepted: {_NEW_TOKEN}"),
    _row(190,        _V.CONFIGURATION, _A.APP, f"the access token has expired or was revoked: {_NEW_TOKEN}"),
    _row(3,          _V.CONFIGURATION, _A.APP, "the app may not call this method: check its capabilities"),
    _row(10,         _V.CONFIGURATION, _A.APP, _PERMISSIONS),
    _row((200, 299), _V.CONFIGURATION, _A.APP, _PERMISSIONS),
    _row(131005,     _V.CONFIGURATION, _A.APP, _PERMISSIONS),
    _row(33,         _V.CONFIGURATION, _A.NUMBER, "the phone number was deleted, or phone_number_id is wrong"),
    # For a moment -------------------------------------------------------------------------------------------------
    _row(1,          _V.RETRY, _A.MESSAGE, "the API does not say what is wrong", repeated=_V.CAMPAIGN),
    _row(2,          _V.RETRY, _A.MESSAGE, "the API is down or overloaded", repeated=_V.NUMBER, seconds=_MINUTE),
    _row(131000,     _V.RETRY, _A.MESSAGE, "something went wrong at the provider"),
    _row(131016,     _V.RETRY, _A.MESSAGE, "a service of the provider is unavailable"),
    _row(133004,     _V.RETRY, _A.MESSAGE, "the provider's server is unavailable for a moment"),
    # Rates --------------------------------------------------------------------------------------------------------
    _row(130429,     _V.SLOW, _A.NUMBER, "the number sends more messages a second than it may"),
    _row(131056,     _V.PAIR, _A.RECIPIENT, "too many messages from this number to this recipient in a short time"),
    _row(4,          _V.NUMBER, _A.APP, "the app has used up its calls of this hour", seconds=5 * _MINUTE),
    _row(80007,      _V.NUMBER, _A.ACCOUNT, "the WhatsApp Business Account has used up its calls", seconds=5 * _MINUTE),
    _row(80008,      _V.NUMBER, _A.ACCOUNT, "the WhatsApp Business Account has used up its management calls",
         seconds=5 * _MINUTE),
    _row(131057,     _V.NUMBER, _A.NUMBER, "the number is being upgraded and is back in a minute", seconds=_MINUTE),
    # Spam, policy, payment: everything stops ----------------------------------------------------------------------
    _row(131048,     _V.CAMPAIGN, _A.NUMBER, "spam rate limit: too many messages of this number were blocked or "
         f"reported; {_LOOK_AT_MANAGER} before you resume", spam=True),
    _row(368,        _V.CAMPAIGN, _A.ACCOUNT, f"blocked for a time for violating a policy; {_LOOK_AT_MANAGER}", spam=True),
    _row(131031,     _V.CAMPAIGN, _A.ACCOUNT, f"the account is locked or restricted; {_LOOK_AT_MANAGER}", spam=True),
    _row(131064,     _V.CAMPAIGN, _A.ACCOUNT, "messaging is limited because templates are in the wrong category", spam=True),
    _row((131042, 131042), _V.CAMPAIGN, _A.ACCOUNT, "the payment method has a problem: every message would fail"),
    _row(131044,     _V.CAMPAIGN, _A.ACCOUNT, "the payment method has a problem: every message would fail"),
    # The number ---------------------------------------------------------------------------------------------------
    _row(131030,     _V.CONFIGURATION, _A.NUMBER, "this is a test number, which sends to listed recipients only"),
    _row(131037,     _V.CONFIGURATION, _A.NUMBER, "the number needs an approved display name"),
    _row(131045,     _V.CONFIGURATION, _A.NUMBER, "the number's registration or certificate is wrong: register it again"),
    _row(133000,     _V.CONFIGURATION, _A.NUMBER, "the number's deregistration is not complete"),
    _row(133005,     _V.CONFIGURATION, _A.NUMBER, "the two-step verification PIN is wrong"),
    _row(133006,     _V.CONFIGURATION, _A.NUMBER, "the number must be verified again"),
    _row((133008, 133009), _V.CONFIGURATION, _A.NUMBER, "the two-step verification PIN was tried too often or too fast"),
    _row(133010,     _V.CONFIGURATION, _A.NUMBER, "the number is not registered with the Cloud API"),
    _row((133015, 133016), _V.CONFIGURATION, _A.NUMBER, "the number was (de)registered too often or too lately"),
    _row(131063,     _V.CONFIGURATION, _A.ACCOUNT, "marketing messages are switched off on this interface"),
    _row(134011,     _V.CONFIGURATION, _A.ACCOUNT, "the terms of payments were not accepted"),
    _row(134100,     _V.CONFIGURATION, _A.TEMPLATE, "only marketing templates may be sent this way"),
    _row(134101,     _V.TEMPLATE, _A.TEMPLATE, "the template is still being synchronised", seconds=10 * _MINUTE),
    _row(134102,     _V.CONFIGURATION, _A.ACCOUNT, "the Marketing Messages API is not available to this account"),
    _row(131055,     _V.CONFIGURATION, _A.ACCOUNT, "this method is not allowed for this kind of message"),
    # The recipient ------------------------------------------------------------------------------------------------
    _row(130472,     _V.FAIL, _A.RECIPIENT, "the recipient is part of an experiment of the provider; not charged"),
    _row(130497,     _V.FAIL, _A.RECIPIENT, "the account may not message people in this country", repeated=_V.CAMPAIGN),
    _row(131021,     _V.FAIL, _A.RECIPIENT, "recipient and sender are the same number"),
    _row(131026,     _V.FAIL, _A.RECIPIENT, "undeliverable: not on WhatsApp, terms not accepted, or an old version"),
    _row(131047,     _V.FAIL, _A.RECIPIENT, "more than 24 hours since the recipient's last message: only templates may be sent"),
    _row(131049,     _V.FAIL, _A.RECIPIENT, "not delivered to keep the recipient from too much marketing; do not try "
         "again for 24 hours", seconds=_DAY),
    _row(131050,     _V.SUPPRESS, _A.RECIPIENT, "the recipient has stopped marketing messages of this business"),
    _row(131062,     _V.FAIL, _A.RECIPIENT, "this message cannot go to a business-scoped user id"),
    _row(137000,     _V.FAIL, _A.RECIPIENT, "the recipient's identity key has changed"),
    # The request: a row's data, or the template when it repeats ---------------------------------------------------
    _row(100,        _V.FAIL, _A.MESSAGE, "a parameter of the request is invalid", repeated=_V.CAMPAIGN),
    _row(131001,     _V.FAIL, _A.MESSAGE, "the message is too long", repeated=_V.TEMPLATE),
    _row(131002,     _V.FAIL, _A.MESSAGE, "the type of the recipient is invalid", repeated=_V.CAMPAIGN),
    _row(131008,     _V.FAIL, _A.MESSAGE, "a required parameter is missing", repeated=_V.TEMPLATE),
    _row(131009,     _V.FAIL, _A.MESSAGE, "a parameter's value is invalid", repeated=_V.TEMPLATE),
    _row(131051,     _V.FAIL, _A.MESSAGE, "this type of message is not supported", repeated=_V.CAMPAIGN),
    _row(135000,     _V.FAIL, _A.MESSAGE, "the request's parameters are wrong in some way", repeated=_V.CAMPAIGN),
    _row(131052,     _V.IGNORE, _A.MESSAGE, "media of an incoming message could not be loaded"),
    _row(131053,     _V.TEMPLATE, _A.TEMPLATE, "the media could not be loaded: check its link, type and size", seconds=_HOUR),
    _row(131059,     _V.IGNORE, _A.MESSAGE, "the cursor of a list is invalid: the list is read again"),
    # Templates ----------------------------------------------------------------------------------------------------
    _row(132000,     _V.FAIL, _A.MESSAGE, "the number of parameters is not that of the template", repeated=_V.TEMPLATE),
    _row(132001,     _V.TEMPLATE, _A.TEMPLATE, "there is no approved template of this name in this language", seconds=_HOUR),
    _row(132005,     _V.FAIL, _A.MESSAGE, "with its parameters the text is too long", repeated=_V.TEMPLATE),
    _row(132007,     _V.FAIL, _A.MESSAGE, "characters or format are against the policy", repeated=_V.TEMPLATE),
    _row(132008,     _V.FAIL, _A.MESSAGE, "a parameter's value has the wrong format", repeated=_V.TEMPLATE),
    _row(132012,     _V.FAIL, _A.MESSAGE, "a parameter has not the format that the template asks for", repeated=_V.TEMPLATE),
    _row(132015,     _V.TEMPLATE, _A.TEMPLATE, "the template is paused for its low quality", seconds=3 * _HOUR, spam=True),
    _row(132016,     _V.TEMPLATE, _A.TEMPLATE, "the template was paused too often and is disabled for good", spam=True),
    _row(132068,     _V.TEMPLATE, _A.TEMPLATE, "the template's flow is blocked"),
    _row(132069,     _V.TEMPLATE, _A.TEMPLATE, "the template's flow is throttled to 10 messages an hour", seconds=_HOUR),
)
# fmt: on

_BY_CODE = {code: row for row in TABLE for code in range(row.first, row.last + 1)}

# What has no row, by HTTP status: the provider's edge, a proxy, a code of tomorrow.
_TOO_MANY = _row(-1, _V.SLOW, _A.NUMBER, "too many requests")
_FORBIDDEN = _row(-1, _V.CONFIGURATION, _A.APP, f"access is denied: {_PERMISSIONS}")
_SERVER = _row(-1, _V.RETRY, _A.MESSAGE, "the provider's server failed", repeated=_V.NUMBER, seconds=_MINUTE)
_UNKNOWN = _row(-1, _V.FAIL, _A.MESSAGE, "an error that is not known here", repeated=_V.CAMPAIGN)


def row_of(error: ApiError) -> ErrorRow:
    """What an error means. Without a known code the HTTP status decides; every error has a row."""
    row = None if error.code is None else _BY_CODE.get(error.code)
    if row is not None:
        return row
    if error.status == 429:
        return _TOO_MANY
    if error.status in (401, 403):
        return _FORBIDDEN
    return _SERVER if error.status >= 500 or error.is_transient else _UNKNOWN


def in_words(error: ApiError, row: ErrorRow) -> str:
    """The error for a person: our words first, then the provider's own, as they came."""
    number = f"HTTP {error.status}" if error.code is None else str(error.code)
    raw = "; ".join(part for part in (error.message, error.details) if part)
    return printable(f"{number}: {row.words}" + (f" (provider: {raw})" if raw else ""))


class Streaks:
    """Counts the same error in a row, so that what cannot be the recipients' fault ends before it has cost them all."""

    def __init__(self, most: int = 3) -> None:
        """``most``: at which error of a row it is taken for the template's, the campaign's or the number's."""
        self._most = most
        self._codes: dict[str, tuple[int | None, int]] = {}

    def accepted(self, key: str) -> None:
        """A message of this key (a template) was accepted."""
        self._codes.pop(key, None)

    def verdict(self, key: str, error: ApiError, row: ErrorRow) -> Verdict:
        """The error's verdict, or the one that it has by having come again and again."""
        if row.repeated is None:
            return row.verdict
        code, count = self._codes.get(key, (error.code, 0))
        count = count + 1 if code == error.code else 1
        self._codes[key] = (error.code, count)
        return row.repeated if count >= self._most else row.verdict


def outcome(error: ApiError, row: ErrorRow, verdict: Verdict, *, attempt: int) -> Deferred | Refused | Returned:
    """How a message ends that the API has definitely not taken; ``attempt`` counts from 1."""
    words = in_words(error, row)
    seconds = error.retry_after_seconds or row.seconds
    match verdict:
        case Verdict.FAIL | Verdict.IGNORE:
            return Refused(reply=words, is_answer=True)
        case Verdict.SUPPRESS:
            return Refused(reply=words, hard_bounce=True, is_answer=True)
        case Verdict.RETRY:
            planned = RETRY_SECONDS[min(max(attempt, 1), len(RETRY_SECONDS)) - 1]
            wait = max(planned, error.retry_after_seconds or 0.0)
            return Deferred(reply=words, retry_after_seconds=wait, is_answer=True)
        case Verdict.PAIR:
            power = min(max(attempt, 1), _LARGEST_PAIR_POWER)
            wait = max(PAIR_SECONDS, 4.0**power, error.retry_after_seconds or 0.0)
            return Returned(reply=words, retry_after_seconds=wait, is_answer=True)
        case Verdict.TEMPLATE:
            stop = TemplateStop(reason=words, seconds=stop_seconds(error, row, verdict))
            wait = stop.seconds or _STOPPED_TEMPLATE_SECONDS
            return Returned(reply=words, retry_after_seconds=wait, template_stop=stop, is_answer=True)
        case _:
            return Returned(reply=words, trouble=_trouble(verdict, row, words, seconds), is_answer=True)


def stop_seconds(error: ApiError, row: ErrorRow, verdict: Verdict) -> float | None:
    """How long a template is stopped by an error; None: until the provider or a person says otherwise."""
    if row.is_spam_signal or verdict is not row.verdict:
        return None
    return error.retry_after_seconds or row.seconds


def _trouble(verdict: Verdict, row: ErrorRow, words: str, seconds: float | None) -> AccountTrouble:
    kind = _TROUBLES[verdict]
    needs_a_person = kind in (TroubleKind.BROKEN, TroubleKind.ALARM)
    return AccountTrouble(
        kind=kind,
        reason=words,
        retry_after_seconds=None if needs_a_person else seconds,
        is_shared=row.about is About.ACCOUNT,
        is_answer=True,
    )


_TROUBLES = {
    Verdict.SLOW: TroubleKind.TOO_FAST,
    Verdict.NUMBER: TroubleKind.LIMITED,
    Verdict.CAMPAIGN: TroubleKind.ALARM,
    Verdict.CONFIGURATION: TroubleKind.BROKEN,
}
_LARGEST_PAIR_POWER = 4  # 256 s
_STOPPED_TEMPLATE_SECONDS = 12 * _HOUR
