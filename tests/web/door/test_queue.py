"""The queue in front of the model: turns, limits, failures."""

import asyncio
import threading
from functools import partial

import pytest

from tests.web.door.test_rates import Clock
from web.door.queue import FairQueue, QueueFull


def test_visitors_take_turns() -> None:
    order: list[str] = []

    async def scenario() -> None:
        queue, gate = FairQueue(capacity=20, per_visitor=10), threading.Event()
        first = asyncio.create_task(queue.run("greedy", gate.wait))
        await asyncio.sleep(0)
        jobs = [("greedy", f"g{number}") for number in range(4)] + [("a", "a0"), ("a", "a1"), ("b", "b0")]
        tasks = [asyncio.create_task(queue.run(who, partial(order.append, name))) for who, name in jobs]
        await asyncio.sleep(0)
        assert queue.waiting == 7
        gate.set()
        await asyncio.gather(first, *tasks)

    asyncio.run(scenario())
    assert order == ["g0", "a0", "b0", "g1", "a1", "g2", "g3"]


@pytest.mark.parametrize(("capacity", "per_visitor", "own"), [(3, 9, False), (9, 3, True)])
def test_a_full_queue_says_so(capacity: int, per_visitor: int, own: bool) -> None:
    async def scenario() -> None:
        queue, gate = FairQueue(capacity, per_visitor), threading.Event()
        tasks = [asyncio.create_task(queue.run("v", gate.wait))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the first is being done, and no longer waits
        tasks += [asyncio.create_task(queue.run("v", gate.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull, match="3 of your own requests" if own else "3 requests") as full:
            await queue.run("v", gate.wait)
        assert full.value.retry_after >= 1
        other = asyncio.create_task(queue.run("w", gate.wait))
        await asyncio.sleep(0)
        gate.set()
        assert await other, "others are still served"
        refused = [task for task in await asyncio.gather(*tasks, return_exceptions=True) if task is not True]
        assert list(map(type, refused)) == ([] if own else [QueueFull]), (
            "a full queue has room for one that has less"
        )

    asyncio.run(scenario())


def test_who_had_much_stands_behind_who_had_little() -> None:
    """Turns by hand: ten seconds later for each second that one had, half of it after a minute."""
    order: list[str] = []
    clock = Clock()

    def take(name: str, seconds: float) -> None:
        order.append(name)
        clock.now += seconds

    async def scenario() -> None:
        queue, gate = FairQueue(clock=clock), threading.Event()
        await queue.run("much", partial(take, "m0", 4.0))
        await queue.run("little", partial(take, "l0", 1.0))
        tasks = [asyncio.create_task(queue.run("gate", gate.wait))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting = []
        # At 5: "much" had 4 seconds, nearly: its turn is at 44 or so, that of "little" at 15.
        for now, visitor in [(5, "much"), (5, "little"), (5, "new"), (14, "later"), (50, "last")]:
            clock.now = now
            waiting.append(asyncio.create_task(queue.run(visitor, partial(take, visitor, 0.0))))
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks, *waiting)

    asyncio.run(scenario())
    assert order == ["m0", "l0", "new", "later", "little", "much", "last"], "and no one waits for ever"


def test_many_who_hammer_do_not_shut_out_the_one_who_comes_rarely() -> None:
    async def scenario() -> None:
        clock = Clock()
        queue, gate = FairQueue(capacity=8, clock=clock), threading.Event()

        def busy() -> None:
            clock.now += 1.0

        for number in range(20):
            await queue.run(f"hammer {number}", busy)
        first = asyncio.create_task(queue.run("gate", gate.wait))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hammering = [asyncio.create_task(queue.run(f"hammer {n}", lambda: "hammer")) for n in range(20)]
        await asyncio.sleep(0)
        assert queue.waiting == 8
        honest = asyncio.create_task(queue.run("honest", lambda: queue.waiting))
        await asyncio.sleep(0)
        gate.set()
        assert await honest == 7, "it is served first, and one of the others gave way"
        await first
        endings = await asyncio.gather(*hammering, return_exceptions=True)
        assert endings.count("hammer") == 7
        assert sum(isinstance(ending, QueueFull) for ending in endings) == 13

    asyncio.run(scenario())


def test_a_failure_is_its_own_visitors_only() -> None:
    async def scenario() -> None:
        queue = FairQueue()
        failed, served = await asyncio.gather(
            queue.run("a", lambda: 1 // 0), queue.run("b", lambda: 42), return_exceptions=True
        )
        assert isinstance(failed, ZeroDivisionError)
        assert served == 42
        assert await queue.run("c", lambda: 43) == 43, "the queue starts again after it was empty"

    asyncio.run(scenario())


def test_who_has_left_is_skipped() -> None:
    async def scenario() -> None:
        queue, gate, done = FairQueue(), threading.Event(), []
        first = asyncio.create_task(queue.run("a", gate.wait))
        await asyncio.sleep(0)
        left = asyncio.create_task(queue.run("b", lambda: done.append("left")))
        stayed = asyncio.create_task(queue.run("c", lambda: done.append("stayed")))
        await asyncio.sleep(0)
        left.cancel()
        gate.set()
        await asyncio.gather(first, stayed)
        assert done == ["stayed"]

    asyncio.run(scenario())


def test_a_queue_that_takes_too_long_is_full() -> None:
    async def scenario() -> None:
        queue, gate = FairQueue(max_wait=0.0), threading.Event()
        tasks = [asyncio.create_task(queue.run("a", gate.wait))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(queue.run("b", gate.wait)))
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await queue.run("c", gate.wait)
        gate.set()
        assert await asyncio.gather(*tasks) == [True, True], "those who came before had no more than the last"

    asyncio.run(scenario())
