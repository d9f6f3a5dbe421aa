"""`bokeru forget`: what is forgotten is gone from every stage, and stays away."""

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands.forget.command import forget as forget_request
from commands.forget.report import ForgetReport
from commands.main import parser
from commands.verify import verify
from dataset import read
from dataset.build.stage import build
from dataset.export.formats import export
from dataset.options import DatasetOptions
from store.addresses import photo_key
from store.errors import DamagedFile, UsageError, UserError
from store.forget.content import Content, Request
from store.forget.forgotten import Forgotten, digest
from store.forget.search import search
from store.place import Place
from store.schema import LEFT_OUT, features
from store.shards import ShardWriter
from store.whole_file import write_json, write_whole
from tests import crawl_tables
from tests.crawl_tables import NOW, boke, image, page, write
from train.runs.board import board

OPTIONS = DatasetOptions(dev_fraction=0.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Every stage of a pipeline `p` that has ten photos."""
    directory = tmp_path / "data"
    crawl = crawl_tables.crawl(directory / "p" / "crawl", 10)
    write(crawl, [page(50, [boke(50_000, 50, "誰も書かない一度きりのボケ")])], [image(50)])
    build(OPTIONS, [crawl], directory / "p" / "dataset", name="p")
    with ShardWriter(directory / "features" / "untrained-fc7-00000000", "features", features(4)) as writer:
        for sha256 in read.photos(directory / "p" / "dataset")["sha256"].to_pylist():
            writer.append({"sha256": sha256, "outcome": "ok", "error": None, "vector": [0.0, 1.0, 2.0, 3.0]})
    run = directory / "p" / "runs" / "many-to-one-1"
    write_whole(run / "settings.yaml", "train: {}\n")
    samples = [
        {"sha256": photo(50), "people": ["誰も書かない一度きりのボケ"]},
        {"sha256": photo(3), "people": ["犬"]},
    ]
    write_json(run / "samples.json", {"train": samples})
    write_whole(run / "log.jsonl", '{"epoch": 1}\n')
    return directory


def forget(data: Path, pipeline: str, **what: Any) -> ForgetReport:
    return forget_request(Place(data, pipeline), Request(**what))


def photo(odai: int) -> str:
    return hashlib.sha256(crawl_tables.photo(odai)).hexdigest()


def content(odai: int) -> Content:
    return Content(sha256s={photo(odai)}, texts={"誰も書かない一度きりのボケ"} if odai == 50 else set())


def test_a_forgotten_photo_is_in_no_file_of_any_stage(data: Path) -> None:
    assert len(search(data, content(50))) == 9
    report = forget(data, "p", sha256=photo(50))
    assert search(data, content(50)) == []
    assert report.changed == {"pipeline": 2, "crawl": 3, "dataset": 2, "run": 1, "features": 1, "export": 0}
    assert [run.name for run in report.trained] == ["many-to-one-1"]
    assert "trained on it:" in str(report)


def test_nothing_else_is_lost(data: Path) -> None:
    forget(data, "p", sha256=photo(50))
    assert len(read.photos(data / "p" / "dataset")) == 10
    assert len(read.captions(data / "p" / "dataset")) == 40
    samples = json.loads((data / "p" / "runs" / "many-to-one-1" / "samples.json").read_text())
    assert [entry["sha256"] for entry in samples["train"]] == [photo(3)]
    assert (data / "p" / "runs" / "many-to-one-1" / "log.jsonl").read_text() == '{"epoch": 1}\n'


def progress(*photos: tuple[str, str]) -> str:
    """Return a line of what a model wrote for photos, given with its likeliest caption."""
    written = [
        {
            "sha256": sha256,
            "greedy": {"text": text, "tokens": list(text), "log_probabilities": [-1.0] * (len(text) + 1)},
            "sample": {"text": "猫", "tokens": ["猫"], "log_probabilities": [-1.0, -2.0]},
        }
        for sha256, text in photos
    ]
    return json.dumps({"epoch": 1, "photos": written}, ensure_ascii=False) + "\n"


def test_what_a_model_wrote_while_it_learned_goes(data: Path) -> None:
    """With its photo; and word for word, though for another one: tokens spell a caption, so these go, too."""
    run, text = data / "p" / "runs" / "many-to-one-1", "誰も書かない一度きりのボケ"
    write_whole(
        run / "progress.jsonl",
        progress((photo(50), "犬"), (photo(3), "犬"), (photo(4), f"いや{text}だ"), (photo(5), text)) * 2,
    )
    with board(run / "tensorboard" / "captions", 0) as write_board:
        write_board("captions", 1, {"photo 1": f"犬\n\n`{photo(50)}`"})
    with board(run / "tensorboard", 0) as write_board:
        write_board("epoch", 1, {"loss": 1.0})
    forget(data, "p", sha256=photo(50))
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert [each["sha256"] for each in line["photos"]] == [photo(3), photo(4), photo(5)]
        said = [each["greedy"] and each["greedy"]["text"] for each in line["photos"]]
        assert said == ["犬", None, None]
        assert [each["sample"]["text"] for each in line["photos"]] == ["猫"] * 3
    assert not list((run / "tensorboard" / "captions").iterdir()), "it is not written again: goes as a whole"
    assert [path.is_file() for path in (run / "tensorboard").glob("events*")] == [True]
    assert search(data, content(50)) == []
    before = (run / "progress.jsonl").read_bytes()
    forget(data, "p", sha256=photo(7))
    assert (run / "progress.jsonl").read_bytes() == before


def test_every_stage_is_whole_afterwards(data: Path) -> None:
    forget(data, "p", sha256=photo(50))
    assert verify(data) == []


def test_figures_and_vocabulary_know_nothing_of_it(data: Path) -> None:
    forget(data, "p", odai=50)
    dataset = data / "p" / "dataset"
    assert "一度きり" not in read.vocabulary(dataset)
    assert read.statistics(dataset)["splits"]["train"]["photos"] == 10
    assert "10 photos" in (dataset / "README.md").read_text()


def test_one_boke_goes_and_its_photo_stays(data: Path) -> None:
    forget(data, "p", boke=1000)
    captions = read.captions(data / "p" / "dataset")
    assert 1000 not in captions["boke_id"].to_pylist()
    assert photo(1) in captions["sha256"].to_pylist()


def test_a_caption_of_one_word_goes_and_the_word_stays(data: Path) -> None:
    crawl = write(data / "p" / "crawl", [page(60, [boke(60_000, 60, "犬")])], [image(60)])
    build(OPTIONS, [crawl], data / "p" / "dataset", name="p")
    run = data / "p" / "runs" / "many-to-one-1"
    write_json(run / "model" / "vocabulary.json", {"tokens": ["犬"]})
    write_json(run / "samples.json", [{"labels": ["犬"], "human": ["犬", "猫"]}])
    forget(data, "p", boke=60_000)
    assert json.loads((run / "model" / "vocabulary.json").read_text()) == {"tokens": ["犬"]}
    assert json.loads((run / "samples.json").read_text()) == [{"labels": ["犬"], "human": ["猫"]}]


def test_an_odai_leaves_a_photo_that_another_odai_has(tmp_path: Path) -> None:
    pages = [page(1, [boke(1, 1, "一つ目の")]), page(2, [boke(2, 2, "二つ目の")])]
    same = crawl_tables.photo(1)
    crawl = write(tmp_path / "data" / "p" / "crawl", pages, [image(1, same), image(2, same)])
    build(OPTIONS, [crawl], tmp_path / "data" / "p" / "dataset", name="p")
    forget(tmp_path / "data", "p", odai=1)
    assert read.captions(tmp_path / "data" / "p" / "dataset")["text"].to_pylist() == ["二つ目の"]
    assert read.photos(tmp_path / "data" / "p" / "dataset")["odai_ids"].to_pylist() == [[2]]


def test_the_last_photo_takes_the_dataset_with_it(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "data" / "p" / "crawl", 1)
    build(OPTIONS, [crawl], tmp_path / "data" / "p" / "dataset", name="p")
    forget(tmp_path / "data", "p", odai=1)
    assert not (tmp_path / "data" / "p" / "dataset").exists()


def test_it_stays_out_of_later_crawls(data: Path) -> None:
    forget(data, "p", odai=50)
    passing = Forgotten.load(data / "p").filter()
    assert passing.page(page(50, [boke(50_000, 50, "誰も")]))["bokes"] == []
    assert passing.page(page(50, []))["image_url"] is None
    assert passing.image(image(50))["bytes"] is None
    assert passing.holds("url", crawl_tables.image_url(50).replace("600", "240"))


def test_it_stays_out_of_later_builds_even_from_other_crawls(data: Path) -> None:
    forget(data, "p", odai=50)
    other = write(data / "q" / "crawl", [page(50, [boke(50_000, 50, "誰も")])], [image(50)])
    build(OPTIONS, [data / "p" / "crawl", other], data / "p" / "dataset", name="p")
    assert photo(50) not in read.photos(data / "p" / "dataset")["sha256"].to_pylist()
    assert read.statistics(data / "p" / "dataset")["filters"]["forgotten"] == 1


def test_forgetting_twice_changes_nothing_more(data: Path) -> None:
    forget(data, "p", sha256=photo(50))
    assert not any(forget(data, "p", sha256=photo(50)).changed.values())


def test_what_was_never_there_is_kept_out(data: Path) -> None:
    forget(data, "p", sha256="0" * 64)
    assert Forgotten.load(data / "p").filter().holds("photo", "0" * 64)


def test_the_list_itself_does_not_tell_what_is_on_it(data: Path) -> None:
    forget(data, "p", sha256=photo(50))
    text = (data / "p" / "forgotten.json").read_text()
    assert photo(50) not in text
    assert digest("photo", photo(50)) in text


def test_leftovers_of_killed_writers_are_removed(data: Path) -> None:
    leftover = data / "p" / "crawl" / "images" / ".tmp-1234-images.parquet"
    leftover.write_bytes(crawl_tables.photo(50))
    forget(data, "p", sha256=photo(50))
    assert not leftover.exists()


def test_a_copy_that_it_may_not_change_is_named(data: Path) -> None:
    copy = data / "p" / "runs" / "many-to-one-1" / "copy.jpg"
    copy.write_bytes(crawl_tables.photo(50))
    with pytest.raises(UserError, match=r"Still held by .*copy\.jpg"):
        forget(data, "p", sha256=photo(50))


def test_a_file_that_is_not_ours_is_named_and_not_changed(data: Path) -> None:
    note = data / "p" / "runs" / "many-to-one-1" / "note.json"
    note.write_text(json.dumps({"best": "誰も書かない一度きりのボケ"}))
    with pytest.raises(UserError, match=r"Still held by .*note\.json"):
        forget(data, "p", sha256=photo(50))
    assert "誰も書かない一度きりのボケ" in json.loads(note.read_text())["best"]


def copied(data: Path, name: str) -> Path:
    """Return the crawl of another pipeline that has photo 50."""
    return write(
        data / name / "crawl", [page(50, [boke(50_000, 50, "誰も書かない一度きりのボケ")])], [image(50)]
    )


def test_another_pipeline_that_holds_it_is_named_and_keeps_its_vector(data: Path) -> None:
    copied(data, "q")
    crawl_tables.crawl(data / "r" / "crawl", 2)
    report = forget(data, "p", odai=50)
    assert list(report.others) == ["q"]
    assert f"bokeru forget --pipeline q --data {data} --sha256 {photo(50)}" in str(report)
    assert search(data / "p", content(50)) == []
    assert search(data / "features", content(50))
    assert forget(data, "q", sha256=photo(50)).others == {}
    assert search(data, content(50)) == []


def test_the_command_for_another_pipeline_keeps_data_and_config(data: Path) -> None:
    copied(data, "q r")
    place = Place(data, "p", Path("my 設定.yaml"))
    (command,) = forget_request(place, Request(odai=50)).others.values()
    arguments = parser().parse_args(shlex.split(command)[1:])
    assert (arguments.pipeline, arguments.config, arguments.data) == ("q r", place.config, data)
    assert arguments.sha256 == photo(50)


def test_the_same_number_of_another_sites_odai_is_not_the_same_content(data: Path) -> None:
    write(data / "q" / "crawl", [page(50, [boke(50_000, 50, "別のサイトの別のボケ")])], [image(51)])
    assert forget(data, "p", odai=50).others == {}


def test_a_damaged_shard_of_another_pipeline_may_hold_it(data: Path) -> None:
    shard = next((copied(data, "q") / "pages").iterdir())
    shard.write_bytes(b"PAR1")
    assert list(forget(data, "p", odai=50).others) == ["q"]


def test_a_damaged_shard_of_its_own_stops_it(data: Path) -> None:
    shard = next((data / "p" / "crawl" / "pages").iterdir())
    shard.write_bytes(b"PAR1")
    with pytest.raises(DamagedFile, match=rf"bokeru verify {data / 'p'}"):
        forget(data, "p", odai=50)


@pytest.mark.parametrize("form", ["pairs", "webdataset", "coco", "imagefolder"])
def test_exports_in_the_pipeline_are_written_again(data: Path, form: str) -> None:
    directory = data / "p" / "exports" / form
    export(data / "p" / "dataset", directory, form)
    (directory / "mine").mkdir()
    (directory / "mine" / "NOTES.txt").write_text("my own")
    assert search(directory, content(50))
    assert forget(data, "p", sha256=photo(50)).changed["export"] == 1
    assert (directory / "README.md").exists()
    assert (directory / "mine" / "NOTES.txt").read_text() == "my own"
    assert search(directory, content(50)) == []
    assert forget(data, "p", sha256=photo(50)).changed["export"] == 0


def test_exports_elsewhere_are_named_until_they_are_gone(data: Path, tmp_path: Path) -> None:
    export(data / "p" / "dataset", tmp_path / "out", "pairs")
    for _ in range(2):
        report = forget(data, "p", sha256=photo(50))
        assert f"exported before: {tmp_path / 'out'}. Delete it, and export again" in str(report)
    shutil.rmtree(tmp_path / "out")
    export(data / "p" / "dataset", tmp_path / "out", "pairs")
    assert forget(data, "p", sha256=photo(50)).exports == []


def test_an_export_goes_with_the_last_photo(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "data" / "p" / "crawl", 1)
    build(OPTIONS, [crawl], tmp_path / "data" / "p" / "dataset", name="p")
    for name in ("out", "kept"):
        export(tmp_path / "data" / "p" / "dataset", tmp_path / "data" / "p" / name, "pairs")
    (tmp_path / "data" / "p" / "kept" / "NOTES.txt").write_text("my own")
    forget(tmp_path / "data", "p", odai=1)
    assert not (tmp_path / "data" / "p" / "out").exists()
    assert [path.name for path in (tmp_path / "data" / "p" / "kept").iterdir()] == ["NOTES.txt"]


def test_a_damaged_list_of_exports_stops_it(data: Path) -> None:
    (data / "p" / "exports.json").write_text("[]")
    with pytest.raises(DamagedFile, match="not a list of exports"):
        forget(data, "p", odai=50)


def test_runs_are_named_again_until_they_are_deleted(data: Path) -> None:
    forget(data, "p", odai=50)
    assert [run.name for run in forget(data, "p", odai=50).trained] == ["many-to-one-1"]
    shutil.rmtree(data / "p" / "runs" / "many-to-one-1")
    assert forget(data, "p", odai=50).trained == []


KILLED = """
import os, sys
from pathlib import Path
from commands.forget.command import forget, stage_forgetters
from store.forget.content import Request
from store.place import Place
data, where, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def die(*arguments):
    os.kill(os.getpid(), 9)
if where == "export":
    import dataset.export.formats as formats
    formats.export_again = die
elif where == "images":
    import crawler.forget as crawl
    named_rows = crawl.named_rows
    crawl.named_rows = lambda stage, name, *rest: die() if name == where else named_rows(stage, name, *rest)
else:
    stage_forgetters()[where].forget = die
forget(Place(data, "p"), Request(odai=number))
"""


@pytest.mark.parametrize(
    "where",
    [
        "dataset",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("crawl", "run", "features")),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("export", "images")),
    ],
)
def test_a_killed_forget_is_finished_by_running_it_again(data: Path, where: str) -> None:
    export(data / "p" / "dataset", data / "p" / "out", "webdataset")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(data), where, "50"], check=False)
    assert killed.returncode == -9
    assert search(data, content(50))
    if where == "images":  # what is left still tells what belongs to it
        (data / "p" / "forgetting.json").unlink()
    forget(data, "p", odai=50)
    assert search(data, content(50)) == []
    assert verify(data) == []


@pytest.mark.parametrize(
    "what",
    [{}, {"odai": 1, "boke": 2}, {"sha256": "abc"}, {"sha256": "Z" * 64}],
    ids=["none", "two", "short", "no hex"],
)
def test_what_to_forget_must_be_one_thing(data: Path, what: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        forget(data, "p", **what)


def test_a_pipeline_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has nothing to forget"):
        forget(tmp_path, "p", odai=1)


@pytest.mark.parametrize("text", ["", "[]", '{"entries": [{"kind": "x"}]}'])
def test_a_damaged_list_stops_everything(data: Path, text: str) -> None:
    (data / "p" / "forgotten.json").write_text(text)
    with pytest.raises(DamagedFile, match="forget list"):
        build(OPTIONS, [data / "p" / "crawl"], data / "p" / "dataset", name="p")


@pytest.mark.parametrize(
    ("what", "gone"),
    [
        ({"odai": 3}, {"/odai/3", "/boke/3001", "/odai/3?page=2", "/od\nai/3", "/boke/3001\r", "photo 3"}),
        ({"boke": 3001}, {"/boke/3001", "/boke/3001\r"}),
        (
            {"sha256": hashlib.sha256(crawl_tables.photo(3)).hexdigest()},
            {"/odai/3", "/boke/3001", "/odai/3?page=2", "/od\nai/3", "/boke/3001\r", "photo 3"},
        ),
    ],
)
def test_its_addresses_leave_what_a_rule_kept_from_being_fetched(
    data: Path, what: dict[str, Any], gone: set[str]
) -> None:
    crawl = data / "p" / "crawl"
    pages = {
        path: crawl_tables.SITE + path
        for path in ("/odai/3", "/odai/3?page=2", "/boke/3001", "/odai/33", "/od\nai/3", "/boke/3001\r")
    }
    addresses = pages | {"photo 3": crawl_tables.image_url(3).replace("600", "400")}
    with ShardWriter(crawl / "left_out", "left_out", LEFT_OUT) as writer:
        for name, url in addresses.items():
            table = "images" if name == "photo 3" else "pages"
            row = {"url": url, "table": table, "source": "robots.txt", "rule": "x", "left_out_at": NOW}
            writer.append(row)
            writer.commit()  # a shard each: rows that lie beside one that goes are looked at anyway
    assert len(search(crawl / "left_out", Content(keys={photo_key(addresses["photo 3"])}))) == 1
    forget(data, "p", **what)
    left = {row["url"] for row in crawl_tables.rows(crawl, "left_out")}
    assert left == {url for name, url in addresses.items() if name not in gone}
    assert search(crawl / "left_out", Content(odai_ids={3} if "odai" in what else set())) == []
