"""`bokeru inspect`: what it shows of each stage."""

import json
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from dataset.describe.inspect import inspect
from store.errors import DamagedFile, UserError
from store.schema import IMAGES, PAGES, PHOTOS, features
from store.shards import ShardWriter


def shown(path: Path, width: int = 200) -> str:
    output = StringIO()
    inspect(path, Console(file=output, width=width))
    return output.getvalue()


def test_a_crawl_shows_every_column_and_how_to_open_it(pipeline: Path) -> None:
    text = shown(pipeline / "crawl")
    assert [name for name in (*PAGES.names, *IMAGES.names) if name not in text] == []
    opening = re.findall(r"^open: (.*)$", text, re.MULTILINE)
    assert len(opening) == text.count("shard, ")
    (line,) = (line for line in opening if "/crawl/pages/" in line)
    result = subprocess.run(
        line, shell=True, capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"}
    )
    assert result.returncode == 0, result.stderr
    assert "10 rows" in result.stdout
    assert "pages: 12 rows in 1 row group, 1 shard" in text


def test_a_dataset_shows_examples_and_figures(pipeline: Path) -> None:
    text = shown(pipeline / "dataset")
    assert [name for name in PHOTOS.names if name not in text] == []
    assert "fingerprint" in text
    assert "シュール" in text or "動物" in text


def test_a_pipeline_shows_all_its_stages(pipeline: Path) -> None:
    text = shown(pipeline)
    assert f"crawl  {pipeline}/crawl" in text
    assert f"dataset  {pipeline}/dataset" in text


def test_a_report_s_counts_are_told_and_not_how_many_there_are(pipeline: Path, tmp_path: Path) -> None:
    """`pages: 1` beside `{"pages": {"ok": 900}}` would read as one page."""
    shutil.copytree(pipeline / "crawl", tmp_path / "copy" / "crawl")
    report = {"pages": {"ok": 900}, "warnings": [], "last_pauses": ["a"], "waiting": 5}
    (tmp_path / "copy" / "crawl" / "report.json").write_text(json.dumps(report))
    [line] = (one for one in shown(tmp_path / "copy").splitlines() if one.startswith("report.json"))
    assert line.endswith("pages (ok 900), warnings (0 entries), last_pauses (1 entry), waiting 5")


def test_a_folder_of_a_stage_shows_what_lies_in_it(pipeline: Path) -> None:
    text = shown(pipeline / "crawl" / "pages")
    assert re.findall(r"^(\w+): [\dn]", text, re.MULTILINE) == ["pages"]
    assert "report.json" not in text
    assert re.findall(r"^(\w+): [\dn]", shown(pipeline / "dataset" / "data"), re.MULTILINE) == [
        "train",
        "dev",
    ]


def test_one_shard_is_shown(pipeline: Path) -> None:
    assert "odai_ids" in shown(next((pipeline / "dataset").glob("data/train-*")))


def test_photo_bytes_and_vectors_are_not_read(
    pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ShardWriter(tmp_path / "features" / "k-12345678", "features", features(2)) as writer:
        writer.append({"sha256": "a", "outcome": "ok", "error": None, "vector": [0.0, 1.0]})
    asked: list[str] = []
    original = pq.ParquetFile.iter_batches

    def watched(shard: pq.ParquetFile, *arguments: object, columns: list[str], **more: object) -> object:
        asked.extend(columns)
        return original(shard, *arguments, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    shown(pipeline)
    shown(tmp_path / "features")
    assert "sha256" in asked
    assert not {"bytes", "image", "vector"} & set(asked)


def test_a_narrow_terminal_is_enough(pipeline: Path) -> None:
    assert max(len(line) for line in shown(pipeline, 80).splitlines() if not line.startswith("open")) <= 200


def test_nulls_are_counted(pipeline: Path) -> None:
    [line] = [line for line in shown(pipeline / "crawl").splitlines() if line.startswith("label_confidences")]
    assert line.split()[2] == "12"


def test_a_cut_shard_is_named(pipeline: Path, tmp_path: Path) -> None:
    (tmp_path / "crawl" / "pages").mkdir(parents=True)
    (tmp_path / "crawl" / "pages" / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedFile):
        shown(tmp_path / "crawl")


def test_a_file_that_is_no_shard_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(UserError, match="not a Parquet file"):
        shown(tmp_path / "a.txt")
