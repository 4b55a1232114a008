"""Reports about messages: what a mail that came back says, in whatever format its server chose to write it.

RFC 3464 reports first, then the marks and phrases of servers that never learnt them. Automatic replies are told apart.
What cannot be read is kept as unknown: nothing is guessed.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from itertools import takewhile

from flufl.bounce import all_failures

from paceline.tracking.bounce_codes import BounceKind, best_status, classify, has_code, names_a_reason
from paceline.tracking.bounce_languages import in_any_language
from paceline.tracking.mail_parts import body_text, decoded, field_blocks, header, parts

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it tells of every format that it tries


class ReportKind(StrEnum):
    """What a mail that came back is."""

    FAILED = "failed"
    DELAYED = "delayed"  # still under way: nothing is to be done
    DELIVERED = "delivered"
    READ = "read"
    AUTO_REPLY = "auto_reply"
    COMPLAINT = "complaint"
    UNKNOWN = "unknown"  # to be shown to a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What it says about one recipient. ``recipient`` is "" where it names none."""

    kind: ReportKind
    recipient: str = ""
    bounce: BounceKind | None = None
    status: str = ""
    diagnosis: str = ""


_LONGEST_DIAGNOSIS = 500
_MOST_RECIPIENTS = 100
_MOST_LINES = 500
"""Behind them nobody gives a reason any more."""
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CHARACTER = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
"""How fields write a letter of another script where they may only have ASCII (RFC 6533)."""
_FIELD_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[\w-]+(?:\.[\w-]+)+")
"""In a field, where it may have letters of all scripts (RFC 6533); in running text they could be words around it."""
_ACTIONS = {
    "failed": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.DELIVERED,
    "expanded": ReportKind.DELIVERED,
}
_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail delivery|maildelivery|^mail[_-]?system|^mda@|bounce", re.IGNORECASE
)
_FAILURE_SUBJECT = re.compile(
    r"undeliver|returned mail|failure notice|delivery failed|could(n.t| not) deliver|(mail|message)( was)? not sent|delivery (status|failure|has failed|problem|notification)"
    r"|mail (delivery )?(failure|error|failed)|non[- ]?delivery|could not be delivered|failed mail|message not delivered|nondeliverable"
    rf"|{in_any_language('undelivered')}",
    re.IGNORECASE,
)
_DELAY_SUBJECT = re.compile(
    r"\bdelay|warning: (message|could not send)|still (being )?(retried|trying)|verzögert|retard", re.IGNORECASE
)
_AUTO_SUBJECT = re.compile(
    r"^(re: ?|aw: ?)?(auto(matic|matische|-|mated)?[ -]?(reply|response|antwort|responder)|out of( the)? office|abwesen"
    r"|réponse automatique|respuesta automática|risposta automatica|resposta automática|automatisch antwoord|autosvar"
    r"|автоответ|自動返信|自動応答|自动回复|자동 (회신|응답)|odpowied[źz] automatyczna|otomatik yan[ıi]t|automatick[áa] odpov[ěe]"
    r"|i am (out|away)|on vacation|absence du bureau|fuera de la oficina)",
    re.IGNORECASE,
)
_EXPLANATION = re.compile(
    r"\b[45]\d\d[ -]|\b[45]\.\d\.\d|remote host said|reason|diagnostic|error|rejected|because|unknown|not exist|full|quota"
    r"|unrout|not listed|recogni[sz]ed|no such|could not|couldn't|denied|refused"
    r"|\bgrund:|\bfehler|\bmotif|\bmotivo|\berreur|\berrore|причин|原因|理由",
    re.IGNORECASE,
)


