"""A crawl's mirror: what is whole here is there too or not at all, and a bare machine goes on from it."""

import json
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from commands.main import main
from crawler.components.session import Session
from crawler.job import Job
from crawler.memory.mirror import Mirror
from crawler.options import CrawlOptions, EmbeddedSite
from store.errors import UserError
from store.forget.forgotten import Forgotten
from store.processes import child
from tests import crawl_tables
from tests.crawler.memory.object_store import ObjectStore, object_store
from tests.crawler.stage import crawl, is_complete

PHOTOS, CAPTIONS, SEED = 12, 2, 11
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0,
    concurrency=4,
    shard_rows=5,
)


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


def mirrored(address: str, **options: Any) -> CrawlOptions:
    return OPTIONS.model_copy(update={"mirror": address, **options})


def shards(directory: Path) -> dict[str, bytes]:
    """Return what a crawl's folder or its mirror holds of tables, archive, history and the site's drawing."""
    patterns = ("*/[!.]*.parquet", "*/[!.]*.warc.gz", "[!.]*.parquet", "drawing.json")
    paths = [path for pattern in patterns for path in directory.glob(pattern)]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def urls(directory: Path) -> list[str]:
    paths = [path for table in ("pages", "images") for path in directory.glob(f"{table}/*.parquet")]
    return sorted(url for path in paths for url in pq.read_table(path, columns=["url"])["url"].to_pylist())


