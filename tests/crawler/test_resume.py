"""Whatever ends a crawl, the next start completes it: every page once, every photo once."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from demo.site import running
from store.processes import child
from tests.crawl_tables import rows
from tests.crawler.stage import is_complete
from tests.small_disk import SmallDisk

PHOTOS, CAPTIONS, SEED = 40, 4, 9
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0,
    concurrency=4,
    shard_rows=5,
    shard_seconds=0.05,
    min_free_gb=0.0,
)
VARYING = {"fetched_at", "posted"}  # both depend on the moment of fetching


@pytest.fixture(scope="module")
def undisturbed(site: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    directory = tmp_path_factory.mktemp("undisturbed")
    process = start(directory, site)
    process.join(60)
    return content(directory)


def start(directory: Path, site: str | None, options: CrawlOptions = OPTIONS) -> multiprocessing.Process:
    """Start a crawl in a fork of a process that has imported it already, so that 20 starts take no minute."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crawler.run"])
    process = context.Process(target=crawl_quietly, args=(Job(options, directory, site),))
    process.start()
    return process  # type: ignore[return-value]


def crawl_quietly(job: Job) -> None:
    from crawler.run import crawl

    with Path(os.devnull).open("w") as sys.stderr:
        crawl(job)


def content(directory: Path) -> list[str]:
    """Return the rows of both tables, sorted, without what depends on the moment of fetching."""
    rows = []
    for table in ("pages", "images"):
        for path in (directory / table).glob("*.parquet"):
            for row in pq.read_table(path).to_pylist():
                plain = {name: value for name, value in row.items() if name not in VARYING}
                for boke in plain.get("bokes") or ():
                    del boke["posted"]
                rows.append(repr(plain))
    return sorted(rows)


STEADY = ("broken-html", "nul-bytes", "emoji", "vanish", "opt-out-meta", "unanswered",
          "photo-404", "photo-wide-404", "photo-html")  # fmt: skip
"""Faults that an address has each time, so that its row is the same whenever it is asked for."""


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.long)])
def test_kills_at_random_moments_cost_nothing(kills: int, tmp_path: Path) -> None:
    with running(PHOTOS, CAPTIONS, SEED, faults=STEADY) as site:
        start(tmp_path / "undisturbed", site).join(60)
        undisturbed = content(tmp_path / "undisturbed")
        assert all(
            any(f"'{outcome}'" in row for row in undisturbed) for outcome in ("missing", "denied", "error")
        )
        kill_at_random(kills, site, undisturbed, tmp_path)


