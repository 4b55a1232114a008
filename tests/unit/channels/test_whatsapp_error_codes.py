"""What errors of the Cloud API mean: every code of the published table, and what an answer must never be taken for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from paceline.channels.whatsapp.answers import AcceptedAnswer, ApiError, Unreadable, read_answer
from paceline.channels.whatsapp.error_codes import TABLE, Streaks, Verdict, in_words, outcome, row_of
from paceline.domain.outcome import Deferred, Refused, Returned, TroubleKind

V = Verdict

PUBLISHED = {
    0: V.CONFIGURATION,
    1: V.RETRY,
    2: V.RETRY,
    3: V.CONFIGURATION,
    4: V.NUMBER,
    10: V.CONFIGURATION,
    33: V.CONFIGURATION,
    100: V.FAIL,
    190: V.CONFIGURATION,
    200: V.CONFIGURATION,
    299: V.CONFIGURATION,
    368: V.CAMPAIGN,
    80007: V.NUMBER,
    80008: V.NUMBER,
    130429: V.SLOW,
    130472: V.FAIL,
    130497: V.FAIL,
    131000: V.RETRY,
    131001: V.FAIL,
    131002: V.FAIL,
    131005: V.CONFIGURATION,
    131008: V.FAIL,
    131009: V.FAIL,
    131016: V.RETRY,
    131021: V.FAIL,
    131026: V.FAIL,
    131030: V.CONFIGURATION,
    131031: V.CAMPAIGN,
    131037: V.CONFIGURATION,
    131042: V.CAMPAIGN,
    131044: V.CAMPAIGN,
    131045: V.CONFIGURATION,
    131047: V.FAIL,
    131048: V.CAMPAIGN,
    131049: V.FAIL,
    131050: V.SUPPRESS,
    131051: V.FAIL,
    131052: V.IGNORE,
    131053: V.TEMPLATE,
    131055: V.CONFIGURATION,
    131056: V.PAIR,
    131057: V.NUMBER,
    131059: V.IGNORE,
    131062: V.FAIL,
    131063: V.CONFIGURATION,
    131064: V.CAMPAIGN,
    132000: V.FAIL,
    132001: V.TEMPLATE,
    132005: V.FAIL,
    132007: V.FAIL,
    132008: V.FAIL,
    132012: V.FAIL,
    132015: V.TEMPLATE,
    132016: V.TEMPLATE,
    132068: V.TEMPLATE,
    132069: V.TEMPLATE,
    133000: V.CONFIGURATION,
    133004: V.RETRY,
    133005: V.CONFIGURATION,
    133006: V.CONFIGURATION,
    133008: V.CONFIGURATION,
    133009: V.CONFIGURATION,
    133010: V.CONFIGURATION,
    133015: V.CONFIGURATION,
    133016: V.CONFIGURATION,
    134011: V.CONFIGURATION,
    134100: V.CONFIGURATION,
    134101: V.TEMPLATE,
    134102: V.CONFIGURATION,
    135000: V.FAIL,
    137000: V.FAIL,
}


def error(code: int | None, *, status: int = 400, **fields: Any) -> ApiError:
    return ApiError(status=status, code=code, **fields)


def answer(status: int, document: object, **headers: str) -> object:
    return read_answer(status, headers, json.dumps(document).encode())


@pytest.mark.parametrize(("code", "verdict"), PUBLISHED.items())
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_the_code_decides_and_not_the_http_status(code: int, verdict: Verdict, status: int) -> None:
    read = answer(status, {"error": {"message": "(#1) Sorry", "code": code, "error_data": {"details": "so"}}})
    assert isinstance(read, ApiError)
    assert row_of(read).verdict is verdict


def test_the_table_knows_nothing_that_is_not_published_and_each_code_once() -> None:
    codes = [code for row in TABLE for code in range(row.first, row.last + 1)]
    assert len(codes) == len(set(codes))
    assert set(codes) - set(range(201, 299)) == set(PUBLISHED)


def test_the_words_are_ours_and_the_raw_error_is_kept() -> None:
    read = error(131048, message="(#131048) Spam rate limit hit", details="Message failed to send\nbecause")
    words = in_words(read, row_of(read))
    assert words.startswith("131048: spam rate limit")
    assert "provider: (#131048) Spam rate limit hit; Message failed to send because" in words


KINDS = {
    V.SLOW: TroubleKind.TOO_FAST,
    V.NUMBER: TroubleKind.LIMITED,
    V.CAMPAIGN: TroubleKind.ALARM,
    V.CONFIGURATION: TroubleKind.BROKEN,
}


@pytest.mark.parametrize("code", PUBLISHED)
def test_each_verdict_has_its_ending(code: int) -> None:
    read = error(code, message="raw")
    row = row_of(read)
    ended = outcome(read, row, row.verdict, attempt=1)
    assert "raw" in ended.reply
    if row.verdict in KINDS:
        assert isinstance(ended, Returned)
        assert ended.trouble is not None
        assert ended.trouble.kind is KINDS[row.verdict]
    elif row.verdict in (V.FAIL, V.SUPPRESS, V.IGNORE):
        assert isinstance(ended, Refused)
        assert ended.hard_bounce is (row.verdict is V.SUPPRESS)
    elif row.verdict is V.RETRY:
        assert ended == Deferred(reply=ended.reply, retry_after_seconds=5.0, is_answer=True)
    else:
        assert isinstance(ended, Returned)
        assert ended.trouble is None
        assert ended.retry_after_seconds is not None
        assert ended.retry_after_seconds >= 6.0


def test_a_retry_waits_5_s_and_then_10_s() -> None:
    read = error(131016, status=500)
    waits = [outcome(read, row_of(read), V.RETRY, attempt=attempt) for attempt in (1, 2)]
    assert [wait.retry_after_seconds for wait in waits if isinstance(wait, Deferred)] == [5.0, 10.0]


def test_a_pair_waits_longer_each_time() -> None:
    read = error(131056)
    waits = [outcome(read, row_of(read), V.PAIR, attempt=attempt) for attempt in range(1, 7)]
    assert [wait.retry_after_seconds for wait in waits if isinstance(wait, Returned)] == [6, 16, 64, 256, 256, 256]


def test_what_the_provider_asks_for_counts() -> None:
    read = answer(429, {"error": {"code": 4, "message": ""}}, **{"retry-after": "900"})
    assert isinstance(read, ApiError)
    ended = outcome(read, row_of(read), V.NUMBER, attempt=1)
    assert isinstance(ended, Returned)
    assert ended.trouble is not None
    assert ended.trouble.retry_after_seconds == 900


def test_the_time_until_access_is_regained_is_read_from_the_usage_header() -> None:
    usage = {"1": [{"type": "whatsapp", "estimated_time_to_regain_access": 7}]}
    read = answer(400, {"error": {"code": 80007}}, **{"x-business-use-case-usage": json.dumps(usage)})
    assert isinstance(read, ApiError)
    assert read.retry_after_seconds == 420


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (429, b"<html>", V.SLOW),
        (503, b"Service Unavailable", V.RETRY),
        (401, b"{}", V.CONFIGURATION),
        (403, b"", V.CONFIGURATION),
        (400, b'{"error": "no object"}', V.FAIL),
        (404, b"<html>Not Found</html>", V.FAIL),
        (500, b'{"error": {"code": 999999}}', V.RETRY),
        (400, b'{"error": {"code": 999999}}', V.FAIL),
        (400, b'{"error": {"code": 999999, "is_transient": true}}', V.RETRY),
    ],
)
def test_without_a_known_code_the_status_decides(status: int, body: bytes, verdict: Verdict) -> None:
    read = read_answer(status, {}, body)
    assert isinstance(read, ApiError)
    assert row_of(read).verdict is verdict


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"{}"),
        (200, b"<html>"),
        (200, b'{"messages":[{"id":""}]}'),
        (200, b'{"messages":[{}]}'),
        (200, b'{"messages":{"id":"wamid.1"}}'),
        (200, b'{"messaging_product":"whatsapp","mess'),
        (200, b'{"error":{"code":131026}}'),
        (302, b""),
        (408, b""),
        (500, b"<html>"),
        (502, b"Bad Gateway"),
        (504, b""),
    ],
)
def test_what_may_have_been_taken_is_not_told_from_what_was(status: int, body: bytes) -> None:
    assert isinstance(read_answer(status, {}, body), Unreadable)


def test_an_accepted_message_has_an_id_and_a_status() -> None:
    document = {
        "contacts": [{"input": "+1", "wa_id": "1"}],
        "messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}],
    }
    assert answer(200, document) == AcceptedAnswer(wamid="wamid.1", wa_id="1", status="held_for_quality_assessment")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "code", "details", "x"]), inner),
    max_leaves=8,
)


@given(
    status=st.integers(100, 599),
    document=st.dictionaries(st.sampled_from(["error", "messages", "contacts", "error_data"]), json_values),
    usage=json_values,
)
def test_any_json_has_a_reading_and_any_error_a_row(status: int, document: object, usage: object) -> None:
    read = answer(status, document, **{"x-business-use-case-usage": json.dumps(usage), "retry-after": "soon"})
    if isinstance(read, ApiError):
        ended = outcome(read, row_of(read), row_of(read).verdict, attempt=1)
        assert ended.reply.isprintable()


@given(status=st.integers(100, 599), body=st.binary(max_size=200))
def test_any_bytes_have_a_reading(status: int, body: bytes) -> None:
    read = read_answer(status, {}, body)
    assert not isinstance(read, AcceptedAnswer)


def test_the_same_error_three_times_in_a_row_is_not_the_recipients() -> None:
    streaks, bad = Streaks(), error(100)
    verdicts = [streaks.verdict("promo", bad, row_of(bad)) for _ in range(4)]
    assert verdicts == [V.FAIL, V.FAIL, V.CAMPAIGN, V.CAMPAIGN]


def test_an_accepted_message_another_error_or_another_template_ends_a_row() -> None:
    streaks, bad, other = Streaks(), error(131008), error(131009)
    for _ in range(3):
        assert streaks.verdict("promo", bad, row_of(bad)) is V.FAIL
        assert streaks.verdict("news", bad, row_of(bad)) is V.FAIL
        assert streaks.verdict("promo", bad, row_of(bad)) is V.FAIL
        streaks.accepted("promo")
        streaks.accepted("news")
    assert streaks.verdict("promo", bad, row_of(bad)) is V.FAIL
    assert streaks.verdict("promo", bad, row_of(bad)) is V.FAIL
    assert streaks.verdict("promo", other, row_of(other)) is V.FAIL


def test_an_undeliverable_recipient_never_stops_the_others() -> None:
    streaks, bad = Streaks(), error(131026)
    assert {streaks.verdict("promo", bad, row_of(bad)) for _ in range(50)} == {V.FAIL}
