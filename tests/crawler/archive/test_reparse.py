"""Rows are made anew from the archive: those of its pages, and no others."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.forget.command import forget
from commands.main import main
from commands.verify import report
from crawler.archive import stage
from crawler.archive.writer import ArchiveWriter
from crawler.items import Answer, PageRow
from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from crawler.parsing import answer as parsing
from crawler.parsing.answer import answer_row
from dataset.describe.inspect import inspect
from demo.site import running
from store.errors import DamagedFile, MissingStage, UsageError, UserError
from store.forget.content import Content, Request
from store.forget.search import search
from store.place import Place
from store.processes import lock
from store.warc.read import read_records
from tests.crawl_tables import rows, write
from tests.crawler.archive.crawled import answers, archive, check, pages
from tests.crawler.test_resume import start

SEED = 5
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=8, captions_per_photo=3, seed=SEED),
    delay=0,
    concurrency=4,
    shard_rows=4,
    max_drift=1.0,
    min_free_gb=0.0,
)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a crawl of a site on which some pages opt out or are gone."""
    data = tmp_path_factory.mktemp("crawled")
    with running(8, 3, SEED, faults=("vanish", "opt-out-meta")) as site:
        start(data / "demo" / "crawl", site, OPTIONS).join(60)
    return data


@pytest.fixture
def directory(crawled: Path, tmp_path: Path) -> Path:
    shutil.copytree(crawled / "demo", tmp_path / "data" / "demo")
    return tmp_path / "data" / "demo" / "crawl"


def job(directory: Path, **options: Any) -> Job:
    return Job(OPTIONS.model_copy(update=options), directory, pipeline="demo")


def one_level_off(answer: Answer) -> PageRow:
    """Read a page as a parser does that takes the raters for the stars and has lost the pages' categories."""
    row = answer_row(answer)
    row["category"] = None
    for boke in row["bokes"]:  # type: ignore[attr-defined]
        boke["stars"], boke["raters"] = boke["raters"], boke["stars"]
    return row


