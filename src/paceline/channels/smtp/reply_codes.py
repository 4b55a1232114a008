"""What a refusal means: one table, first match wins. Above this file nobody looks at a number.

The first digit decides between "later" and "never"; text may only tell whose fault it is. Sources: RFC 5321, RFC 3463,
RFC 4954, and the replies that providers document or send.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from paceline.channels.smtp.replies import Reply
from paceline.domain.outcome import (
    AccountTrouble,
    Deferred,
    Refused,
    Returned,
    TroubleKind,
)


class Stage(StrEnum):
    """What a reply answers."""

    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    RESET = "reset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Verdict(StrEnum):
    """Whose fault a refusal is, and for how long."""

    DEFER = "defer"  # this message, for now
    REFUSE = "refuse"  # this message, for good
    BOUNCE = "bounce"  # the address does not exist
    BUSY = "busy"  # the account: fewer connections, or this one is closed
    LIMITED = "limited"  # the account: the provider's own limit
    FAILING = "failing"  # the account: something that may pass
    BROKEN = "broken"  # the account: a person has to act


TROUBLES = {
    Verdict.BUSY: TroubleKind.BUSY,
    Verdict.LIMITED: TroubleKind.LIMITED,
    Verdict.FAILING: TroubleKind.FAILING,
    Verdict.BROKEN: TroubleKind.BROKEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    stages: frozenset[Stage]
    code: re.Pattern[str]
    enhanced: re.Pattern[str]
    text: re.Pattern[str]
    verdict: Verdict
    seconds: float | None
    host: str


def _row(
    stages: frozenset[Stage],
    code: str,
    enhanced: str,
    text: str,
    verdict: Verdict,
    seconds: float | None = None,
    host: str = "",
) -> _Row:
    """``code`` and ``enhanced`` match as a whole ("" matches all), ``text`` anywhere; ``host`` is a suffix."""
    return _Row(
        stages=stages,
        code=re.compile(code),
        enhanced=re.compile(enhanced or ".*"),
        text=re.compile(text, re.IGNORECASE),
        verdict=verdict,
        seconds=seconds,
        host=host,
    )


_ANY = frozenset(Stage)
_OPENING = frozenset({Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_STARTTLS = frozenset({Stage.STARTTLS})
_AUTH = frozenset({Stage.AUTH})
_MAIL = frozenset({Stage.MAIL})
_RESET = frozenset({Stage.RESET})
_RCPT = frozenset({Stage.RCPT})
_LETTER = frozenset({Stage.RCPT, Stage.DATA, Stage.DOT})
_AFTER_RCPT = frozenset({Stage.MAIL, Stage.DATA, Stage.DOT})
_SENDING = _MAIL | _LETTER
_COMMANDS = frozenset({Stage.RCPT, Stage.DATA})

_MINUTE, _HOUR = 60.0, 3600.0
_UNKNOWN_USER = (
    r"(user|mailbox|recipient|address|account|alias)\b.{0,40}\b(unknown|not found|not exist|invalid|unavailable)"
    r"|(unknown|invalid|no such) (user|mailbox|recipient|address|person|local)|no (mailbox|user) (here|by that name)"
    r"|does(n't| not) exist|user doesn't have"
)
_SENDER_REFUSED = (
    r"sender address rejected|sender .{0,20}not allowed|not owned by user|send ?as ?denied"
    r"|not (authori[sz]ed|allowed|permitted) to send|permissions? to send as"
)
_RELAY_DENIED = (
    r"relay(ing)?\b.{0,20}\b(denied|prohibited|not (permitted|allowed))|unable to relay|authentication required"
)
_OWN_LIMIT = (
    r"(hourly|daily|per hour|per day|sending|outgoing|outbound|submission|messaging)\b.{0,40}\b(limits?|quota|rate)\b"
    r"|\b(limits?|quota|rate)\b.{0,40}\b(per hour|per day|hourly|daily|an hour|a day)"
    r"|max(imum)? (emails|messages|defers and failures|credits)|too (much mail|many messages) from|\brate.?limit"
)

_SPAM = re.compile(
    r"spam|black.?list|block.?list|\bblocked\b|reputation|\brbls?\b|dnsbl|phish|malware|virus|junk|unsolicited|bulk mail"
    r"|dmarc|\bspf\b|dkim|unauthenticated|content.{0,20}(rejected|filter|not accept)|policy",
    re.IGNORECASE,
)
"""What a refusal for good says when content or sender are the reason, and not the recipient."""

# fmt: off
TABLE: tuple[_Row, ...] = (
    # Replies about the account, by provider ------------------------------------------------------------------------
    # Gmail, Workspace
    _row(_ANY,        "5..",     r"5\.4\.5",            "",                           Verdict.LIMITED, _HOUR),
    _row(_ANY,        "550",     r"5\.7\.1",            r"relay limit|daily .*limit", Verdict.LIMITED, _HOUR),
    _row(_ANY,        "450",     r"4\.2\.1",            r"relay limit",               Verdict.LIMITED, _MINUTE),
    _row(_ANY,        "421",     r"4\.7\.28",           "",                           Verdict.LIMITED, 10 * _MINUTE),
    _row(_ANY,        "421",     r"4\.7\.0",            r"rate|limit|unusual|too many|try again later", Verdict.LIMITED, 5 * _MINUTE),
    _row(_AUTH,       "454",     r"4\.7\.0",            r"too many",                  Verdict.LIMITED, 5 * _MINUTE),
    # Microsoft 365
    _row(_AUTH,       "432",     r"4\.7\.12",           "",                           Verdict.BROKEN),
    _row(_ANY,        "432",     "",                    "",                           Verdict.BUSY),
    _row(_ANY,        "554",     r"5\.2\.0",            r"storedrv|submission",       Verdict.LIMITED, _HOUR),
    _row(_ANY,        "554",     r"5\.2\.2",            r"storedrv|submission",       Verdict.BROKEN),
    _row(_AFTER_RCPT, "554",     r"5\.2\.2",            "",                           Verdict.BROKEN),
    _row(_ANY,        "5..",     r"5\.7\.(30|57|60|5\d\d)|5\.1\.8|5\.2\.252", "",     Verdict.BROKEN),
    # SES
    _row(_ANY,        "454",     "",                    r"maximum sending rate",      Verdict.LIMITED, 1.0),
    _row(_ANY,        "454",     "",                    r"daily .*quota",             Verdict.LIMITED, _HOUR),
    _row(_ANY,        "554",     "",                    r"not verified",              Verdict.BROKEN),
    # SendGrid, Mailgun
    _row(_SENDING,    "451",     "",                    "",                           Verdict.LIMITED, 5 * _MINUTE, "sendgrid.net"),
    _row(_ANY,        "[45]..",  "",                    r"exceeded your messaging limits|maximum credits", Verdict.LIMITED, _HOUR),
    _row(_ANY,        "420",     "",                    "",                           Verdict.LIMITED, 5 * _MINUTE),
    # any
    _row(_ANY,        "53[0458]", "",                   "",                           Verdict.BROKEN),
    _row(_ANY,        "421",     "",                    "",                           Verdict.BUSY),

    # Before the message: host or account, never a recipient --------------------------------------------------------
    _row(_AUTH,       "4..",     "",                    "",                           Verdict.FAILING),
    _row(_AUTH,       "5..",     "",                    "",                           Verdict.BROKEN),
    _row(_STARTTLS,   "5..",     "",                    "",                           Verdict.BROKEN),
    _row(_OPENING,    "5..",     r"5\.7\.\d+",          "",                           Verdict.BROKEN),
    _row(_OPENING,    "[45]..",  "",                    "",                           Verdict.FAILING),
    _row(_RESET,      "[45]..",  "",                    "",                           Verdict.FAILING),
    _row(_MAIL,       "552",     "",                    "",                           Verdict.REFUSE),
    _row(_MAIL,       "5..",     r"5\.(3\.4|2\.3)",     "",                           Verdict.REFUSE),
    _row(_MAIL,       "[45]..",  "",                    _OWN_LIMIT,                   Verdict.LIMITED, 10 * _MINUTE),
    _row(_MAIL,       "5..",     r"5\.(7\.\d+|1\.[078])", "",                         Verdict.BROKEN),
    _row(_MAIL,       "5(01|50|51|53|54|55)", "",       "",                           Verdict.BROKEN),
    _row(_MAIL,       "[45]..",  "",                    "",                           Verdict.FAILING),

    # The message ---------------------------------------------------------------------------------------------------
    _row(_RCPT,       "552",     r"5\.5\.3",            "",                           Verdict.DEFER),
    _row(_RCPT,       "552",     "",                    r"too many recipients",       Verdict.DEFER),  # RFC 5321 4.5.3.1.10
    _row(_LETTER,     "5..",     r"5\.1\.([1236]|10)",  "",                           Verdict.BOUNCE),
    _row(_LETTER,     "5..",     r"5\.2\.1",            r"disabled|inactive|discontinued|no longer", Verdict.BOUNCE),
    _row(_LETTER,     "5..",     r"5\.2\.\d+",          "",                           Verdict.REFUSE),  # full mailboxes …
    _row(_LETTER,     "4..",     r"4\.2\.\d+",          "",                           Verdict.DEFER),   # … have quotas too
    _row(_LETTER,     "5..",     "",                    _SENDER_REFUSED,              Verdict.BROKEN),
    _row(_LETTER,     "4..",     "",                    _SENDER_REFUSED,              Verdict.FAILING),
    _row(_RCPT,       "[45]..",  "",                    _RELAY_DENIED,                Verdict.FAILING),
    _row(_LETTER,     "[45]..",  "",                    _OWN_LIMIT,                   Verdict.LIMITED, 10 * _MINUTE),
    _row(_COMMANDS,   "50[0234]", "",                   "",                           Verdict.FAILING),
    _row(_RCPT,       "55[0134]", r"|5\.0\.0|5\.1\.0|5\.5\.0", _UNKNOWN_USER,         Verdict.BOUNCE),
    _row(_LETTER,     "4..",     "",                    "",                           Verdict.DEFER),
    _row(_LETTER,     "5..",     "",                    "",                           Verdict.REFUSE),

    # A "yes" where it means nothing: the server is out of step -----------------------------------------------------
    _row(_ANY,        "...",     "",                    "",                           Verdict.FAILING),
)
# fmt: on

_HINT = re.compile(
    r"\b(?:in|after|for|wait|least)\s+(?:about\s+)?(?:(\d{1,2}):(\d\d):(\d\d)\b"
    r"|(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b)",
    re.IGNORECASE,
)
_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_HINT_SECONDS = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, and the seconds to wait where the reply or the table names them."""

    verdict: Verdict
    seconds: float | None = None


