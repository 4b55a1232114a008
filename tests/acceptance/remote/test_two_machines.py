"""Controller and worker on two machines (network namespaces, joined by a cable): TLS by an authority of our own, reports home,
and a worker that cannot reach the mail server of the controller's side by any other way than its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from acceptance.judge import copies
from paceline.bootstrap import open_context
from paceline.operations.campaigns import campaign_drafts, campaign_starting
from paceline.operations.workers import workers
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns
from surroundings.certificates import make_certificates
from surroundings.serving import wait_until
from surroundings.subscribers import add_list, add_subscribers
from surroundings.working import add_account

MESSAGES = int(os.environ.get("PACELINE_TEST_MESSAGES", "300"))
ACCOUNTS = 10
HOME, AWAY = "10.97.0.1", "10.97.0.2"
_JUDGE = Path(__file__).parents[1] / "judge.py"


class Machine:
    """A network namespace with one address."""

    def __init__(self, name: str) -> None:
        self.name = name
        _ip("netns", "add", name)

    def command(self, *words: str) -> list[str]:
        """A command as it runs there."""
        return ["ip", "netns", "exec", self.name, *words]

    def remove(self) -> None:
        """Unplug it."""
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    """The controller's and the worker's, with a cable between them."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need the program ip and the right to make them")
    names = (f"plhome{os.getpid()}", f"plaway{os.getpid()}")
    with ExitStack() as stack:
        try:
            home = Machine(names[0])
            stack.callback(home.remove)
            away = Machine(names[1])
            stack.callback(away.remove)
            ends = (f"plh{os.getpid()}"[:15], f"pla{os.getpid()}"[:15])
            _ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            for machine, end, address in ((home, ends[0], HOME), (away, ends[1], AWAY)):
                _ip("link", "set", end, "netns", machine.name)
                subprocess.run(machine.command("ip", "addr", "add", f"{address}/24", "dev", end), check=True)
                for device in (end, "lo"):
                    subprocess.run(machine.command("ip", "link", "set", device, "up"), check=True)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces cannot be made here: {error.stderr}")
        yield home, away


@pytest.mark.timeout(300)
def test_campaign_runs_on_another_machine_and_ends_equal(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    home, away = machines
    certificates = make_certificates(tmp_path, AWAY)
    record = tmp_path / "record.jsonl"
    common = {**os.environ, "PACELINE_WORKER_TIME_SCALE": "0.02", "PACELINE_WORKER_PLAIN_HTTP": "yes"}
    settings = {
        end: {
            **common,
            "PACELINE_DATABASE": f"sqlite:///{tmp_path / end / 'paceline.db'}",
            "PACELINE_DATA_DIR": str(tmp_path / end),
        }
        for end in ("home", "away")
    }
    paceline = (sys.executable, "-m", "paceline.cli.main")
    with ExitStack() as stack:
        # The judge is a mail server on the worker's machine: only the worker can send to it.
        judge = stack.enter_context(
            subprocess.Popen(
                away.command(sys.executable, str(_JUDGE), "--record", str(record), "--until-input-ends"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert judge.stdin is not None
        assert judge.stdout is not None
        stack.callback(judge.stdin.close)
        port = json.loads(judge.stdout.readline())["port"]
        with closing(open_context(read_settings(settings["home"]))) as context:
            added = workers.add(
                context, name="away", url=f"https://{AWAY}:8600", ca_file=str(certificates.ca_file), guarded=False
            )
            group = add_list(context.catalogue, "news")
            add_subscribers(context.catalogue, group, MESSAGES)
            draft = campaign_drafts.create(
                context,
                name="Away",
                content={
                    "from": "ann@example.com",
                    "subject": "Hi",
                    "text": "Hi\n",
                    "unsubscribe_url": "https://e.example/x",
                },
                audience={"lists": [context.ids.encode(IdKind.LIST, group)]},
                accounts=[add_account(context, port, f"relay-{number}") for number in range(ACCOUNTS)],
                worker="away",
                worker_fallback=False,
            )
            campaign_starting.start(context, draft.id)
            number = context.ids.decode(IdKind.CAMPAIGN, draft.id)
        assert number is not None
        settings["away"] |= {
            "WORKER_API_KEY": added.key,
            "WORKER_SIGNING_KEY": added.signing_key,
            "PACELINE_WORKER_CERTIFICATE": str(certificates.chain_file),
            "PACELINE_WORKER_CERTIFICATE_KEY": str(certificates.key_file),
        }
        serve = home.command(*paceline, "serve", "--host", HOME, "--port", "8525")
        work = away.command(*paceline, "worker", "--listen", f"{AWAY}:8600", "--controller", f"http://{HOME}:8525")
        for end, command in (("home", serve), ("away", work)):
            log = stack.enter_context((tmp_path / f"{end}.log").open("w"))
            process = subprocess.Popen(command, env=settings[end], stderr=log, stdout=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        with closing(open_context(read_settings(settings["home"]))) as context:

            def is_completed() -> bool:
                with context.queue.read() as connection:
                    return str(campaigns.get(connection, number).status) == "completed"

            wait_until(is_completed, within=200)
            with context.queue.read() as connection:
                here = campaigns.count_anew(connection, number)
        with closing(open_context(read_settings(settings["away"]))) as context, context.queue.read() as connection:
            (there,) = connection.execute(sql("SELECT campaign_id FROM home_campaigns")).scalars()
            assert campaigns.count_anew(connection, there) == here
    taken = copies(record)
    assert here["sent"] == MESSAGES == len(taken)
    assert max(taken.values()) == 1
