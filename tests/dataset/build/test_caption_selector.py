"""Which captions of a photo stay, against the same rules in plain SQL."""

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataset.build.caption_selector import rank

ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.none() | st.integers(0, 3),
        st.none() | st.integers(1, 30),
        st.integers(0, 4),
        st.integers(0, 2),
        st.none() | st.integers(0, 3),
    ),
    max_size=30,
    unique_by=lambda row: row[4:],
)
SQL = """
    SELECT i, CASE WHEN copy > 1 THEN 'duplicate' WHEN nth > {most} THEN 'max_captions_per_photo'
        WHEN total < {least} THEN 'min_captions_per_photo' END AS reason
    FROM (SELECT *,
              row_number() OVER (PARTITION BY n, copy > 1 ORDER BY s DESC, boke_id, text, odai_id) AS nth,
              count(*) FILTER (copy = 1) OVER (PARTITION BY n) AS total
          FROM (SELECT *, coalesce(stars, 0) AS s, row_number() OVER (
                    PARTITION BY n, form ORDER BY coalesce(stars, 0) DESC, boke_id, text, odai_id) AS copy
                FROM captions))
    ORDER BY n, nth, copy"""


@given(rows=ROWS, most=st.integers(1, 4), least=st.integers(1, 4))
def test_captions_stay_and_go_as_plain_sql_says(
    rows: list[tuple[int, int | None, int | None, int, int, int | None]], most: int, least: int
) -> None:
    columns = {
        name: pa.array([row[at] for row in rows], pa.int64())
        for at, name in enumerate(("n", "stars", "boke_id", "form", "text", "odai_id"))
    }
    columns["text"] = columns["text"].cast(pa.string())
    columns["url"] = pa.nulls(len(rows), pa.string())
    captions = pa.table({**columns, "i": pa.array(range(len(rows)), pa.int64())})
    with duckdb.connect() as connection:
        connection.register("captions", captions)
        expected = connection.execute(SQL.format(most=most, least=least)).fetchall()
    order, reasons = rank(captions, np.array([row[3] for row in rows], np.int64), most, least)
    assert order.tolist() == [i for i, reason in expected if reason is None]
    assert list(enumerate(reasons)) == sorted(expected)
