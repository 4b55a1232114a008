"""Nobody gives what they do not have: roles and scopes are checked against the permissions of whoever grants them."""

from __future__ import annotations

from collections.abc import Collection

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.domain.permission import PERMISSIONS, Permission, Role

EVERYTHING: frozenset[Permission] = frozenset(Permission)
"""What the operator at the command line may do."""


class NotAllowed(PacelineError):
    """Whoever asks has not the permissions for it."""


def parse_role(text: str, *, field: str = "role") -> Role:
    """The role of this name. Raises InputError naming those that there are."""
    try:
        return Role(text)
    except ValueError:
        problem = Problem(file="", field=field, message=f"accepts {', '.join(Role)}, got {text!r}"[:200])
        raise InputError([problem]) from None


def parse_scopes(texts: Collection[str], *, field: str = "scopes") -> frozenset[Permission]:
    """The permissions of these names. Raises InputError naming every unknown one."""
    unknown = [text for text in texts if text not in frozenset(Permission)]
    if unknown:
        accepted = ", ".join(sorted(Permission))
        raise InputError(
            [
                Problem(file="", field=field, message=f"no such permission: {text[:100]!r}; {accepted}")
                for text in unknown
            ]
        )
    if not texts:
        raise InputError([Problem(file="", field=field, message="name at least one permission")])
    return frozenset(map(Permission, texts))


def refuse_role_beyond(allowed: Collection[Permission], role: Role) -> None:
    """Raises NotAllowed when the role has a permission that whoever asks has not."""
    if beyond := PERMISSIONS[role] - frozenset(allowed):
        raise NotAllowed(f"the role {role} may do more than you may ({', '.join(sorted(beyond))}): ask an owner")


def refuse_scopes_beyond(allowed: Collection[Permission], scopes: Collection[Permission]) -> None:
    """Raises NotAllowed when there is a scope among them that whoever asks has not."""
    if beyond := frozenset(scopes) - frozenset(allowed):
        raise NotAllowed(f"you may not do this yourself, so no key of yours may: {', '.join(sorted(beyond))}")
