"""Passwords at rest: sealed, bound to their row, and never replaced by a new key."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.bootstrap import open_context
from paceline.domain.account import Account, OAuth, SmtpLogin
from paceline.settings import read_settings
from paceline.store.queue import accounts
from paceline.store.secrets import SecretBox, SecretsUnreadable

LOGIN = SmtpLogin(
    host="mail.example.com",
    port=587,
    username="ann",
    password="correct horse",
    oauth=OAuth(token_url="https://t", client_id="id", client_secret="battery", refresh_token="staple"),
)


def test_sealed_secrets_open_only_for_their_own_row() -> None:
    box = SecretBox(b"key")
    sealed = box.seal({"password": "x"}, row="account a")
    assert box.open(sealed, row="account a") == {"password": "x"}
    with pytest.raises(SecretsUnreadable):
        box.open(sealed, row="account b")
    with pytest.raises(SecretsUnreadable):
        SecretBox(b"other").open(sealed, row="account a")


def test_account_comes_back_whole_and_its_secrets_are_nowhere_in_the_database(
    database_url: str, tmp_path: Path
) -> None:
    context = open_context(read_settings({}, database=database_url, data_dir=str(tmp_path)))
    account = Account(id=0, name="relay", login=LOGIN)
    with context.queue.write() as connection:
        account_id = accounts.save(connection, context.box, account, workspace_id=1, channel="email")
    with context.queue.read() as connection:
        assert accounts.load(connection, context.box, account_id).login == LOGIN
        stored = str(connection.exec_driver_sql("SELECT * FROM accounts").all())
    context.close()
    assert not any(secret in stored for secret in ("correct horse", "battery", "staple"))
    assert not any(secret in repr(account) for secret in ("correct horse", "battery", "staple"))


def test_missing_key_file_is_not_made_anew_over_existing_secrets(sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, database=sqlite_url, data_dir=str(tmp_path))
    open_context(settings).close()
    key = tmp_path / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    kept = key.read_text()
    key.unlink()
    with pytest.raises(SecretsUnreadable, match="is missing"):
        open_context(settings)
    assert not key.exists()
    key.write_text(kept[::-1])
    with pytest.raises(SecretsUnreadable, match="is not the key"):
        open_context(settings)
    key.write_text(kept)
    open_context(settings).close()


def test_key_may_come_from_the_environment(sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({"PACELINE_SECRET_KEY": "a long secret"}, database=sqlite_url, data_dir=str(tmp_path))
    open_context(settings).close()
    assert not (tmp_path / "secret.key").exists()
    open_context(settings).close()
