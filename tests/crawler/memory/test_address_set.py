"""The set of known addresses: exact like a Python set, at eight bytes each, with DuckDB's own hashes."""

import duckdb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crawler.memory import address_set
from crawler.memory.address_set import AddressSet


@given(st.lists(st.text()), st.lists(st.text()))
def test_it_holds_what_was_added_and_nothing_else(added: list[str], others: list[str]) -> None:
    known: set[str] = set()
    found = AddressSet()
    for address in added:
        assert found.add(address) == (address not in known)
        known.add(address)
    assert [address in found for address in others] == [address in known for address in others]
    assert len(found) == len(known)


def test_it_stays_exact_past_a_merge() -> None:
    count = address_set._MAX_RECENT * 2 + 10
    found = AddressSet()
    assert all(found.add(f"http://bokete.test/odai/{number}") for number in range(count))
    assert not any(found.add(f"http://bokete.test/odai/{number}") for number in range(0, count, 97))
    assert len(found) == count


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_duckdb_computes_the_same_hash(address: str) -> None:
    [row] = duckdb.execute("SELECT md5_number_lower($1)", [address]).fetchall()
    assert row
    assert address in AddressSet(np.array([row[0]], np.uint64))
