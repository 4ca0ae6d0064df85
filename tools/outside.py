"""Processes and ports of this machine as anybody sees them: for tests and soaks, which trust no line of our own."""

import contextlib
import signal
import socket
import time
from collections.abc import Collection, Iterable
from random import SystemRandom

import psutil


def heed_signals() -> None:
    """Let what is started from here heed Ctrl-C and SIGHUP, though a shell's `&` or nohup had them ignored."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those that live; who has ended and was not asked how does not."""
    found = []
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
    return found


def free_port() -> int:
    """Return a port that is free now, below those of outgoing connections."""
    return next(port for port in SystemRandom().sample(range(20_000, 32_000), 1000) if is_free(port))


def is_free(port: int) -> bool:
    """Tell whether a port can be bound."""
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def now() -> float:
    """Return seconds since the boot: the wall clock and start times of processes differ by up to a second."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def listened_on(ports: Collection[int], since: float) -> set[int]:
    """Return the ports on which a process listens that is older than a time (see `now`): the younger are strangers."""
    found = set()
    for each in psutil.net_connections("tcp"):
        port = each.laddr.port if each.laddr else 0
        if each.status == psutil.CONN_LISTEN and port in ports and each.pid:
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(each.pid).create_time() - psutil.boot_time() < since:
                    found.add(port)
    return found
