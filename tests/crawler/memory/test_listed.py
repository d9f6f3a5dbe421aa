"""A crawl's manifest lists what was there when a run ended; whatever a kill leaves is no damage."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from crawler.archive.stage import reparse
from crawler.forget import forget
from crawler.job import Job
from crawler.memory.merging import files, tidy
from crawler.memory.mirror import Mirror
from crawler.options import CrawlOptions
from crawler.reports.publish import Publisher
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from crawler.verify import check
from dataset.importers.tables import ImportWriter
from store.forget.content import Content
from store.forget.forgotten import Forgotten
from store.manifest import listed, read_manifest
from store.register.listed import list_files
from store.register.sources import Source
from store.register.stages import Stage
from store.register.verify import check_manifest
from store.whole_file import write_json
from tests.crawler.memory.test_merging import content, small_crawl
from tests.crawler.stage import is_complete
from tests.killing import kills

TABLES = ("pages", "images", "left_out", "archive")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a crawl of three small files of each kind, all of them listed."""
    directory = small_crawl(tmp_path_factory.mktemp("crawled") / "p" / "crawl", 3)
    write_json(directory / "report.json", {})
    list_files(Stage("crawl", directory))
    return directory


@pytest.fixture
def copy(crawled: Path, tmp_path: Path) -> Callable[[], Path]:
    numbers = count()
    return lambda: Path(shutil.copytree(crawled, tmp_path / str(next(numbers)) / "p" / "crawl"))


def names(directory: Path) -> set[str]:
    return set(listed(directory, read_manifest(directory) or {}))


def there(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for _, path in Stage("crawl", directory).files()}


def damage(directory: Path) -> list[str]:
    return [str(problem) for problem in check_manifest(Stage("crawl", directory)) if not problem.is_notice]


def merge(directory: Path) -> None:
    tidy(directory, None)


def forget_some(directory: Path) -> None:
    forgotten = Forgotten()
    forgotten.add("odai", {1, 4})
    forget(Stage("crawl", directory), Content(odai_ids={1, 4}), forgotten.filter())


def read_again(directory: Path) -> None:
    reparse(Job(CrawlOptions(min_free_gb=0.0), directory, pipeline="p"))


def read_in(directory: Path) -> None:
    with ImportWriter(directory, "oogiri_go", Source("o", "MIT", "https://example.org", "ours")) as writer:
        writer.boke({"url": "o://1", "image_url": None}, {"boke_id": None, "odai_id": None, "text": "ぼけ"})
        writer._has_photo = True


@pytest.mark.parametrize("work", [merge, forget_some, read_again, read_in])
def test_a_kill_at_any_point_is_no_damage_and_the_work_is_done_by_doing_it_again(
    copy: Callable[[], Path], work: Callable[[Path], None]
) -> None:
    left = list(kills(copy, work))
    assert len(left) > 5
    for directory in left:
        assert damage(directory) == []
        work(directory)
        assert damage(directory) == []
        tidy(directory, None)
        assert there(directory) - names(directory) == {"manifest.json"}
        assert names(directory) - there(directory) == set()


def test_a_kill_while_another_machines_files_come_is_no_damage(
    copy: Callable[[], Path], tmp_path: Path
) -> None:
    store, other = tmp_path / "store", copy()
    Mirror(f"file://{store}", other).synchronise()
    tidy(other, Mirror(f"file://{store}", other))  # on the mirror, one file of each kind is left
    for directory in kills(copy, lambda place: Mirror(f"file://{store}", place).synchronise()):
        assert damage(directory) == []
    tidy(directory, None)
    assert damage(directory) == []
    assert content(directory) == content(other)


@pytest.mark.parametrize("table", TABLES)
def test_a_listed_file_that_is_gone_is_damage_until_a_crawl_takes_note(
    copy: Callable[[], Path], caplog: pytest.LogCaptureFixture, table: str
) -> None:
    directory = copy()
    options = CrawlOptions(site="http://127.0.0.1:9", max_photos=1, min_free_gb=0.0)
    assert is_complete(options, directory)
    path = sorted((directory / table).iterdir())[1]
    path.unlink()
    assert damage(directory) == [f"{path} is missing, though the manifest lists it"]
    assert not is_complete(options, directory)
    tidy(directory, None)
    assert f"{table}/{path.name}" in caplog.text
    assert damage(directory) == []


@pytest.mark.parametrize("table", TABLES)
def test_a_whole_file_that_the_manifest_does_not_know_is_new(copy: Callable[[], Path], table: str) -> None:
    directory = copy()
    (first, *_) = sorted((directory / table).iterdir())
    shutil.copy(first, first.with_name(first.name.replace("-", "-2", 1)))
    assert damage(directory) == []


def test_files_that_changed_places_are_damage(copy: Callable[[], Path]) -> None:
    directory = copy()
    one, other, _ = files(directory, "images/*.parquet")
    one.rename(one.with_name("x"))
    other.rename(one)
    one.with_name("x").rename(other)
    assert [str(path) in problem for path, problem in zip((one, other), damage(directory), strict=True)]


def test_the_report_may_be_written_while_a_crawl_runs(copy: Callable[[], Path]) -> None:
    directory = copy()
    report = CrawlReport({}, {}, 0, {}, {}, 0, 0, 0.0, None, None)
    publisher = Publisher(Job(CrawlOptions(), directory), Traffic())
    assert "report.json" in names(directory)
    publisher.renew(report)
    assert not {"report.json", "metrics.prom"} & names(directory)
    assert damage(directory) == []
    publisher.publish(report)
    assert {"report.json", "metrics.prom"} < names(directory)
    publisher.renew(report)
    assert damage(directory) == []


def test_a_crawl_of_0_1_has_no_manifest_and_that_is_said(crawled: Path, copy: Callable[[], Path]) -> None:
    directory = copy()
    (directory / "manifest.json").unlink()
    (notice,) = check_manifest(Stage("crawl", directory))
    assert notice.is_notice
    assert "13 of its files" in str(notice)


def test_what_verify_says_of_a_listed_crawl_is_nothing(crawled: Path) -> None:
    assert [str(problem) for problem in check(Stage("crawl", crawled))] == []
