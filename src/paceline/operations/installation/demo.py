"""The demo: a real campaign to the contacts that come with Paceline, into a sandbox of its own, and a count of what arrived."""

from __future__ import annotations

import asyncio
import csv
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from paceline.domain.address import address_key, parse_address
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import PacelineError
from paceline.domain.wording import counted
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.sending import send
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.record import read_record
from paceline.settings import Settings

CONTACTS = "contacts.csv"
BODIES = ("newsletter.html", "newsletter.txt")
CAMPAIGN = "demo.toml"
RECORD = "arrived.jsonl"
MAILS = "mails"
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0


Beside = Callable[[Settings, Context, int], AbstractAsyncContextManager[None]]
"""What runs while the demo lasts, on the settings and the parts of its database; the number is the sandbox's port."""


class DemoFailed(PacelineError):
    """The demo could not be played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """The pace and limits of one account of the demo."""

    rate_per_minute: int
    hourly_limit: int = 0
    daily_limit: int = 500


# Together about 59 messages a second. The first and the third reach their hourly limit on the way: the others finish.
ACCOUNTS = (
    DemoAccount(rate_per_minute=600, hourly_limit=100),
    DemoAccount(rate_per_minute=540),
    DemoAccount(rate_per_minute=480, hourly_limit=60),
    DemoAccount(rate_per_minute=420),
    DemoAccount(rate_per_minute=360, hourly_limit=400),
    DemoAccount(rate_per_minute=300),
    DemoAccount(rate_per_minute=300, hourly_limit=300),
    DemoAccount(rate_per_minute=240, daily_limit=0),
    DemoAccount(rate_per_minute=240, hourly_limit=250),
    DemoAccount(rate_per_minute=60, daily_limit=200),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """How a demo ended. ``differences`` says in sentences what is not as promised; empty: everything is."""

    summary: Summary
    folder: Path
    eligible: int
    interrupted: bool
    """It was stopped before its end; nothing is promised then but that nobody got two."""
    differences: tuple[str, ...]
    contents: Mapping[str, str] = field(default_factory=dict)
    """What lies in the folder: names, and what each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played on one channel."""

    environment: Mapping[str, str]
    write: Callable[[Path, int], Path]
    """Writes campaign and audience into a folder, for a sandbox on this port; returns the campaign's file."""
    sandbox_options: Callable[[Path], Sequence[str]]
    listening: str
    """What the sandbox says, up to its address."""
    eligible: Callable[[Path], set[str]]
    arrived: Callable[[Path], Iterator[str]]
    """The recipient of every copy that the sandbox has."""
    contents: Mapping[str, str]


async def demo(
    settings: Settings,
    script: Play,
    *,
    open_context: Callable[[Settings], Context],
    sandbox_command: Sequence[str],
    stop: asyncio.Event,
    on_progress: Callable[[Summary], None],
    on_notice: Callable[[str], None],
    beside: Beside | None = None,
) -> DemoResult:
    """Send the demo's campaign from a fresh data directory and compare what the sandbox has with what was due.

    ``sandbox_command`` starts ``paceline sandbox``; it runs as a process of its own and ends with this one, whatever
    happens. ``beside`` runs on the demo's database from before the start; with it the demo lasts until ``stop`` is set.
    Raises DemoFailed when the sandbox does not start.
    """
    folder = _fresh_folder(settings.data_path.resolve() / "demo")
    command = (*sandbox_command, *script.sandbox_options(folder), "--until-input-ends", "--json")
    async with _sandbox(command, script.listening) as port:
        campaign_path = script.write(folder, port)
        on_notice(f"the sandbox listens on 127.0.0.1 port {port}, all files are in {folder}")
        there = replace(settings, data_dir=str(folder), database="", queue_database="", private_hosts="127.0.0.1")
        context = open_context(there)
        try:
            async with nullcontext() if beside is None else beside(there, context, port):
                file = read_campaign_file(campaign_path, script.environment)
                summary = await send(
                    context, file, exit_when_paused=True, stop=stop, on_progress=on_progress, on_notice=on_notice
                )
                result = _judged(script, folder, summary, interrupted=stop.is_set())
                if beside is not None:
                    on_notice("the campaign has ended; what runs beside it goes on until Ctrl-C")
                    await stop.wait()
        finally:
            context.close()
    return result if beside is not None else _judged(script, folder, summary, interrupted=stop.is_set())


def _judged(script: Play, folder: Path, summary: Summary, *, interrupted: bool) -> DemoResult:
    """What the sandbox has now, beside what was due."""
    eligible = script.eligible(folder)
    arrived = Counter(script.arrived(folder))
    interrupted = interrupted and summary.status is not CampaignStatus.COMPLETED
    return DemoResult(
        summary=summary,
        folder=folder,
        eligible=len(eligible),
        interrupted=interrupted,
        differences=tuple(differences(summary, eligible, arrived, interrupted=interrupted)),
        contents=script.contents,
    )


