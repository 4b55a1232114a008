"""Numbers in sentences."""

from __future__ import annotations

from paceline.domain.wording import counted


def test_one_is_not_several() -> None:
    assert [counted(1, "row"), counted(0, "row"), counted(2_000, "copy", "copies")] == [
        "1 row",
        "0 rows",
        "2,000 copies",
    ]


def test_rate_is_one_or_several_as_well() -> None:
    assert [counted(rate, "message") for rate in (1.0, 0.5, 30.0)] == ["1 message", "0.5 messages", "30 messages"]