@pytest.fixture(scope="module")
def undisturbed(site: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    directory = tmp_path_factory.mktemp("undisturbed") / "crawl"
    crawl(OPTIONS, directory, address=site, pipeline="demo")
    return urls(directory)


def test_every_shard_lies_in_the_object_store_and_a_bare_machine_goes_on_from_it(
    site: str, undisturbed: list[str], store: ObjectStore, tmp_path: Path
) -> None:
    options = mirrored(store.address, max_pages=4)
    crawl(options, tmp_path / "a" / "crawl", address=site, pipeline="demo")
    assert store.files() == {
        f"a/{name}": content for name, content in shards(tmp_path / "a" / "crawl").items()
    }
    shutil.rmtree(tmp_path / "a")
    bare = tmp_path / "b" / "crawl"
    crawl(mirrored(store.address), bare, address=site, pipeline="demo")
    assert urls(bare) == undisturbed, "every page and photo once, those of the first machine too"
    assert store.files() == {f"a/{name}": content for name, content in shards(bare).items()}
    assert is_complete(mirrored(store.address), bare)


@pytest.mark.long
def test_machines_that_die_one_after_another_leave_a_mirror_that_the_next_goes_on_from(
    site: str, undisturbed: list[str], tmp_path: Path
) -> None:
    options = mirrored(f"file://{tmp_path}/there", shard_rows=2, shard_seconds=0.05)
    there, count = tmp_path / "there", 0
    for machine in range(4):
        process = start(tmp_path / str(machine) / "crawl", site, options)
        while len(shards(there)) <= count and process.is_alive():
            time.sleep(0.01)
        process.kill()
        process.join()
        assert len(shards(there)) > count, "each adds something before it dies"
        count = len(shards(there))
    last = tmp_path / "last" / "crawl"
    start(last, site, options).join(60)
    assert urls(last) == undisturbed
    assert shards(there) == shards(last)


def start(directory: Path, site: str, options: CrawlOptions) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crawler.run"])
    process = context.Process(target=crawl_quietly, args=(Job(options, directory, site),))
    process.start()
    return process


def crawl_quietly(job: Job) -> None:
    from crawler.run import crawl

    with Path(os.devnull).open("w") as sys.stderr:
        crawl(job)


@pytest.mark.long
def test_a_mirror_that_refuses_ends_the_crawl_and_gets_the_rest_once_it_is_mended(
    site: str, undisturbed: list[str], store: ObjectStore, tmp_path: Path
) -> None:
    options, directory = mirrored(store.address), tmp_path / "crawl"
    store.is_broken = True
    with pytest.raises(UserError, match=r"crawl\.mirror s3://bucket/a: .* cannot be copied there") as failure:
        crawl(options, directory, address=site, pipeline="demo")
    assert "secret" not in str(failure.value)
    fetched = urls(directory)
    assert fetched
    assert store.files() == {}
    with pytest.raises(UserError, match="cannot be copied there"):
        crawl(options, directory, address=site, pipeline="demo")
    store.is_broken = False
    crawl(options, directory, address=site, pipeline="demo")
    assert urls(directory) == undisturbed
    assert store.files() == {f"a/{name}": content for name, content in shards(directory).items()}


@pytest.mark.long
def test_a_crawl_is_not_complete_before_its_mirror_is(site: str, tmp_path: Path) -> None:
    directory, there = tmp_path / "crawl", tmp_path / "there"
    crawl(OPTIONS, directory, address=site, pipeline="demo")
    options = mirrored(f"file://{there}")
    assert not is_complete(options, directory)
    report = crawl(options, directory, address=site, pipeline="demo")
    assert (report.new_pages, report.new_photos) == ({}, {})
    assert shards(there) == shards(directory)
    assert is_complete(options, directory)


def test_a_crawl_whose_mirror_does_not_answer_ends_when_it_is_told_to(site: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"scheme=http&endpoint_override=127.0.0.1:{silent.getsockname()[1]}"
        options = mirrored(f"s3://key:secret@bucket/a?region=us-east-1&{endpoint}")
        job = json.dumps(Job(options, tmp_path, site, "demo").to_json())
        with suppress(Gone), child.running("crawler.run") as process:
            assert process.stdin
            process.stdin.write(f"{job}\n{json.dumps(site)}\n".encode())
            process.stdin.flush()
            connection, _ = silent.accept()  # it asks what the mirror holds
            told = time.monotonic()
            raise Gone
        connection.close()
        assert process.returncode == -signal.SIGTERM
        assert time.monotonic() - told < 5


class Gone(Exception):
    """Leaves a block as the end of the process that runs it would."""


class Faulty:
    """A file system that fails at one of its methods, after it has done half of its work."""

    def __init__(self, files: Any, method: str) -> None:
        self._files, self._method = files, method

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._files, name)
        return whole if name != self._method else lambda *arguments, **_: self._fail(whole, *arguments)

    def _fail(self, whole: Any, *arguments: Any) -> None:
        if self._method == "open_output_stream":
            with whole(*arguments) as stream:
                stream.write(b"PAR1")
        raise OSError("the network is down")


@pytest.mark.parametrize("method", ["create_dir", "open_output_stream", "move"])
def test_a_shard_is_on_the_mirror_whole_or_not_at_all(method: str, tmp_path: Path) -> None:
    directory = crawl_tables.crawl(tmp_path / "crawl", photos=2)
    mirror = Mirror(f"file://{tmp_path}/there", directory)
    files = mirror._files
    mirror._files = Faulty(files, method)
    for shard in directory.glob("*/*.parquet"):
        mirror.send(shard)
    with pytest.raises(UserError, match=r"the network is down.*is kept in .*crawl again"):
        mirror.check(wait=True)
    assert shards(tmp_path / "there") == {}
    mirror.check(wait=True)  # told once; what is left is for the next start
    mirror = Mirror(f"file://{tmp_path}/there", directory)
    assert mirror.differs()
    (tmp_path / "there" / "pages").mkdir(parents=True, exist_ok=True)
    (tmp_path / "there" / "pages" / ".tmp-1234-pages.parquet").write_bytes(b"PAR1")  # of one that was killed
    mirror.synchronise()
    assert shards(tmp_path / "there") == shards(directory)


def test_a_shard_that_is_cut_short_on_the_mirror_does_not_get_here(tmp_path: Path) -> None:
    there = crawl_tables.crawl(tmp_path / "there", photos=2)
    cut = next(there.glob("pages/*.parquet"))
    cut.write_bytes(cut.read_bytes()[:-40])
    (there / "pages" / ".tmp-1234-pages.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=rf"pages/{cut.name} cannot be copied from there"):
        Mirror(f"file://{there}", tmp_path / "crawl").synchronise()
    assert not list((tmp_path / "crawl" / "pages").iterdir())


@pytest.mark.parametrize("address", ["ftp://key:secret@host/folder", "crawls", ""])
def test_an_address_that_is_none_is_told_without_its_keys(address: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"crawl\.mirror .*: it cannot be used") as failure:
        Mirror(address, tmp_path)
    assert "secret" not in str(failure.value)


def test_what_is_forgotten_is_forgotten_by_the_mirror_too(tmp_path: Path) -> None:
    (tmp_path / "pipelines.yaml").write_text(
        f"pipelines: {{p: {{crawl: {{mirror: 'file://{tmp_path}/there'}}}}}}"
    )
    crawl_tables.crawl(tmp_path / "there", photos=1, first=5)  # another machine's
    crawl_tables.crawl(tmp_path / "data" / "p" / "crawl", photos=3)
    where = [
        "--pipeline",
        "p",
        "--config",
        str(tmp_path / "pipelines.yaml"),
        "--data",
        str(tmp_path / "data"),
    ]
    for odai in (2, 5):
        assert main(["forget", *where, "--odai", str(odai)]) == 0
    bare = tmp_path / "bare" / "crawl"
    Mirror(f"file://{tmp_path}/there", bare).synchronise()
    odai_ids = {row["odai_id"] for row in crawl_tables.rows(bare, "pages") for row in row["bokes"]}
    assert odai_ids == {1, 3}
    assert {row["outcome"] for row in crawl_tables.rows(bare, "images") if row["bytes"] is None} == {"denied"}
    assert len([row for row in crawl_tables.rows(bare, "images") if row["bytes"]]) == 2
    assert Forgotten.load(bare.parent).filter().holds("odai", 5), "so it is not fetched again there"


def test_what_either_side_forgot_stays_forgotten_on_both(tmp_path: Path) -> None:
    pipeline, there = tmp_path / "demo", tmp_path / "there"
    directory = crawl_tables.crawl(pipeline / "crawl", photos=2)
    there.mkdir()
    for place, odai in ((pipeline, 1), (there, 2)):
        forgotten = Forgotten()
        forgotten.add("odai", [odai])
        forgotten.save(place)
    Mirror(f"file://{there}", directory).synchronise()
    for place in (pipeline, there):
        assert all(Forgotten.load(place).filter().holds("odai", odai) for odai in (1, 2))


def test_a_mirror_that_fails_while_dropped_addresses_are_found_again_ends_the_crawl(tmp_path: Path) -> None:
    error = UserError("the mirror is gone")

    class Refusing:
        def commit(self) -> None:
            raise error

        def try_commit(self) -> None: ...

        def write_beside(self, *_: object) -> None:
            raise error

    class Empty:
        needs_refill = True

        def __len__(self) -> int:
            return 0

    with Session(Job(OPTIONS, tmp_path / "crawl")) as session:
        session.writer, session.frontier = Refusing(), Empty()  # type: ignore[assignment]
        assert session.next_kind() is None
        assert session.failure is error