def test_a_parser_that_was_one_level_off_is_repaired_without_a_request(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = pages(directory)
    with monkeypatch.context() as patched:
        patched.setattr(parsing, "answer_row", one_level_off)
        stage.reparse(job(directory))
    wrong = pages(directory)
    assert wrong != right
    dry = stage.reparse(job(directory), dry=True)
    assert pages(directory) == wrong
    changes = stage.reparse(job(directory))
    assert pages(directory) == right
    assert dry == changes
    # Where each boke has as many raters as stars, taking one for the other changes nothing.
    mistaken = [row for row in right if any(boke["stars"] != boke["raters"] for boke in row["bokes"])]
    assert changes.fields["bokes.stars"] == len(mistaken) > 0
    assert changes.changed == len([row for row in right if row in mistaken or row["category"] is not None])
    assert changes.fields["category"] == sum(row["category"] is not None for row in right)
    example = changes.examples["category"]
    assert example["before"] is None
    assert {"url": example["url"], "category": example["after"]} in [
        {"url": row["url"], "category": row["category"]} for row in right
    ]
    assert len(list(directory.glob("pages/*.parquet"))) == len(list(directory.glob("archive/*.warc.gz")))


def test_all_other_rows_stay(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without an answer, `denied`, without a record; here all of the archive's first file."""
    first, *_ = archive(directory)
    first.unlink()
    kept = set(answers(directory))
    at = max(row["fetched_at"] for row in pages(directory)) + timedelta(seconds=1)
    lost = {"url": "http://bokete.test/odai/9", "outcome": "error", "error": "no answer", "fetched_at": at}
    write(directory, [lost], [])
    before = {(row["url"], row["fetched_at"]): row for row in pages(directory)}
    monkeypatch.setattr(parsing, "answer_row", one_level_off)
    changes = stage.reparse(job(directory))
    after = {(row["url"], row["fetched_at"]): row for row in pages(directory)}
    assert before.keys() == after.keys()
    assert changes.records == len(kept)
    for key, row in before.items():
        if key not in kept or row["outcome"] == "denied" or not row["bokes"]:
            assert after[key] == row or key in kept
        elif row["category"] is not None or any(boke["stars"] != boke["raters"] for boke in row["bokes"]):
            assert after[key] != row


def test_the_links_are_stored_as_a_crawl_stores_them_today(directory: Path) -> None:
    changes = stage.reparse(job(directory, min_stars=10_000, max_page_number=1))
    assert changes.changed == 0


def test_lost_rows_come_back(directory: Path) -> None:
    before = pages(directory)
    for path in list(directory.glob("pages/*.parquet"))[::2]:
        path.unlink()
    assert len(pages(directory)) < len(before)
    lost = [row for row in before if row not in pages(directory)]
    changes = stage.reparse(job(directory))
    assert changes.restored == sum(row["outcome"] != "denied" for row in lost)
    assert pages(directory) == [row for row in before if row not in lost or row["outcome"] != "denied"]


def test_a_page_that_opts_out_by_todays_rules_keeps_no_payload(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = next(row for row in pages(directory) if row["outcome"] == "ok" and row["odai_id"])

    def stricter(answer: Answer) -> PageRow:
        row = answer_row(answer)
        if answer.address == closed["url"]:
            row.update(outcome="denied", error="a new word", bokes=[], image_url=None, links=[])
        return row

    monkeypatch.setattr(parsing, "answer_row", stricter)
    stage.reparse(job(directory))
    (row,) = [row for row in pages(directory) if row["url"] == closed["url"]]
    assert (row["outcome"], row["bokes"], row["fetched_at"]) == ("denied", [], closed["fetched_at"])
    check(directory)


def test_a_304_is_read_again_by_the_answer_that_it_confirms(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = next(row for row in pages(directory) if row["outcome"] == "ok" and row["odai_id"])
    times = [old["fetched_at"] + timedelta(days=day) for day in (7, 14)]
    confirmed = [old | {"status": 304, "fetched_at": at, "etag": '"a"'} for at in times]
    writer = ArchiveWriter(directory / "archive")
    for at, before in zip(times, (old["fetched_at"], times[0]), strict=True):
        writer.append(Answer(old["url"], old["url"], at, 304, (), b"", (old["url"], before)))
    writer.commit(directory / "archive" / "archive-20990101T000000.000000-abcdef.warc.gz")
    write(directory, confirmed, [])
    assert stage.reparse(job(directory)).changed == 0
    monkeypatch.setattr(parsing, "answer_row", one_level_off)
    stage.reparse(job(directory))
    found = [row for row in pages(directory) if row["url"] == old["url"]]
    assert [row["status"] for row in found] == [200, 304, 304]
    assert [row["etag"] for row in found] == [old["etag"], '"a"', '"a"']
    assert all(row["bokes"] == found[0]["bokes"] != old["bokes"] for row in found)


def test_a_page_is_saved_mended_and_read_again(directory: Path, tmp_path: Path) -> None:
    row = next(row for row in pages(directory) if row["outcome"] == "ok" and row["category"])
    file = tmp_path / "page.html"
    stage.save_page(job(directory), row["url"], file)
    assert file.read_bytes() == answers(directory)[row["url"], row["fetched_at"]].body
    file.write_bytes(file.read_bytes().replace(row["category"].encode(), "直した".encode()))
    before = pages(directory)
    dry = stage.reread_page(job(directory), row["url"], file, dry=True)
    assert pages(directory) == before
    changes = stage.reread_page(job(directory), row["url"], file)
    assert dry == changes
    assert (changes.changed, changes.fields["category"]) == (1, 1)
    (mended,) = [one for one in pages(directory) if one["url"] == row["url"]]
    assert (mended["category"], mended["fetched_at"], mended["status"]) == ("直した", row["fetched_at"], 200)
    assert mended["bokes"] == row["bokes"]
    assert [one for one in pages(directory) if one != mended] == [one for one in before if one != row]
    assert stage.reparse(job(directory)).changed == 0, "the mended page counts from now on"
    with running(8, 3, SEED, faults=("vanish", "opt-out-meta")) as site:
        options = OPTIONS.model_copy(update={"start": ("/boke/recent", "/odai/1")})
        start(directory, site, options).join(60)
    assert stage.reparse(job(directory)).changed == 0, "merged with the others, too"


def test_a_page_that_was_never_fetched_can_be_given(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    source = next(row for row in pages(directory) if row["outcome"] == "ok" and row["odai_id"])
    stage.save_page(job(directory), source["url"], file)
    changes = stage.reread_page(job(directory), "/odai/77777", file)
    assert changes.restored == 1
    (row,) = [row for row in pages(directory) if row["url"].endswith("/odai/77777")]
    assert (row["status"], row["layout"]) == (None, source["layout"])
    assert stage.reparse(job(directory)).changed == 0


@pytest.mark.parametrize("what", ["boke", "odai", "sha256"])
def test_what_is_forgotten_goes_from_the_archive_and_stays_out(what: str, directory: Path) -> None:
    row = next(row for row in pages(directory) if row["outcome"] == "ok" and row["odai_id"] and row["bokes"])
    key = row["image_url"].rpartition("/")[2].partition("_")[0]
    (photo,) = {one["sha256"] for one in rows(directory, "images") if key in one["url"]}
    value = {"boke": row["bokes"][0]["boke_id"], "odai": row["odai_id"], "sha256": photo}[what]
    text = row["bokes"][0]["text"]
    before = answers(directory)
    others = len(pages(directory))
    forget(Place(directory.parent.parent, "demo"), Request(**{what: value}))
    after = answers(directory)
    gone = before.keys() - after.keys()
    assert (row["url"], row["fetched_at"]) in gone
    mark = str(row["bokes"][0]["boke_id"]).encode()
    assert gone == {key for key, answer in before.items() if mark in answer.body} | {
        key for key, answer in before.items() if what != "boke" and photo_mark(row, answer)
    }
    assert not any(text.encode() in answer.body for answer in after.values())
    assert len(pages(directory)) == others, "the other rows of these pages stay"
    kept = pages(directory)
    stage.reparse(job(directory))
    assert pages(directory) == kept


def photo_mark(row: dict[str, Any], answer: Answer) -> bool:
    key = row["image_url"].rpartition("/")[2].partition("_")[0].encode()
    return key in answer.body or answer.address == row["url"]


def test_a_search_for_content_looks_into_the_archive(directory: Path) -> None:
    text = next(boke["text"] for row in pages(directory) for boke in row["bokes"] if len(boke["text"]) > 12)
    found = search(directory, Content(texts={text}))
    assert {path.parent.name for path in found} == {"pages", "archive"}


def test_damage_is_named_with_its_status(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, before = archive(directory)[0], pages(directory)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SystemExit) as ending:
        report(directory)
    assert ending.value.code == 5
    assert str(path) in capsys.readouterr().out
    with pytest.raises(DamagedFile, match="ends within the record"):
        stage.reparse(job(directory))
    assert pages(directory) == before


def test_what_cannot_be_done_is_said(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    with lock.locked(directory / ".lock", "is crawling"), pytest.raises(UserError, match="another process"):
        stage.reparse(job(directory))
    with pytest.raises(UserError, match="no record of"):
        stage.save_page(job(directory), "/odai/424242", tmp_path / "page.html")
    with pytest.raises(UsageError, match="cannot be read"):
        stage.reread_page(job(directory), "/odai/1", tmp_path / "nothing.html")
    shutil.rmtree(directory / "archive")
    with pytest.raises(UserError, match="nothing to read again"):
        stage.reparse(job(directory))
    with pytest.raises(MissingStage):
        stage.reparse(job(tmp_path / "no" / "crawl"))


def test_the_command_says_what_changes(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "pipelines.yaml"
    config.write_text("pipelines: {demo: {crawl: {}}}\n")
    where = ["--pipeline", "demo", "--config", str(config), "--data", str(directory.parent.parent)]
    monkeypatch.setattr(parsing, "answer_row", one_level_off)
    assert main(["reparse", *where, "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["changed"] >= found["fields"]["bokes.stars"] > 0
    assert main(["reparse", *where, "--dry-run"]) == 0
    assert "bokes.stars: " in capsys.readouterr().out
    assert main(["reparse", *where, "--from", "x.html"]) == 2


def test_inspect_and_verify_take_the_archive(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = archive(directory)[0]
    count = len([one for one in read_records(path) if one.kind == "response"])
    for place in (path, directory / "archive", directory):
        inspect(place)
        assert f"{count} responses, 20" in capsys.readouterr().out
        report(place)
    path.write_bytes(path.read_bytes()[:-10])
    for place in (path, directory / "archive"):
        with pytest.raises(SystemExit) as ending:
            report(place)
        assert ending.value.code == 5
    inspect(path)
    assert "ends within" in capsys.readouterr().out


def test_times_stay(directory: Path) -> None:
    before: list[datetime] = [row["fetched_at"] for row in pages(directory)]
    stage.reparse(job(directory))
    assert [row["fetched_at"] for row in pages(directory)] == before
