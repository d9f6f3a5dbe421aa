"""Whether a dataset is the one that a pipeline wants: its manifest beside settings, files and crawls."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dataset.build.stage import build
from dataset.lineage import differences
from dataset.options import DatasetOptions
from store.errors import StaleInput
from store.forget.content import Content
from store.forget.forgotten import Forgotten
from store.lineage.difference import refuse
from store.photo.options import PhotoOptions, limited
from store.processes.lock import locked
from store.schema import SCORES
from store.shards import ShardWriter
from store.whole_file import write_json
from tests import crawl_tables

BUILT = DatasetOptions(dev_fraction=0.3)
"""The settings of the fixture `built`."""


def differ(pipeline: Path, held_out: int | None = None, **changed: Any) -> list[str]:
    options = BUILT.model_copy(update=changed)
    found = differences(pipeline / "dataset", options, [pipeline / "crawl"], held_out)
    return [each.name for each in found]


def test_a_dataset_is_the_one_of_its_own_settings_and_crawl(built: Path) -> None:
    assert differ(built) == []


def test_where_there_is_no_dataset_nothing_differs(tmp_path: Path) -> None:
    assert differ(tmp_path) == []


OTHER: dict[str, Any] = {
    "also": ("other",), "tokenizer": "characters", "subwords": 9, "min_stars": 1, "min_raters": 1,
    "min_characters": 2, "max_characters": 99, "min_captions_per_photo": 2, "max_captions_per_photo": 1,
    "categories": ("人間",), "exclude_categories": ("人間",), "photo_categories": ("人間",),
    "exclude_photo_categories": ("人間",), "labels": ("犬",), "exclude_labels": ("犬",),
    "min_confidence": 0.5,
    "exclude_kinds": (), "sources": ("bokekan",), "exclude_sources": ("bokekan",), "licences": ("MIT",),
    "photo_licences": ("MIT",), "public_only": True, "credited_only": True,
    "forbidden_words_across": ("kana",), "filters": ("a:b",), "where": "stars > 1",
    "near_duplicate_bits": 3, "dev_fraction": 0.2, "split_key": "other", "dev_odai": ("17",), "min_count": 2,
    "max_size": 9,
}  # fmt: skip
"""Another value of each setting that rows, tokens or the vocabulary depend on, but for named files."""
FREE: dict[str, Any] = {"min_free_gb": 9.0}
"""Another value of each that they do not."""


@pytest.mark.parametrize("name", OTHER)
def test_another_value_of_any_setting_of_rows_is_named(built: Path, name: str) -> None:
    assert differ(built, **{name: OTHER[name]}) == [f"dataset.{name}"]


@pytest.mark.parametrize("name", FREE)
def test_what_no_row_depends_on_makes_no_difference(built: Path, name: str) -> None:
    assert differ(built, **{name: FREE[name]}) == []


def test_every_setting_is_tried() -> None:
    named_files = {"forbidden_words", "opt_outs"}
    assert {*OTHER, *FREE, *named_files} == set(DatasetOptions.model_fields)


@pytest.mark.parametrize(("name", "line"), [("forbidden_words", "犬"), ("opt_outs", "odai 3")])
def test_a_named_file_counts_by_its_lines(pipeline: Path, tmp_path: Path, name: str, line: str) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("odai 99\n" if name == "opt_outs" else "鯨\n")
    changed: dict[str, Any] = {name: str(file)}
    options = BUILT.model_copy(update=changed)
    build(options, [pipeline / "crawl"], pipeline / "dataset", name="p")
    assert differ(pipeline, **changed) == []
    file.write_text(line)
    assert differ(pipeline, **changed) == [f"the file of dataset.{name}"]


def test_limits_on_photos_count(built: Path) -> None:
    with limited(PhotoOptions(min_side=20)):
        assert differ(built) == ["photos.min_side"]


@pytest.mark.parametrize("name", ["p", "other"])
def test_a_longer_forget_list_builds_it_anew_and_is_named(pipeline: Path, name: str) -> None:
    """That of a pipeline whose crawl is built in holds, too, though the content was never in this dataset."""
    other = crawl_tables.crawl(pipeline.parent / "other" / "crawl", photos=2, captions=1)
    crawls, dataset = [pipeline / "crawl", other], pipeline / "dataset"
    build(BUILT, crawls, dataset, name="p")
    assert differences(dataset, BUILT, crawls) == ()
    forgotten = Forgotten()
    forgotten.add_content(Content(boke_ids={999}))
    forgotten.save(pipeline if name == "p" else other.parent)
    (found,) = differences(dataset, BUILT, crawls)
    assert (found.name, found.refused) == ("the forget list", False)
    assert build(BUILT, crawls, dataset, name="p")
    assert differences(dataset, BUILT, crawls) == ()


def test_another_version_of_a_filter_of_others_is_named(pipeline: Path, tmp_path: Path) -> None:
    code = "class rules:\n    @staticmethod\n    def by_fact(options):\n        return {'odd': 'false'}\n"
    file = tmp_path / "mine.py"
    file.write_text(code)
    filters = (f"{file}:rules",)
    options = BUILT.model_copy(update={"filters": filters})
    build(options, [pipeline / "crawl"], pipeline / "dataset", name="p")
    assert differ(pipeline, filters=filters) == []
    file.write_text(code + "# another version\n")
    assert differ(pipeline, filters=filters) == ["version of dataset.filters"]
    assert differ(pipeline, filters=()) == ["dataset.filters"]


def scored(pipeline: Path, name: str, made_by: str, value: float) -> None:
    """Give each photo a score, as `bokeru score` keeps it."""
    photos = pq.read_table(pipeline / "crawl" / "images", columns=["sha256"])["sha256"].drop_null().unique()
    rows = [{"sha256": each.as_py(), "outcome": "ok", "scores": {name: value}} for each in photos]
    folder = pipeline / "scores" / name
    shutil.rmtree(folder, ignore_errors=True)
    with ShardWriter(folder, "scores", SCORES) as shards:
        for row in rows if value else rows[:1]:
            shards.append({**dict.fromkeys(SCORES.names), **row})
    write_json(folder / "settings.json", {"made_by": made_by})


def test_other_scores_are_named_and_stop_where_they_decide_rows(pipeline: Path) -> None:
    crawls, dataset = [pipeline / "crawl"], pipeline / "dataset"
    scored(pipeline, "sharp", "one", 0.5)
    scored(pipeline, "odd", "one", 0.5)
    options = BUILT.model_copy(update={"where": "scores.sharp >= 0.5"})
    build(options, crawls, dataset, name="p")
    assert differences(dataset, options, crawls) == ()
    scored(pipeline, "odd", "two", 0.5)
    (found,) = differences(dataset, options, crawls)
    assert (str(found), found.refused) == ("scores: as they were then, now odd by another scorer", False)
    scored(pipeline, "sharp", "one", 0)
    scored(pipeline, "more", "one", 1)
    shutil.rmtree(pipeline / "scores" / "odd")
    (found,) = differences(dataset, options, crawls)
    assert str(found).endswith("now more new, odd gone, sharp of other rows")
    assert found.refused
    with pytest.raises(StaleInput, match=r"sharp of other rows\. Make it again: bokeru dataset$"):
        refuse(dataset, [found], "bokeru dataset")


def test_odai_that_the_crawl_holds_out_do_not_count(pipeline: Path) -> None:
    """The embedded site's evaluation photos are in dev by `crawl.embedded`, no setting of the dataset."""
    options = BUILT.model_copy(update={"dev_odai": ("3", "900-950")})
    build(options, [pipeline / "crawl"], pipeline / "dataset", name="p")
    assert differ(pipeline, held_out=900, dev_odai=("3",)) == []
    assert differ(pipeline, dev_odai=("3",)) == ["dataset.dev_odai"]
    assert differ(pipeline, held_out=900) == ["dataset.dev_odai"]


