"""Which process this is, so that another one on the same machine can tell a dead sender from a silent one at once."""

from __future__ import annotations

import os
from pathlib import Path

from paceline.clock import boot_id


def own_process() -> str:
    """This process: boot, process namespace, pid and start; empty where the system cannot tell."""
    boot, namespace, start = boot_id(), _namespace(), _start(os.getpid())
    return f"{boot} {namespace} {os.getpid()} {start}" if boot and namespace and start else ""


def is_surely_dead(process: str) -> bool:
    """Whether this process ran on this machine since its last start and is gone. In doubt: False."""
    parts = process.split(" ")
    if len(parts) != 4 or parts[0] != boot_id() or parts[1] != _namespace():
        return False
    return _start(int(parts[2])) != parts[3]


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""


def _start(pid: int) -> str:
    """When a process started, in clock ticks since the boot; empty when it is gone or only a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat[stat.rindex(")") + 2 :].split()
    return "" if fields[0] in "ZX" else fields[19]
