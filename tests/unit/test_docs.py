"""What the documentation says is what the program has: settings, commands, moves, make targets, links; and nothing that must not be in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main

from paceline.api.app import api_routes
from paceline.api.routing import needed_by
from paceline.cli.main import application
from paceline.domain.account import AccountState
from paceline.domain.campaign import MOVES, CampaignStatus
from paceline.domain.contact import PUBLIC_SUBSCRIPTION_STATES, SUBSCRIPTION_MOVES, SubscriptionState
from paceline.domain.event import EVENTS
from paceline.domain.fact import FactKind
from paceline.domain.message import PUBLIC_NAMES, PUBLIC_STATES, MessageState, Report, ReportKind, Standing, settle
from paceline.domain.permission import PERMISSIONS, Permission, Role, may_appoint
from paceline.domain.retry_policy import RetryPolicy
from paceline.domain.workspace_settings import SETTINGS
from paceline.engine.explain.accounts import BY_EFFECT
from paceline.observability.metrics import METRICS
from paceline.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_NOT_OURS = {".git", ".venv", "build", "dist", "node_modules", "results"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Settings


def _settings_row(item: Any) -> str:
    default = item.default if isinstance(item.default, str) else f"{item.default:g}"
    default = f"`{default}`" if default else ""
    about = item.metadata
    return f"| `{about['variable']}` | {default} | {about['unit']} | {about['meaning']} |"


@pytest.mark.parametrize("item", fields(Settings), ids=lambda item: item.name)
def test_setting_is_documented_as_it_is(item: Any) -> None:
    assert _settings_row(item) in (REFERENCE / "settings.md").read_text().splitlines()


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (REFERENCE / "settings.md").read_text(), re.MULTILINE))
    assert documented == {item.metadata["variable"] for item in fields(Settings)}


# Commands


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that can be called, and what Typer knows of it."""
    parts = getattr(command, "commands", None)
    if parts is None:
        yield path, command
        return
    for name, part in parts.items():
        if not part.hidden:
            yield from _commands(part, f"{path} {name}")


COMMANDS = dict(_commands(typer.main.get_command(application()), "paceline"))


def _command_sections() -> dict[str, str]:
    """The text about each command that a heading of the reference names."""
    sections: dict[str, str] = {}
    for section in re.split(r"^(?=##)", (REFERENCE / "commands.md").read_text(), flags=re.MULTILINE):
        heading, _, text = section.partition("\n")
        for named in re.findall(r"`(paceline[^`]*)`", heading):
            words = [word for word in named.split() if re.fullmatch(r"[a-z]+(-[a-z]+)*", word)]
            sections[" ".join(words)] = text
    return sections


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_documented_with_its_options(command: str) -> None:
    sections = _command_sections()
    assert command in sections, f"docs/reference/commands.md has no heading with `{command}`"
    general = {"--help", "--json", "--database"}
    options = {name for parameter in COMMANDS[command].params for name in parameter.opts}
    headings = "\n".join(re.findall(r"^##.*", (REFERENCE / "commands.md").read_text(), re.MULTILINE))
    undocumented = {
        name for name in options - general if name.startswith("--") and name not in sections[command] + headings
    }
    assert not undocumented


def test_no_command_is_documented_that_does_not_exist() -> None:
    assert set(_command_sections()) == set(COMMANDS)


# Lifecycle


