"""`where` in a build: it takes what the built-in filters take, and is counted and explained as they are."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from dataset import filters, read
from dataset.build import candidates
from dataset.build.crawl_tables import crawl_shards
from dataset.build.descriptions import load_unusable
from dataset.build.publish import Origin
from dataset.build.stage import build, connect
from dataset.build.steps import STEPS, Inputs
from dataset.describe.why import why
from dataset.options import DatasetOptions
from dataset.text.captions import normalise
from store.errors import UsageError
from store.photo.options import Limits, PhotoOptions
from tests.crawl_tables import boke, image, page, photo, write

KINDS = (None, "photo", "fill-in", "text")
CATEGORIES = (None, "バカ", "シュール", "身内")
TEXTS = ("犬だ", "もっと長い犬だ", "ＤＯＧが走る", "ｶﾞｯｺｳ", "…", "笑 笑  笑", "長" * 30, "it's 100%")
SIZES = ((96, 96), (300, 40), (20, 90), (200, 160))


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a crawl of 240 boke of 12 odai: every value that filters ask for, and none, in any mixture."""
    random = Random(27)
    pages, images = [], []
    for odai in range(1, 13):
        bokes = [
            boke(
                *(odai * 100 + at, odai, random.choice(TEXTS) + "あ" * (at % 3)),
                stars=random.choice((None, 0, 1, 3, 10)),
                raters=random.choice((None, 0, 1, 5)),
                category=random.choice(CATEGORIES),
            )
            for at in range(20)
        ]
        labels = (None, ["犬"], ["犬", "人"], ["猫"])[odai // 3 % 4]
        facts = {"labels": labels, "kind": KINDS[odai % 4], "category": CATEGORIES[odai % 3]}
        facts |= {
            "source": ("bokete.jp", "bokekan", None)[odai % 3],
            "licence": (None, "CC-BY-2.0")[odai % 2],
        }
        pages.append(page(odai, bokes, **facts))
        if odai < 12:  # the last one's photo is not there
            width, height = SIZES[odai % 4]
            rights = {"licence": (None, "CC0-1.0")[odai % 2], "credit": (None, "山田", "鈴木")[odai % 3]}
            images.append(image(odai, photo(odai, size=96), width=width, height=height, **rights))
    return write(tmp_path_factory.mktemp("where") / "p" / "crawl", pages, images)


@pytest.fixture(scope="module")
def tables(crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the tables of a build as they are before filters are applied."""
    folder = tmp_path_factory.mktemp("tables")
    nothing = Origin("", "", {}, [], [], "", {})
    inputs = Inputs(*crawl_shards([crawl]), DatasetOptions(), (), (), (), folder / "old", folder, nothing)
    with connect(folder) as connection:
        for step in STEPS:
            if step.name == "filters by fact":
                break
            step.work(connection, inputs)
        connection.create_function("normal", normalise, ["VARCHAR"], "VARCHAR")
        yield connection


def kept(tables: duckdb.DuckDBPyConnection, **settings: Any) -> set[int]:
    """Return the boke that filters by fact and by text leave."""
    options = DatasetOptions(**{"exclude_kinds": (), **settings})
    words, outs = filters.forbidden_words(options.forbidden_words), filters.opt_outs(options.opt_outs)
    for table in ("opt_out", "digest", "unusable_photo"):
        tables.execute(f"DROP TABLE {table}")
    load_unusable(tables)
    candidates.load_removed(tables, (), outs)
    candidates.load_candidates(tables, options, any_forgotten=False, any_opt_outs=bool(outs))
    by_text = filters.first_match(filters.by_text(options, words))
    rows = tables.execute(f"""
        SELECT boke_id FROM (SELECT *, normal(text) AS text_nfkc FROM candidate)
        WHERE filter_name IS NULL AND {by_text} IS NULL""").fetchall()
    tables.execute("DROP TABLE candidate; DROP TABLE found")
    return {number for (number,) in rows}


SAME = [
    ({"min_stars": 3}, "stars >= 3"),
    ({"min_stars": 3}, "coalesce(stars, 0) >= 3"),
    ({"min_raters": 1}, "raters > 0"),
    ({"categories": ("バカ", "シュール")}, "category in ('バカ', 'シュール')"),
    ({"exclude_categories": ("身内",)}, "category is distinct from '身内'"),
    ({"photo_categories": ("バカ",)}, "photo_category = 'バカ'"),
    ({"exclude_photo_categories": ("バカ",)}, "photo_category is null or photo_category <> 'バカ'"),
    ({"labels": ("人", "猫")}, "list_has_any(labels, ['人', '猫'])"),
    ({"exclude_labels": ("人",)}, "coalesce(not list_contains(labels, '人'), true)"),
    ({"exclude_kinds": ("fill-in", "text")}, "kind is null or kind not in ('fill-in', 'text')"),
    ({"min_characters": 4}, "length(text_nfkc) >= 4"),
    ({"max_characters": 5}, "length(text_nfkc) <= 5"),
    ({"min_stars": 1, "max_characters": 5}, "stars >= 1 and length(text_nfkc) <= 5"),
    ({"forbidden_words": "dog\nガ"}, "not regexp_matches(lower(text_nfkc), 'dog|ガ')"),
    ({"forbidden_words": "100%\n笑"}, "text_nfkc not like '%笑%' and not contains(text_nfkc, '100%')"),
    ({"sources": ("bokete.jp",)}, "source = 'bokete.jp'"),
    ({"exclude_sources": ("bokekan",)}, "source is distinct from 'bokekan'"),
    ({"licences": ("CC-BY-2.0",)}, "licence in ('CC-BY-2.0')"),
    ({"photo_licences": ("CC0-1.0",)}, "photo_licence = 'CC0-1.0'"),
    ({"credited_only": True}, "credit is not null"),
    ({"opt_outs": "odai 3\nboke 105"}, "odai_id <> 3 and boke_id <> 105"),
    ({"opt_outs": "url http://bokete.test/boke/105"}, "url <> 'http://bokete.test/boke/105'"),
]


@pytest.mark.parametrize(("built_in", "where"), SAME, ids=[where for _, where in SAME])
def test_it_takes_what_a_built_in_filter_takes(
    tables: duckdb.DuckDBPyConnection, tmp_path: Path, built_in: dict[str, object], where: str
) -> None:
    for name in ("forbidden_words", "opt_outs"):
        if name in built_in:
            (tmp_path / name).write_text(str(built_in[name]))
            built_in = {**built_in, name: str(tmp_path / name)}
    expected = kept(tables, **built_in)
    assert kept(tables, where=where) == expected
    assert 0 < len(expected) < 220


@pytest.mark.parametrize(
    ("limits", "where"),
    [
        (PhotoOptions(min_side=50), "width >= 50 and height >= 50"),
        (PhotoOptions(min_side=1, max_aspect=4), "aspect <= 4"),
        (PhotoOptions(min_side=1, max_aspect=4), "greatest(width, height) <= 4 * least(width, height)"),
    ],
)  # fmt: skip
def test_it_takes_what_the_limits_of_photos_take(
    tables: duckdb.DuckDBPyConnection, limits: PhotoOptions, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "options", limits)
    expected = kept(tables)
    monkeypatch.setattr(Limits, "options", PhotoOptions(min_side=1))
    assert kept(tables, where=where) == expected
    assert 0 < len(expected) < 220


def test_a_caption_is_counted_explained_and_compared(crawl: Path, tmp_path: Path) -> None:
    """In statistics, card, `left_out`, `why` and what differs, under its own name."""
    place = tmp_path / "p"
    place.mkdir()
    (place / "crawl").symlink_to(crawl)
    told: list[object] = []
    for where in (None, "stars > 1 and width < 250"):
        chosen = DatasetOptions(exclude_kinds=(), tokenizer="characters", where=where)
        assert build(chosen, [place / "crawl"], place / "dataset", name="p", told=told.append)
        assert not build(chosen, [place / "crawl"], place / "dataset", name="p")
    rows = read.captions(place / "dataset").to_pylist()
    assert rows
    assert all((row["stars"] or 0) > 1 for row in rows)
    figures = read.statistics(place / "dataset")
    assert figures["filters"]["where"] > 50
    card = (place / "dataset" / "README.md").read_text()
    assert f"| where | {figures['filters']['where']:,} |" in card
    assert '`where`: `"stars > 1 and width < 250"`' in card
    assert "where" in str(told[1])
    answers = why("犬だ", place / "dataset")
    assert {answer.reason for answer in answers} >= {None, "where", "no_photo"}
    [meaning] = {answer.meaning for answer in answers if answer.reason == "where"}
    assert "dataset.where is 'stars > 1 and width < 250'" in str(meaning)
    left_out = [answer for answer in answers if answer.reason == "where"]
    assert all(answer.found.keys() == {"stars", "width"} for answer in left_out)
    assert not any((one.found["stars"] or 0) > 1 and one.found["width"] < 250 for one in left_out)  # type: ignore[operator]
    large = [str(answer) for answer in left_out if answer.found == {"stars": 10, "width": 300}]
    assert large
    assert all(text.endswith(" Here stars = 10, width = 300)") for text in large)
    assert not any(answer.found for answer in answers if answer.reason != "where")


def test_facts_of_photos_are_asked_as_the_rows_have_them_and_no_photo_is_decoded_twice(
    crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "p"
    place.mkdir()
    (place / "crawl").symlink_to(crawl)
    where = "brightness between 0.4 and 0.6 and facts.entropy > 4.9 and Facts.blur > 600 and bytes < 3500"

    def built(where: str | None) -> list[Any]:
        chosen = DatasetOptions(exclude_kinds=(), tokenizer="characters", where=where)
        assert build(chosen, [place / "crawl"], place / "dataset", name="p")
        return list(read.photos(place / "dataset").to_pylist())

    everything = built(None)
    monkeypatch.setattr("store.photo.computed.decode", None)
    chosen = {row["sha256"] for row in built(where)}
    passing = {
        row["sha256"]
        for row in everything
        if 0.4 <= row["facts"]["brightness"] <= 0.6
        and row["facts"]["entropy"] > 4.9
        and row["facts"]["blur"] > 600
        and row["facts"]["bytes"] < 3500
    }
    assert chosen == passing
    assert 0 < len(passing) < len(everything)
    contents = {hashlib.sha256(content).hexdigest(): content for content in map(photo96, range(1, 12))}
    for row in everything:
        assert row["facts"]["bytes"] == len(contents[row["sha256"]])
        assert (row["facts"]["width"], row["facts"]["aspect"]) == (96, 1)


def photo96(number: int) -> bytes:
    return photo(number, size=96)


def test_a_value_that_does_not_fit_ends_the_build_with_its_words(tables: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=r"Could not convert.*TRY_CAST"):
        kept(tables, where="case when text like '犬も%' then true else text::int > 3 end")
    assert kept(tables, where="try_cast(text as int) is null")


def test_whatever_is_null_is_left_out(tables: duckdb.DuckDBPyConnection) -> None:
    known = kept(tables, where="stars >= 0")
    assert 0 < len(known) < 220
    for where in ("stars + null >= 0 or stars >= 0", "not (stars < 0)", "try(stars >= 0)"):
        assert kept(tables, where=where) == known
