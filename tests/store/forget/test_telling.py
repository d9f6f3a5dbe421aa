"""The quick look at a column passes over nothing that a closer one would find."""

import pyarrow as pa
import pytest

from store.forget.content import Content
from store.forget.telling import can_tell, may_name, quotes
from store.forget.values import without

MD5 = "0123456789abcdef0123456789abcdef"
CONTENT = Content(keys={MD5, "//example.org/a.jpg"}, odai_ids={12}, boke_ids={7})
NAMING = (
    "https://bokete.jp/odai/12",
    "http://sp.bokete.jp/odai/0012?page=2",
    "/boke/7#top",
    "//bokete.jp/boke/7",
    "https://bokete.jp/od\nai/12",
    "https://bokete.jp/boke/7?from=/odai/99",
    f"https://d2dcan0armyq93.cloudfront.net/photo/odai/240/{MD5}_240.jpg",
    "http://example.org/a.jpg",
    "//example.org/a.jpg",
)
OTHERS = ("https://bokete.jp/odai/123", "https://bokete.jp/boke/12", "https://example.org/b.jpg", "", "犬")


@pytest.mark.parametrize("url", NAMING)
def test_what_names_it_is_looked_at(url: str) -> None:
    assert CONTENT.names(url)
    assert may_name(pa.array([url]), CONTENT).to_pylist() == [True]


@pytest.mark.parametrize("text", ["//[笑]/x", "http://[::1/odai/12", "//a℀b/odai/12"])
def test_a_text_that_no_reader_takes_for_an_address_names_nothing(text: str) -> None:
    assert not CONTENT.names(text)
    assert without({"text": text}, CONTENT) == {"text": text}


def test_what_names_something_else_mostly_is_not() -> None:
    assert not any(map(CONTENT.names, OTHERS))
    found = may_name(pa.array([*OTHERS, None]), CONTENT).to_pylist()
    assert found == [False, True, False, False, False, False]  # a number is not told by its kind


def test_parts_are_found_as_they_are_written_and_not_as_patterns() -> None:
    parts = {"a.c", "(犬", "50% \\ [猫]", "行\n行", *(f"part {n} of many" for n in range(500))}
    column = pa.array(["xa.cx", "abc", "(犬)", "50% \\ [猫]!", "行\n行", "行行", "a part 499 of many", None])
    assert quotes(column, parts).to_pylist() == [True, False, True, True, True, False, True, False]
    assert quotes(column, ()).to_pylist() == [False] * 8


def test_columns_of_words_measures_and_vectors_tell_nothing() -> None:
    struct = pa.struct([("width", pa.int32()), ("blur", pa.float64())])
    kinds = {"labels": pa.list_(pa.string()), "facts": struct, "vector": pa.list_(pa.float32(), 2)}
    assert not any(can_tell(name, kind) for name, kind in kinds.items())
    telling = {
        "note": pa.string(),
        "odai_ids": pa.list_(pa.int64()),
        "more": pa.struct([("boke_id", pa.int64())]),
    }
    assert all(can_tell(name, kind) for name, kind in telling.items())
