"""Of what is forgotten, no byte is left in any file of a pipeline that has everything.

What is right: a photo, an odai, a boke or a near copy that is forgotten is afterwards in no file, by its
bytes, its captions, its digest (but for forgotten.json and the receipt) or a copy saved anew under its name,
or the receipt names that file; and it stays out of later crawls, imports and builds.
"""

import shutil
import signal
import subprocess
import sys
import time

import pytest

from commands.main import main
from crawler.options import CrawlOptions
from demo.site import running
from store.forget.forgotten import Forgotten
from store.processes import lock
from store.processes.lock import locked
from tests.crawler.stage import crawl
from tests.store.forget import whole_pipeline
from tests.store.forget.everywhere import holding
from tests.store.forget.outcome import assert_gone, left, names, receipts
from tests.store.forget.whole_pipeline import SETTINGS, UNUSUAL, Everything, wanted

OF_EACH_KIND = ("unnumbered", "near", "odai", "boke")
ALL = (*OF_EACH_KIND, "no number", "of two odai", "imported")


def test_of_each_kind_nothing_is_left(whole: Everything, capfd: pytest.CaptureFixture[str]) -> None:
    found = [wanted(whole)[name] for name in OF_EACH_KIND]
    assert UNUSUAL in (whole.pipeline / "dataset" / "vocabulary.json").read_text()
    assert main(["train", *whole.where, "--set", "train.ranker=true"]) == 0
    assert list(whole.pipeline.glob("runs/*/ranker/config.json"))
    for one in found:
        assert whole.forget(*one.options) == 0
    assert UNUSUAL not in (whole.pipeline / "dataset" / "vocabulary.json").read_text()
    assert next((whole.pipeline / "runs").iterdir()).name in receipts(whole)
    assert main(["verify", str(whole.data)]) == 0
    assert main(["reparse", *whole.where]) == 0
    with_listed, *others = found  # of the photo on the list, a near copy stays
    assert_gone(whole, with_listed)
    assert_gone(whole, *others)
    capfd.readouterr()
    assert whole.forget(*found[0].options) == 0
    assert "nothing" in capfd.readouterr().out


@pytest.mark.long
@pytest.mark.parametrize("name", ALL)
def test_alone_it_goes_and_stays_out(whole: Everything, name: str) -> None:
    one = wanted(whole)[name]
    assert len(left(whole, one.traces)) > 10  # else there was little to take out
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)
    assert main(["verify", str(whole.data)]) == 0
    shutil.rmtree(whole.pipeline / "crawl")
    shutil.rmtree(whole.folder / "mirror")
    crawl_anew(whole)
    whole_pipeline.imports(whole)
    assert main(["dataset", *whole.where]) == 0
    assert left(whole, one.traces) == {}


def crawl_anew(whole: Everything) -> None:
    settings = SETTINGS["crawl"] | {"mirror": f"file://{whole.folder}/mirror", "start": ["/boke/recent"]}
    options = CrawlOptions.model_validate(settings, strict=False)
    size = options.embedded
    with running(size.photos, size.captions_per_photo, size.seed, faults=whole_pipeline.FAULTS) as address:
        crawl(options, whole.pipeline / "crawl", address=address, pipeline=whole_pipeline.NAME)


@pytest.mark.long
def test_what_a_restored_shard_brings_back_stays_out_of_builds(whole: Everything) -> None:
    one = wanted(whole)["unnumbered"]
    assert whole.forget(*one.options) == 0
    for table in ("pages", "images"):
        shutil.copytree(
            whole.kept / "data/p/crawl" / table, whole.pipeline / "crawl" / table, dirs_exist_ok=True
        )
    assert main(["dataset", *whole.where]) == 0
    assert holding(one.traces, whole.pipeline / "dataset") == {}


@pytest.mark.long
def test_a_list_that_shows_it_again_is_taken_without_it(whole: Everything) -> None:
    page = next(row for row in whole.reader.pages if row["url"].endswith("/user/taro/boke"))
    assert whole.forget(*wanted(whole)["unnumbered"].options) == 0
    passed = Forgotten.load(whole.pipeline).filter().page(page)
    assert (passed["bokes"], passed["image_url"]) == ([], None)


