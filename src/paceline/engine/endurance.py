"""How many connections an account uses now, and when it has to leave: fewer with each trouble, more with each success."""

from __future__ import annotations

import random

from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.outcome import AccountTrouble, TroubleKind

_RECONNECT_SECONDS = 1.0
_MOST_BUSY_IN_A_ROW = 5
_FIRST_REQUESTS = 10


class Endurance:
    """What one worker has learnt about how much its server bears."""

    def __init__(self, account: Account, *, failures: int) -> None:
        """``failures``: how often in a row the account has failed before."""
        self._most = account.max_connections
        self.width = 1
        """Connections that may be used at the same time."""
        if isinstance(account.login, WhatsAppLogin) and not failures:  # requests, not connections to be borne
            self.width = min(_FIRST_REQUESTS, self._most)
        # An account that failed the last time has one try, not several, to show that it is well.
        self._busy_in_a_row = _MOST_BUSY_IN_A_ROW - 1 if failures else 0
        self.trouble: AccountTrouble | None = None
        """Why the worker has to leave; None while it need not."""

    def accepted(self) -> bool:
        """One more connection after each success, up to the account's own number; whether there is one more."""
        self._busy_in_a_row = 0
        if self.width >= self._most:
            return False
        self.width += 1
        return True

    def answered(self) -> None:
        """The server has answered about a recipient: it is well."""
        self._busy_in_a_row = 0

    def failed(self, trouble: AccountTrouble | None) -> float:
        """The server or the account is in trouble (None: only a connection ended). Returns the seconds to rest.

        Half the connections and a rest, or the worker has to leave.
        """
        self._busy_in_a_row += 1
        self.width = max(self.width // 2, 1)
        if trouble is not None and (trouble.kind is not TroubleKind.BUSY or (trouble.retry_after_seconds or 0) > 5):
            self.trouble = self.trouble or trouble
            return 0.0
        if self._busy_in_a_row >= _MOST_BUSY_IN_A_ROW:
            reason = trouble.reason if trouble is not None else "the server closes connections again and again"
            self.trouble = self.trouble or AccountTrouble(kind=TroubleKind.FAILING, reason=reason)
            return 0.0
        if trouble is None:
            return 0.001  # only this connection ended: a new one may work at once
        return max(trouble.retry_after_seconds or 0.0, _RECONNECT_SECONDS * (1 + random.random() / 2))
