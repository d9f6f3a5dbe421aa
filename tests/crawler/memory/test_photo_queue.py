"""Photos that wait: first in, first out, but for those whose host is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.memory.frontier import PhotoQueue

ONE, TWO = "https://one.example", "https://two.example"


def queue(*addresses: str) -> PhotoQueue:
    found = PhotoQueue()
    found.fill(addresses)
    return found


def test_they_come_in_the_order_in_which_they_were_added_whatever_their_hosts() -> None:
    addresses = [f"{ONE}/1", f"{TWO}/1", f"{TWO}/2", f"{ONE}/2"]
    waiting = queue(*addresses)
    assert [waiting.pop() for _ in range(len(waiting))] == addresses
    assert len(waiting) == 0


def test_those_of_a_host_that_is_left_alone_let_others_pass_and_keep_their_places() -> None:
    waiting = queue(f"{ONE}/1", f"{TWO}/1", f"{ONE}/2")
    is_open = lambda url: url.startswith(TWO)  # noqa: E731
    assert waiting.pop(is_open) == f"{TWO}/1"
    assert not waiting.has_open(is_open)
    assert waiting.has_open()
    assert [waiting.pop(), waiting.pop()] == [f"{ONE}/1", f"{ONE}/2"]


def test_the_one_added_last_can_be_put_before_the_others_of_its_host() -> None:
    waiting = queue(f"{ONE}/1", f"{ONE}/2", f"{ONE}/3")
    waiting.put_first(f"{ONE}/3")
    assert [waiting.pop() for _ in range(3)] == [f"{ONE}/3", f"{ONE}/1", f"{ONE}/2"]


def test_nothing_comes_from_an_empty_queue() -> None:
    with pytest.raises(ValueError):
        queue().pop()


@given(st.lists(st.tuples(st.sampled_from((ONE, TWO)), st.booleans()), max_size=40))
def test_each_address_comes_once_in_the_order_of_its_host(steps: list[tuple[str, bool]]) -> None:
    waiting, added, popped = PhotoQueue(), list[str](), list[str]()
    for number, (host, is_pop) in enumerate(steps):
        is_open = lambda url, host=host: url.startswith(host)  # noqa: E731
        if not is_pop:
            added.append(f"{host}/{number}")
            waiting.push(added[-1])
        elif waiting.has_open(is_open):
            popped.append(waiting.pop(is_open))
    popped += [waiting.pop() for _ in range(len(waiting))]
    assert sorted(popped) == sorted(added)
    for host in (ONE, TWO):
        assert [url for url in popped if url.startswith(host)] == [
            url for url in added if url.startswith(host)
        ]
