"""The figures of statistics.json, against DuckDB's."""

from collections import Counter
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.describe.statistics import STAR_BINS, asked_share, spread, stars

NUMBERS = st.lists(st.integers(-5, 2_000_000), min_size=1, max_size=300)
SPREAD = """
    SELECT {'mean': avg(number), 'min': min(number), 'median': quantile_disc(number, 0.5),
        'p90': quantile_disc(number, 0.9), 'p99': quantile_disc(number, 0.99), 'max': max(number)}
    FROM numbers"""


@settings(max_examples=30)
@given(NUMBERS)
def test_the_spread_of_numbers_is_as_duckdb_tells_it(found: Sequence[int]) -> None:
    with duckdb.connect() as connection:
        connection.register("numbers", pa.table({"number": pa.array(found, pa.int64())}))
        [(expected,)] = connection.execute(SPREAD).fetchall()
    assert spread(Counter(found)) == pytest.approx(expected, rel=1e-12)


@given(NUMBERS)
def test_stars_are_counted_in_powers_of_ten(found: Sequence[int]) -> None:
    bins = dict(stars(Counter(found))["histogram"])  # type: ignore[call-overload]
    assert list(bins) == list(STAR_BINS)
    ends = (*STAR_BINS[1:], 10**9)
    for start, end in zip(STAR_BINS, ends, strict=True):
        assert bins[start] == sum(start <= max(number, 0) < end for number in found)


@pytest.mark.parametrize(
    ("settings", "share"),
    [
        ({"dev_fraction": 0.1}, 0.1),
        ({"dev_fraction": 0, "dev_odai": ()}, 0.0),
        ({"dev_fraction": 0, "dev_odai": ("17-90",)}, None),  # how many photos these are, nobody asked
        ({}, None),  # of an older version
    ],
)
def test_the_share_of_dev_is_not_asked_where_its_odai_are(
    settings: dict[str, object], share: float | None
) -> None:
    assert asked_share(settings) == share
