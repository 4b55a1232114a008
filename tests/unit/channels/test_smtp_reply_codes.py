"""What replies mean: the table of reference replies, and what no text can ever change."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from paceline.channels.smtp.replies import Reply
from paceline.channels.smtp.reply_codes import TROUBLES, Stage, Verdict, asked_seconds, classify, outcome, trouble
from paceline.domain.outcome import AccountTrouble, Deferred, Refused, Returned, TroubleKind

HOUR = 3600.0


def reply(text: str) -> Reply:
    return Reply(int(text[:3]), tuple(line.encode() for line in text.split("\n")))


ABOUT_THE_ACCOUNT = [
    # Gmail, Workspace
    (Stage.DOT, "550 5.4.5 Daily user sending limit exceeded", "", Verdict.LIMITED, HOUR),
    (Stage.RCPT, "550 5.7.1 Daily SMTP relay limit exceeded for customer", "", Verdict.LIMITED, HOUR),
    (Stage.RCPT, "450 4.2.1 Peak SMTP relay limit exceeded for customer", "", Verdict.LIMITED, 60),
    (Stage.MAIL, "421 4.7.0 Try again later, closing connection. (MAIL)", "", Verdict.LIMITED, 300),
    (Stage.DOT, "421 4.7.28 Our system has detected an unusual rate of mail", "", Verdict.LIMITED, 600),
    (Stage.AUTH, "454 4.7.0 Too many login attempts, please try again later", "", Verdict.LIMITED, 300),
    # Microsoft 365
    (Stage.MAIL, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "", Verdict.BUSY, None),
    (Stage.AUTH, "432 4.3.2 Concurrent connections limit exceeded", "", Verdict.BUSY, None),
    (Stage.DOT, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "", Verdict.LIMITED, HOUR),
    (
        Stage.DOT,
        "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException",
        "",
        Verdict.BROKEN,
        None,
    ),
    (Stage.DOT, "554 5.2.2 mailbox full", "", Verdict.BROKEN, None),
    (Stage.AUTH, "550 5.7.30 Basic authentication is not supported for Client Submission.", "", Verdict.BROKEN, None),
    (Stage.DOT, "550 5.1.8 Access denied, bad outbound sender", "", Verdict.BROKEN, None),
    (Stage.RCPT, "550 5.7.501 Access denied, spam abuse detected", "", Verdict.BROKEN, None),
    (Stage.DOT, "550 5.7.515 Access denied, sending domain does not pass DMARC", "", Verdict.BROKEN, None),
    (Stage.DOT, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "", Verdict.BROKEN, None),
    # SES
    (Stage.DOT, "454 Throttling failure: Maximum sending rate exceeded.", "", Verdict.LIMITED, 1),
    (Stage.MAIL, "454 Throttling failure: Daily message quota exceeded.", "", Verdict.LIMITED, HOUR),
    (Stage.DOT, "554 Message rejected: Email address is not verified.", "", Verdict.BROKEN, None),
    # SendGrid, Mailgun
    (Stage.RCPT, "451 Please try again", "smtp.sendgrid.net", Verdict.LIMITED, 300),
    (Stage.DOT, "550 You have exceeded your messaging limits", "", Verdict.LIMITED, HOUR),
    (Stage.AUTH, "451 Authentication failed: Maximum credits exceeded", "smtp.sendgrid.net", Verdict.LIMITED, HOUR),
    (Stage.RCPT, "420 Domain example.com is not allowed to send now", "", Verdict.LIMITED, 300),
    # any
    (Stage.AUTH, "535 5.7.8 Username and Password not accepted", "", Verdict.BROKEN, None),
    (Stage.AUTH, "534 5.7.9 Application-specific password required", "", Verdict.BROKEN, None),
    (Stage.MAIL, "530 5.7.0 Authentication Required", "", Verdict.BROKEN, None),
    (Stage.AUTH, "454 4.7.0 Temporary authentication failure", "", Verdict.FAILING, None),
    (Stage.AUTH, "504 5.5.4 Unrecognized authentication type", "", Verdict.BROKEN, None),
    (Stage.RCPT, "421 4.3.2 Service shutting down", "", Verdict.BUSY, None),
    (
        Stage.RCPT,
        "550 Domain example.com has exceeded the max emails per hour (100/100 (100%)) allowed.",
        "",
        Verdict.LIMITED,
        600,
    ),
    (
        Stage.RCPT,
        "553 5.7.1 <ann@example.com>: Sender address rejected: not owned by user bob",
        "",
        Verdict.BROKEN,
        None,
    ),
    (Stage.RCPT, "554 5.7.1 <bob@example.org>: Relay access denied", "", Verdict.FAILING, None),
    (Stage.RCPT, "503 5.5.1 need MAIL before RCPT", "", Verdict.FAILING, None),
    (Stage.MAIL, "452 4.3.1 Insufficient system storage", "", Verdict.FAILING, None),
    (Stage.MAIL, "550 5.7.1 Sender refused", "", Verdict.BROKEN, None),
    (Stage.GREETING, "554 No SMTP service here", "", Verdict.FAILING, None),
    (Stage.EHLO, "550 5.7.1 Client host blocked", "", Verdict.BROKEN, None),
]

ABOUT_THE_MESSAGE = [
    (Stage.RCPT, "550 5.1.1 The email account that you tried to reach does not exist", Verdict.BOUNCE, None),
    (Stage.DOT, "550 5.1.1 <bob@example.org>: user unknown", Verdict.BOUNCE, None),
    (Stage.RCPT, "550 5.1.2 Bad destination system", Verdict.BOUNCE, None),
    (Stage.RCPT, "550 5.1.10 Recipient domain has a null MX", Verdict.BOUNCE, None),
    (Stage.RCPT, "550 No such user here", Verdict.BOUNCE, None),
    (Stage.RCPT, "550 Requested action not taken: mailbox unavailable", Verdict.BOUNCE, None),
    (Stage.RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable", Verdict.BOUNCE, None),
    (Stage.RCPT, "550 5.2.1 The email account that you tried to reach is disabled", Verdict.BOUNCE, None),
    (Stage.RCPT, "552 5.2.2 The recipient's inbox is over quota", Verdict.REFUSE, None),
    (Stage.RCPT, "554 5.2.2 mailbox full", Verdict.REFUSE, None),
    (Stage.RCPT, "452 4.2.2 The recipient's daily receiving limit is reached", Verdict.DEFER, None),
    (Stage.RCPT, "450 4.2.1 The user you are trying to contact is receiving mail too quickly", Verdict.DEFER, None),
    (Stage.RCPT, "450 4.7.1 Greylisting in action, please come back in 00:04:59", Verdict.DEFER, 299),
    (Stage.RCPT, "451 4.7.1 try again in 60 seconds", Verdict.DEFER, 60),
    (Stage.RCPT, "452 4.5.3 Too many recipients", Verdict.DEFER, None),
    (Stage.RCPT, "552 Too many recipients", Verdict.DEFER, None),
    (Stage.RCPT, "552 5.5.3 Too many recipients", Verdict.DEFER, None),
    (Stage.RCPT, "550 5.7.1 Our policy refuses you", Verdict.REFUSE, None),
    (
        Stage.DOT,
        "550-5.7.1 Our system has detected that this message is\n550 5.7.1 likely unsolicited mail",
        Verdict.REFUSE,
        None,
    ),
    (Stage.DOT, "554 5.7.1 Message rejected as spam", Verdict.REFUSE, None),
    (Stage.DOT, "552 5.3.4 Message too big", Verdict.REFUSE, None),
    (Stage.MAIL, "552 5.3.4 Message size exceeds fixed limit", Verdict.REFUSE, None),
    (Stage.DOT, "451 4.3.0 Temporary failure", Verdict.DEFER, None),
]


@pytest.mark.parametrize(("stage", "text", "host", "verdict", "seconds"), ABOUT_THE_ACCOUNT)
def test_reply_about_the_account(stage: Stage, text: str, host: str, verdict: Verdict, seconds: float | None) -> None:
    judgement = classify(stage, reply(text), host)
    assert (judgement.verdict, judgement.seconds) == (verdict, seconds)


@pytest.mark.parametrize(("stage", "text", "verdict", "seconds"), ABOUT_THE_MESSAGE)
def test_reply_about_the_message(stage: Stage, text: str, verdict: Verdict, seconds: float | None) -> None:
    judgement = classify(stage, reply(text))
    assert (judgement.verdict, judgement.seconds) == (verdict, seconds)


words = st.sampled_from(
    [
        "user",
        "unknown",
        "mailbox",
        "full",
        "too",
        "many",
        "recipients",
        "daily",
        "sending",
        "limit",
        "exceeded",
        "rate",
        "not",
        "verified",
        "relay",
        "access",
        "denied",
        "sender",
        "address",
        "rejected",
        "spam",
        "try",
        "again",
        "in",
        "60",
        "seconds",
        "5.1.1",
        "4.2.2",
        "5.7.1",
        "does",
        "not",
        "exist",
        "authentication",
        "required",
    ]
)
any_text = st.one_of(st.text(max_size=80), st.lists(words, max_size=8).map(" ".join))
stages = st.sampled_from(Stage)


@given(stages, st.integers(400, 599), any_text, st.sampled_from(["", "smtp.sendgrid.net"]))
@example(Stage.RCPT, 450, "5.1.1 user unknown", "")
@example(Stage.DOT, 550, "4.2.2 try again in 60 seconds", "")
def test_text_never_turns_a_4_into_a_5_or_back(stage: Stage, code: int, text: str, host: str) -> None:
    verdict = classify(stage, reply(f"{code} {text}"), host).verdict
    if (code, stage) == (552, Stage.RCPT):
        return  # RFC 5321 section 4.5.3.1.10: there "too many recipients" means 452
    if code < 500:
        assert verdict not in (Verdict.REFUSE, Verdict.BOUNCE)
    else:
        assert verdict is not Verdict.DEFER


@given(
    st.sampled_from([Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.RESET]),
    st.integers(200, 599),
    any_text,
)
def test_before_a_message_every_reply_is_about_the_account(stage: Stage, code: int, text: str) -> None:
    assert classify(stage, reply(f"{code} {text}")).verdict in TROUBLES
    assert isinstance(trouble(stage, reply(f"{code} {text}")), AccountTrouble)


@given(stages, st.integers(200, 599), any_text)
def test_refusal_is_never_an_acceptance(stage: Stage, code: int, text: str) -> None:
    ended = outcome(stage, reply(f"{code} {text}"))
    assert isinstance(ended, Deferred | Refused | Returned)
    assert ended.reply.startswith(str(code))


@given(st.integers(200, 399), any_text)
def test_yes_where_a_refusal_was_possible_only_is_an_account_out_of_step(code: int, text: str) -> None:
    ended = outcome(Stage.DATA, reply(f"{code} {text}"))
    assert isinstance(ended, Returned)
    assert ended.trouble is not None
    assert ended.trouble.kind is TroubleKind.FAILING


@given(st.integers(421, 421), stages, any_text)
def test_closing_connection_never_blames_the_recipient(code: int, stage: Stage, text: str) -> None:
    assert isinstance(outcome(stage, reply(f"{code} {text}")), Returned)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("try again in 60 seconds", 60),
        ("Please retry after 5 minutes", 300),
        ("greylisted for 10 min", 600),
        ("wait 2 hours", 7200),
        ("come back in 00:05:00", 300),
        ("at least 90s", 90),
        ("in 999999 hours", 86400),
        ("try again later", None),
        ("250 queued in 2 mailboxes", None),
        ("for 5 more", None),
    ],
)
def test_wait_that_a_text_asks_for(text: str, seconds: float | None) -> None:
    assert asked_seconds(text) == seconds
