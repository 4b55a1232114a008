"""Who signs what: the active keys of all sending domains, read from the queue and kept at hand."""

from __future__ import annotations

import threading
from collections import defaultdict

from paceline.content.dkim import DkimSigner, KeyKind, SigningKey
from paceline.domain.errors import PacelineError
from paceline.store.database import Database
from paceline.store.queue import sending_domains
from paceline.store.queue.sending_domains import ActiveKey
from paceline.store.secrets import SecretBox, SecretsUnreadable

_EVERY_SECONDS = 10.0
"""How long a change of keys may go unnoticed: the record of a retired key stays published far longer than that."""


class CannotSign(PacelineError):
    """A key that signs for a domain cannot be used; the text names the cure."""


class Signing:
    """The signers of one sender. A domain without a key has none, and its messages stay as they are."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box
        self._keys: list[ActiveKey] = []
        self._signers: dict[tuple[int, str], DkimSigner | str] = {}
        """Where a key cannot be used, a sentence: why, and what to do."""
        self._lock = threading.Lock()
        self._read_boot = float("-inf")

    def refresh_if_due(self, boot: float) -> None:
        """The same as ``refresh``, every ten seconds of the boot clock; each time while a key cannot be used."""
        if boot - self._read_boot >= _EVERY_SECONDS or self._is_impaired:
            self.refresh()
            self._read_boot = boot

    def refresh(self) -> None:
        """Take up what has changed; to be called off the event loop. Raises StoreUnavailable."""
        with self._database.read() as connection:
            keys = sending_domains.active_keys(connection)
        with self._lock:
            if keys != self._keys:
                self._signers = self._made(keys)
                self._keys = keys

    def of(self, workspace_id: int, domain: str) -> DkimSigner | None:
        """What signs for a From domain: its own key or that of the nearest parent domain, which is aligned with it.

        Raises CannotSign when that cannot be used: what is to be signed never leaves unsigned.
        """
        if not self._signers:
            return None
        while domain:
            signer = self._signers.get((workspace_id, domain))
            if isinstance(signer, str):
                raise CannotSign(signer)
            if signer is not None:
                return signer
            domain = domain.partition(".")[2]
        return None

    @property
    def _is_impaired(self) -> bool:
        return any(isinstance(signer, str) for signer in self._signers.values())

    def _made(self, keys: list[ActiveKey]) -> dict[tuple[int, str], DkimSigner | str]:
        of_domain = defaultdict(list)
        for key in keys:
            of_domain[key.workspace_id, key.domain].append(key)
        return {place: self._signer(several) for place, several in of_domain.items()}

    def _signer(self, keys: list[ActiveKey]) -> DkimSigner | str:
        """What signs for one domain, all its keys; why not where one of them cannot."""
        domain = keys[0].domain
        try:
            return DkimSigner([self._opened(key) for key in keys])
        except (SecretsUnreadable, ValueError) as error:
            return (
                f"mail of {domain} cannot be signed: {error}; `paceline domains new-keys {domain}` makes another key, "
                f"`paceline domains activate {domain}` lets it sign once its record is published"
            )

    def _opened(self, key: ActiveKey) -> SigningKey:
        return SigningKey(
            domain=key.domain, selector=key.selector, kind=KeyKind(key.kind), private=key.private_key(self._box)
        )
