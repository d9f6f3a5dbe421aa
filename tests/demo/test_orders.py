"""Permutations that are computed and never stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.orders import LetterOrder, Order, Permutation, Stride


def is_a_list_of_numbers_below(n: int, order: Order) -> bool:
    numbers = [order.at(index) for index in range(order.length)]
    return (
        len(set(numbers)) == order.length
        and all(0 <= number < n for number in numbers)
        and [order.index(number) for number in numbers] == list(range(order.length))
    )


@given(st.integers(1, 500), st.text(max_size=3))
def test_a_permutation_holds_every_number_once(n: int, seed: str) -> None:
    order = Permutation.seeded(n, seed)
    assert order.length == n
    assert is_a_list_of_numbers_below(n, order)


@given(st.integers(1, 500), st.integers(0, 20), st.integers(1, 13))
def test_a_stride_is_part_of_it(n: int, first: int, step: int) -> None:
    length = max(0, (n - first + step - 1) // step)
    assert is_a_list_of_numbers_below(n, Stride(Permutation.seeded(n, "x"), first, step, length))


@given(st.integers(1, 500), st.text("abc", min_size=1, max_size=9))
def test_letters_share_all_numbers_out(n: int, pattern: str) -> None:
    orders = [LetterOrder(Permutation.seeded(n, "x"), pattern, letter) for letter in sorted(set(pattern))]
    assert all(is_a_list_of_numbers_below(n, order) for order in orders)
    assert sum(order.length for order in orders) == n


def test_a_step_must_be_coprime() -> None:
    with pytest.raises(ValueError, match="not invertible"):
        Permutation(10, 5, 0)
