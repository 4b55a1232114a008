"""The operator at the command line: back in after being locked out, and keys for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paceline.cli.main import run
from paceline.operations.people.access import by_api_key
from paceline.operations.people.password_reset import reset_password
from surroundings.people import OTHER_PASSWORD, Installation, token_of


@pytest.fixture
def commands(
    installation: Installation, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    monkeypatch.setenv("PACELINE_DATABASE", database_url)
    monkeypatch.setenv("PACELINE_DATA_DIR", str(tmp_path))
    return installation


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run([*arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]


def test_locked_out_owner_comes_back_in(commands: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    commands.first_user()
    (answer,) = printed(capsys, "users", "reset-link", "olga@example.com", "--without-second-factor")
    reset_password(commands.context, token_of(str(answer["link"])), password=OTHER_PASSWORD)
    commands.log_in("olga@example.com", OTHER_PASSWORD)


def test_users_are_added_listed_and_disabled(commands: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    commands.first_user()
    printed(capsys, "users", "add", "otto@example.com", "--name", "Otto", "--role", "editor")
    assert run(["users", "disable", "otto@example.com"]) == 0
    found = {one["email"]: one for one in printed(capsys, "users", "list")}
    assert found["otto@example.com"]["roles"] == ["editor in Workspace"]
    assert found["otto@example.com"]["disabled_at"]
    assert run(["users", "enable", "otto@example.com"]) == 0
    assert run(["users", "list"]) == 0
    assert "not yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["users", "reset-link", "nobody@example.com"], "no user has the address"),
        (["users", "add", "no address"], "is not an e-mail address"),
        (["users", "add", "otto@example.com", "--role", "root"], "accepts owner, admin, editor, viewer"),
        (["users", "disable", "olga@example.com"], "last owner"),
        (["keys", "create", "x", "--scope", "everything"], "there is no permission"),
        (["keys", "revoke", "key_x"], "no API key"),
    ],
)
def test_bad_input_ends_with_2_and_a_line(
    commands: Installation, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    commands.first_user()
    assert run(arguments) == 2
    assert said in capsys.readouterr().err


def test_keys_for_scripts(commands: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "tutorial"]) == 0
    key = capsys.readouterr().out.strip()
    found = by_api_key(commands.context, key)
    assert found is not None
    assert found.name == "tutorial"
    (narrow,) = printed(capsys, "keys", "create", "shop", "--scope", "contacts:read", "--days", "1")
    assert narrow["scopes"] == ["contacts:read"]
    assert [one["name"] for one in printed(capsys, "keys", "list")] == ["shop", "tutorial"]
    assert run(["keys", "list"]) == 0
    assert "everything" in capsys.readouterr().out
    assert run(["keys", "revoke", str(narrow["id"])]) == 0
    assert by_api_key(commands.context, str(narrow["key"])) is None
