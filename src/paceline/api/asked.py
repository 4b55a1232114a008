"""What a handler knows of a request: who asks, and the parts in the asker's workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from paceline.domain.permission import Permission
from paceline.operations.auditing import Note, note, record
from paceline.operations.context import Context
from paceline.operations.people.access import Principal
from paceline.operations.people.granting import NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A request that may be answered."""

    context: Context
    """In the workspace of the principal."""
    principal: Principal
    address: str
    """The network address of the client."""

    def require_for(self, given: object, permission: Permission) -> None:
        """Raise NotAllowed unless nothing was given, or the principal has this permission besides the route's."""
        if given is not None and not self.principal.may(permission):
            raise NotAllowed(f"{self.principal.name} lacks the permission {permission}")

    def audit(self, action: str, subject: str = "", **detail: Any) -> None:
        """Put on record that the principal did something; never give it a secret."""
        record(self.context, self.principal, action, subject, detail)

    def note(self, action: str, **detail: Any) -> Note:
        """What puts it on record in the transaction that does it: for acts that come by the thousand."""

        def put(connection: Connection, subject: str) -> None:
            note(connection, self.context, self.principal, action, subject, detail)

        return put


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Asked = Annotated[Caller, Depends(_caller)]
"""The parameter of every handler that needs a principal."""


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Open = Annotated[Context, Depends(_context)]
"""The parameter of handlers that anybody may ask: the parts, in nobody's workspace."""


def _address(request: Request) -> str:
    address: str = request.state.address
    return address


Address = Annotated[str, Depends(_address)]
"""The parameter of handlers that anybody may ask and that count attempts: the network address of the client."""
