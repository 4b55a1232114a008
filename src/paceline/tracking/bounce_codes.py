"""What a failed delivery says about its recipient: one table, first match wins; the codes of reports and odd formats alike.

Sources: RFC 3463, RFC 3464, RFC 7505, and what MTAs and providers write. What is not understood is never called hard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from paceline.tracking.bounce_languages import in_any_language


class BounceKind(StrEnum):
    """Whose fault it is."""

    HARD = "hard"  # there is no such address, and there will be none
    SOFT = "soft"  # full, away, too large, unreachable: it may pass
    SPAM = "spam"  # refused for content, reputation or policy: says nothing about the address
    ACCOUNT = "account"  # the sending account: its limit, its rights


@dataclass(frozen=True, slots=True)
class _Row:
    status: re.Pattern[str]
    text: re.Pattern[str]
    kind: BounceKind


def _row(status: str, text: str, kind: BounceKind) -> _Row:
    """``status`` matches the beginning of the enhanced code ("" all), ``text`` anywhere in the diagnosis."""
    return _Row(re.compile(status), re.compile(text, re.IGNORECASE | re.DOTALL), kind)


_OWN_LIMIT = (
    r"daily (user )?(sending|smtp relay)? ?(limit|quota)|relay limit exceeded|submission quota|messaging limits"
    r"|(sending|outgoing|outbound|message) (rate|limit|quota)[^.]{0,40}exceed|exceed[^.]{0,40}(sending|outgoing|outbound)"
    r"|maximum sending rate|daily message quota|too many (messages|emails) (sent|from you)|you have reached a limit for sending"
    r"|(sending|outgoing|outbound) (e-?mail |mail |message )?(limit|quota)\b"
    r"|max(imum)? (e-?mails|messages|recipients) (allowed )?per (hour|day)|unusual sending activity"
    rf"|{in_any_language('own_account')}"
)
_OWN_RIGHTS = (
    r"send ?as ?denied|not (authori[sz]ed|allowed|permitted) to send|sender address rejected: not owned"
    r"|address is not verified|authentication required|account (is )?(suspended|blocked) (from|for) send"
    r"|access denied, bad outbound sender|sender (is )?blocked from sending|outbound spam"
    r"|auth(entication)? (is required|failed|failure|unsuccessful|credentials invalid)"
    r"|\byour (e-?mail )?(account|service|access)\b[^.]{0,30}(disabled|suspended|blocked|locked|deactivated|restricted)"
)
_FULL = (
    r"over ?quota|quota (has been )?exceed|exceed(ed|s)?[^.]{0,30}(quota|storage|allocation)|mail ?box[^.]{0,40}\bfull"
    r"|inbox[^.]{0,20}full|(is|too) full\b|insufficient (system )?storage|out of storage|storage space|(mailbox|not enough) space"
    rf"|maximum (mailbox )?size|disk quota|{in_any_language('full')}"
)
_UNKNOWN_USER = (
    r"(user|mailbox|recipient|address|account|alias|person|box)\b.{0,40}\b(unknown|not found|not exist|invalid|unavailable"
    r"|not valid|no longer|disabled|inactive|not listed|not known|couldn.?t be found|could not be found|deactivated)"
    r"|(unknown|invalid|no such|bad destination|non-?existent|undeliverable|unrouteable) (user|mailbox|recipient|address|person|local|account|alias)"
    r"|no (mailbox|user|account|recipient|one) (here|by that name|with that)|does(n.?t| not) exist|user doesn.?t have"
    r"|no longer (accept|receiv|in use|valid|available|exist|work)|is not a (known|valid) (user|recipient|address)|not listed in|not our customer|no such user|isn.?t (a )?valid"
    r"|(user|mailbox|address|account)\b[^.]{0,40}\b(been|was|is) (permanently )?(closed|deleted|removed|retired|terminated|cancelled)"
    r"|not a valid (user|recipient|mailbox)|address rejected: (undeliverable|unknown)|(previously|already|hard)[ -]?bounced"
    rf"|{in_any_language('unknown')}"
)
_SENDER = rf"(sender.?s? (e-?mail )?(address|domain)|(mail )?from (address|domain)|{in_any_language('sender')})"
_NOT_GOOD = (
    r"(unknown|invalid|not (found|exist|valid)|n.t exist|could not be (found|verified)|reject"
    rf"|ungültig|invalide|inválid|не действ|无效|{in_any_language('unknown')})"
)
_SENDER_UNKNOWN = (
    rf"{_SENDER}[^.,:;：，。]{{0,30}}{_NOT_GOOD}|sender verif|mail from domain"
    r"|(unknown|invalid|unbekannte\w*|ungültige\w*) (sender|absender)"
)
_OUR_HOST = r"(helo|ehlo) command rejected|client host rejected|reverse (dns|hostname|lookup)|\bptr\b|\brdns\b"
_OUR_FORM = r"(invalid|bad|missing|malformed)[^.]{0,25}\bheader\b|(file|attachment) type|(dateityp|anhang)\b"
_NOT_NOW = (
    rf"(temporar(il)?y|{in_any_language('temporarily')})[^.]{{0,30}}"
    r"(unavailable|disabled|suspended|inactive|not available|reject|fail|error|lookup|deaktiviert|gesperrt|nicht|indisponible|no disponible)"
    r"|(store|server|database|service|table|directory) (is )?(currently |temporarily )?(unavailable|not available)"
)
_NO_REASON = re.compile(
    rf"\bunknown (mailer )?(error|reason|cause|failure)s?\b|\bip[ -]?address(es)?\b|{in_any_language('no_reason')}",
    re.IGNORECASE,
)
"""What sounds like one of the reasons of the table and is none."""
_NO_DOMAIN = (
    r"(host|domain)[^.]{0,30}(unknown|not found|does ?n.?t exist|couldn.?t be found|not exist)|no such (domain|host)|nxdomain"
    r"|name service error|domain name not found|null ?mx|does not accept (any )?mail|all relevant mx records point"
    r"|no (mx|a) record|dns error.{0,60}(nxdomain|not found|no such)|no mx or a"
)
_SPAM = (
    r"spam|blacklist|black list|blocklist|block list|blocked|spamhaus|barracuda|\brbls?\b|dnsbl|reputation|junk|phish|virus"
    r"|malware|content (was )?(rejected|filter)|message (was )?(rejected|refused) (due to|because of|for) |dmarc|\bspf\b|dkim"
    r"|unauthenticated|unsolicited|bulk|policy|complaint|banned|poor|listed (in|at|on)|rejected by (the )?recipient.{0,20}filter"
    rf"|administrative(ly)? prohibit|{in_any_language('spam')}"
)
_TEMPORARY = (
    r"temporar|try(ing)? again|timed? ?out|connection (refused|reset|lost|dropped)|unreachable|gr[ae]ylist|deferred"
    r"|retry time(out)? (not reached|exceeded)|delivery (time )?expired|too busy|resources|retry timeout"
    r"|not respond|no response|giving up after|handshake|lookup failure"
    rf"|{in_any_language('unreachable')}"
)
_OUR_REPUTATION = r"complaint|reputation|unexpected volume|unsolicited|spam|black ?list|block ?list|spamhaus|dnsbl"
_TOO_LARGE = r"too (large|big)|size (limit )?exceed|exceed[^.]{0,30}size|message size|maximum[^.]{0,20}message"

TABLE: tuple[_Row, ...] = (
    # who may write to a mailbox: says nothing about either side's account
    _row("", r"resolver\.rst\b|delivery restriction check failed", BounceKind.SPAM),
    # the sending account
    _row("", _OWN_LIMIT, BounceKind.ACCOUNT),
    _row("", _OWN_RIGHTS, BounceKind.ACCOUNT),
    _row(r"[45]\.1\.[78]$", "", BounceKind.ACCOUNT),
    _row(r"5\.4\.5$", "", BounceKind.ACCOUNT),
    _row(r"5\.7\.(8|30|57|60|70\d|750)$", "", BounceKind.ACCOUNT),
    # put off for what is thought of the sender: it would count against the wrong one
    _row(r"4\.7\.", _OUR_REPUTATION, BounceKind.SPAM),
    # "later" stays "later", whatever else is said
    _row(r"4\.", "", BounceKind.SOFT),
    # what a server has against the sender or its host, in words that are also said of recipients
    _row("", _SENDER_UNKNOWN, BounceKind.ACCOUNT),
    _row(r"5\.7\.2\d$", "", BounceKind.SPAM),
    # the mailbox
    _row(r"5\.2\.2$", "", BounceKind.SOFT),
    _row("", _FULL, BounceKind.SOFT),
    _row(r"5\.1\.([1236]|10)$", "", BounceKind.HARD),
    _row(r"5\.1\.0$", r"^(?!.*(sender|mail from)).*\b(address rejected|unknown address)", BounceKind.HARD),  # Cisco
    _row(r"5\.(2\.3|3\.4)$", "", BounceKind.SOFT),
    _row("", _TOO_LARGE, BounceKind.SOFT),
    _row(r"5\.2\.1$", "disabled|inactive|no longer|discontinued|unknown|closed|suspended", BounceKind.HARD),
    _row(r"5\.4\.1$", "recipient address rejected", BounceKind.HARD),  # Exchange Online: not in its directory
    _row(r"5\.7\.1$", r"recipientnotfound|resolver\.adr", BounceKind.HARD),
    # what is said about sender or content, where a server says both
    _row(r"5\.7\.", r"spamhaus|blocked using|black ?list|block ?list|reputation", BounceKind.SPAM),
    _row("", _OUR_HOST, BounceKind.SPAM),
    _row("", _OUR_FORM, BounceKind.SPAM),
    _row("", _NOT_NOW, BounceKind.SOFT),
    _row("", _NO_DOMAIN, BounceKind.HARD),
    _row("", _UNKNOWN_USER, BounceKind.HARD),
    _row("", _SPAM, BounceKind.SPAM),
    _row(r"5\.7\.", "", BounceKind.SPAM),
    _row("", _TEMPORARY, BounceKind.SOFT),
)

_REASONS = tuple(row.text for row in TABLE if row.text.pattern)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([245])[0-5]\d(?=[ -])")
_LONGEST = 4000
"""Of a diagnosis; nobody gives the reason behind that."""


def classify(status: str, diagnosis: str) -> BounceKind:
    """Whose fault a failure is. ``status`` is an enhanced code or "", ``diagnosis`` what the server said."""
    code = best_status(status, diagnosis)
    said = _NO_REASON.sub(" ", diagnosis[:_LONGEST])
    for row in TABLE:
        if row.status.match(code) and row.text.search(said):
            return row.kind
    return BounceKind.SOFT


def names_a_reason(text: str) -> bool:
    """Whether a text has words of the table in it."""
    return any(reason.search(text) for reason in _REASONS)


def has_code(text: str) -> bool:
    """Whether a text has a server's refusal in it: a reply code or an enhanced one."""
    return best_status("", text)[:1] in ("4", "5")


def best_status(status: str, diagnosis: str) -> str:
    """The enhanced code that says most: that of the report, unless it is missing or x.0.0 and the server's says more."""
    stated = _ENHANCED.search(status)
    if stated and not stated[1].endswith(".0.0"):
        return stated[1]
    said = _ENHANCED.search(diagnosis)
    if said:
        return said[1]
    if stated:
        return stated[1]
    reply = _REPLY.search(diagnosis)
    return f"{reply[1]}.0.0" if reply else ""
