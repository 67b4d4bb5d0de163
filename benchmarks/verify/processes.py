"""A server as the operating system sees it: its processes, their CPU time, their connections."""

import os
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12
"""Places in ``/proc/<pid>/stat``, counted from behind the name of the program (proc(5))."""


def workers_of(master: int) -> list[int]:
    """Return the processes that ``master`` has started, in the order of their numbers."""
    found = []
    for folder in PROC.iterdir():
        stat = _stat(int(folder.name)) if folder.name.isdecimal() else []
        if stat and int(stat[_PARENT]) == master:
            found.append(int(folder.name))
    return sorted(found)


def cpu_seconds(master: int, workers: list[int]) -> float:
    """Return the CPU time that the processes of a server have used, user's and system's.

    Raises:
        RuntimeError: they are not the same any more, so there is nothing to compare.
    """
    if workers_of(master) != workers:
        raise RuntimeError(f"the workers of {master} changed while they were measured")
    stats = [_stat(process) for process in (master, *workers)]
    return sum(int(stat[_USER]) + int(stat[_SYSTEM]) for stat in stats) / TICKS_A_SECOND


def worker_with(workers: list[int], server_port: int, client_port: int) -> int:
    """Return which of ``workers`` has the connection between two ports of this machine.

    Raises:
        LookupError: none of them.
    """
    server, client = (f":{port:04X}" for port in (server_port, client_port))
    for line in (PROC / "net" / "tcp").read_text().splitlines():
        fields = line.split()
        if fields[1].endswith(server) and fields[2].endswith(client):
            socket = f"socket:[{fields[9]}]"
            found = (worker for worker in workers if socket in _open_files(worker))
            if (worker := next(found, None)) is not None:
                return worker
    raise LookupError(f"nobody serves the connection from port {client_port}")


def _open_files(process: int) -> set[str]:
    found = set()
    for link in (PROC / str(process) / "fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except FileNotFoundError:
            continue  # closed since
    return found


def _stat(process: int) -> list[str]:
    """Return the fields of ``/proc/<pid>/stat`` from the state on; none once it has ended."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
