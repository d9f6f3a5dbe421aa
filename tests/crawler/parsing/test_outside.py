"""Layouts of other people's code: asked first, and named where they fail. No page makes one raise."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.items import PageRow
from crawler.parsing.outside import use_layouts
from crawler.parsing.parse import parse
from store.errors import UsageError, UserError

LAYOUT = """
from crawler.items import Boke, Page
CONTENT = "div.mine"
def matches(document): return bool(document.root.css(CONTENT))
def read(document):
    return Page(odai_id=7, image_url="https://bokete.jp/a.jpg", bokes=[Boke(1, "猫", odai_id=7, stars=3)])
class Odd:
    CONTENT = "div.mine"
    matches = staticmethod(matches)
    def __init__(self, made): self.made = made
    def read(self, document): return self.made(document)
raises = Odd(lambda document: 1 / 0)
nothing = Odd(lambda document: None)
wrong_type = Odd(lambda document: Page(odai_id="seven"))
class Blind(Odd):
    def matches(self, document): raise KeyError("no such thing")
blind = Blind(read)
class Unselectable(Odd):
    CONTENT = "div[["
unselectable = Unselectable(read)
"""
BODY = "<html><body><div class=mine><a href='/boke/1'>猫</a></div></body></html>".encode()


@pytest.fixture(autouse=True)
def _only_ours_afterwards() -> Iterator[None]:
    yield
    use_layouts([])


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(f"{LAYOUT}\nimport sys\nlayout = sys.modules[__name__]\n")
    return str(path)


def row(body: bytes = BODY) -> PageRow:
    return parse(
        body, "https://bokete.jp/odai/7", datetime(2026, 1, 1, tzinfo=UTC), "text/html; charset=utf-8"
    )


def test_it_reads_the_pages_that_it_knows(file: str) -> None:
    assert row()["outcome"] == "drift"
    use_layouts([f"{file}:layout"])
    found = row()
    assert (found["layout"], found["outcome"], found["odai_id"]) == ("layout", "ok", 7)
    assert [boke["text"] for boke in found["bokes"]] == ["猫"]  # type: ignore[attr-defined]


def test_pages_of_the_site_are_read_by_ours_still(file: str) -> None:
    use_layouts([f"{file}:layout"])
    body = (Path(__file__).parents[1] / "pages" / "next_2024.html").read_bytes()
    assert row(body)["layout"] == "next_2024"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "ZeroDivisionError: division by zero (mine.py, line "),
        ("nothing", "read returned None, which is no crawler.items.Page"),
        ("wrong_type", "seven"),
        ("blind", "KeyError: 'no such thing'"),
    ],
)
def test_one_that_fails_makes_the_page_drift_and_is_named(file: str, name: str, said: str) -> None:
    use_layouts([f"{file}:{name}"])
    found = row()
    assert found["outcome"] == "drift"
    assert f"the layout {file}:{name} (mine.py " in str(found["error"])
    assert said in str(found["error"])


def test_what_is_no_layout_is_refused(file: str) -> None:
    with pytest.raises(UsageError, match=r"the layout .*:read .* lacks CONTENT, matches, read"):
        use_layouts([f"{file}:read"])
    with pytest.raises(UserError, match=r"unselectable .* failed as it names its CONTENT"):
        use_layouts([f"{file}:unselectable"])
