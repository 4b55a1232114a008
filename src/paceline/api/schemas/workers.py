"""Shapes of remote workers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Request

Url = Annotated[str, Field(min_length=1, max_length=500, examples=["https://worker.example.com:8600"])]


class NewWorkerRequest(Request):
    """A worker to register."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    url: Url


class ChangedWorker(Request):
    """Where it is now."""

    url: Url


class RotateRequest(Request):
    """How long the present keys hold on."""

    hours: Annotated[float, Field(ge=0, le=720)] = 24.0


class TakeHomeRequest(Request):
    """How a campaign comes home from its worker."""

    abandon: bool = Field(
        default=False,
        description="Do not wait for the worker: what it may have sent becomes uncertain, and a person decides it.",
    )


class WorkerAnswer(Answer):
    """A remote worker: where it is, what it last said, and how often it asks."""

    id: str
    name: str
    url: str
    state: str = Field(description="new, reachable, unreachable or halted")
    failure: str | None
    halted: str | None = Field(description="Why it sends nothing until a person has looked.")
    campaigns: int
    last_report_at: str | None
    next_report_at: str | None
    backlog: int
    breaker: str | None
    version: str | None
    clock_ahead_seconds: float | None
    requests_last_minute: int
    requests_last_hour: int
    requests_last_day: int
    shortest_gap_seconds: float | None
    former_key_until: str | None
    created_at: str | None


class WorkerWithKeys(Answer):
    """A worker with its keys, which are shown only in this answer."""

    worker: WorkerAnswer
    key: str = Field(description="Its WORKER_API_KEY.")
    signing_key: str = Field(description="Its WORKER_SIGNING_KEY.")
