"""Pages drawn from what is known of the site, by someone who had not seen the parser: all are read."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.items import PageRow
from crawler.parsing.parse import parse
from store.addresses import photo_key

PAGES = Path(__file__).parent / "pages"
JAPAN = timedelta(hours=9)
FILES = sorted(PAGES.glob("*/*.html"))


def differences(right: dict[str, Any], row: PageRow) -> list[str]:
    """Return what a row lacks of what is right; only what the facts decide is compared."""
    found: dict[str, Any] = dict(row) | {"left_out": row.left_out}
    wrong = [
        f"{name}: {found[name]!r}, right is {value!r}"
        for name, value in right.items()
        if name in found
        and name not in ("fetched_at", "bokes")
        and seen(name, found[name]) != seen(name, value)
    ]
    wrong += [f"no link to {link}" for link in right.get("links_include", ()) if link not in found["links"]]
    numbers = [boke["boke_id"] for boke in found["bokes"]]
    if "bokes" in right and numbers != [boke["boke_id"] for boke in right["bokes"]]:
        wrong.append(f"boke {numbers}, right are {[boke['boke_id'] for boke in right['bokes']]}")
    elif "bokes" in right:
        for one, boke in zip(right["bokes"], found["bokes"], strict=True):
            boke["posted_day"] = boke["posted"] and (boke["posted"] + JAPAN).strftime("%Y-%m-%d")
            wrong += [
                f"boke {one['boke_id']}, {name}: {boke[name]!r}, right is {value!r}"
                for name, value in one.items()
                if seen(name, boke[name]) != seen(name, value)
            ]
    return wrong


def seen(name: str, value: Any) -> object:
    """Return a value for comparison: moments as such, and one address for a photo's copies of any width."""
    if name in ("posted", "fetched_at") and isinstance(value, str):
        return datetime.fromisoformat(value)
    if name == "image_url" and value:
        return (
            photo_key(value)
            if "d2dcan0armyq93" in value
            else value.removeprefix("https:").removeprefix("http:")
        )
    return value


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_page_yields_what_is_right(path: Path) -> None:
    right = json.loads(path.with_suffix(".json").read_text())
    fetched_at = datetime.fromisoformat(right["fetched_at"])
    row = parse(path.read_bytes(), right["url"], fetched_at, "text/html; charset=utf-8")
    assert not differences(right, row), (row["layout"], row["outcome"], row["error"])


def test_every_page_says_what_is_right() -> None:
    assert len(FILES) > 100
    assert {path.with_suffix(".json") for path in FILES} == set(PAGES.glob("*/*.json"))
