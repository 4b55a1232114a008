"""What the demo counts as a difference, and what it says at its end."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

from paceline.cli.demo import demo_report
from paceline.domain.campaign import CampaignStatus
from paceline.operations.installation.demo import CONTACTS, DemoResult, campaign_text, differences, eligible_addresses
from unit.cli.examples import NOON, summary

_ELIGIBLE = {f"contact{number}@example.com" for number in range(3)}


def _differences(arrived: Counter[str], *, sent: int, interrupted: bool = False) -> list[str]:
    status = CampaignStatus.RUNNING if interrupted else CampaignStatus.COMPLETED
    shown = summary(status, total=3, sent=sent)
    return list(differences(shown, _ELIGIBLE, arrived, interrupted=interrupted))


def test_demo_in_which_everybody_got_one_has_no_differences() -> None:
    assert _differences(Counter(_ELIGIBLE), sent=3) == []


def test_lost_second_and_foreign_copies_are_differences() -> None:
    arrived = Counter({"contact0@example.com": 2, "contact1@example.com": 1, "zoe@example.com": 1})
    assert _differences(arrived, sent=3) == [
        "1 contacts got nothing: contact2@example.com",
        "3 messages count as sent, the sandbox has 4",
        "1 addresses got a message that were not eligible: zoe@example.com",
        "1 addresses got more than one copy: contact0@example.com",
    ]


def test_interrupted_demo_promises_only_that_nobody_got_two() -> None:
    assert _differences(Counter({"contact0@example.com": 1}), sent=1, interrupted=True) == []
    assert _differences(Counter({"contact0@example.com": 2}), sent=2, interrupted=True) == [
        "1 addresses got more than one copy: contact0@example.com"
    ]


def test_demo_has_a_thousand_eligible_contacts_and_ten_accounts() -> None:
    contacts = files("paceline.sandbox") / "demo" / CONTACTS
    assert isinstance(contacts, Path)
    assert len(eligible_addresses(contacts)) == 1_000
    assert len(tomllib.loads(campaign_text(2525))["accounts"]) == 10


def test_report_says_what_was_sent_and_where_it_lies() -> None:
    shown = summary(CampaignStatus.COMPLETED, key="demo", total=3, sent=3, refused=2, finished_at=NOON)
    result = DemoResult(summary=shown, folder=Path("/data/demo x"), eligible=3, interrupted=False, differences=())
    lines = demo_report(result, program=".venv/bin/paceline")
    assert lines[1].startswith("3 messages in 1 min (6.7/s) through 1 accounts: each of the 3 eligible contacts")
    assert "  PACELINE_DATA_DIR='/data/demo x' .venv/bin/paceline messages demo" in lines
    assert max(map(len, lines)) <= 80