def classify(stage: Stage, reply: Reply, host: str = "") -> Judgement:
    """What a reply other than the expected one means. ``host`` is the server's name, for rows about one provider."""
    code, enhanced, text = str(reply.code), reply.enhanced, reply.text
    row = next(row for row in TABLE if _matches(row, stage, code, enhanced, text, host))
    return Judgement(verdict=row.verdict, seconds=asked_seconds(text) or row.seconds)


def _matches(row: _Row, stage: Stage, code: str, enhanced: str, text: str, host: str) -> bool:
    return (
        stage in row.stages
        and row.code.fullmatch(code) is not None
        and row.enhanced.fullmatch(enhanced) is not None
        and row.text.search(text) is not None
        and host.lower().endswith(row.host)
    )


def asked_seconds(text: str) -> float | None:
    """The wait that a reply asks for ("try again in 60 seconds", "after 5 minutes", "in 00:04:59"), at most a day."""
    match = _HINT.search(text)
    if match is None:
        return None
    if match[1] is not None:
        seconds = int(match[1]) * 3600.0 + int(match[2]) * 60 + int(match[3])
    else:
        seconds = int(match[4]) * _UNIT_SECONDS[match[5][0].lower()]
    return min(seconds, _LONGEST_HINT_SECONDS)


def trouble(stage: Stage, reply: Reply, host: str = "") -> AccountTrouble:
    """An account's trouble from a refusal before any message; every verdict there is about the account."""
    judgement = classify(stage, reply, host)
    return _trouble(judgement, reply.text)


def _trouble(judgement: Judgement, reason: str) -> AccountTrouble:
    kind = TROUBLES[judgement.verdict]
    seconds = None if kind is TroubleKind.BROKEN else judgement.seconds
    return AccountTrouble(kind=kind, reason=reason, retry_after_seconds=seconds, is_answer=True)


def outcome(stage: Stage, reply: Reply, host: str = "") -> Deferred | Refused | Returned:
    """How a message ends that was refused at this stage; certainly not accepted."""
    judgement = classify(stage, reply, host)
    text = reply.text
    match judgement.verdict:
        case Verdict.DEFER:
            return Deferred(reply=text, retry_after_seconds=judgement.seconds, is_answer=True)
        case Verdict.REFUSE | Verdict.BOUNCE:
            bounce = judgement.verdict is Verdict.BOUNCE
            spam = not bounce and _SPAM.search(text) is not None
            return Refused(reply=text, hard_bounce=bounce, spam=spam, is_answer=True)
        case _:
            return Returned(reply=text, trouble=_trouble(judgement, text), is_answer=True)
