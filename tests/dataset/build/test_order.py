"""What does not depend on when and in which order a site was crawled: rows, sides, and all made of them."""

import shutil
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from commands.verify import verify
from dataset import read
from dataset.build.sides import NAME as SIDES
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.errors import DamagedFile
from tests import crawl_tables
from tests.crawl_tables import NOW, boke, image, page

OPTIONS = DatasetOptions(dev_fraction=0.4)
Row = dict[str, Any]


def site(photos: int = 12) -> tuple[list[Row], list[Row]]:
    """Return what is fetched of a site: odai pages, lists, boke with and without numbers, near photos."""
    pages: list[Row] = []
    images: list[Row] = []
    for n in range(1, photos + 1):
        near = crawl_tables.photo(
            n - n % 3
        )  # two of three odai share a picture, or differ in its bytes alone
        content = near if n % 3 == 1 else near + b"\0" * (n % 3)
        bokes = [boke(n * 10 + k, n, f"{n}の{k}", stars=k % 2) for k in range(4)]
        unnumbered = [boke(None, n, f"番号なし{k % 2}") for k in range(3)]
        pages.append(page(n, bokes + unnumbered, labels=[f"物{n % 5}"], category=f"種{n % 4}"))
        pages.append(page(n, unnumbered, odai_id=None) | {"url": f"http://bokete.test/boke/recent?page={n}"})
        other = page(n, [boke(n * 10, n, "別の名", stars=0)], labels=[], category=None)
        pages.append(other | {"url": f"http://sp.bokete.test/boke/{n * 10}"})
        images.append(image(n, content))
    return pages, images


def crawled(directory: Path, seed: int) -> Path:
    """Write the site as a crawl that met pages and photos in an order of its own, in shards of its own."""
    random, (pages, images) = Random(seed), site()
    for rows in (pages, images):
        random.shuffle(rows)
        for row in rows:
            row["fetched_at"] = NOW + timedelta(seconds=random.randrange(3))  # some in the same microsecond
    while pages or images:
        some = [
            [rows.pop() for _ in range(min(len(rows), random.randrange(1, 9)))] for rows in (pages, images)
        ]
        crawl_tables.write(directory, *some)
    return directory


def rows(dataset: Path) -> list[Row]:
    """Return the rows of both splits by sha256, each with its split."""
    found = [
        {**row, "split": path.name.split("-")[0]}
        for path in read.shards(dataset)
        for row in pq.read_table(path).to_pylist()
    ]
    return sorted(found, key=lambda row: str(row["sha256"]))


def built(crawl: Path, options: DatasetOptions = OPTIONS) -> Path:
    dataset = crawl.with_name("dataset")
    build(options, [crawl], dataset, name="p")
    return dataset


def test_another_order_and_other_times_build_the_same_rows_on_the_same_sides(tmp_path: Path) -> None:
    first, second = (built(crawled(tmp_path / str(seed) / "crawl", seed)) for seed in (1, 2))
    assert len(rows(first)) > 5
    assert {row["split"] for row in rows(first)} == set(read.SPLITS)
    assert rows(first) == rows(second)
    for name in ("vocabulary.json", "statistics.json", "statistics.svg"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first.parent / "crawl" / SIDES).read_bytes() == (second.parent / "crawl" / SIDES).read_bytes()


def test_a_dataset_that_was_deleted_gets_its_sides_back(tmp_path: Path) -> None:
    """Source: cases/dataset.md, "dataset folder deleted, older near copies added, built again"."""
    crawl = tmp_path / "p" / "crawl"
    contents = {n: crawl_tables.photo(n) for n in range(1, 9)}
    crawl_tables.write(
        crawl, [page(n, [boke(n, n, f"{n}番")]) for n in contents], [image(n) for n in contents]
    )
    before = {row["sha256"]: row["split"] for row in rows(built(crawl))}
    for folder in ("dataset", "photos", "builds"):  # as on a machine that has the crawl alone
        shutil.rmtree(crawl.with_name(folder))
    early = {"fetched_at": NOW - timedelta(days=9)}
    copies = [(n, k) for n in contents for k in range(1, 4)]
    crawl_tables.write(
        crawl,
        [page(10 * n + k, [boke(10 * n + k, 10 * n + k, f"{n}の{k}")], **early) for n, k in copies],
        [image(10 * n + k, contents[n] + b"\0" * k, **early) for n, k in copies],
    )
    after = {row["sha256"]: row["split"] for row in rows(built(crawl))}
    assert len(after) == 4 * len(contents)
    assert {sha256: after[sha256] for sha256 in before} == before


def test_other_settings_draw_other_sides(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "p" / "crawl", 12)
    first = [row["split"] for row in rows(built(crawl))]
    assert [row["split"] for row in rows(built(crawl, DatasetOptions(split_key="b")))] != first
    assert [row["split"] for row in rows(built(crawl))] == first


def test_sides_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "p" / "crawl", 2)
    path = built(crawl) and crawl / SIDES
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedFile, match=r"sides\.parquet"):
        built(crawl, DatasetOptions(dev_fraction=0.4, min_stars=1))


def test_a_pipeline_of_other_pipelines_keeps_sides_of_its_own(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "other" / "crawl", 2)
    build(OPTIONS, [crawl], tmp_path / "p" / "dataset", name="p")
    assert pq.read_table(tmp_path / "p" / "crawl" / SIDES).num_rows == 2
    assert not (crawl / SIDES).exists()
    assert verify(tmp_path / "p") == []
