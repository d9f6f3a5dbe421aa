"""What differs between two builds: in rows, by filter, and in sides."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from commands.main import main
from commands.verify import verify
from dataset import read
from dataset.build.stage import build
from dataset.builds import record
from dataset.builds.compare import diff
from dataset.builds.diff import Changes
from dataset.options import DatasetOptions
from store.errors import DamagedFile, MissingStage, UsageError
from store.forget.content import Content
from store.register.stages import Stage
from tests import crawl_tables
from tests.crawl_tables import boke, image, page, write

OPTIONS = DatasetOptions(dev_fraction=0.4)


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    pages = [page(n, [boke(10 * n + k, n, f"{n}の{k}", stars=k) for k in range(3)]) for n in range(1, 7)]
    pages[0]["bokes"].append(boke(None, 1, "番号なし"))  # type: ignore[attr-defined]
    pages[1]["bokes"].append(boke(29, 2, "2の1"))  # type: ignore[attr-defined]
    return write(tmp_path / "p" / "crawl", pages, [image(n) for n in range(1, 7)])


def built(crawl: Path, *, dry_run: bool = False, **settings: Any) -> Changes | None:
    """Build anew; return what was told of it."""
    told: list[Changes | None] = []
    options = OPTIONS.model_copy(update=settings)
    dataset = crawl.with_name("dataset")
    build(options, [crawl], dataset, name="p", told=told.append, dry_run=dry_run)
    [changes] = told
    return changes


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


def plain(changes: Changes | None) -> Mapping[str, Any]:
    assert changes is not None
    return {name: value for name, value in vars(changes).items() if value and name not in ("old", "new")}


def test_the_first_build_has_nothing_to_be_compared_with(crawl: Path) -> None:
    assert built(crawl) is None
    assert verify(crawl.parent) == []


def test_captions_come_and_go_by_the_filters_that_take_them(crawl: Path) -> None:
    built(crawl)
    assert plain(built(crawl, min_stars=1)) == {"went": {"min_stars": 6}}
    assert plain(built(crawl, max_captions_per_photo=1, min_stars=2)) == {
        "went": {"min_stars": 5, "max_captions_per_photo": 2}
    }
    assert plain(built(crawl)) == {"came": {"min_stars": 11, "max_captions_per_photo": 2}}
    assert plain(diff(crawl.with_name("dataset")))["came"] == {"min_stars": 11, "max_captions_per_photo": 2}


def test_what_is_crawled_since_is_new_and_what_is_forgotten_is_gone(crawl: Path) -> None:
    built(crawl)
    write(crawl, [page(7, [boke(70, 7, "七")])], [image(7)])
    assert plain(built(crawl)) == {"came": {"new": 1}, "photos_came": 1}
    outs = crawl.with_name("outs.txt")
    outs.write_text("odai 3\n")
    assert plain(built(crawl, opt_outs=str(outs))) == {"went": {"opt_outs": 3}, "photos_went": 1}


def test_photos_that_change_sides_are_counted(crawl: Path) -> None:
    built(crawl)
    before = read.photos(crawl.with_name("dataset"))
    moved = built(crawl, dev_fraction=0)
    dev = [row["sha256"] for row in before.to_pylist() if row["split"] == "dev"]
    assert 0 < len(dev) < 6
    assert moved is not None
    assert moved.photos_moved == {"dev to train": len(dev)}
    assert not moved.came
    assert not moved.went
    assert any(f"{len(dev)} from dev to train" in line for line in moved.lines())


def test_a_dry_run_tells_the_same_and_changes_nothing(crawl: Path) -> None:
    built(crawl)
    files = contents(crawl.parent)
    would = built(crawl, dry_run=True, min_stars=1)
    assert contents(crawl.parent) == files
    assert plain(built(crawl, min_stars=1)) == plain(would) != {}


def test_a_dataset_without_the_rows_of_its_build_is_read_itself(crawl: Path) -> None:
    built(crawl)
    for build_ in record.builds(crawl.with_name("dataset")):
        build_.path.unlink()
    assert plain(built(crawl, min_stars=1)) == {"went": {"min_stars": 6}}


def test_so_many_builds_are_kept_and_found_by_how_they_begin(
    crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "KEPT", 2)
    dataset = crawl.with_name("dataset")
    for stars in range(3):
        built(crawl, min_stars=stars)
        assert record.last(dataset) == record.builds(dataset)[-1].fingerprint
    older, newer = record.builds(dataset)
    assert plain(diff(dataset, (newer.fingerprint[:6], older.fingerprint)))["came"] == {"min_stars": 5}
    with pytest.raises(UsageError, match=f"0 builds begin with 'z'.*{newer.fingerprint}"):
        diff(dataset, ("z", older.fingerprint))
    older.path.write_bytes(older.path.read_bytes()[:-20])
    with pytest.raises(DamagedFile):
        diff(dataset)


def test_one_build_has_no_other_to_be_compared_with(crawl: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline p"):
        diff(crawl.with_name("dataset"))
    built(crawl)
    assert diff(crawl.with_name("dataset")) is None


def test_what_is_left_out_stands_in_a_table_with_its_filter(crawl: Path) -> None:
    built(crawl, min_stars=1)
    files = f"{crawl.with_name('dataset')}/left_out/*.parquet"
    found = duckdb.execute(f"SELECT boke_id, text, filter FROM '{files}' ORDER BY boke_id").fetchall()
    expected = [(10 * n, f"{n}の0", "min_stars") for n in range(1, 7)] + [(29, "2の1", "duplicate")]
    assert sorted(found) == sorted(expected) or (21, "2の1", "duplicate") in found
    rows = duckdb.execute(f"SELECT sha256, phash, url, licence FROM '{files}'").fetchall()
    assert all(sha256 and phash and url and licence is None for sha256, phash, url, licence in rows)


def test_the_command_tells_and_ends_as_it_was_asked(crawl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--pipeline", "p", "--data", str(crawl.parent.parent), "--config", str(crawl / "pipelines.yaml")]
    (crawl / "pipelines.yaml").write_text("pipelines: {p: {crawl: {site: 'https://bokete.jp'}}}")
    for settings in ([], ["--dry-run"], ["--set", "dataset.min_stars=1", "--dry-run"]):
        assert main(["dataset", *place, *settings]) == 0
    assert main(["dataset", *place, "--set", "dataset.min_stars=1"]) == 0
    said = capsys.readouterr().out
    assert "nothing to compare" in said
    assert said.count("out: 0 photos, 6 captions (6 by min_stars)") == 2
    assert main(["diff", *place]) == 0
    assert "6 by min_stars" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["diff", *place, "--json", "--check"])
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["went"] == {"min_stars": 6}
    assert main(["diff", *place, "one"]) == 2


def test_builds_that_do_not_differ_are_told_as_json_too(
    crawl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built(crawl)
    built(crawl, dev_fraction=0.4000001)  # other settings, and the same captions on the same sides
    (crawl / "pipelines.yaml").write_text("pipelines: {p: {}}")
    place = ["--pipeline", "p", "--data", str(crawl.parent.parent), "--config", str(crawl / "pipelines.yaml")]
    capsys.readouterr()
    assert main(["diff", *place, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["came"] == found["went"] == found["moved"] == {}


def test_what_is_forgotten_is_left_out_of_no_table(crawl: Path) -> None:
    """A boke that a filter left out is in no split, and goes all the same."""
    from dataset.forget import forget
    from store.forget.forgotten import Forgotten

    built(crawl, min_stars=1)
    dataset = crawl.with_name("dataset")
    assert forget(Stage("dataset", dataset), Content(boke_ids={30}), Forgotten().filter())
    assert 30 not in [
        boke_id
        for path in (dataset / "left_out").iterdir()
        for boke_id in pq.read_table(path)["boke_id"].to_pylist()
    ]
    assert [problem for problem in verify(dataset) if problem.damaged] == []


def test_rows_are_those_of_plain_python(crawl: Path) -> None:
    built(crawl, min_stars=1)
    dataset = crawl.with_name("dataset")
    rows = pq.read_table(record.builds(dataset)[-1].path).to_pylist()
    kept = {(row["boke_id"], row["split"]) for row in rows if row["filter"] is None}
    expected = {
        (caption["boke_id"], split)
        for split in read.SPLITS
        for caption in read.captions(dataset, split).to_pylist()
    }
    assert kept == expected
    assert {row["host"] for row in rows} == {crawl_tables.SITE.removeprefix("http://")}
    assert [row["text"] for row in rows if row["boke_id"] is None] == ["番号なし"]
    assert all(row["text"] is None for row in rows if row["boke_id"] is not None)
