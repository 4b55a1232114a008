"""What is typed: every refusal is one clear line on standard error, ends with 2, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
import typer.core
import typer.main

from paceline.cli.commands import COMMANDS
from paceline.cli.main import application, listing, run


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PACELINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("PACELINE_DATABASE", raising=False)


_REFUSED = {
    "sendd": "No such command 'sendd'",
    "send": "Missing argument 'FILE.toml'",
    "send a.toml --fast": "No such option: --fast",
    "send missing.toml": "missing.toml: the file does not exist",
    "messages spring --state gone": "'gone' is no state of a message; accepts queued, sending, deferred, sent, failed",
    "resolve spring": "Missing option '--uncertain'",
    "resolve spring --uncertain maybe": "'maybe' is not one of 'sent', 'resend'",
    "sandbox --smtp-port 70000": "'--smtp-port'",
    "sandbox --behaviour missing": "missing: cannot be read",
    "status --database mysql://host/db": "PACELINE_DATABASE: accepts sqlite:///file.db or postgresql://",
    "accounts import missing.toml": "missing.toml: the file does not exist",
    "accounts add --host h --port 25": "Missing option '--name'",
}


@pytest.mark.parametrize("typed", _REFUSED)
def test_wrong_words_are_refused_in_one_line(typed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(typed.split()) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert _REFUSED[typed] in line
    assert captured.out == ""
    assert list(tmp_path.rglob("*")) == []


def test_unknown_campaign_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pause", "sprnig"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no campaign with the key 'sprnig'")


def test_unknown_account_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accounts", "enable", "relay-9"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no account with the name 'relay-9'")


def test_problem_of_an_option_names_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["accounts", "add", "--name", "relay-1", "--host", "a b", "--port", "0", "--timezone", "Mars/Olympus"]
    assert run([*typed, "--username", "ann", "--password-env", "UNSET_VARIABLE"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == ["--host", "--password-env", "--port", "--timezone"]
    assert all(line.startswith("accounts add: ") for line in lines)


def test_stored_account_is_listed_and_its_password_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_PASSWORD", "hunter2")
    added = ["accounts", "add", "--name", "relay-1", "--host", "mail.example.com", "--port", "587"]
    assert run([*added, "--username", "ann", "--password-env", "RELAY_PASSWORD", "--hourly-limit", "40"]) == 0
    assert run(["accounts", "disable", "relay-1"]) == 0
    assert run(["accounts", "list"]) == 0
    said = capsys.readouterr().out
    assert "hunter2" not in said
    assert said.splitlines()[-1].split() == ["relay-1", "mail.example.com:587:ann", "0/40", "0", "disabled"]


_ACCOUNTS = """\
[[accounts]]
name = "{first}"
host = "mail.example.com"
port = 587

[[accounts]]
name = "relay-2"
host = "mail.example.org"
port = 587
"""


def test_accounts_of_a_file_are_stored_all_or_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(_ACCOUNTS.format(first="relay-1"))
    bad.write_text(_ACCOUNTS.format(first="relay-3").replace("mail.example.org", "other.example.org"))
    assert run(["accounts", "import", str(good)]) == 0
    assert run(["accounts", "import", str(bad)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"{bad}:6: name: another stored account is called 'relay-2' (mail.example.org:587:)"
    run(["accounts", "list", "--json"])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_file_of_accounts_holds_nothing_else(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text('key = "spring"\n[[accounts]]\naccount = "relay-1"\n')
    assert run(["accounts", "import", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [[f"{file}:1", "key"], [f"{file}:3", "accounts.account"]]


def test_without_words_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Usage: paceline")
    assert any(line.split()[:1] == ["send"] for line in lines)


def test_every_command_is_found_by_its_name_alone() -> None:
    assert _commands_of(application()) == sorted(command for commands in COMMANDS.values() for command in commands)
    for module, commands in COMMANDS.items():
        assert _commands_of(application(next(iter(commands)))) == sorted(commands), module


def test_listed_commands_are_those_of_the_modules_with_their_own_words() -> None:
    for limit in (40, 1_000):
        assert _lines_of(listing(), limit) == _lines_of(application(), limit)


def test_command_is_found_behind_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--", "status"]) == 0
    assert capsys.readouterr().out.startswith("no campaign yet")


def _commands_of(app: typer.Typer) -> list[str]:
    return sorted(_group(app).commands)


def _lines_of(app: typer.Typer, limit: int) -> dict[str, str]:
    return {name: command.get_short_help_str(limit) for name, command in _group(app).commands.items()}


def _group(app: typer.Typer) -> typer.core.TyperGroup:
    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    return command
