"""Nobody gives what they do not have: roles and scopes are checked against whoever grants them."""

from __future__ import annotations

from collections.abc import Collection

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.domain.permission import PERMISSIONS, Permission, Role, may_appoint
from paceline.operations.context import FIRST_WORKSPACE
from paceline.operations.people.access import Principal

OPERATOR = Principal(
    id="operator",
    name="the command line",
    workspace_id=FIRST_WORKSPACE,
    permissions=PERMISSIONS[Role.OWNER],
    role=Role.OWNER,
)
"""Whoever can run commands on the machine: they have the database, so nothing is kept from them."""


class NotAllowed(PacelineError):
    """Whoever asks may not do this."""


def parse_role(text: str, *, field: str = "role") -> Role:
    """The role of this name. Raises InputError naming those that there are."""
    try:
        return Role(text)
    except ValueError:
        problem = Problem(file="", field=field, message=f"accepts {', '.join(Role)}, got {text!r}"[:200])
        raise InputError([problem]) from None


def parse_scopes(texts: Collection[str], *, field: str = "scopes") -> frozenset[Permission]:
    """The permissions of these names. Raises InputError naming every unknown one."""
    known = frozenset(map(str, Permission))
    problems = [f"there is no permission {text[:100]!r}" for text in texts if text not in known]
    if not texts:
        problems.append("name at least one permission")
    if problems:
        accepted = ", ".join(sorted(known))
        raise InputError([Problem(file="", field=field, message=f"{one}; accepts {accepted}") for one in problems])
    return frozenset(map(Permission, texts))


def refuse_appointing(by: Principal, *roles: Role) -> None:
    """Raises NotAllowed when whoever asks may not give or take one of these roles.

    A key that may do little must not make a person who may do much, so a role's permissions have to be the asker's too.
    """
    for role in roles:
        if not may_appoint(by.role or Role.ADMIN, role):
            raise NotAllowed(f"only an owner may give or take the role {role}")
        if beyond := PERMISSIONS[role] - by.permissions:
            raise NotAllowed(f"the role {role} may do what {by.name} may not: {', '.join(sorted(beyond))}")


def refuse_scopes_beyond(by: Principal, scopes: Collection[Permission]) -> None:
    """Raises NotAllowed when there is a permission among them that whoever asks has not."""
    if beyond := frozenset(scopes) - by.permissions:
        raise NotAllowed(f"{by.name} may not do this, so no key made here may: {', '.join(sorted(beyond))}")