def kill_at_random(wanted: int, site: str, undisturbed: list[str], tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    random_moment = random.Random(seed)
    directory, kills, crawls = tmp_path / "0", 0, 0
    while kills < wanted or not is_complete(OPTIONS, directory):
        if is_complete(OPTIONS, directory):
            assert content(directory) == undisturbed, f"seed {seed}"
            crawls += 1
            directory = tmp_path / str(crawls)
        process = start(directory, site)
        process.join(random_moment.uniform(0.05, 1.0) if kills < wanted else 60)
        kills += process.is_alive()
        process.kill()
        process.join()
    assert content(directory) == undisturbed, f"seed {seed}"
    assert not list(directory.glob("*/.tmp-*")), "a finished crawl leaves no temporary file"


class Gone(Exception):
    """Leaves a block as the end of the process that runs it would."""


@pytest.mark.parametrize("how", ["SIGTERM", "the parent ends"])
def test_a_crawl_that_is_told_to_stop_commits_what_it_has(
    how: str, site: str, undisturbed: list[str], tmp_path: Path
) -> None:
    slow = OPTIONS.model_copy(update={"delay": 0.1, "shard_rows": 3, "shard_seconds": 600})
    with suppress(Gone), child.running("crawler.run") as process:
        ask(process, Job(slow, tmp_path, site, "demo"))
        wait_for(lambda: any(tmp_path.glob("pages/*.parquet")))
        if how == "the parent ends":
            raise Gone
        process.send_signal(signal.Signals[how])
    assert process.returncode == 143
    fetched = content(tmp_path)
    assert fetched
    assert set(fetched) < set(undisturbed)


def ask(process: "subprocess.Popen[bytes]", job: Job) -> None:
    assert process.stdin
    process.stdin.write(f"{json.dumps(job.to_json())}\n{json.dumps(job.address)}\n".encode())
    process.stdin.flush()


def test_a_crawl_that_is_told_to_stop_before_it_runs_does_not_run(site: str, tmp_path: Path) -> None:
    slow = OPTIONS.model_copy(update={"delay": 0.1})
    with suppress(Gone), child.running("crawler.run") as process:
        ask(process, Job(slow, tmp_path, site, "demo"))
        raise Gone
    assert process.returncode == -signal.SIGTERM
    assert content(tmp_path) == []


def wait_for(condition, seconds: float = 20.0) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_full_disk_ends_the_crawl_with_what_to_do_and_costs_nothing(
    site: str, undisturbed: list[str], small_disk: SmallDisk
) -> None:
    from store.errors import TooLittleRoom
    from tests.crawler.stage import crawl

    disk = small_disk(1024)
    with pytest.raises(TooLittleRoom):
        crawl(OPTIONS, disk / "crawl", address=site, pipeline="demo")
    kept = content(disk / "crawl")
    assert kept
    assert set(kept) < set(undisturbed)
    small_disk(64 * 1024)
    crawl(OPTIONS, disk / "crawl", address=site, pipeline="demo")
    assert content(disk / "crawl") == undisturbed


@pytest.mark.long
def test_a_site_that_dies_in_the_middle_costs_no_rows(undisturbed: list[str], tmp_path: Path) -> None:
    from store.errors import UserError
    from tests.crawler.stage import crawl

    slow = OPTIONS.model_copy(update={"delay": 0.1, "pause": 0.01, "patience": 2, "timeout": 5})
    with running(PHOTOS, CAPTIONS, SEED) as address:
        process = start(tmp_path, address, slow)
        wait_for(lambda: any(tmp_path.glob("pages/*.parquet")))
    process.join(60)
    assert process.exitcode == 1
    fetched = content(tmp_path)
    assert fetched
    assert set(fetched) < set(undisturbed), "the silence of the site is no row's outcome"
    with pytest.raises(UserError, match=r"does not answer|cannot be read"):
        crawl(slow, tmp_path, address=address, pipeline="demo")
    with running(PHOTOS, CAPTIONS, SEED) as address:
        start(tmp_path, address).join(60)
    assert content(tmp_path) == undisturbed


def test_a_shard_that_is_damaged_inside_is_told(site: str, tmp_path: Path) -> None:
    from store.errors import DamagedFile

    start(tmp_path, site).join(60)
    shard = max((tmp_path / "pages").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(shard.read_bytes())
    content[4:500] = bytes(496)  # of its first pages: a footer may be half of a small shard
    shard.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"a shard cannot be read.*bokeru verify"):
        is_complete(OPTIONS, tmp_path)


def test_a_folder_that_cannot_be_is_told_in_one_line(site: str, tmp_path: Path) -> None:
    from store.errors import UserError
    from tests.crawler.stage import crawl

    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written: Not a directory"):
        crawl(OPTIONS, tmp_path / "file" / "crawl", address=site, pipeline="demo")


@pytest.mark.long
def test_rows_that_failed_are_fetched_again_only_when_asked(site: str, tmp_path: Path) -> None:
    from tests.crawler.stage import crawl

    too_large = OPTIONS.model_copy(update={"max_page_megabytes": 1, "start": ("/boke/legend",)})
    crawl(too_large, tmp_path, address=site, pipeline="demo")
    (page,) = [row for row in rows(tmp_path, "pages") if str(row["url"]).endswith("legend")]
    break_row(tmp_path, page)
    assert is_complete(too_large, tmp_path)
    assert not is_complete(too_large, tmp_path, retry_failed=True)
    report = crawl(too_large, tmp_path, address=site, pipeline="demo", retry_failed=True)
    assert report.new_pages == {"ok": 1}
    assert report.pages == {"ok": report.pages["ok"]}
    assert is_complete(too_large, tmp_path, retry_failed=True)


@pytest.mark.long
def test_a_photo_that_failed_is_fetched_again_only_when_asked(site: str, tmp_path: Path) -> None:
    from tests.crawler.stage import crawl

    with running(PHOTOS, CAPTIONS, SEED, faults=["photo-noise", "photo-404"]) as hostile:
        first = crawl(OPTIONS, tmp_path, address=hostile, pipeline="demo")
    assert first.photos.keys() == {"ok", "missing", "error"}
    assert is_complete(OPTIONS, tmp_path)
    again = crawl(OPTIONS, tmp_path, address=site, pipeline="demo", retry_failed=True)
    assert again.new_photos == {"ok": first.photos["error"]}, "what is missing is not asked for again"
    assert again.photos == {
        "ok": first.photos["ok"] + first.photos["error"],
        "missing": first.photos["missing"],
    }
    assert again.new_pages == {}


def break_row(directory: Path, page: dict[str, object]) -> None:
    """Add a newer row to the pages table that says that this page failed."""
    import pyarrow as pa

    from store.schema import PAGES

    just_after = page["fetched_at"] + timedelta(microseconds=1)  # type: ignore[operator]
    failed = {**page, "outcome": "error", "error": "HTTP status 500", "fetched_at": just_after}
    failed |= {"bokes": [], "links": []}
    pq.write_table(pa.Table.from_pylist([failed], schema=PAGES), directory / "pages" / "pages-z.parquet")
