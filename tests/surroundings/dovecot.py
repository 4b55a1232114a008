"""Dovecot with a configuration, users and mail of its own, unprivileged ports, and as whoever runs the tests."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from paceline.domain.account import Security
from paceline.domain.mailbox import ImapLogin
from surroundings.certificates import Certificates
from surroundings.ports import free_port
from surroundings.serving import wait_until

PASSWORD = 'sécret "1"\\'

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {people.internal}
default_login_user = {people.login}
default_internal_group = {people.group}
first_valid_uid = 0
mail_location = maildir:{folder}/mail/%n
mail_uid = {people.uid}
mail_gid = {people.gid}
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{certificates.chain_file}
ssl_key = <{certificates.key_file}
auth_mechanisms = plain login
recipient_delimiter = +
auth_failure_delay = 0
mailbox_list_index = no
imap_capability = {capability}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%n {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {folder}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """A running server with the users that it was started with."""

    folder: Path
    imap: int
    imaps: int
    lmtp: int
    ca_file: Path
    process: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    def stop(self) -> None:
        """End it, with all its connections. A second call does nothing."""
        for process in self.process:
            process.terminate()
            process.wait(30)

    def kill_connections(self) -> None:
        """Cut all connections; new ones are welcome."""
        subprocess.run(
            ["doveadm", "-c", str(self.folder / "dovecot.conf"), "kick", "*"],
            check=True,
            capture_output=True,
            timeout=30,
        )

    def login(self, user: str = "bounces", *, security: Security = Security.TLS, password: str = PASSWORD) -> ImapLogin:
        """How a user logs in."""
        port = self.imaps if security is Security.TLS else self.imap
        ca_file = str(self.ca_file)
        return ImapLogin(
            host="localhost", port=port, security=security, username=user, password=password, ca_file=ca_file
        )

    def client(self, user: str = "bounces") -> imaplib.IMAP4:
        """Python's own client, logged in, with the inbox open."""
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=30)
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        client.select()
        return client

    def deliver(self, *mails: bytes, user: str = "bounces", folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        client = self.client(user)
        for mail in mails:
            status, answer = client.append(folder, "", "", mail)
            assert status == "OK", answer
        client.logout()

    def flags(self, user: str = "bounces", folder: str = "INBOX") -> list[str]:
        """The flags of each mail in a folder, in order."""
        client = self.client(user)
        status, answer = client.select(f'"{folder}"', readonly=True)
        count = int(answer[0] or b"0") if status == "OK" else 0
        found = []
        for number in range(1, count + 1):
            _, data = client.fetch(str(number), "(FLAGS)")
            found.append(data[0].decode().partition("FLAGS (")[2].partition(")")[0])  # type: ignore[union-attr]  # bytes
        client.logout()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """As whom the parts of the server run."""

    internal: str
    login: str
    group: str
    uid: int
    gid: int

    @classmethod
    def of_this_machine(cls) -> _People:
        """Root may not read mail, so the package's users do; everybody else does all of it."""
        if os.getuid():
            group = grp.getgrgid(os.getgid()).gr_name
            user = getpass.getuser()
            return cls(internal=user, login=user, group=group, uid=os.getuid(), gid=os.getgid())
        nobody = pwd.getpwnam("nobody")
        return cls(internal="dovecot", login="dovenull", group="dovecot", uid=nobody.pw_uid, gid=nobody.pw_gid)


@contextmanager
def running_dovecot(
    certificates: Certificates, *, users: Sequence[str] = ("bounces", "ann"), capability: str = ""
) -> Iterator[Dovecot]:
    """A server until the block ends. ``capability`` replaces what it says it can. Skips the test where it is missing."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or not (Path("/usr/lib/dovecot/imap").exists() or Path("/usr/libexec/dovecot/imap").exists()):
        pytest.skip("Dovecot with IMAP is not installed (Debian: apt install dovecot-imapd dovecot-lmtpd)")
    people = _People.of_this_machine()
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))  # not below pytest's, which only its owner may enter
    folder.chmod(0o755)
    server = Dovecot(folder=folder, imap=free_port(), imaps=free_port(), lmtp=free_port(), ca_file=certificates.ca_file)
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    os.chown(folder / "mail", people.uid, people.gid)
    lines = [f"{user}:{{PLAIN}}{PASSWORD}:{people.uid}:{people.gid}::{folder}/mail/{user}::\n" for user in users]
    (folder / "users").write_text("".join(lines), encoding="utf-8")
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            people=people,
            certificates=certificates,
            capability=capability,
            imap=server.imap,
            imaps=server.imaps,
            lmtp=server.lmtp,
        ).replace("imap_capability = \n", "")
    )
    process = subprocess.Popen(
        [program, "-F", "-c", str(configuration)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    server.process.append(process)
    try:
        wait_until(lambda: process.poll() is not None or _answers(server))
        assert process.poll() is None, (process.stderr.read() if process.stderr else b"").decode()
        yield server
    finally:
        server.stop()
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: Dovecot) -> bool:
    try:
        with imaplib.IMAP4("127.0.0.1", server.imap, timeout=30):
            return True
    except (OSError, imaplib.IMAP4.error):
        return False
