import os
import signal
import time

import pytest

from dynamo_recipes.errors import Interrupted
from dynamo_recipes.launch.signals import watched


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_breaks_off_what_blocks(number, status):
    started = time.monotonic()
    with watched() as signals, pytest.raises(Interrupted) as interrupted, signals.interruptible():
        time.sleep(os.kill(os.getpid(), number) or 30)
    assert interrupted.value.status == status
    assert time.monotonic() - started < 10


def test_outside_interruptible_a_signal_is_only_remembered():
    with watched() as signals:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.received == [signal.SIGINT, signal.SIGTERM]
        with pytest.raises(Interrupted):
            signals.check()
        with pytest.raises(Interrupted), signals.interruptible():
            pytest.fail("a signal that has come is raised on entry")


def test_handlers_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with watched():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_what_the_caller_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with watched() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            signals.check()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ended_children_are_ours_to_reap_even_where_the_caller_ignores_them():
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with watched():
            assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGCHLD, before)