def read_report(message: Message) -> list[Report]:
    """What a mail says, one report per recipient; one UNKNOWN when it is none that can be read."""
    machine = list(_machine_readable(message))
    if machine:
        return machine[:_MOST_RECIPIENTS]
    odd = list(_odd_format(message))
    if odd:
        return odd[:_MOST_RECIPIENTS]
    if _is_auto_reply(message):
        return [Report(kind=ReportKind.AUTO_REPLY, diagnosis=header(message, "Subject")[:_LONGEST_DIAGNOSIS])]
    return [Report(kind=ReportKind.UNKNOWN, diagnosis=_cut(header(message, "Subject")))]


def _machine_readable(message: Message) -> Iterator[Report]:
    for part in parts(message):
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            yield from _delivery_status(part, message)
            return
        if kind in ("message/disposition-notification", "message/global-disposition-notification"):
            yield from _disposition(part)
            return


def _delivery_status(part: Message, message: Message) -> Iterator[Report]:
    for fields in field_blocks(part):
        recipient = _address(fields.get("original-recipient", "")) or _address(fields.get("final-recipient", ""))
        action = fields.get("action", "").split(" ")[0].strip("();,").lower()
        if not recipient and not action and "status" not in fields:
            continue  # the fields of the message as a whole
        status, diagnosis = fields.get("status", ""), fields.get("diagnostic-code", "")
        if action not in _ACTIONS and not status:
            continue
        kind = _ACTIONS.get(action, ReportKind.FAILED if status.startswith("5") else ReportKind.DELAYED)
        if kind is ReportKind.FAILED and len(diagnosis) < len("smtp; 550"):
            diagnosis = f"{diagnosis} {_explanation(body_text(message), recipient)}".strip()
        yield _report(kind, recipient, status, _without_type(diagnosis))


def _disposition(part: Message) -> Iterator[Report]:
    """A receipt (RFC 8098): read, or thrown away unread, which says no more than an automatic reply."""
    for fields in field_blocks(part):
        if disposition := fields.get("disposition", ""):
            is_read = "displayed" in disposition.lower() or "processed" in disposition.lower()
            recipient = _address(fields.get("final-recipient", "")) or _address(fields.get("original-recipient", ""))
            kind = ReportKind.READ if is_read else ReportKind.AUTO_REPLY
            yield Report(kind=kind, recipient=recipient, diagnosis=_cut(disposition))
            return


def _odd_format(message: Message) -> Iterator[Report]:
    failed = [_address(one) for one in header(message, "X-Failed-Recipients").split(",")]
    is_about_failure = _is_from_a_server(message)
    if not any(failed) and not is_about_failure:
        return
    text = body_text(message)
    subject = header(message, "Subject")
    if is_about_failure and _DELAY_SUBJECT.search(subject) and not any(failed):
        yield Report(kind=ReportKind.DELAYED, recipient=_first_address(text, message), diagnosis=_cut(subject))
        return
    temporary, permanent = _known_formats(message)
    for address in dict.fromkeys([*filter(None, failed), *permanent, *temporary]):
        yield _report(ReportKind.FAILED, address, "", _explanation(text, address))
    if any(failed) or temporary or permanent:
        return
    explanation = _explanation(text, "")
    recipient = _first_address(text, message)
    if (explanation and _FAILURE_SUBJECT.search(f"{subject}\n{text[:2000]}")) or (recipient and has_code(explanation)):
        yield _report(ReportKind.FAILED, recipient, "", explanation)


