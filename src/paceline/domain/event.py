"""What Paceline tells others about: every event with its meaning and its payload, in one table."""

from __future__ import annotations

from dataclasses import dataclass, field

SHORT_PAUSE_SECONDS = 600.0
"""A pause by limits that is shorter is nobody's news: with a limit per minute there is one every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One kind of event. ``payload`` says what each field of its data means."""

    name: str
    meaning: str
    payload: dict[str, str] = field(default_factory=dict)
    advice: str = ""
    """What a person may want to do, as the last line of a mail."""


_CAMPAIGN = {
    "campaign": "the campaign's id",
    "key": "its key",
    "name": "its name",
    "status": "its status since then",
    "at": "when it happened",
}
_PAUSE = {
    "by": "`person`, `limits` or `health`",
    "reason": "why, in a sentence; `null` where a person gave none",
    "resumes_at": "when it goes on by itself; `null` when a person is needed",
}
_COUNTS = {
    state: f"messages that are {state}" for state in ("sent", "failed", "skipped", "uncertain", "cancelled", "total")
} | {"total": "all messages"}
_ACCOUNT = {
    "account": "the account's id",
    "name": "its name",
    "host": "its server",
    "state": "its state since then",
    "reason": "why, with the server's reply",
    "at": "when it happened",
}
_WARNING = {"reason": "what is wrong, with its numbers"}
_DATABASE = {"database": "`queue` or `catalogue`", "since": "when it was first missed"}
_IMPORT = {
    "import": "the import's id",
    "file_name": "the file as the person called it",
    "status": "`completed` or `failed`",
    "rows": "rows read",
    "imported": "new contacts",
    "updated": "changed contacts",
    "duplicates": "rows of contacts that the file had before",
    "refused": "rows that were given back",
    "reason": "why it failed; `null` when it did not",
    "at": "when it ended",
}

_EVENTS = (
    Event(
        name="campaign.completed",
        meaning="nothing of a campaign is left to send",
        payload=_CAMPAIGN | _COUNTS,
        advice="Messages that failed or are uncertain are listed with the reasons on the campaign's page.",
    ),
    Event(
        name="campaign.paused",
        meaning="a campaign pauses: a person did it, no account has allowance left for ten minutes or longer, "
        "or it needs a person",
        payload=_CAMPAIGN | _PAUSE,
        advice="It goes on by itself at the time given; without a time, look at the reason, then resume it.",
    ),
    Event(
        name="campaign.resumed",
        meaning="a paused campaign goes on (not told after a pause by limits under ten minutes)",
        payload=_CAMPAIGN,
    ),
    Event(
        name="campaign.stopped",
        meaning="a person has ended a campaign; what was not sent is cancelled",
        payload=_CAMPAIGN,
    ),
    Event(
        name="campaign.warning",
        meaning="more of a campaign's messages than usual are called spam, bounce or are refused as spam; it goes on",
        payload=_CAMPAIGN | _WARNING,
        advice="Look at whom it goes to and at what it says. It pauses by itself if this gets worse.",
    ),
    Event(
        name="account.broken",
        meaning="an account needs a person: its login or its certificate is refused, its sender is blocked, "
        "or too many of its messages are called spam, bounce or are refused as spam",
        payload=_ACCOUNT,
        advice="Mend the cause, test the account, then enable it again. The other accounts go on without it.",
    ),
    Event(
        name="account.warning",
        meaning="more of an account's messages than usual are called spam, bounce or are refused as spam; it goes on",
        payload=_ACCOUNT | _WARNING,
        advice="Look at the campaigns that it sends. It stops by itself if this gets worse.",
    ),
    Event(
        name="mailbox.broken",
        meaning="a mailbox of reports needs a person: its login or its certificate is refused, or its folder is gone",
        payload={
            "mailbox": "the mailbox's id",
            "name": "its name",
            "host": "its server",
            "reason": "why, with the server's reply",
            "at": "when it happened",
        },
        advice="Bounces in it are not seen until it can be read. Mend the cause, then test the mailbox.",
    ),
    Event(
        name="database.unreachable",
        meaning="a database has not answered for ten seconds; told when it can be, at the latest after its return",
        payload=_DATABASE,
        advice="Nothing is sent while the queue is away. Run `paceline doctor` if it does not come back by itself.",
    ),
    Event(
        name="database.back",
        meaning="the database answers again, and sending goes on",
        payload=_DATABASE | {"back_at": "when it answered again", "seconds": "how long it was away"},
    ),
    Event(
        name="import.completed",
        meaning="an import has read its whole file",
        payload=_IMPORT,
        advice="Refused rows can be downloaded with their reasons.",
    ),
    Event(
        name="import.failed",
        meaning="an import has ended before the end of its file",
        payload=_IMPORT,
        advice="What was imported stays; mend the cause and import the file again.",
    ),
    Event(
        name="webhook.test",
        meaning="a person asked for a test call; sent to that webhook only, whatever it has chosen",
        payload={"webhook": "the webhook's id", "at": "when it was asked for"},
    ),
)

EVENTS: dict[str, Event] = {event.name: event for event in _EVENTS}

CHOOSABLE: tuple[str, ...] = tuple(name for name in EVENTS if name != "webhook.test")
"""What webhooks and people may choose."""
