"""Which canaries are chosen, what the file may hold, and that what is forgotten is no canary."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.main import main
from crawler.canaries.canary import NAME, Canary, as_rows, load_canaries
from crawler.canaries.choose import choose
from crawler.canaries.keep import keep
from crawler.job import Job
from crawler.options import CrawlOptions
from dataset.importers import bokekan
from store.errors import DamagedFile, UsageError, UserError
from store.forget.forgotten import Forgotten
from store.processes.lock import locked
from store.register.small_table import write_rows
from store.schema import CANARIES
from tests import crawl_tables
from tests.commands.commandline import write_config
from tests.crawl_tables import NOW, SITE, boke, image, page, write
from tests.dataset.importers.cans import boke_row, can, rows_as_csv

NOBODY = Forgotten().filter()
EXACT = datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC)
VAGUE = datetime(2020, 5, 6, 15, 0, tzinfo=UTC)  # midnight in Japan
TEXT = "犬が笑っている"


def job(data: Path, **options: Any) -> Job:
    return Job(CrawlOptions(**options), data / "demo" / "crawl", pipeline="demo")


def chosen(directory: Path, *pages: dict[str, Any], count: int = 12) -> list[int]:
    """Return the numbers of the boke that are chosen from these pages, in their order."""
    crawl = write(directory / "crawl", pages, [])
    return [canary.boke_id for canary in choose(crawl, SITE, count, NOBODY)]


def test_of_each_page_one_boke_is_chosen_whose_number_text_stars_and_photo_are_known(tmp_path: Path) -> None:
    odd = [
        boke(None, 1, TEXT),
        boke(11, 1, "犬"),
        boke(12, 1, TEXT, stars=None),
        boke(13, 1, "�が笑っている"),
        boke(14, 1, TEXT),
        boke(15, 1, TEXT),
    ]
    a_list = page(2, [boke(20, 2, TEXT)], url=f"{SITE}/boke/recent", odai_id=None)
    without_photo = page(3, [boke(30, 3, TEXT, image_url=None)], image_url=None)
    drift = page(4, [boke(40, 4, TEXT)], outcome="drift")
    second = page(5, [boke(50, 5, TEXT)], url=f"{SITE}/odai/5?page=2")
    assert chosen(tmp_path, page(1, odd), a_list, without_photo, drift, second) == [14]


def test_stars_exact_dates_and_age_say_who_comes_first_and_each_layout_in_turn(tmp_path: Path) -> None:
    def one(number: int, layout: str, **values: Any) -> dict[str, Any]:
        return page(number, [boke(number * 10, number, TEXT, **values)], layout=layout)

    pages = [
        one(1, "angular_2020", posted=None),
        one(2, "angular_2020", posted=datetime(2025, 12, 30, 15, tzinfo=UTC)),
        one(3, "angular_2020", posted=VAGUE),
        one(4, "angular_2020", posted=EXACT),
        one(5, "angular_2020", posted=VAGUE, stars=0),
        one(6, "next_2024", posted=VAGUE),
        page(7, [boke(70, 7, TEXT, posted=EXACT)], url=f"{SITE}/boke/70", layout="next_2024", odai_id=None),
    ]
    # Who has no star cannot tell whether stars are read, however exact its date.
    pages.append(one(8, "angular_2020", posted=EXACT, stars=0))
    assert chosen(tmp_path, *pages) == [40, 70, 60, 30, 20, 10, 80, 50]
    assert chosen(tmp_path, count=3) == [40, 70, 60]


def test_of_a_page_the_first_boke_with_stars_is_chosen(tmp_path: Path) -> None:
    bokes = [boke(10, 1, TEXT, stars=0), boke(11, 1, TEXT, stars=2), boke(12, 1, TEXT, stars=5)]
    assert chosen(tmp_path, page(1, bokes)) == [11]


def test_the_newest_row_of_a_page_counts(tmp_path: Path) -> None:
    gone = page(1, [], outcome="missing", fetched_at=NOW + timedelta(days=1))
    with pytest.raises(UserError, match="no boke that can be a canary"):
        chosen(tmp_path, page(1, [boke(10, 1, TEXT)]), gone)


def test_a_canary_knows_the_photo_so_that_forget_finds_it(tmp_path: Path) -> None:
    crawl = write(tmp_path / "crawl", [page(1, [boke(10, 1, TEXT)])], [image(1)])
    (canary,) = choose(crawl, SITE, 5, NOBODY)
    assert canary.sha256 == image(1)["sha256"]
    assert (canary.url, canary.odai_id, canary.text, canary.stars) == (f"{SITE}/odai/1", 1, TEXT, 3)


def test_an_import_makes_canaries_for_the_real_site_alone(tmp_path: Path) -> None:
    rows = [boke_row(number, text=f"ボケの文章その{number}") for number in range(1, 4)]
    directory = tmp_path / "can-import" / "crawl"
    bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), directory)
    found = choose(directory, "https://bokete.jp", 12, NOBODY)
    assert found
    assert {canary.image_url for canary in found} == {None}
    assert all(canary.sha256 and canary.url.startswith("https://bokete.jp/odai/") for canary in found)
    with pytest.raises(UserError, match=r"of another site than crawl\.site \(http://bokete\.test\)"):
        choose(directory, SITE, 12, NOBODY)


def test_what_the_pipeline_forgot_is_not_kept_from_another(tmp_path: Path) -> None:
    other = crawl_tables.crawl(tmp_path / "other" / "crawl", 4)
    (tmp_path / "demo").mkdir()
    forgotten = Forgotten()
    forgotten.add("odai", [1])
    forgotten.add("photo", [image(2)["sha256"]])
    forgotten.save(tmp_path / "demo")
    assert {canary.odai_id for canary in keep(job(tmp_path), other, 12)} == {3, 4}
    forgotten.add("odai", [3, 4])
    forgotten.save(tmp_path / "demo")
    with pytest.raises(UserError, match="forget list of demo"):
        keep(job(tmp_path), other, 12)


def test_forget_takes_canaries_out_that_no_table_of_the_pipeline_has(tmp_path: Path) -> None:
    other = crawl_tables.crawl(tmp_path / "other" / "crawl", 5, captions=1)
    keep(job(tmp_path), other, 12)
    where = ["--pipeline", "demo", "--data", str(tmp_path)]
    where += ["--config", str(write_config(tmp_path / "pipelines.yaml"))]
    assert main(["forget", *where, "--odai", "1"]) == 0
    assert main(["forget", *where, "--boke", "2000"]) == 0
    assert main(["forget", *where, "--sha256", str(image(3)["sha256"])]) == 0
    assert {canary.odai_id for canary in load_canaries(job(tmp_path), NOBODY)} == {4, 5}
    for number in (4, 5):
        assert main(["forget", *where, "--odai", str(number)]) == 0
    assert load_canaries(job(tmp_path), NOBODY) == []
    assert (tmp_path / "demo" / "crawl" / NAME).exists(), "else a mirror would bring the old one back"


def test_a_canary_that_another_machine_forgot_is_not_asked_for(tmp_path: Path) -> None:
    keep(job(tmp_path), crawl_tables.crawl(tmp_path / "other" / "crawl", 3), 12)
    forgotten = Forgotten()
    forgotten.add("odai", [1])
    assert {canary.odai_id for canary in load_canaries(job(tmp_path), forgotten.filter())} == {2, 3}


def test_the_mirror_keeps_a_copy(tmp_path: Path) -> None:
    other = crawl_tables.crawl(tmp_path / "other" / "crawl", 3)
    keep(job(tmp_path, mirror=f"file://{tmp_path}/mirror"), other, 2)
    assert (tmp_path / "mirror" / NAME).read_bytes() == (tmp_path / "demo" / "crawl" / NAME).read_bytes()


def test_nothing_is_kept_while_a_crawl_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.processes.lock.PATIENCE", 0.1)
    other = crawl_tables.crawl(tmp_path / "other" / "crawl", 3)
    (tmp_path / "demo" / "crawl").mkdir(parents=True)
    with (
        locked(tmp_path / "demo" / "crawl" / ".lock", "is crawling"),
        pytest.raises(UserError, match="is crawling"),
    ):
        keep(job(tmp_path), other, 2)


CANARY = Canary(f"{SITE}/odai/1", None, 1, 10, TEXT, 3, None, EXACT, NOW)


def kept(data: Path, **columns: pa.Array) -> Job:
    """Write a file of one canary by hand, with columns of other types or values."""
    path = data / "demo" / "crawl" / NAME
    write_rows(path, CANARIES, as_rows([CANARY]))
    table = pq.read_table(path)
    for name, values in columns.items():
        table = table.drop_columns([name]).append_column(name, values)
    pq.write_table(table, path)
    return job(data)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"stars": pa.array(["3"])}, "column 'stars' is string, not int64"),
        ({"boke_id": pa.array(["10"])}, "column 'boke_id' is string, not int64"),
        ({"posted": pa.array(["2020-05-06"])}, r"column 'posted' is string, not timestamp\[us, tz=UTC\]"),
        ({"boke_id": pa.array([None], pa.int64())}, "row 1 has no boke_id"),
        ({"text": pa.array([None], pa.string())}, "row 1 has no text"),
        ({"url": pa.array([None], pa.string())}, "row 1 has no url"),
    ],
)
def test_a_file_by_hand_with_a_wrong_type_is_named_with_the_reason(
    columns: dict[str, pa.Array], says: str, tmp_path: Path
) -> None:
    with pytest.raises(DamagedFile, match=rf"canaries\.parquet is damaged: {says}.*bokeru canaries"):
        load_canaries(kept(tmp_path, **columns), NOBODY)


def test_columns_that_are_more_or_in_another_order_do_no_harm(tmp_path: Path) -> None:
    made = kept(tmp_path, url=pa.array([f"{SITE}/odai/1/?ref=top"]))
    path = made.directory / NAME
    pq.write_table(pq.read_table(path).append_column("note", pa.array(["mine"])), path)
    assert load_canaries(made, NOBODY) == [CANARY]


def test_canaries_of_another_site_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"http://elsewhere\.example/odai/1 is not on crawl\.site"):
        load_canaries(kept(tmp_path, url=pa.array(["http://elsewhere.example/odai/1"])), NOBODY)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no table"])
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    kept(tmp_path)
    (tmp_path / "demo" / "crawl" / NAME).write_bytes(content)
    with pytest.raises(DamagedFile, match=r"canaries\.parquet is damaged"):
        load_canaries(job(tmp_path), NOBODY)


def test_a_crawl_without_the_file_has_none(tmp_path: Path) -> None:
    assert load_canaries(job(tmp_path), NOBODY) == []
