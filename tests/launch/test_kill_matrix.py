"""Whatever is killed, whenever, with whatever workers: nothing is left, the ports are free, the recipe runs again.

What is left is looked for without a line of our own code: by psutil, among all that was below the guard before the kill
and all that the toys wrote down; by whoever works in the run's folder; and by a pipe that every toy holds until it ends
and that those it forks inherit, so that the kernel tells when the last one has gone.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from launching import PATIENCE
from scenes import (
    Scene,
    ctrl_c,
    ctrl_c_twice,
    hang_the_guard,
    hang_the_worker,
    kill_both,
    kill_guard,
    kill_guard_after_a_fork,
    kill_runner,
    sighup,
    sigterm,
)

from tools.outside import is_free, listened_on, now

MARKER = b"DYNAMO_RECIPES_RUN"
WILLING_WITHIN = 10.0  # seconds
STUBBORN_WITHIN = 5.0  # seconds after the grace


class Case(NamedTuple):
    """One kill: what, at which moment, of which kind of worker; the command's exit status and how long it may take."""

    kill: Callable[[Scene], None]
    moment: str
    worker: str
    status: int
    grace: float = 1.0
    within: float = 0.0  # seconds; what the kind of worker allows unless given

    def __str__(self) -> str:
        return f"{self.kill.__name__} while {self.moment}, {self.worker} worker"

    def bound(self) -> float:
        """Return seconds; more when many others want the processors, too."""
        crowd = os.getloadavg()[0] / (os.cpu_count() or 1) / 4
        allowed = self.within or (WILLING_WITHIN if self.worker == "willing" else self.grace + STUBBORN_WITHIN)
        return allowed * max(1.0, crowd)


KILLS = {ctrl_c: 130, ctrl_c_twice: 130, sigterm: 143, kill_runner: -signal.SIGKILL, kill_guard: 1}
MOMENTS = [(moment, worker) for moment in ("starting", "serving") for worker in ("willing", "stubborn", "titled")]
# Not side by side with the others, whose runs have state folders of their own and so do not end what this one left:
# the port of a worker that is not yet up can become that of another run's.
GROUPS = {"at the first process": [("begun", "stubborn")], "starting and serving": MOMENTS}
ODD = [
    Case(sighup, "serving", "willing", 129),
    Case(hang_the_guard, "serving", "willing", 130, within=1 + 15 + 5),
    Case(hang_the_worker, "serving", "willing", 130, within=1 + 5),
    Case(ctrl_c, "serving", "daemon", 130),
    Case(kill_guard, "serving", "daemon", 1),
    Case(kill_guard_after_a_fork, "serving", "late-daemon", 1),
]


def side_by_side(folder: Path, cases: list[Case], act: Callable[[Scene, Case], None]) -> None:
    """Act in the scenes of all cases at once; tell which went wrong."""

    def one(case: Case) -> str:
        scene = Scene(folder / str(case).replace(" ", "-"), case.moment, case.worker, case.grace)
        try:
            scene.start()
            assert not any(MARKER in environ(pid) for pid in scene.written("child")), "setproctitle blanks it"
            act(scene, case)
        except BaseException:
            return f"{case}:\n{traceback.format_exc()}"
        finally:
            scene.close()
        return ""

    with ThreadPoolExecutor(len(cases)) as pool:
        wrong = list(filter(None, pool.map(one, cases)))
    assert not wrong, "\n".join(wrong)


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def environ(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def assert_ports_are_free(scene: Scene, killed: float) -> None:
    assert is_free(scene.port)
    until(lambda: not listened_on(scene.inner_ports(), killed))  # what is no process of ours ends some time


def nothing_is_left(scene: Scene, case: Case) -> None:
    killed, begun = now(), time.monotonic()
    case.kill(scene)
    assert scene.command.status() == case.status, scene.command.text()
    assert scene.gone_after(begun) < case.bound(), scene.command.text()
    assert_ports_are_free(scene, killed)
    assert "an earlier run" not in scene.run_again()


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kill", KILLS, ids=lambda each: each.__name__)
def test_nothing_is_left_after(kill, group, tmp_path):
    slow = {"grace": 60.0, "within": 5.0 + 5.0} if kill is ctrl_c_twice else {}  # the second one leaves five seconds
    side_by_side(tmp_path, [Case(kill, *each, KILLS[kill], **slow) for each in GROUPS[group]], nothing_is_left)


def test_nothing_is_left_after_odd_kills(tmp_path):
    side_by_side(tmp_path, ODD, nothing_is_left)


def test_who_forks_faster_than_one_can_look_is_ended(tmp_path):
    kills = {ctrl_c: 130, kill_runner: -signal.SIGKILL}
    side_by_side(tmp_path, [Case(kill, "serving", "hopping", kills[kill]) for kill in kills], nothing_is_left)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", ["toy", "other"])
def test_when_command_and_guard_are_killed_the_next_run_of_any_name_ends_what_they_left(name, group, tmp_path):
    def act(scene: Scene, case: Case) -> None:
        killed = now()
        kill_both(scene)
        assert scene.command.status() == case.status
        left = scene.graph()
        said = scene.run_again(name)
        if case.moment != "begun":  # such end by themselves: nobody reads the first line that they write
            # One that starts may write its first line now, and end too.
            least = 1 if case.moment == "starting" else len(scene.family) - 1
            assert len(left) >= least, "nobody is there to end them"
            assert "an earlier run named toy was killed and left " in said, said
        assert scene.gone_after(time.monotonic()) < 1
        assert_ports_are_free(scene, killed)
        assert "an earlier run" not in scene.run_again()

    side_by_side(tmp_path, [Case(kill_both, *each, -signal.SIGKILL) for each in GROUPS[group]], act)


def test_logs_go_on_to_the_end_when_the_command_is_killed(tmp_path):
    def act(scene: Scene, case: Case) -> None:
        kill_runner(scene)
        scene.gone_after(time.monotonic())
        *lines, end = (scene.runs / "toy" / "logs" / "aggregated-0.log").read_text().splitlines()
        numbers = [int(each.removeprefix("line ")) for each in lines if each.startswith("line ")]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > 100
        assert end == "the end"

    side_by_side(tmp_path, [Case(kill_runner, "serving", "chatty", 0, grace=10.0)], act)


def test_one_sign_is_enough_to_find_what_was_left(tmp_path):
    """No marker, no session that was seen, no living parent; it has an output of the run, or was seen before."""

    def act(scene: Scene, case: Case) -> None:
        if case.worker == "late":
            scene.guard.suspend()  # nobody sees it
            pid = scene.fork()
        else:
            (pid,) = scene.written("child")
            until(lambda: str(pid) in (scene.runs / "toy" / "state.json").read_text())
        kill_both(scene)
        left = scene.graph()
        assert pid in [each.pid for each in left]
        assert f"was killed and left {len(left)} processes" in scene.run_again()

    side_by_side(tmp_path, [Case(kill_both, "serving", worker, 0) for worker in ("late", "daemon")], act)