def _known_formats(message: Message) -> tuple[list[str], list[str]]:
    """Temporary and permanent failures that flufl.bounce finds."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # a format of its own that it cannot read
        return [], []
    return _texts(temporary), _texts(permanent)


def _texts(addresses: object) -> list[str]:
    assert isinstance(addresses, frozenset | set)
    return sorted(
        filter(None, (_address(a.decode("ascii", "replace") if isinstance(a, bytes) else str(a)) for a in addresses))
    )


def _is_from_a_server(message: Message) -> bool:
    """Whether a mail comes from a server and not from a person or a list: nobody, a daemon, or a subject that only they write."""
    if "List-Id" in message or _AUTO_SUBJECT.search(header(message, "Subject")):
        return False
    is_reply = "auto-replied" in str(message.get("Auto-Submitted", "")).lower()  # Postfix and Exim say so as well
    if str(message.get("Return-Path", "")).strip() == "<>" and not is_reply:
        return True
    sender = header(message, "From")
    return _DAEMON.search(parseaddr(sender)[1]) is not None or _DAEMON.search(sender) is not None


def _is_auto_reply(message: Message) -> bool:
    """RFC 3834, and what programs wrote before and beside it."""
    submitted = str(message.get("Auto-Submitted", "no")).strip().lower()
    if submitted.startswith("auto-replied") or (submitted.startswith("auto-generated") and "In-Reply-To" in message):
        return True
    if any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress")):
        return True
    if str(message.get("Precedence", "")).strip().lower() in ("auto_reply", "auto-reply"):
        return True
    return _AUTO_SUBJECT.search(header(message, "Subject")) is not None


def _report(kind: ReportKind, recipient: str, status: str, diagnosis: str) -> Report:
    bounce = classify(status, diagnosis) if kind is ReportKind.FAILED else None
    return Report(
        kind=kind,
        recipient=recipient,
        bounce=bounce,
        status=best_status(status, diagnosis),
        diagnosis=_cut(diagnosis),
    )


def _explanation(text: str, recipient: str) -> str:
    """The lines that say why: from where the recipient is named, else from the first that sounds like a reason."""
    lines = [line.strip()[:_LONGEST_DIAGNOSIS] for line in text.splitlines()[:_MOST_LINES]]
    for start, line in enumerate(lines):
        if recipient and recipient.lower() in line.lower():
            near = list(takewhile(lambda said: not said.startswith("---"), lines[start : start + 12]))
            if any(map(_explains, near)):
                return _cut(" ".join(filter(None, near)))
    return _cut(" ".join([line for line in lines if _explains(line)][:4]))


def _explains(line: str) -> bool:
    return _EXPLANATION.search(line) is not None or names_a_reason(line)


def _first_address(text: str, message: Message) -> str:
    """The first address in a text that is not the server's or ours."""
    own = {parseaddr(header(message, name))[1].lower() for name in ("From", "To", "Delivered-To", "X-Original-To")}
    for match in _ADDRESS.finditer(text[:20_000]):
        if match[0].lower() not in own and not _DAEMON.search(match[0]):
            return _bare(match[0])
    return ""


def _address(field: str) -> str:
    """The address of "rfc822; <ann@example.com>", in lower case; "" for anything else."""
    match = _FIELD_ADDRESS.search(_CHARACTER.sub(_character, field.rpartition(";")[2]))
    return _bare(match[0]) if match else ""


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number <= sys.maxunicode else match[0]


def _bare(address: str) -> str:
    """Without the quotes that some put around it, which would be allowed in an address."""
    return address.strip("'`").lower()


def _without_type(diagnosis: str) -> str:
    """The diagnosis without the name of its type in front ("smtp; 550 …")."""
    kind, separator, said = diagnosis.partition(";")
    return said.strip() if separator and re.fullmatch(r"\s*[Xx]?-?[A-Za-z0-9-]+\s*", kind) else diagnosis.strip()


def _cut(text: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(clean.split())[:_LONGEST_DIAGNOSIS]


def returned_text(message: Message) -> str:
    """Whatever of the sent message came along, and the report itself, as one text to look for our marks in."""
    found = [str(message.get(name, "")) for name in _OWN_ADDRESSES]
    for part in parts(message):
        if part.get_content_maintype() == "text" and not part.is_multipart():
            found.append(decoded(part))
        found += [f"{name}: {value}" for name, value in part.items() if name.lower() in _MARKED]
    return "\n".join(found)


_OWN_ADDRESSES = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "X-Failed-Message-ID")
_MARKED = frozenset(
    {"message-id", "return-path", "references", "in-reply-to", "list-unsubscribe", "original-message-id"}
)
