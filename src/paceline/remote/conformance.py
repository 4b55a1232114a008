"""Talks to any worker at a URL as a controller would, and says of each promise of the protocol whether it is kept.

It prepares campaigns to nobody that are never started, and removes them: nothing is sent.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from paceline.outbound.address_guard import AddressRefused
from paceline.outbound.http import CallFailed, OutboundHttp
from paceline.remote.address import open_guard
from paceline.remote.signing import TOLERANCE_SECONDS, PeerKeys, new_key, signed_headers

CONTENT = {
    "from_address": "Check <check@worker-check.invalid>",
    "subject": "Check",
    "html": "",
    "text": "Nobody gets this.\n",
    "reply_to": "",
    "list_id": "",
    "unsubscribe_url": "",
    "base_url": "",
    "track_opens": False,
    "track_clicks": False,
    "track_text_clicks": False,
    "bounce_address": "",
    "campaign_key": "worker-check",
    "campaign_name": "Worker check",
    "missing_fields": "fail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One promise, and what was found where it is not kept (empty: it is)."""

    promise: str
    wrong: str

    @property
    def is_kept(self) -> bool:
        """Whether the worker keeps it."""
        return not self.wrong


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: dict[str, Any]

    def says(self, **expected: Any) -> str:
        """What is wrong with a success that should say this; empty: nothing."""
        if self.status >= 300 or self.body.get("success") is not True:
            return f"it answered {self.status} {json.dumps(self.body)[:200]}"
        wrong = [
            f"{name} is {self.body.get(name)!r}, not {value!r}"
            for name, value in expected.items()
            if self.body.get(name) != value
        ]
        return "; ".join(wrong)

    def is_refused(self, *statuses: int) -> str:
        """What is wrong with a refusal that should have one of these statuses; empty: nothing."""
        return "" if self.status in statuses else f"it answered {self.status}, not {' or '.join(map(str, statuses))}"


