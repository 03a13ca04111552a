"""What takes too long is cut, what has ended never is, and one thread does it for all."""

import threading
import time
import weakref
from functools import partial

from watchkeeper.sentinelone.watchdog import Watchdog

SOON, LATER, PATIENCE = 0.05, 3600.0, 20.0


def test_what_takes_too_long_is_cut_while_it_lasts() -> None:
    cut = threading.Event()
    with Watchdog().cutting(SOON, cut.set):
        assert cut.wait(PATIENCE)


def test_a_shorter_time_is_kept_although_a_longer_one_began_before() -> None:
    dog, cut, spared = Watchdog(), threading.Event(), threading.Event()
    with dog.cutting(LATER, spared.set), dog.cutting(SOON, cut.set):
        assert cut.wait(PATIENCE)
    assert not spared.is_set()


def test_what_has_ended_is_never_cut() -> None:
    dog, cut = Watchdog(), list[int]()
    for number in range(20):
        with dog.cutting(1, partial(cut.append, number)):
            pass
    last = threading.Event()
    with dog.cutting(1 + SOON, last.set):
        assert last.wait(PATIENCE)
    assert cut == []


def test_one_thread_watches_for_many_at_once() -> None:
    dog, cut = Watchdog(), [threading.Event() for _ in range(20)]
    began = threading.Barrier(len(cut))

    def work(each: threading.Event) -> None:
        with dog.cutting(SOON, each.set):
            began.wait(PATIENCE)
            assert each.wait(PATIENCE)

    before = {thread.ident for thread in threading.enumerate() if thread.name == "watchdog"}
    workers = [threading.Thread(target=work, args=[each]) for each in cut]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert all(each.is_set() for each in cut)
    after = {thread.ident for thread in threading.enumerate() if thread.name == "watchdog"}
    assert len(after - before) == 1


def test_what_has_ended_is_forgotten_at_once() -> None:
    class Cut:
        def __call__(self) -> None:
            raise AssertionError

    dog, cut = Watchdog(), Cut()
    gone = weakref.ref(cut)
    with dog.cutting(LATER, cut):
        pass
    del cut
    assert gone() is None


def test_it_goes_on_watching_after_it_had_nothing_to_watch() -> None:
    dog = Watchdog()
    for _ in range(2):
        cut = threading.Event()
        with dog.cutting(SOON, cut.set):
            assert cut.wait(PATIENCE)
        time.sleep(SOON)