def _table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of the lifecycle page, without its own first two lines."""
    text = (REFERENCE / "lifecycle.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _named(names: Iterator[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def test_campaign_moves_are_documented_as_they_are() -> None:
    expected = [
        [f"`{move}`", _named(s for s in CampaignStatus if s in row.sources), f"`{row.target}`", row.meaning]
        for move, row in MOVES.items()
    ]
    assert _table("Moves of a campaign") == expected


def test_moves_of_a_subscription_are_documented_as_they_are() -> None:
    def name(state: SubscriptionState | None) -> str:
        return "none" if state is None else f"`{PUBLIC_SUBSCRIPTION_STATES[state]}`"

    expected = [
        [
            f"`{move}`",
            ", ".join(name(s) for s in (None, *SubscriptionState) if s in row.sources),
            name(row.target),
            row.meaning,
        ]
        for move, row in SUBSCRIPTION_MOVES.items()
    ]
    assert _table("Moves of a subscription") == expected


_BEFORE_AN_INTENT = (ReportKind.SKIPPED, ReportKind.UNRENDERABLE)


def _settled(kind: ReportKind, state: MessageState, intended: bool) -> set[MessageState]:
    """Every state that a timely report of this kind can lead to from this one, while the campaign runs."""
    report = Report(
        message_id=1, campaign_id=1, account_id=1, lease=1, attempt=1, intended=intended, kind=kind, reply="", at=0.0,
        counts_as_return=kind is ReportKind.RETURNED,
    )  # fmt: skip
    found = set()
    attempt = 1 if intended and state is not MessageState.CLAIMED else 0  # counted by the intent, else by the report
    for charged, returns in ((0, 0), (4, 0), (0, 19)):  # the first time, at the last attempt, at the last return
        standing = Standing(
            state=state, attempt=attempt, lease=1, charged=charged, returns=returns, first_intent_at=0.0,
            campaign_status=CampaignStatus.RUNNING, policy=RetryPolicy(max_attempts=5),
        )  # fmt: skip
        settlement = settle(report, standing, jitter=0.0)
        if settlement is not None:
            found.add(settlement.state)
    return found


def test_what_a_report_does_to_a_message_is_documented_as_it_is() -> None:
    expected = []
    for kind in ReportKind:
        intended = (False,) if kind in _BEFORE_AN_INTENT else (True, False)
        ways = {state: set().union(*(_settled(kind, state, way) for way in intended)) for state in MessageState}
        sources = dict.fromkeys(PUBLIC_NAMES[state] for state in MessageState if ways[state])
        targets = dict.fromkeys(PUBLIC_NAMES[state] for state in MessageState if state in set().union(*ways.values()))
        expected.append([f"`{kind}`", _named(iter(sources)), _named(iter(targets))])
    assert [row[:3] for row in _table("What a delivery does to a message")] == expected


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Campaigns", list(CampaignStatus)),
        ("Messages", list(PUBLIC_STATES)),
        ("Accounts", list(AccountState)),
        ("Subscriptions", list(PUBLIC_SUBSCRIPTION_STATES.values())),
    ],
)
def test_every_state_has_its_line(heading: str, names: list[str]) -> None:
    assert [row[0] for row in _table(heading)] == [f"`{name}`" for name in names]


# Permissions


def _permissions_table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of the permissions page, without its own first two lines."""
    text = (REFERENCE / "permissions.md").read_text().partition(f"{heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_permissions_of_roles_are_documented_as_they_are() -> None:
    documented = {row[0].strip("`"): row[2:] for row in _permissions_table("# Permissions")}
    expected = {
        permission.value: ["yes" if permission in PERMISSIONS[role] else "" for role in Role]
        for permission in Permission
    }
    assert documented == expected


def test_who_gives_roles_is_documented_as_it_is() -> None:
    expected = []
    for role in Role:
        appoints = Permission.MEMBERS_WRITE in PERMISSIONS[role]
        given = _named(other for other in Role if appoints and may_appoint(role, other))
        expected.append([f"`{role}`", given or "none"])
    assert _permissions_table("## Who gives roles") == expected


def test_settings_of_a_workspace_are_documented_as_they_are() -> None:
    expected = [[f"`{one.name}`", f"`{one.default}`", one.accepts, one.meaning] for one in SETTINGS]
    assert _permissions_table("## Settings of a workspace") == expected


# The API


def test_operations_of_the_api_are_documented_as_they_are() -> None:
    documented = re.findall(
        r"^\| `([A-Z]+) (/\S*)` \| `([a-z:]+)` \| (.*) \|$", (REFERENCE / "api.md").read_text(), re.M
    )
    expected = {
        (method, one.path, str(needed_by(one)), one.summary) for one in api_routes() for method in one.methods or ()
    }
    assert set(documented) == expected


def test_what_happens_to_a_message_is_documented_as_it_is() -> None:
    text = (REFERENCE / "api.md").read_text().partition("## What happens to a message\n")[2]
    documented = re.findall(r"^\| `(\w+)` \|", text, re.M)
    assert documented == [*ReportKind, "resolved_sent", "resolved_resend", "retried", "fallback", *FactKind]


# Events


def _event_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_events_are_documented_as_they_are() -> None:
    summary, *sections = re.split(r"^## ", (REFERENCE / "events.md").read_text(), flags=re.MULTILINE)
    assert _event_rows(summary) == [[f"`{event.name}`", event.meaning] for event in EVENTS.values()]
    described = {section.partition("\n")[0]: _event_rows(section) for section in sections}
    assert described == {
        event.name: [[f"`{name}`", meaning] for name, meaning in event.payload.items()] for event in EVENTS.values()
    }


# The pages themselves


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_of_a_page_exists(page: Path) -> None:
    named = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)
    assert set(named) <= _make_targets()


