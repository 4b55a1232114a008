"""Remote workers over HTTP: registered, looked at, given new keys, removed."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.workers import (
    ChangedWorker,
    NewWorkerRequest,
    RotateRequest,
    WorkerAnswer,
    WorkerWithKeys,
)
from paceline.domain.permission import Permission
from paceline.operations.ids import by_id
from paceline.operations.workers import halting, workers
from paceline.operations.workers.workers import WithKeys, Worker
from paceline.store.public_ids import IdKind

routes = Routes(tag="workers")


@routes.get("/workers", permission=Permission.ACCOUNTS_READ)
def list_workers(asked: Asked) -> list[WorkerAnswer]:
    """The remote workers of this workspace by name, with what each last said and how often it asks."""
    return [_answer(worker) for worker in workers.list_workers(asked.context)]


@routes.post("/workers", permission=Permission.ACCOUNTS_WRITE, status=HTTPStatus.CREATED)
def add_worker(asked: Asked, new: NewWorkerRequest) -> WorkerWithKeys:
    """Register a remote worker; its keys are shown only in this answer. Its host must be public."""
    added = workers.add(asked.context, name=new.name, url=new.url, guarded=True)
    asked.audit("worker.add", added.worker.id, name=new.name, url=new.url)
    return _with_keys(added)


@routes.get("/workers/{worker_id}", permission=Permission.ACCOUNTS_READ)
def get_worker(asked: Asked, worker_id: str) -> WorkerAnswer:
    """One remote worker."""
    return _answer(workers.get(asked.context, by_id(asked.context, IdKind.WORKER, worker_id)))


@routes.patch("/workers/{worker_id}", permission=Permission.ACCOUNTS_WRITE)
def change_worker(asked: Asked, worker_id: str, changed: ChangedWorker) -> WorkerAnswer:
    """Say where a remote worker is now."""
    after = workers.change(asked.context, by_id(asked.context, IdKind.WORKER, worker_id), url=changed.url)
    asked.audit("worker.change", after.id, url=changed.url)
    return _answer(after)


@routes.post("/workers/{worker_id}/rotate-key", permission=Permission.ACCOUNTS_WRITE)
def rotate_worker_key(asked: Asked, worker_id: str, rotation: RotateRequest | None = None) -> WorkerWithKeys:
    """Give a worker new keys, shown only in this answer; the present ones hold on for a while."""
    hours = 24.0 if rotation is None else rotation.hours
    rotated = workers.rotate_key(
        asked.context, by_id(asked.context, IdKind.WORKER, worker_id), overlap_seconds=hours * 3600
    )
    asked.audit("worker.rotate_key", rotated.worker.id, hours=hours)
    return _with_keys(rotated)


@routes.post("/workers/{worker_id}/clear-halt", permission=Permission.ACCOUNTS_WRITE)
def clear_worker_halt(asked: Asked, worker_id: str) -> WorkerAnswer:
    """Let a remote worker begin anew that has stopped because its database went back; what had started there is lost."""
    after = halting.clear_halt(asked.context, by_id(asked.context, IdKind.WORKER, worker_id))
    asked.audit("worker.clear_halt", after.id)
    return _answer(after)


@routes.delete("/workers/{worker_id}", permission=Permission.ACCOUNTS_WRITE)
def remove_worker(asked: Asked, worker_id: str) -> None:
    """Forget a remote worker that has no campaign any more."""
    workers.remove(asked.context, by_id(asked.context, IdKind.WORKER, worker_id))
    asked.audit("worker.remove", worker_id)


def _answer(worker: Worker) -> WorkerAnswer:
    return WorkerAnswer(**worker.to_json())


def _with_keys(found: WithKeys) -> WorkerWithKeys:
    return WorkerWithKeys(worker=_answer(found.worker), key=found.key, signing_key=found.signing_key)