class Conformance:
    """The checks of one worker; they raise CallFailed or AddressRefused when it cannot be reached at all."""

    def __init__(
        self, url: str, keys: PeerKeys, *, ca_file: str, timeout_seconds: float, now: Callable[[], float]
    ) -> None:
        self._base = url.rstrip("/")
        self._keys = keys
        self._now = now
        self._http = OutboundHttp(
            open_guard(url), timeout_seconds=timeout_seconds, longest_answer=1 << 20, ca_file=ca_file
        )
        self._campaign = f"/api/campaign/check-{secrets.token_hex(6)}"

    def run(self) -> Iterator[Finding]:
        """Every check in turn."""
        for promise, check in (
            ("a request without a key is refused (401)", self._without_key),
            ("a wrong key is refused (401)", self._wrong_key),
            ("an unsigned request is refused (401)", self._unsigned),
            ("an old signature is refused (401)", self._old),
            ("a signature does not fit another body (401)", self._other_body),
            ("a request that was taken is refused the second time (401)", self._replay),
            ("a campaign that is not there is not there (404)", self._unknown),
            ("initialize prepares a draft", self._initialize),
            ("the same revision again changes nothing", self._initialize),
            ("fields that are not known are ignored", self._unknown_fields),
            ("a part is taken once, however often it comes", self._part_twice),
            ("a part behind a gap changes nothing", self._gap),
            ("a higher revision replaces what has not started", self._higher),
            ("an older revision is refused (409)", self._older),
            ("nothing starts without an account (409)", self._start_without_account),
            ("another revision does not start (409)", self._start_other),
            ("rubbish is refused (400 or 422)", self._rubbish),
            ("suppressions may be told twice", self._suppress),
            ("a suppression that is lifted is over, and a newer one is not", self._lift),
            ("a withheld recipient is skipped, one who is not there is named", self._withhold),
            ("erasures may be told twice", self._erase),
            ("stop ends, also twice", self._stop),
            ("what has stopped does not start again", self._start_stopped),
            ("delete removes, also twice", self._delete),
        ):
            try:
                yield Finding(promise=promise, wrong=check())
            except (CallFailed, AddressRefused) as error:
                yield Finding(promise=promise, wrong=f"there is no answer: {error}")

    # The checks; each returns what is wrong.

    def _without_key(self) -> str:
        return self._send("GET", self._path("status"), b"", {}).is_refused(401)

    def _wrong_key(self) -> str:
        keys = PeerKeys((new_key(),), self._keys.signing)
        return self._send("GET", self._path("status"), b"", self._headers("GET", "status", b"", keys)).is_refused(401)

    def _unsigned(self) -> str:
        if not self._keys.signing:
            return ""
        headers = {"Authorization": f"Bearer {self._keys.bearer[0]}"}
        return self._send("GET", self._path("status"), b"", headers).is_refused(401)

    def _old(self) -> str:
        if not self._keys.signing:
            return ""
        path = self._path("status")
        headers = signed_headers("GET", path, b"", self._keys, now=self._now() - TOLERANCE_SECONDS - 60)
        return self._send("GET", path, b"", headers).is_refused(401)

    def _other_body(self) -> str:
        if not self._keys.signing:
            return ""
        headers = self._headers("POST", "stop", b'{"release": false}', self._keys)
        return self._send("POST", self._path("stop"), b'{"release": true }', headers).is_refused(401)

    def _replay(self) -> str:
        if not self._keys.signing:
            return ""
        headers = self._headers("GET", "status", b"", self._keys)
        self._send("GET", self._path("status"), b"", headers)
        return self._send("GET", self._path("status"), b"", headers).is_refused(401)

    def _unknown(self) -> str:
        return self._ask("GET", "status").is_refused(404)

    def _initialize(self) -> str:
        return self._order(1).says(revision=1, status="draft", upto=0, complete=False)

    def _unknown_fields(self) -> str:
        return self._order(1, of_the_future={"a": 1}).says(revision=1, status="draft")

    def _part_twice(self) -> str:
        part = {"after": 0, "upto": 9, "complete": False, "recipients": [self._recipient(3), self._recipient(7)]}
        first = self._order(1, part=part)
        again = self._order(1, part=part)
        return first.says(upto=9, complete=False) or again.says(upto=9, counts=first.body.get("counts"))

    def _gap(self) -> str:
        part = {"after": 20, "upto": 30, "complete": True, "recipients": [self._recipient(25)]}
        return self._order(1, part=part).says(upto=9, complete=False)

    def _higher(self) -> str:
        part = {"after": 0, "upto": 4, "complete": True, "recipients": [self._recipient(4)]}
        answer = self._order(2, part=part)
        queued = (answer.body.get("counts") or {}).get("queued")
        return answer.says(revision=2, upto=4, complete=True) or ("" if queued == 1 else f"{queued} are queued, not 1")

    def _older(self) -> str:
        return self._order(1).is_refused(409)

    def _start_without_account(self) -> str:
        return self._ask("POST", "start", {"revision": 2}).is_refused(409)

    def _start_other(self) -> str:
        return self._ask("POST", "start", {"revision": 9}).is_refused(409)

    def _rubbish(self) -> str:
        body = b'{"revision": "many"}'
        headers = {**self._headers("POST", "initialize", body, self._keys), "Content-Type": "application/json"}
        return self._send("POST", self._path("initialize"), body, headers).is_refused(400, 422)

    def _suppress(self) -> str:
        address = f"{secrets.token_hex(6)}@worker-check.invalid"
        order = {"suppressions": [{"channel": "email", "address": address, "reason": "worker-check"}]}
        first, again = (self._ask("POST", None, order, path="/api/suppressions") for _ in range(2))
        return first.says(added=1) or again.says(added=0)

    def _lift(self) -> str:
        word = {"channel": "email", "address": f"{secrets.token_hex(6)}@worker-check.invalid"}
        self._tell(suppressions=[{**word, "at": 2.0}])
        return (
            self._tell(lifted=[{**word, "at": 1.0}]).says(lifted=0)
            or self._tell(lifted=[{**word, "at": 2.0}]).says(lifted=1)
            or self._tell(suppressions=[{**word, "at": 3.0}]).says(added=1)
        )

    def _withhold(self) -> str:
        name = self._campaign.rpartition("/")[2]
        words = [{"campaign": name, "recipient": number, "reason": "worker-check"} for number in (4, 5)]
        wrong = self._tell(withheld=words).says(withheld=1, missing=[5])
        skipped = (self._ask("GET", "status").body.get("counts") or {}).get("skipped")
        return wrong or ("" if skipped == 1 else f"{skipped} are skipped, not 1")

    def _erase(self) -> str:
        word = {"address": f"{secrets.token_hex(6)}@worker-check.invalid"}
        return self._tell(erased=[word]).says(erased=1) or self._tell(erased=[word]).says(erased=1)

    def _tell(self, **words: list[dict[str, Any]]) -> _Answer:
        return self._ask("POST", None, words, path="/api/suppressions")

    def _stop(self) -> str:
        return self._ask("POST", "stop", {}).says(status="stopped") or self._ask("POST", "stop", {}).says(
            status="stopped"
        )

    def _start_stopped(self) -> str:
        self._ask("POST", "start", {"revision": 2})
        return self._ask("GET", "status").says(status="stopped")

    def _delete(self) -> str:
        answer = self._ask("DELETE", None)
        if answer.body.get("removed") is False:
            return "" if answer.says() == "" else answer.says()
        return answer.says(removed=True) or self._ask("DELETE", None).says(removed=True) or self._unknown()

    # How they ask.

    def _order(self, revision: int, **more: Any) -> _Answer:
        campaign = {
            "name": "Worker check",
            "channel": "email",
            "content": CONTENT,
            "message_id_domain": "worker-check.invalid",
        }
        order = {"version": 1, "revision": revision, "campaign": campaign, "accounts": [], **more}
        return self._ask("POST", "initialize", order)

    @staticmethod
    def _recipient(number: int) -> dict[str, Any]:
        return {"id": number, "address": f"nobody-{number}@worker-check.invalid", "fields": {}}

    def _ask(self, method: str, what: str | None, order: dict[str, Any] | None = None, *, path: str = "") -> _Answer:
        where = path or self._path(what)
        body = b"" if order is None else json.dumps(order).encode()
        headers = signed_headers(method, where, body, self._keys, now=self._now())
        return self._send(method, where, body, {**headers, "Content-Type": "application/json"} if body else headers)

    def _path(self, what: str | None) -> str:
        return self._campaign if what is None else f"{self._campaign}/{what}"

    def _headers(self, method: str, what: str, body: bytes, keys: PeerKeys) -> dict[str, str]:
        return signed_headers(method, self._path(what), body, keys, now=self._now())

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> _Answer:
        answer = asyncio.run(self._http.ask(method, self._base + path, body or None, headers))
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = {}
        return _Answer(answer.status, found if isinstance(found, dict) else {})
