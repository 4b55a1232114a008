"""The worker's requests to its controller: one kind, because everything goes into a batch."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from paceline.remote.address import PeerAddress
from paceline.remote.calls import Peer, PeerFailed
from paceline.remote.protocol import Acknowledgement, BatchUpdate
from paceline.remote.signing import PeerKeys

BATCH_PATH = "/api/tracking/batch-update"


class ControllerClient:
    """The controller as its worker sees it."""

    def __init__(
        self, address: PeerAddress, keys: PeerKeys, *, timeout_seconds: float, now: Callable[[], float]
    ) -> None:
        self._peer = Peer(address, keys, timeout_seconds=timeout_seconds, now=now)

    def report(self, batch: BatchUpdate) -> Acknowledgement:
        """Send a batch. Raises PeerFailed; a batch whose answer was lost is sent again and changes nothing."""
        answer = self._peer.ask("POST", BATCH_PATH, batch.model_dump_json(exclude_none=True).encode())
        try:
            return Acknowledgement.model_validate(answer)
        except ValidationError as error:
            raise PeerFailed(f"the answer cannot be read: {error.errors()[0]['msg']}") from error
