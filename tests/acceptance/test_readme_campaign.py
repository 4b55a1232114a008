"""Whoever follows the README gets what it says: its three files, its commands, two messages at a server that we did not write."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

README = Path(__file__).parents[2] / "README.md"
PACELINE = Path(sys.executable).with_name("paceline")


class _Postbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


def _write_files_of_readme(folder: Path, port: int) -> None:
    for name, text in re.findall(
        r"\*\*`([\w.]+)`\*\*.*?\n\n```\w+\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE
    ):
        (folder / name).write_text(text.replace("port = 2525", f"port = {port}"))


async def _paceline(folder: Path, *words: str) -> int:
    environment = {**os.environ, "PACELINE_DATA_DIR": str(folder / "data")}
    process = await asyncio.create_subprocess_exec(PACELINE, *words, cwd=folder, env=environment)
    return await process.wait()


async def _follow_the_readme(folder: Path) -> list[tuple[list[str], bytes]]:
    postbox = _Postbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(postbox), "127.0.0.1", 0)
    async with server:
        _write_files_of_readme(folder, server.sockets[0].getsockname()[1])
        assert await _paceline(folder, "send", "spring.toml") == 0
        assert await _paceline(folder, "send", "spring.toml") == 0
    return postbox.letters


def test_the_readme_campaign_arrives_once(tmp_path: Path) -> None:
    letters = asyncio.run(_follow_the_readme(tmp_path))
    assert sorted(recipients for recipients, _ in letters) == [["ann@example.com"], ["ben@example.com"]]
    messages = [message_from_bytes(content, policy=policy.default) for _, content in letters]
    assert {message["Subject"] for message in messages} == {"Spring is here, Ann", "Spring is here, Ben"}
    assert {message["From"].addresses[0].display_name for message in messages} == {"Café Lee"}
