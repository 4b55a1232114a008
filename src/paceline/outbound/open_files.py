"""Room for many connections: each is an open file, and systems allow a process about a thousand of them unless it asks for more."""

from __future__ import annotations

import resource

_OTHER_FILES = 200


def with_room_for(connections: int) -> int:
    """So many connections, or as many as this process may have; asks the system for them first."""
    most, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if most != resource.RLIM_INFINITY and most < wanted:
        most = wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, allowed))
    return connections if most == resource.RLIM_INFINITY else max(min(connections, most - _OTHER_FILES), most // 4, 1)
