"""Random campaigns for the forecast and the dry run: accounts, limits, paces, zones, failures; the same for the same number."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from paceline.channels.base import Letter
from paceline.domain.account import Account
from paceline.domain.outcome import Accepted, Deferred, Outcome, Refused
from paceline.engine.forecast.plan import Expectation
from surroundings.sending import write_campaign

_GOLDEN = 0.618033988749895

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
_STARTS = (
    ("Europe/Berlin", "2027-03-27T21:40"),  # summer time begins in the night
    ("Europe/Berlin", "2027-10-30T22:10"),  # and ends
    ("America/New_York", "2027-03-13T20:55"),
    ("America/New_York", "2027-11-06T23:30"),
    ("Australia/Lord_Howe", "2027-04-03T23:20"),  # by half an hour
    ("UTC", "2027-01-31T22:15"),  # a month ends
    ("UTC", "2027-06-15T12:00"),
    ("UTC", "2027-08-20T07:33:21"),
)


_WINDOWS = (
    '[window]\nhours = ["09:00-17:30"]\ndays = ["mon", "tue", "wed", "thu", "fri"]\ntimezone = "Europe/Berlin"\n',
    '[window]\nhours = ["08:00-12:00", "14:00-18:00"]\ntimezone = "America/New_York"\n',
    '[window]\nhours = ["22:00-03:30"]\ntimezone = "Europe/Berlin"\n',
)


@dataclass(slots=True)
class Receivers:
    """Receivers of whom a share defers the first attempt, and another refuses for good, spread evenly over the audience:

    a forecast knows how many there are, never which.
    """

    deferring: float
    refusing: float
    seen: set[str] = field(default_factory=set)
    instead_of: Mapping[str, str] = field(default_factory=dict)
    """Who does what somebody else would do."""

    def mixed(self, addresses: list[str], number: int) -> Receivers:
        """As many of each kind among others, the same ones for the same number; nobody has been written to."""
        others = random.Random(number).sample(addresses, len(addresses))
        return Receivers(self.deferring, self.refusing, instead_of=dict(zip(addresses, others, strict=True)))

    def kind(self, address: str) -> str:
        address = self.instead_of.get(address, address)
        place = int(address.partition("-")[0].removeprefix("user")) * _GOLDEN % 1.0
        if place < self.deferring:
            return "defers"
        return "refuses" if place < self.deferring + self.refusing else "accepts"

    def answer(self, account: Account, letter: Letter) -> Outcome:
        kind = self.kind(letter.recipient)
        if kind == "refuses":
            return Refused(reply="550 5.7.1 no")
        if kind == "defers" and letter.recipient not in self.seen:
            self.seen.add(letter.recipient)
            return Deferred(reply="451 4.7.1 later")
        return Accepted(reply="250 2.0.0 ok")

    def expectation(self, addresses: list[str]) -> Expectation:
        """What a forecast that knows them expects."""
        kinds = [self.kind(address) for address in addresses]
        deferred = kinds.count("defers") / len(kinds)
        return Expectation(refused=kinds.count("refuses") / len(kinds), deferred=(deferred,) if deferred else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One campaign and its surroundings."""

    number: int
    start: float
    addresses: list[str]
    accounts: list[dict[str, Any]]
    fields: dict[str, Any]
    receivers: Receivers
    seconds_per_message: float
    window: str
    """The campaign's [window], or nothing."""

    def write(self, folder: Path) -> Path:
        """The campaign file."""
        path = write_campaign(folder, contacts=self.addresses, accounts=self.accounts, **self.fields)
        path.write_text(f"{path.read_text()}\n{self.window}")
        return path

    def __str__(self) -> str:
        return (
            f"scenario {self.number}: {len(self.addresses)} messages, {self.fields}, {self.accounts}, "
            f"{self.receivers.deferring:.2f} defer, {self.receivers.refusing:.2f} refuse, {self.window!r}"
        )


def scenario(number: int) -> Scenario:
    """The scenario of this number."""
    random_ = random.Random(number)
    messages = random_.choice((20, 60, 120, 300))
    zone, start = random_.choice(_STARTS)
    fields: dict[str, Any] = {}
    if random_.random() < 0.25:
        fields["rate_per_minute"] = random_.choice((3, 7.5, 20, 60))
    deferring = random_.choice((0, 0, 0.1, 0.3))
    if deferring and random_.random() < 0.7:
        fields |= {"max_attempts": 5, "retry_delay_seconds": random_.choice((20, 90, 600))}
    later = random.Random(-1 - number)
    accounts = [
        _account(random_, n, messages, paces=(5, 12.5, 40) if deferring else (2, 5, 12.5, 40))
        for n in range(random_.choice((1, 2, 3, 5)))
    ]
    for account in accounts:
        if later.random() < 0.15:
            account["warm_up"] = later.choice(("5 +5 until 60", "10 +20%", "4, 8, 16, 32"))
    return Scenario(
        number=number,
        start=datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).timestamp(),
        addresses=[f"user{n}-{number}@example.com" for n in range(messages)],
        accounts=accounts,
        fields=fields,
        receivers=Receivers(deferring, random_.choice((0, 0, 0.05))),
        seconds_per_message=random_.choice((0.05, 0.3, 1.0)),
        window=later.choice(_WINDOWS) if later.random() < 0.25 else "",
    )


def _account(random_: random.Random, number: int, messages: int, *, paces: Sequence[float]) -> dict[str, Any]:
    """Limits that let a campaign of so many messages end within some weeks.

    Where messages are deferred no pace is so slow that it takes half a minute longer when another account has the last
    of them: which one has it is chance.
    """
    found: dict[str, Any] = {"port": 2525, "username": f"user-{number}", "timezone": random_.choice(ZONES)}
    kinds = random_.sample(
        ("minute_limit", "hourly_limit", "daily_limit", "monthly_limit"), random_.choice((0, 1, 1, 2))
    )
    for kind in kinds:
        least, most = {
            "minute_limit": (3, 15),
            "hourly_limit": (5, 60),
            "daily_limit": (10, 120),
            "monthly_limit": (messages // 2, messages * 2),
        }[kind]
        found[kind] = random_.randint(least, most)
    if kinds and random_.random() < 0.3:
        found["window"] = "rolling"
    if random_.random() < 0.4:
        found["rate_per_minute"] = random_.choice(paces)
    if random_.random() < 0.3:
        found["max_connections"] = random_.choice((2, 4))
    return found
