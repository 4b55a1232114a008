"""Mail that could not be read or matched: a person looks at it, and throws it away."""

from __future__ import annotations

from paceline.operations.context import NotFound, QueueContext
from paceline.store.public_ids import IdKind
from paceline.store.queue import kept_mail
from paceline.store.queue.kept_mail import KeptMail

__all__ = ["KeptMail", "delete", "get", "newest", "public_id"]


def public_id(context: QueueContext, mail: KeptMail) -> str:
    """The id that people and programs outside know it by."""
    return context.box.public_ids().encode(IdKind.KEPT_MAIL, mail.id)


def newest(context: QueueContext, *, before: str | None = None, limit: int = 50) -> list[KeptMail]:
    """The kept mail of the workspace, the newest first, from before the one of this id on. Raises NotFound."""
    start = None if before is None else _number(context, before)
    with context.queue.read() as connection:
        return kept_mail.newest(connection, workspace_id=context.workspace_id, before=start, limit=limit)


def get(context: QueueContext, mail_id: str) -> tuple[KeptMail, bytes]:
    """One mail with its text, as it came. Raises NotFound."""
    with context.queue.read() as connection:
        found = kept_mail.get(connection, _number(context, mail_id), workspace_id=context.workspace_id)
    if found is None:
        raise _unknown()
    return found


def delete(context: QueueContext, mail_id: str) -> None:
    """Throw a mail away. Raises NotFound."""
    with context.queue.write() as connection:
        if not kept_mail.delete(connection, _number(context, mail_id), workspace_id=context.workspace_id):
            raise _unknown()


def _number(context: QueueContext, mail_id: str) -> int:
    number = context.box.public_ids().decode(IdKind.KEPT_MAIL, mail_id)
    if number is None:
        raise _unknown()
    return number


def _unknown() -> NotFound:
    return NotFound("there is no such mail")