@pytest.mark.long
def test_a_near_copy_that_stays_is_named(whole: Everything, capfd: pytest.CaptureFixture[str]) -> None:
    (sha, copy) = whole_pipeline.listed_and_its_copy()
    capfd.readouterr()
    assert whole.forget("--sha256", sha) == 0
    assert copy in capfd.readouterr().out
    assert holding(whole.reader.of_photos(copy, pixels=False), whole.pipeline / "dataset")
    assert whole.forget("--sha256", sha, "--near") == 0
    assert left(whole, whole.reader.of_photos(sha, copy)) == {}


@pytest.mark.long
def test_while_a_crawl_runs_it_is_refused(
    whole: Everything, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = wanted(whole)["odai"]
    monkeypatch.setattr(lock, "PATIENCE", 0.2)
    crawls = whole.pipeline / "crawl"
    with locked(crawls / ".lock", f"is crawling {crawls}"):
        holder = (crawls / ".lock").read_text().split()[1]
        before = left(whole, one.traces)
        assert whole.forget(*one.options) == 1
    said = capfd.readouterr().err
    assert f"process {holder}" in said
    assert "Traceback" not in said
    assert left(whole, one.traces) == before
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)


@pytest.mark.long
def test_a_crawl_that_really_runs_is_named_and_brings_nothing_back(
    whole: Everything, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, slow = wanted(whole)["odai"], ("--set", "crawl.delay=2", "crawl.revisit_after=0.0001")
    monkeypatch.setattr(lock, "PATIENCE", 0.2)
    file = whole.pipeline / "crawl" / ".lock"
    shutil.rmtree(whole.pipeline / "crawl" / "pages")
    file.unlink()  # it names who held it before
    with subprocess.Popen([sys.executable, "-m", "commands.main", "crawl", *whole.where, *slow]) as crawling:
        while not (file.exists() and file.read_text().startswith("process ")):
            assert crawling.poll() is None
            time.sleep(0.1)
        assert whole.forget(*one.options) == 1
        assert file.read_text().split(",")[0] in capfd.readouterr().err
        crawling.send_signal(signal.SIGTERM)
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)
    crawl_anew(whole)
    assert left(whole, one.traces) == {}


@pytest.mark.long
def test_a_file_of_somebody_else_keeps_it_unfinished(
    whole: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    one, note = wanted(whole)["unnumbered"], whole.pipeline / "notes.txt"
    note.write_text(f"best: {max(one.traces.texts, key=len)}")
    for _ in range(3):  # by the second time, no table knows the caption any more
        assert whole.forget(*one.options) == 1
        assert str(note) in capfd.readouterr().err
        assert names(whole, note)
    note.unlink()
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)
    assert whole.forget(*one.options) == 0
    assert "nothing" in capfd.readouterr().out


@pytest.mark.long
def test_a_mirror_that_is_down_keeps_it_unfinished(
    whole: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    one, mirror = wanted(whole)["unnumbered"], whole.folder / "mirror"
    away = mirror.rename(whole.folder / "away")
    mirror.write_text("no folder")
    for _ in range(2):
        assert whole.forget(*one.options) != 0
        assert "mirror" in capfd.readouterr().err
    mirror.unlink()
    away.rename(mirror)
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)


LEFTOVERS = (
    "data/p/crawl/images/.tmp-00-images-x.parquet",
    "data/p/crawl/archive/.tmp-00-archive-x.warc.gz",
    "data/p/crawl/.spill/duckdb_temp_storage_DEFAULT-0.tmp",
    "data/p/.dataset.new-0/data/train-00000-of-00001.parquet",
    "data/p/.dataset.old/train-00000-of-00001.parquet",
    "data/p/runs/many-to-one-0/.tmp-00-samples.json",
    "data/p/exports/.pairs.new-0/images/1.jpg",
    "data/features/random-fc7-30e26270/.tmp-00-vectors-x.parquet",
    "data/.tmp-00-x.json",
    "mirror/images/.tmp-00-images-x.parquet",
)


@pytest.mark.long
def test_what_killed_writers_left_goes_too(whole: Everything) -> None:
    one = wanted(whole)["odai"]
    shard = next(
        path for path in holding(one.traces, whole.kept / "data/p/dataset") if path.suffix == ".parquet"
    )
    for name in LEFTOVERS:
        (whole.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shard, whole.folder / name)
    assert len(left(whole, one.traces)) > len(LEFTOVERS)
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)