def _fresh_folder(parent: Path) -> Path:
    """A new folder named by the time."""
    name = time.strftime("%Y-%m-%d-%H%M%S")
    for attempt in range(1, 1_000):
        folder = parent / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise DemoFailed(f"{parent} has too many demos of this second")


# The campaign.


def _write_campaign(folder: Path, port: int) -> Path:
    """The campaign file beside copies of the contacts and the newsletter; returns its path."""
    shipped = files("paceline.sandbox") / "demo"
    for name in (CONTACTS, *BODIES):
        (folder / name).write_bytes((shipped / name).read_bytes())
    path = folder / CAMPAIGN
    path.write_text(campaign_text(port), encoding="utf-8")
    return path


def campaign_text(port: int) -> str:
    """The demo's campaign file."""
    accounts = (_account_text(number, account, port) for number, account in enumerate(ACCOUNTS, start=1))
    return "\n".join([_CAMPAIGN, *accounts])


_CAMPAIGN = f"""\
key = "demo"
name = "The Long Way Round, spring"
channel = "email"
audience = "{CONTACTS}"

[content]
from = "The Long Way Round <news@example.com>"
subject = "Three quiet rides for March, {{{{ contact.first_name | default('friend', true) }}}}"
html = "{BODIES[0]}"
text = "{BODIES[1]}"

[tracking]
unsubscribe_url = "https://www.example.com/unsubscribe?email={{{{ contact.email | urlencode }}}}"
"""


def _account_text(number: int, account: DemoAccount, port: int) -> str:
    return f"""\
[[accounts]]
name = "demo-{number}"
host = "127.0.0.1"
port = {port}
security = "none"
username = "demo-{number}"
password_env = "DEMO_PASSWORD"
rate_per_minute = {account.rate_per_minute}
hourly_limit = {account.hourly_limit}
daily_limit = {account.daily_limit}
"""


# The sandbox.


@asynccontextmanager
async def _sandbox(command: Sequence[str], listening: str) -> AsyncIterator[int]:
    """A sandbox as a process of its own, out of reach of Ctrl-C; gives its port, and ends it."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield await _port(process, listening)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _port(process: asyncio.subprocess.Process, listening: str) -> int:
    assert process.stderr is not None
    said = []
    try:
        async with asyncio.timeout(_START_SECONDS):
            async for line in process.stderr:
                said.append(line.decode(errors="replace").strip())
                if said[-1].startswith(listening):
                    return int(said[-1].rpartition(":")[2])
    except TimeoutError:
        said.append(f"no sign of life within {_START_SECONDS:g} s")
    raise DemoFailed(f"the sandbox did not start: {' '.join(said[-3:])}")


def _arrived(folder: Path) -> Iterator[str]:
    record = folder / RECORD
    if record.exists():
        yield from (
            address_key(recipient) for entry in read_record(record) if entry.stored for recipient in entry.recipients
        )


# The count.


def eligible_addresses(contacts: Path) -> set[str]:
    """Who must get the newsletter: every valid address of the file, once. Read here, not by what sends."""
    found = set()
    with contacts.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            try:
                found.add(address_key(parse_address(row["email"] or "")))
            except ValueError:
                continue
    return found


def differences(summary: Summary, eligible: set[str], arrived: Counter[str], *, interrupted: bool) -> Iterator[str]:
    """What is not as promised, in sentences: one copy each, and nothing else, and the books agree."""
    if not interrupted:
        if summary.status is not CampaignStatus.COMPLETED:
            yield f"the campaign is {summary.status}, {counted(summary.left, 'message is', 'messages are')} left: {summary.pause_reason or ''}"
        yield from _named("contacts got nothing", eligible - arrived.keys())
    if summary.counts["sent"] != arrived.total():
        yield f"{counted(summary.counts['sent'], 'message counts', 'messages count')} as sent, the sandbox has {arrived.total()}"
    yield from _named("addresses got a message that were not eligible", arrived.keys() - eligible)
    yield from _named("addresses got more than one copy", {a for a, copies in arrived.items() if copies > 1})


def _named(what: str, addresses: set[str]) -> Iterator[str]:
    if addresses:
        few = sorted(addresses)[:3]
        yield f"{len(addresses)} {what}: {', '.join(few)}{' …' if len(addresses) > len(few) else ''}"


EMAIL = Play(
    environment={"DEMO_PASSWORD": "the sandbox takes any"},
    write=_write_campaign,
    sandbox_options=lambda folder: (
        "--smtp-port",
        "0",
        "--record",
        str(folder / RECORD),
        "--keep",
        str(folder / MAILS),
    ),
    listening="listening on smtp://",
    eligible=lambda folder: eligible_addresses(folder / CONTACTS),
    arrived=_arrived,
    contents={
        f"{MAILS}/": "every message as it arrived",
        CAMPAIGN: "the campaign that was sent",
        CONTACTS: "its audience",
        "demo.refused.csv": "the refused rows, each with its line and the reason",
        RECORD: "what the sandbox recorded, one line per message",
    },
)
"""The demo of ``make demo``."""
