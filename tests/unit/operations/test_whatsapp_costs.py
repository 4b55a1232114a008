"""The rate table: read as it stands, every wrong line named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from paceline.domain.errors import InputError
from paceline.operations.whatsapp.costs import read_rates


def test_rates_are_read_exactly(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("category,country,price\nMarketing,+41,0.0712\nutility,*,0.01\n")
    assert read_rates(str(file)) == {("marketing", "41"): Decimal("0.0712"), ("utility", "*"): Decimal("0.01")}
    assert read_rates("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("country,price\n", "accepts the columns category, country, price"),
        ("category,country,price\nmarketing,41,much\n", "accepts a price such as 0.0125, got 'much'"),
        ("category,country,price\nmarketing,41,-1\n", "got '-1'"),
        ("category,country,price\nmarketing,41\n", "got None"),
    ],
)
def test_a_wrong_table_is_refused_by_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(text)
    with pytest.raises(InputError) as found:
        read_rates(str(file))
    assert words in "\n".join(problem.message for problem in found.value.problems)
