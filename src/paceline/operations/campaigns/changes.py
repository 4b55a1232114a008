"""What has changed lately in a workspace: campaigns with their progress, and the standing of accounts."""

from __future__ import annotations

from typing import Any

from paceline.clock import iso
from paceline.operations.campaigns.summary import effective_state
from paceline.operations.context import Context
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaigns
from paceline.store.queue.accounts import AccountGlance
from paceline.store.queue.campaigns import Progress


def campaigns_changed(context: Context, since: float, *, active_too: bool = False) -> dict[str, dict[str, Any]]:
    """Public id -> progress of every campaign that changed at this instant or later; it costs the same at any size.

    ``active_too``: and of all that are under way.
    """
    with context.queue.read() as connection:
        changed = campaigns.changed(connection, workspace_id=context.workspace_id, since=since, active_too=active_too)
    return {
        context.ids.encode(IdKind.CAMPAIGN, progress.campaign.id): _progress(context, progress) for progress in changed
    }


class AccountWatch:
    """The accounts of a workspace, looked at again and again."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[int, AccountGlance] = {}

    def look(self) -> dict[str, dict[str, Any]]:
        """Public id -> state of every account that differs from the last look; in the first one, of all."""
        now = self._context.clock.now()
        with self._context.queue.read() as connection:
            found = accounts.glances(connection, workspace_id=self._context.workspace_id)
        new = [glance for account in found if self._seen.get(account.id) != (glance := _at(account, now))]
        self._seen.update({glance.id: glance for glance in new})
        return {state["id"]: state for state in map(self._shown, new)}

    def _shown(self, account: AccountGlance) -> dict[str, Any]:
        return {
            "id": self._context.ids.encode(IdKind.ACCOUNT, account.id),
            "name": account.name,
            "state": str(account.state),
            "reason": account.reason,
            "resumes_at": iso(account.until_at),
        }


def _at(account: AccountGlance, now: float) -> AccountGlance:
    """An account as it is now: a pause that is over is none, although nobody has used it yet."""
    state, reason, until = effective_state(account, now)
    return account if state is account.state else account._replace(state=state, reason=reason, until_at=until)


def _progress(context: Context, progress: Progress) -> dict[str, Any]:
    campaign = progress.campaign
    return {
        "id": context.ids.encode(IdKind.CAMPAIGN, campaign.id),
        "key": campaign.key,
        "name": campaign.name,
        "status": str(campaign.status),
        "total": progress.total,
        **progress.counts,
        "refused": campaign.refused,
        **progress.came_back,
        "pause_reason": campaign.pause_reason,
        "resumes_at": iso(campaign.resumes_at),
        "started_at": iso(campaign.started_at),
        "finished_at": iso(campaign.finished_at),
        "updated_at": iso(progress.updated_at),
    }
