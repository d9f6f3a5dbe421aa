"""Scrapy's own commands in this project, each in a process of its own, on the embedded site."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from demo.site import running
from store.forget.forgotten import Forgotten
from store.schema import IMAGES, PAGES
from tests.commands.commandline import write_config

SCRAPY = str(Path(sys.executable).with_name("scrapy"))
ODAI = "http://bokete.test/odai/5000002"
"""An odai of the embedded site as it is without settings; Scrapy's commands serve it by themselves."""


def start(folder: Path, *arguments: object, settings: str = "crawler.settings") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [SCRAPY, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "SCRAPY_SETTINGS_MODULE": settings, "PYTHONPATH": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def scrapy(folder: Path, *arguments: object, settings: str = "crawler.settings") -> tuple[int, str, str]:
    """Run a command; return its status, output and errors, in which no traceback is."""
    with start(folder, *arguments, settings=settings) as process:
        output, errors = process.communicate(timeout=100)
    assert "Traceback" not in output + errors, errors
    return process.returncode, output, errors


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with running(8, 2, 1) as address:
        yield address


@pytest.fixture(scope="module")
def crawled(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the feeds of one crawl, in every format."""
    folder = tmp_path_factory.mktemp("feeds")
    write_config(folder / "pipelines.yaml", crawl={"site": site})
    feeds = ["-o", "-:jsonl"]
    feeds += [word for ending in ("jsonl", "json", "csv", "xml") for word in ("-o", f"out.{ending}")]
    status, output, errors = scrapy(folder, "crawl", "bokete", "-a", "pipeline=demo", *feeds)
    assert (status, "crawl: " in errors) == (0, True), errors
    assert output == (folder / "out.jsonl").read_text(), "and nothing else on standard output"
    return folder


def test_a_feed_has_every_row_and_photos_by_their_names(crawled: Path) -> None:
    lines = (crawled / "out.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert rows == json.loads((crawled / "out.json").read_text())
    pages, photos = ([row for row in rows if key in row] for key in ("bokes", "phash"))
    report = json.loads((crawled / "data/demo/crawl/report.json").read_text())
    assert len(pages) == sum(report["new_pages"].values()) > 8
    assert len(photos) == sum(report["new_photos"].values()) == 8
    assert {row["bytes"] for row in photos} == {f"{row['sha256']}.jpg" for row in photos}
    assert {len(row) for row in pages} == {len(PAGES.names)}
    assert {tuple(row) for row in photos} == {tuple(IMAGES.names)}
    assert max(map(len, lines)) < 20_000, "no photo's bytes are in it"
    assert any("、" in line for line in lines), "Japanese is written as it is"


def test_csv_has_the_columns_of_all_tables_and_lists_as_json(crawled: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((crawled / "out.csv").read_text())))
    expected = [json.loads(line) for line in (crawled / "out.jsonl").read_text().splitlines()]
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert {*PAGES.names, *IMAGES.names} < set(row)
        if wanted.get("bokes"):
            assert json.loads(row["bokes"]) == wanted["bokes"]
            assert json.loads(row["links"]) == wanted["links"]
        assert row["url"] == wanted["url"]
        assert row["width"] == str(wanted.get("width") or "")


def test_xml_is_read_by_any_reader_and_null_is_empty(crawled: Path) -> None:
    items = ElementTree.parse(crawled / "out.xml").getroot()
    expected = [json.loads(line) for line in (crawled / "out.jsonl").read_text().splitlines()]
    assert [item.findtext("url") for item in items] == [row["url"] for row in expected]
    assert [item.findtext("error") for item in items] == [row["error"] or "" for row in expected]


def test_a_project_names_its_feeds_and_its_own_parts_beside_ours(site: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from crawler.settings import *\n"
        "FEEDS = {'photos.csv': {'format': 'csv', 'item_classes': ['crawler.items.PhotoRow'], "
        "'fields': ['sha256', 'width']}}\n"
        "ITEM_PIPELINES = {'mine.Count': 900}\n"
        "EXTENSIONS = {'mine.Extension': 1}\n"
        "ADDONS = {'mine.Addon': 1}\n"
        "class Addon:\n"
        "    def update_settings(self, settings): print('add-on')\n"
        "class Extension:\n"
        "    def __init__(self): print('extension')\n"
        "class Count:\n"
        "    def process_item(self, item):\n"
        "        from itemadapter import ItemAdapter\n"
        "        print('item', ItemAdapter(item)['outcome'])\n"
        "        return item\n"
    )
    write_config(tmp_path / "pipelines.yaml", crawl={"site": site, "max_pages": 2})
    status, output, errors = scrapy(tmp_path, "crawl", "bokete", "-a", "pipeline=demo", settings="mine")
    assert status == 0, errors
    assert {"add-on", "extension", "item ok"} <= set(output.splitlines())
    photos = (tmp_path / "photos.csv").read_text().splitlines()
    assert photos[0] == "sha256,width"
    assert len(photos) == output.count("item ok") - 2 + 1
    assert list((tmp_path / "data/demo/crawl/pages").glob("*.parquet")), "and the tables are there as ever"


def test_a_feed_never_has_what_is_on_the_forget_list(crawled: Path, site: str, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (crawled / "out.jsonl").read_text().splitlines()]
    photo = next(row for row in rows if "phash" in row)
    boke = next(boke for row in rows for boke in row.get("bokes", []))
    write_config(tmp_path / "pipelines.yaml", crawl={"site": site})
    forgotten = Forgotten()
    forgotten.add("photo", [photo["sha256"]])
    forgotten.add("boke", [boke["boke_id"]])
    (tmp_path / "data/demo").mkdir(parents=True)
    forgotten.save(tmp_path / "data/demo")
    status, _, errors = scrapy(tmp_path, "crawl", "bokete", "-a", "pipeline=demo", "-O", "out.jsonl")
    assert status == 0, errors
    feed = (tmp_path / "out.jsonl").read_text()
    assert photo["sha256"] not in feed
    assert boke["text"] not in feed


@pytest.mark.parametrize(
    ("feed", "status", "words"),
    [
        pytest.param(
            "gs://nobody/out.csv",
            1,
            "a feed could not be stored: No module named 'google.cloud'",
            marks=pytest.mark.long,
        ),
        ("/dev/full:jsonl", 1, "/dev/full cannot be written: No space left on device"),
        pytest.param(
            "/proc/nowhere/a.csv", 1, "/proc/nowhere/a.csv cannot be written", marks=pytest.mark.long
        ),
        pytest.param(
            "s3://nobody/out.csv", 2, "s3://nobody/out.csv cannot be written", marks=pytest.mark.long
        ),
    ],
)
def test_a_feed_that_cannot_be_written_ends_the_crawl(
    feed: str, status: int, words: str, site: str, tmp_path: Path
) -> None:
    write_config(tmp_path / "pipelines.yaml", crawl={"site": site})
    found, _, errors = scrapy(tmp_path, "crawl", "bokete", "-a", "pipeline=demo", "-O", feed)
    assert (found, words in errors) == (status, True), errors


@pytest.mark.parametrize(
    ("limit", "status", "words"),
    [
        ("PAGECOUNT=4", 0, ""),
        pytest.param("TIMEOUT=1", 6, "CLOSESPIDER_TIMEOUT is over, with work left", marks=pytest.mark.long),
    ],
)
def test_scrapys_limits_end_a_crawl_as_ours_do(
    limit: str, status: int, words: str, site: str, tmp_path: Path
) -> None:
    write_config(tmp_path / "pipelines.yaml", crawl={"site": site, "delay": 0.3})
    crawl = ("crawl", "bokete", "-a", "pipeline=demo", "-s", f"CLOSESPIDER_{limit}")
    found, _, errors = scrapy(tmp_path, *crawl)
    assert (found, words in errors) == (status, True), errors
    assert list((tmp_path / "data/demo/crawl/pages").glob("*.parquet")), "what was fetched is kept"


@pytest.mark.long
def test_check_holds_the_callbacks_to_their_contracts(tmp_path: Path) -> None:
    status, _, errors = scrapy(tmp_path, "check", "bokete")
    assert (status, "Ran 9 contracts" in errors) == (0, True), errors


def test_parse_prints_what_an_address_holds_and_leads_to(tmp_path: Path) -> None:
    status, output, errors = scrapy(tmp_path, "parse", ODAI, "--nocolour")
    assert (status, errors) == (0, "")
    items, _, requests = output.partition("# Requests")
    assert "'odai_id': 5000002" in items
    assert "'outcome': 'ok'" in items
    assert "http://photo.bokete.test/photo/odai/" in requests


@pytest.mark.long
def test_fetch_and_shell_show_an_answer(tmp_path: Path) -> None:
    fetching = start(tmp_path, "fetch", ODAI)
    status, output, errors = scrapy(tmp_path, "shell", ODAI, "-c", "response.status, spider.name")
    assert (status, output, errors) == (0, "(200, 'bokete')\n", "")
    output, errors = fetching.communicate(timeout=60)
    assert (fetching.returncode, "/odai/5000002" in output, errors) == (0, True, "")


EACH = ("fetch", pytest.param("parse", marks=pytest.mark.long), pytest.param("shell", marks=pytest.mark.long))


@pytest.mark.long
@pytest.mark.parametrize("command", ["fetch", "parse", "shell"])
def test_what_gives_no_answer_is_told_in_a_line(command: str, tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9/odai/1"
    status, output, errors = scrapy(tmp_path, command, nobody)
    assert (status, output) == (1, ""), errors
    assert errors.count("\n") == 1
    assert errors.startswith(f"bokeru: {nobody}")
    assert "it refuses connections" in errors


@pytest.mark.parametrize("command", EACH)
def test_robots_txt_holds_without_a_pipeline_too(command: str, tmp_path: Path) -> None:
    with running(2, 1, 1, faults=["robots-disallow-all"]) as site:
        status, output, errors = scrapy(tmp_path, command, f"{site}/boke/recent")
    assert (status, "robots.txt of" in errors) == (4, True), output + errors
    assert "boke-text" not in output


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("crawl", "takes one spider"),
        ("crawl bokete", "needs a pipeline of pipelines.yaml: scrapy crawl bokete -a pipeline=NAME"),
        ("crawl bokete -a pipeline=", "needs a pipeline"),
        ("crawl boket -a pipeline=demo", "no spider 'boket'; there is: bokete"),
        ("crawl bokete -a pipline=demo", "takes no -a pipline; it takes -a pipeline=NAME"),
        ("crawl bokete -a pipeline", "Invalid -a value"),
        ("crawl bokete -a pipeline=demo -s CLOSESPIDER_PAGECOUN=3", "did you mean CLOSESPIDER_PAGECOUNT?"),
        ("crawl bokete -a pipeline=demo -s log_level=INFO", "did you mean LOG_LEVEL?"),
        ("crawl bokete -a pipeline=demo -s crawl.delay=3", "is a setting of pipelines.yaml"),
        ("crawl bokete -a pipeline=demo -s DOWNLOAD_TIMEOUT=soon", "should be a whole number"),
        ("crawl bokete -a pipeline=demo -s COOKIES_ENABLED=perhaps", "should be True or False"),
        ("crawl bokete -a pipeline=demo -s EXTENSIONS=mine", "should be a JSON object"),
        ("crawl bokete -a pipeline=demo -s LOG_LEVEL", "lacks its value"),
        ("crawl bokete -a pipeline=demo -L LOUD", "-L LOUD is no log level"),
        ("crawl bokete -a pipeline=demo --pipeline=x", "has no option --pipeline"),
        ("crawl bokete -a pipeline=demo -O out.parquet", "Unrecognized output format 'parquet'"),
        ("fetch", "takes one address"),
        ("fetch bokete.jp", "takes one address, as http://…, not bokete.jp"),
        ("fetch http://bokete.test/ --spider nobody", "no spider 'nobody'"),
        ("view", "takes one address"),
        ("shell -s DOWNLOAD_DELAI=3", "did you mean DOWNLOAD_DELAY?"),
        ("parse", "takes one address"),
        ("parse http://bokete.test/ -c parse_pag", "no callback parse_pag; did you mean parse_page?"),
        ("parse http://bokete.test/ -a pipeline=demo", "takes no -a pipeline=demo"),
        ("parse http://bokete.test/ -m [1]", "-m should be a JSON object"),
        ("check nobody", "no spider 'nobody'"),
    ],
)
def test_wrong_use_is_told_in_a_line(
    line: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """These end before Scrapy starts anything, so no process of their own is needed."""
    from scrapy.cmdline import execute

    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with pytest.raises(SystemExit) as ended:
        execute(["scrapy", *line.split()])
    for number, handler in handlers.items():
        signal.signal(number, handler)
    errors = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in errors
    assert (errors.startswith("bokeru: "), errors.count("\n")) == (True, 1), errors


def test_a_setting_that_nothing_knows_is_said_and_taken(capsys: pytest.CaptureFixture[str]) -> None:
    from scrapy.settings import Settings

    from crawler.scrapy_project.given_settings import check_given

    check_given(["MY_PART_ENABLED=1"], None, Settings())
    assert "MY_PART_ENABLED, unless a component of yours does" in capsys.readouterr().err


def test_scrapy_knows_the_spider_and_the_settings(tmp_path: Path) -> None:
    listing = start(tmp_path, "list")
    assert scrapy(tmp_path, "settings", "--get", "BOT_NAME")[:2] == (0, "bokeru\n")
    assert listing.communicate(timeout=60)[0] == "bokete\n"
