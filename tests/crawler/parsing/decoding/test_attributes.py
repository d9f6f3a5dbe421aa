"""A tag with very many attributes is cut, in time that grows with the page's length; nothing else changes."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from crawler.parsing.decoding import attributes
from crawler.parsing.decoding.attributes import MOST, without_excess

MANY = " ".join(f"a{number}=1" for number in range(100_000))
SAVED = Path(__file__).parents[2] / "pages"


@pytest.fixture(autouse=True)
def pages_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attributes, "_SMALL", 0)


@pytest.mark.parametrize("name", [path.name for path in SAVED.glob("*.html")])
def test_a_page_that_people_read_stays_as_it_is(name: str) -> None:
    page = (SAVED / name).read_text()
    assert without_excess(page) == page


MARKUP = st.lists(
    st.sampled_from(["<", ">", "</", "<a ", "b=", '"', "'", " ", "=", "<!--", "-->", "<script", "</script>"]),
    max_size=200,
).map("".join)  # fmt: skip


@given(st.text(max_size=200) | MARKUP)
def test_whatever_has_few_attributes_stays_as_it_is(html: str) -> None:
    assert without_excess(html) == html


@pytest.mark.parametrize(
    "page",
    [
        f"<p>before</p><div {MANY}>in</div><p>after</p>",
        f"<p>before</p><div title='>' {MANY}>in</div><p>after</p>",
        f'<p>before</p><script>"<a b=\'"</script><div {MANY}>in</div><p>after</p>',
        f"<p>before</p><!-- <a b=' --><div {MANY}>in</div><p>after</p>",
        f"<p>before</p><DIV/{MANY.replace(' ', '/')}>in</DIV><p>after</p>",
    ],
)
def test_one_tag_of_100000_attributes_takes_no_time(page: str) -> None:
    started = time.perf_counter()
    root = Selector(without_excess(page), type="html")
    assert time.perf_counter() - started < 2, "uncut, it takes 22 s"
    assert root.css("p::text").getall() == ["before", "after"]
    assert len(root.css("div")[0].attrib) <= MOST + 1
    assert "in" in root.css("div")[0].get()


def test_what_looks_like_a_tag_in_a_script_or_a_comment_is_not_cut() -> None:
    data = "<script>const a = '<b " + "c " * 1000 + "';</script>"
    comment = "<!-- <b " + "c " * 1000 + "-->"
    quoted = "<p title='<b " + "c " * 1000 + "'>"
    for page in (data, comment, quoted, data.upper()):
        assert without_excess(page) == page


@pytest.mark.parametrize(
    "piece", ['<a "', '<a x="', "<", "<a<a", "<a =", "<!--", "<title <a ", "<div x=1 ", "</"]
)
def test_no_page_makes_it_read_anything_twice(piece: str) -> None:
    started = time.perf_counter()
    without_excess(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - started < 2


def test_a_small_page_that_hides_a_long_tag_takes_no_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    hidden = " ".join(f'a{number}=">"' for number in range(6000))
    assert 50_000 < len(hidden) < 64_000
    started = time.perf_counter()
    Selector(without_excess(f"<div {hidden}>in</div>"), type="html")
    assert time.perf_counter() - started < 2
    plain = " ".join(f"a{number}=1" for number in range(6000))
    root = Selector(without_excess(f"<div {plain}>in</div>"), type="html")
    assert len(root.css("div")[0].attrib) <= MOST + 1