def test_readme_begins_with_the_demo_and_the_tests() -> None:
    targets = re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert targets[:2] == ["demo", "test"]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_of_a_page_exists(page: Path) -> None:
    """In code, not in prose: lines of shell blocks, and what stands between backquotes."""
    text = page.read_text()
    shell = "\n".join(re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL))
    named = re.findall(r"(?:^|/)\s*paceline ([a-z]+(?: [a-z-]+)?)", shell, re.MULTILINE)
    named += re.findall(r"`paceline ([a-z]+(?: [a-z-]+)?)", text)
    unknown = [words for words in named if not {f"paceline {words}", f"paceline {words.split()[0]}"} & set(COMMANDS)]
    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_setting_and_metric_of_a_page_exists(page: Path) -> None:
    text = page.read_text()
    settings = {item.metadata["variable"] for item in fields(Settings)}
    assert set(re.findall(r"\bPACELINE_[A-Z_]+", text)) <= settings
    for named in re.findall(r"\bpaceline_[a-z_]+", text):
        whole, family = named.removesuffix("_bucket"), named.endswith("_")  # paceline_database_pool_… means several
        assert whole in METRICS or (family and any(name.startswith(named) for name in METRICS)), named


def test_page_of_troubles_names_checks_and_causes_that_exist() -> None:
    """What it says that doctor and explain say: the code must be able to say it."""
    text = (DOCS / "how-to" / "troubles.md").read_text()
    source = ROOT / "src" / "paceline"
    code = "".join(file.read_text() for file in (source / "operations" / "installation" / "doctor").glob("*.py"))
    code += "".join(file.read_text() for file in (source / "engine" / "explain").glob("*.py"))
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|") and "---" not in line]
    check, named = "", set()
    for row in rows:
        check = row[0].strip() or check
        if check in ("`paceline explain`", "`paceline doctor`"):
            named |= set(re.findall(r"`([a-z_ ]+)`", row[1].split(":")[0]))
    assert len(named) > 12
    assert {name for name in named if f'{name}"' not in code and f"def {name}(" not in code} - set(
        CampaignStatus
    ) == set()


def test_every_cause_of_an_explanation_is_on_its_page() -> None:
    text = (DOCS / "how-to" / "find-out-why-nothing-is-sent.md").read_text()
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert set(BY_EFFECT) | set(CampaignStatus) - {"running"} <= documented
    source = ROOT / "src" / "paceline"
    files = [*(source / "engine" / "explain").glob("*.py"), source / "operations" / "campaigns" / "explaining.py"]
    code = "".join(file.read_text() for file in files)
    assert {name for name in documented - {"cause"} if f'"{name}"' not in code} <= set(CampaignStatus)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_toml_example_is_toml(page: Path) -> None:
    for example in re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        tomllib.loads(example)


# Put together here, so that this file may lie in the tree that it searches.
_UNWANTED = {
    "a registry's host": "|".join(rf"\b{name}\." for name in ("py" + "pi", "files" + ".pythonhosted", "registry" + ".npmjs")),
    "a path of one machine": "|".join(rf"(?<![\w.~$}}-])/{name}/" for name in ("ro" + "ot", "ho" + "me", "wo" + "rk", "tm" + "p/venv")),
    "who wrote it": "|".join(
        rf"\b{name}\b" for name in ("A" + "I", "L" + "LM", "Clau" + "de", "Chat" + "GPT", "Open" + "A" + "I", "Anthro" + "pic", "Copi" + "lot")
    ),
}  # fmt: skip


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".editorconfig", ".gitignore") for part in parts)
        if not path.is_file() or hidden or "__pycache__" in parts or _NOT_OURS & set(parts):
            continue
        try:
            yield _name(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # data of the tests in other encodings


@pytest.mark.parametrize("kind", _UNWANTED)
def test_nothing_in_the_tree_names(kind: str) -> None:
    pattern = re.compile(_UNWANTED[kind])
    found = [f"{name}: {match.group()}" for name, text in _texts() for match in pattern.finditer(text)]
    assert found == []