def grow(pipeline: Path, tmp_path: Path) -> None:
    """Add a shard of pages that an earlier crawl did not have."""
    more = crawl_tables.crawl(tmp_path / "more" / "crawl", photos=2, captions=1)
    (shard,) = (more / "pages").glob("*.parquet")
    shutil.copy(shard, pipeline / "crawl" / "pages" / "pages-later.parquet")


def test_new_files_of_the_crawl_make_it_stale(pipeline: Path, tmp_path: Path) -> None:
    grow(pipeline, tmp_path)
    crawl = pipeline / "crawl"
    (found,) = differences(pipeline / "dataset", BUILT, [crawl])
    assert str(found) == f"{crawl}: built from 2 files, now 3 files, 1 of them new"
    assert found.refused


def test_behind_a_crawl_that_is_running_it_is_only_said(pipeline: Path, tmp_path: Path) -> None:
    grow(pipeline, tmp_path)
    crawl = pipeline / "crawl"
    with locked(crawl / ".lock", "is crawling"):
        (found,) = differences(pipeline / "dataset", BUILT, [crawl])
    assert not found.refused
    assert "is being crawled" in str(found)


def test_a_crawl_that_is_gone_tells_nothing(pipeline: Path) -> None:
    shutil.rmtree(pipeline / "crawl")
    assert differ(pipeline) == []
