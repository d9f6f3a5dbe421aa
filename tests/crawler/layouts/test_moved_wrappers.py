"""Pages whose blocks around photo and links have changed: read whole, or drift, never `ok` with less."""

import re

import pytest

from crawler.parsing.parse import parse
from demo.routes import HOST, Routes
from demo.variants import LAYOUTS
from tests.crawler.layouts.test_layouts import NOW, SITE, facts, read

PATHS = ["/boke/recent", f"/odai/{SITE.odai_bokes(4, 1)[0].odai_id}"]
WRAPPERS = [
    (r'class="boke-photo-content"', 'class="photo-content"'),
    (r"<(/?)figure\b", r"<\1div"),
    (r'class="boke-photo"', 'class="picture"'),
    (r'class="photo"', 'class="picture"'),
    (r"<(/?)main\b", r"<\1section"),
    (r"<(/?)h1\b", r"<\1p"),
    (r"<(/?)h3\b", r"<\1div"),
    (r'class="boke-text"', 'class="text"'),
    (r'class="boke-stars"', 'class="stars"'),
    (r'class="boke"', 'class="joke"'),
    (r'class="boke-entry"', 'class="joke"'),
    (r'id="content"', 'id="main"'),
    (r"<body([^>]*)>", r"<body\1><div><div>"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda wrapper: wrapper[0])
def test_a_page_is_read_whole_or_is_drift(layout: str, path: str, wrapper: tuple[str, str]) -> None:
    body = Routes(SITE, layout).respond(path, HOST).body.decode()
    row = parse(re.sub(*wrapper, body).encode(), f"http://{HOST}{path}", NOW)
    right = read(layout, path)
    if row["outcome"] == "ok":
        assert facts(row) == facts(right)
        assert [boke["image_url"] for boke in row["bokes"]] == [boke["image_url"] for boke in right["bokes"]]  # type: ignore[attr-defined]
        assert [boke["posted"] for boke in row["bokes"]] == [boke["posted"] for boke in right["bokes"]]  # type: ignore[attr-defined]
        assert (row["image_url"], row["odai_id"]) == (right["image_url"], right["odai_id"])
        assert set(right["links"]) <= set(row["links"])  # type: ignore[call-overload]
    else:
        assert row["outcome"] == "drift"
