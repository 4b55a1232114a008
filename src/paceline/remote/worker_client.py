"""The controller's requests to one of its workers: each tried again a few times, with growing, jittered pauses."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from paceline.remote.calls import Peer, PeerFailed
from paceline.remote.protocol import (
    BegunAnew,
    CampaignReport,
    Initialize,
    PauseOrder,
    Removed,
    StartOrder,
    StopOrder,
    Suppressions,
    SuppressionsTaken,
)

_log = logging.getLogger("paceline.remote")

_Answer = TypeVar("_Answer", bound=BaseModel)


class WorkerClient:
    """A worker as its controller sees it. Every call raises PeerFailed when the worker has not done it, or may not have."""

    def __init__(
        self,
        name: str,
        peers: list[Peer],
        *,
        retries: int,
        retry_delay_seconds: float,
        rest: Callable[[float], bool],
    ) -> None:
        """``peers``: the worker with each key that holds, the newest first. ``rest`` waits; True: give up, we are leaving."""
        self._name = name
        self._peers = peers
        self._retries = retries
        self._delay = retry_delay_seconds
        self._rest = rest

    def initialize(self, campaign: str, order: Initialize) -> CampaignReport:
        """Prepare a campaign, or bring a part of its recipients."""
        return self._ask("POST", _path(campaign, "initialize"), order, CampaignReport)

    def start(self, campaign: str, revision: int) -> CampaignReport:
        """Start it."""
        return self._ask("POST", _path(campaign, "start"), StartOrder(revision=revision), CampaignReport)

    def stop(self, campaign: str, *, release: bool) -> CampaignReport:
        """End it, or take it home."""
        return self._ask("POST", _path(campaign, "stop"), StopOrder(release=release), CampaignReport)

    def pause(self, campaign: str, reason: str) -> CampaignReport:
        """Hold it."""
        return self._ask("POST", _path(campaign, "pause"), PauseOrder(reason=reason[:500]), CampaignReport)

    def resume(self, campaign: str) -> CampaignReport:
        """Let it go on."""
        return self._ask("POST", _path(campaign, "resume"), None, CampaignReport)

    def status(self, campaign: str) -> CampaignReport:
        """Ask how it stands."""
        return self._ask("GET", _path(campaign, "status"), None, CampaignReport)

    def remove(self, campaign: str) -> Removed:
        """Let the worker forget it."""
        return self._ask("DELETE", f"/api/campaign/{campaign}", None, Removed)

    def discard(self, campaign: str) -> bool:
        """Let the worker forget what was never to be sent from there; False: it does when we have heard all of it.

        One that has started there by itself, with nobody to write to, is ended first.
        """
        try:
            return self.remove(campaign).removed
        except PeerFailed as failure:
            if failure.status != 409:
                raise
        self.stop(campaign, release=False)
        return self.remove(campaign).removed

    def suppress(self, told: Suppressions) -> SuppressionsTaken:
        """Say who is to get nothing, or something again."""
        return self._ask("POST", "/api/suppressions", told, SuppressionsTaken)

    def begin_anew(self) -> BegunAnew:
        """End its halt: everything that is there ends, and it begins as with an empty database."""
        return self._ask("POST", "/api/begin-anew", None, BegunAnew)

    def _ask(self, method: str, path: str, order: BaseModel | None, shape: type[_Answer]) -> _Answer:
        body = None if order is None else order.model_dump_json(exclude_none=True).encode()
        attempt = 0
        while True:
            try:
                return _read(self._with_each_key(method, path, body), shape)
            except PeerFailed as failure:
                attempt += 1
                _log.warning("worker %s, %s %s, attempt %s: %s", self._name, method, path, attempt, failure)
                if failure.is_refusal or attempt > self._retries:
                    raise
                pause = self._delay * 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)
                if self._rest(max(pause, failure.retry_after_seconds or 0.0)):
                    raise

    def _with_each_key(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        """With the newest key, and with the former one where the worker does not know that yet."""
        for peer in self._peers[:-1]:
            try:
                return peer.ask(method, path, body)
            except PeerFailed as failure:
                if failure.status != 401:
                    raise
        return self._peers[-1].ask(method, path, body)


def _path(campaign: str, what: str) -> str:
    return f"/api/campaign/{campaign}/{what}"


def _read(answer: dict[str, Any], shape: type[_Answer]) -> _Answer:
    """The answer in its shape; ``{"success": false}`` counts as a failure whatever the status was."""
    if answer.get("success") is not True:
        reason = str(answer.get("detail") or answer.get("error") or "it gave no reason")[:300]
        raise PeerFailed(f"it said that it did not succeed: {reason}")
    try:
        return shape.model_validate(answer)
    except ValidationError as error:
        raise PeerFailed(f"its answer cannot be read: {error.errors()[0]['msg']}") from error
