"""The recipients of a campaign as a forecast needs them: how many there are of each kind for whom something else holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from paceline.domain.layer import Layer
from paceline.domain.mail_provider import domain_of, provider_of
from paceline.engine.forecast.plan import PlannedAccount, RecipientGroup, Waiting
from paceline.store.queue.outlook import Again

_Kind = tuple[tuple[int, ...], str | None]


class Grouping:
    """Sorts addresses into groups: by the limits that hold for them, and where it matters by their provider.

    Group 0 are those for whom nothing particular holds.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        accounts: Sequence[PlannedAccount],
        *,
        mail_servers: Mapping[str, str],
        by_provider: bool,
    ) -> None:
        """``mail_servers``: domain -> who takes its mail, as far as that is known."""
        self._layers = layers
        self._mail_servers = mail_servers
        self._providers = {one.provider for one in accounts if one.provider} if by_provider else set[str]()
        self._kinds: dict[_Kind, int] = {((), None): 0}
        self._known: dict[str, int] = {}
        self._counts = Counter[int]()

    @property
    def matters(self) -> bool:
        """Whether it makes any difference who the recipients are."""
        return bool(self._layers or self._providers)

    def group_of(self, address: str) -> int:
        """The group of an address."""
        domain = domain_of(address)
        found = self._known.get(domain)
        if found is None:
            server = self._mail_servers.get(domain, "")
            limits = tuple(n for n, one in enumerate(self._layers) if one.holds_for_recipient(address, server))
            provider = provider_of(domain)
            kind = (limits, provider if provider in self._providers else None)
            found = self._known[domain] = self._kinds.setdefault(kind, len(self._kinds))
        return found

    def look_at(self, address: str) -> None:
        """A recipient of the campaign, or one of some that stand for all."""
        self._counts[self.group_of(address)] += 1

    def groups(self) -> tuple[RecipientGroup, ...]:
        """All groups, with how many were counted; none where nothing particular holds for anybody."""
        if len(self._kinds) == 1:
            return ()
        return tuple(
            RecipientGroup(messages=self._counts[number], limits=limits, provider=provider)
            for (limits, provider), number in self._kinds.items()
        )

    def waiting(self, listed: Sequence[Again], more: int) -> tuple[Waiting, ...]:
        """What is tried again, by minutes; ``more`` messages behind the last one are reckoned with it."""
        found = Counter[tuple[float, int, int]]()
        for one in listed:
            found[float(-(-one.due_at // 60) * 60), one.attempt, self.group_of(one.address)] += 1
        if more:
            found[max(found)] += more
        return tuple(
            Waiting(at, messages, attempts, group) for (at, attempts, group), messages in sorted(found.items())
        )
