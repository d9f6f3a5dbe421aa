"""Tables and JSON files are rewritten by the names of their columns and keys, whatever kind they are."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store.addresses import photo_key
from store.errors import DamagedFile
from store.forget import anything
from store.forget.content import Content
from store.register import stages
from store.register.kinds import FileKind
from store.register.stages import Stage
from tests.crawl_tables import SITE, image_url

GONE, KEPT, TEXT = "a" * 64, "b" * 64, "誰も書かない一度きりのボケ"
CONTENT = Content({GONE}, {photo_key(image_url(7))}, {7}, {70}, {TEXT, "犬"})


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A pipeline's folder, for which the register knows kinds that nobody has heard of."""
    kinds = (
        FileKind("pipeline", "<pipeline>/news/*.parquet", "parquet", table="news", content=True),
        FileKind("pipeline", "<pipeline>/news/*.json", "json", content=True),
        FileKind("pipeline", "<pipeline>/news/*.jsonl", "jsonl", content=True),
        FileKind("pipeline", "<pipeline>/other.json", "json"),
    )
    monkeypatch.setattr(stages, "kinds", lambda name: kinds)
    (tmp_path / "news").mkdir()
    return Stage("pipeline", tmp_path)


TABLES: dict[str, list[Any]] = {
    "sha256": [GONE, KEPT, None],
    "photo_sha256": [GONE, KEPT, None],
    "odai_id": [7, 8, None],
    "boke_id": [70, 80, None],
    "text": [TEXT, "猫", None],
    "url": [f"{SITE}/odai/7", f"{SITE}/odai/8", None],
    "image_url": [image_url(7).replace("600", "400"), image_url(8), None],
}


@pytest.mark.parametrize("name", TABLES)
def test_a_row_goes_by_any_of_its_keys(stage: Stage, name: str) -> None:
    path = stage.directory / "news" / "a.parquet"
    table = pa.table(
        {name: TABLES[name], "n": [1, 2, 3], "v": pa.array([[0.5] * 2] * 3, pa.list_(pa.float32(), 2))}
    )
    pq.write_table(table, path, row_group_size=1)
    assert anything.forget(stage, CONTENT) == 1
    assert pq.read_table(path)["n"].to_pylist() == [2, 3]
    assert pq.read_schema(path).field("v").type == pa.list_(pa.float32(), 2)
    assert anything.forget(stage, CONTENT) == 0


def test_what_lists_hold_goes_and_the_row_stays(stage: Stage) -> None:
    path, other = stage.directory / "news" / "a.parquet", {"boke_id": 80, "text": "猫"}
    table = pa.table(
        {
            "odai_ids": [[7, 8]],
            "captions": [[{"boke_id": 70, "text": "猫"}, {"boke_id": None, "text": TEXT}, other]],
            "labels": [["犬"]],
            "note": [f"they wrote: {TEXT}!"],
        }
    )
    pq.write_table(table, path)
    assert anything.forget(stage, CONTENT) == 1
    assert pq.read_table(path).to_pylist() == [
        {"odai_ids": [8], "captions": [other], "labels": ["犬"], "note": "(forgotten)"}
    ]


def test_a_word_that_is_also_a_caption_is_no_caption(stage: Stage) -> None:
    path = stage.directory / "news" / "a.parquet"
    pq.write_table(pa.table({"split": ["dev"], "filter": ["犬"], "text": ["猫"]}), path)
    (stage.directory / "news" / "a.json").write_text('[{"table": "dev", "labels": ["dev"]}]')
    assert anything.forget(stage, Content(texts={"dev", "犬"})) == 0


def test_a_damaged_table_says_so(stage: Stage) -> None:
    (stage.directory / "news" / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedFile, match="not a whole Parquet file"):
        anything.forget(stage, CONTENT)


def test_json_loses_what_belongs_to_it(stage: Stage) -> None:
    path = stage.directory / "news" / "a.json"
    value = {
        "samples": [
            {"sha256": GONE, "people": ["x"]},
            {"sha256": KEPT, "people": ["犬", "猫"], "labels": ["犬"]},
        ],
        "by_photo": {GONE: 1, KEPT: 2},
        "example": f"{SITE}/odai/7",
        "failure": f"a canary: {TEXT}",
        "votes": [{"boke_id": 70, "won": True}, {"boke_id": 1, "won": True}],
        "boke": 70,
    }
    path.write_text(json.dumps(value))
    assert anything.forget(stage, CONTENT) == 1
    assert json.loads(path.read_text()) == {
        "samples": [{"sha256": KEPT, "people": ["猫"], "labels": ["犬"]}],
        "by_photo": {KEPT: 2},
        "example": "(forgotten)",
        "failure": "(forgotten)",
        "votes": [{"boke_id": 1, "won": True}],
        "boke": 70,
    }
    assert anything.forget(stage, CONTENT) == 0


def test_lines_go_alone_and_a_cut_one_stays(stage: Stage) -> None:
    path = stage.directory / "news" / "a.jsonl"
    lines = ['{"epoch": 1, "boke_id": 70}\n', '{"a": "\u2028", "epoch": 2}\n', '{"epoch": 3, "samp']
    path.write_text("".join(lines))
    assert anything.forget(stage, CONTENT) == 1
    assert path.read_text() == "".join(lines[1:])


def test_a_file_that_holds_none_and_one_that_may_not_are_not_written(stage: Stage) -> None:
    (stage.directory / "other.json").write_text(json.dumps([TEXT]))
    pq.write_table(pa.table({"sha256": [KEPT]}), stage.directory / "news" / "a.parquet")
    (stage.directory / "news" / "b.json").write_text("[")
    assert anything.forget(stage, CONTENT) == 0


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()])
def test_a_number_too_large_for_a_column_is_not_another_there(stage: Stage, kind: pa.DataType) -> None:
    path = stage.directory / "news" / "a.parquet"
    pq.write_table(pa.table({"odai_id": pa.array([7, 5, None], kind)}), path)
    assert anything.forget(stage, Content(odai_ids={2**8 + 5, 2**32 + 5})) == 0
    assert anything.forget(stage, Content(odai_ids={2**32 + 5, 7})) == 1
    assert pq.read_table(path)["odai_id"].to_pylist() == [5, None]
