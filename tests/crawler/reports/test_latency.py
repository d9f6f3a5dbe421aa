"""Quantiles of a histogram, held to those of the numbers themselves."""

import random
import statistics
from itertools import pairwise

import pytest

from crawler.reports.latency import BOUNDS, Latency


def latency_of(seconds: list[float]) -> Latency:
    latency = Latency()
    for value in seconds:
        latency.add(value)
    return latency


def test_bounds_rise_by_no_more_than_two_thirds() -> None:
    assert (BOUNDS[0], BOUNDS[-1]) == (0.001, 70.0)
    assert all(1 < high / low < 1.7 for low, high in pairwise(BOUNDS))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
def test_a_quantile_is_as_near_as_its_bucket_is_wide(share: float) -> None:
    draw = random.Random(7)
    seconds = [draw.lognormvariate(-1, 1.5) for _ in range(5000)]
    true = statistics.quantiles(seconds, n=100)[round(share * 100) - 1]
    assert true / 1.7 < latency_of(seconds).quantile(share) < true * 1.7


def test_no_answer_and_one_answer() -> None:
    assert latency_of([]).quantile(0.5) == 0
    assert latency_of([0.25]).quantile(0.5) <= 0.25
    assert latency_of([0.25]).quantile(1) == 0.25


def test_what_takes_longer_than_any_bound_is_known_by_its_greatest() -> None:
    latency = latency_of([0.1, 100.0, 300.0])
    assert latency.quantile(0.99) == 300
    assert list(latency.cumulative())[-1] == (70.0, 1)
    assert (latency.count, latency.sum) == (3, 400.1)
