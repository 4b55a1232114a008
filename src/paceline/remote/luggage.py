"""At a worker: what came with a campaign and is kept beside it: attached files, signing keys, certificates of servers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from paceline.content.attachments import LARGEST_TOTAL
from paceline.content.dkim import DkimSigner, KeyKind, SigningKey
from paceline.domain.errors import InputError, Problem
from paceline.domain.hosted_file import kind_of, safe_name
from paceline.remote.baggage import signing_domains
from paceline.remote.protocol import FileSpec, SigningKeySpec
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import campaigns, files, lent_keys
from paceline.store.queue.lent_keys import LentKey
from paceline.store.secrets import SecretBox

WORKSPACE = 1
"""A worker has one workspace: its controller's."""


class Luggage:
    """Keeps what comes with the campaigns of one worker. Everything may be kept again. Safe to use from several threads."""

    def __init__(
        self, database: Database, box: SecretBox, ids: PublicIds, *, folder: Path, now: Callable[[], float]
    ) -> None:
        """``folder`` is where files of certificates may be written."""
        self._database = database
        self._box = box
        self._ids = ids
        self._folder = folder
        self._now = now

    def keep_files(self, wanted: Sequence[str], given: Sequence[FileSpec]) -> tuple[tuple[str, ...], list[Problem]]:
        """What the files that a content names are called here, and what is wrong with them."""
        found: list[str] = []
        problems: list[Problem] = []
        by_id = {one.id: one for one in given}
        total = 0
        for place, file_id in enumerate(wanted):
            field = f"campaign.content.attachments.{place}"
            one = by_id.get(file_id)
            if one is None:
                problems.append(Problem(file="", field=field, message="names a file that did not come with it"))
                continue
            try:
                data = base64.b64decode(one.data, validate=True)
                total += len(data)
                if total > LARGEST_TOTAL:
                    raise ValueError(f"the files have more than {LARGEST_TOTAL >> 20} MB together")
                found.append(self._keep_file(one.name, data))
            except (binascii.Error, ValueError) as error:
                problems.append(Problem(file="", field=field, message=f"cannot be used: {error}"))
        return tuple(found), problems

    def keep_keys(self, keys: Sequence[SigningKeySpec], campaign_id: int) -> None:
        """Let these keys, and no others that were lent, sign what a campaign sends; private halves are sealed.

        Raises InputError for what is no key.
        """
        lent, problems = [], []
        for place, key in enumerate(keys):
            try:
                private = base64.b64decode(key.private_key, validate=True)
                DkimSigner(
                    [SigningKey(domain=key.domain, selector=key.selector, kind=KeyKind(key.kind), private=private)]
                )
            except (TypeError, ValueError) as error:
                message = f"is no key that can sign: {error}"
                problems.append(Problem(file="", field=f"signing_keys.{place}", message=message[:300]))
                continue
            lent.append(
                LentKey(
                    domain=key.domain,
                    selector=key.selector,
                    kind=key.kind,
                    public_key=key.public_key,
                    private_key=private,
                )
            )
        if problems:
            raise InputError(problems)
        with self._database.write() as connection:
            campaign = campaigns.get(connection, campaign_id)
            before = signing_domains(connection, campaign, lent_keys.domains(connection))
            lent_keys.forget(connection, before - {key.domain for key in keys})
            lent_keys.keep(connection, self._box, lent, workspace_id=WORKSPACE, now=self._now())

    def keep_authority(self, certificates: str) -> str:
        """The path of a file with these certificates. Raises ValueError for what are none."""
        try:
            ssl.create_default_context(cadata=certificates)
        except ssl.SSLError as error:
            raise ValueError(f"its certificates cannot be read: {error.reason or error}") from None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{hashlib.sha256(certificates.encode()).hexdigest()[:32]}.pem"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_text(certificates, encoding="ascii")
            fresh.replace(path)
        return str(path.absolute())

    def forget_unused_files(self) -> None:
        """Delete the files that no campaign here attaches any more."""
        with self._database.read() as connection:
            rows = files.page(connection, workspace_id=WORKSPACE, before=None, limit=1000)
            if not rows:
                return
            needed = {
                name
                for campaign in campaigns.every(connection, workspace_id=WORKSPACE)
                for name in json.loads(campaign.content).get("attachments", ())
            }
        for row in rows:
            if self._ids.encode(IdKind.FILE, row.id) not in needed:
                files.delete(self._database, row.id)

    def forget_unused_keys(self) -> None:
        """Forget the keys that were lent when nothing of the controller's is under way any more."""
        with self._database.read() as connection:
            unused = lent_keys.are_unused(connection)
        if unused:
            with self._database.write() as connection:
                lent_keys.forget_unused(connection)

    def _keep_file(self, name: str, data: bytes) -> str:
        kind = kind_of(data, name)
        safe, digest = safe_name(name, kind), hashlib.sha256(data).hexdigest()
        with self._database.read() as connection:
            known = files.same(connection, workspace_id=WORKSPACE, name=safe, digest=digest)
        number = known.id if known is not None else None
        if number is None:
            number = files.store(
                self._database,
                data,
                workspace_id=WORKSPACE,
                name=safe,
                media_type=kind.media_type,
                digest=digest,
                now=self._now(),
            )
        return self._ids.encode(IdKind.FILE, number)
