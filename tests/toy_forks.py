"""How workers of the toy Dynamo fork: into sessions of their own, without the environment that tells whose they are.

Whoever is forked writes `child-PID.json` into its working folder.
"""

import json
import os
import signal
import time
from pathlib import Path


def fork(behaviour: str) -> None:
    """Have the children that a kind of worker has; returns when all are there."""
    if behaviour in ("titled", "daemon", "late", "late-daemon"):
        _blank_environment()
    if behaviour in ("titled", "daemon"):
        escape(behaviour)
        while len(list(Path().glob("child-*.json"))) < (1 if behaviour == "daemon" else 2):
            time.sleep(0.01)
    elif behaviour == "hopping":
        for _ in range(3):
            _hop()


def _blank_environment() -> None:
    import site

    site.main()  # the toy was started without the folders of packages
    from setproctitle import setproctitle

    setproctitle("toy worker")


def escape(behaviour: str) -> None:
    """Fork into a new session, and once more there; but for `titled`, the first of the two ends at once."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        if behaviour != "titled":
            os._exit(0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for descriptor in (1, 2) if behaviour.endswith("daemon") else ():
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    write_whole(Path(f"child-{os.getpid()}.json"), {"pid": os.getpid()})
    while True:
        signal.pause()


def _hop() -> None:
    """Live on in a new process and a new session every 10 ms."""
    if os.fork():
        return
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        os.setsid()
        time.sleep(0.01)
        if os.fork():
            os._exit(0)


def write_whole(path: Path, data: dict) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(data), encoding="utf-8")
    draft.replace(path)
