"""The exit status of each ending, by the table in the README: real crawls of a site with faults."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.main import main
from demo.site import running
from store.errors import SiteRefuses, TimeIsOver, TooLittleRoom, Unexpected, UsageError, UserError
from store.processes.interruption import SIGNALS, Interrupted
from store.version import VERSION
from tests.commands.commandline import BOKERU, scrapy, write_config
from tests.test_imports import ROOT


def crawl(folder: Path, site: str, *settings: str) -> int:
    """Crawl a site that is served at an address; return the exit status."""
    config = folder / "pipelines.yaml"
    write_config(config, crawl={"site": site, "start": ["/boke/recent"]})
    where = ["--pipeline", "demo", "--config", str(config), "--data", str(folder / "data")]
    return main(["crawl", *where, *(["--set", *settings] if settings else [])])


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        pytest.param("blocked", 4, "answers 403, 3 times in a row", marks=pytest.mark.long),
        pytest.param("blocked-401", 4, "HTTP status 401 (1 of them", marks=pytest.mark.long),
        pytest.param("blocked-429", 4, "answers 429 and asks to be left alone for", marks=pytest.mark.long),
        pytest.param("blocked-503", 1, "answers 503 and asks to be left alone for", marks=pytest.mark.long),
        ("robots-disallow-all", 4, "closes the whole site to bokeru (Disallow: /)"),
        ("robots-503", 1, "robots.txt answers 503"),
        ("drift", 5, "the site has changed"),
    ],
)
def test_a_crawl_says_whether_the_site_refuses_has_changed_or_has_trouble(
    fault: str, status: int, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(8, 2, 1, faults=[fault]) as site:
        assert crawl(tmp_path, site) == status
        error = capfd.readouterr().err
        assert words in error
        assert "Traceback" not in error
        assert "1 times" not in error
        assert len([line for line in error.splitlines() if line.startswith("bokeru: ")]) == 1
        if fault in ("blocked-401", "robots-disallow-all", "drift"):  # the others leave something to fetch
            assert crawl(tmp_path, site) == status, "a second try does not say that all is up to date"


@pytest.mark.parametrize(
    ("fault", "argument", "status", "words"),
    [
        ("blocked", "pipeline=demo", 4, "answers 403, 3 times in a row"),
        pytest.param("drift", "pipeline=demo", 5, "the site has changed", marks=pytest.mark.long),
        pytest.param("emoji", "pipeline=none", 2, "has no pipeline 'none'", marks=pytest.mark.long),
        pytest.param("emoji", "name=demo", 2, "-a pipeline=NAME", marks=pytest.mark.long),
        ("emoji", "pipeline=demo", 0, ""),
    ],
)
def test_scrapy_ends_as_bokeru_does(
    fault: str, argument: str, status: int, words: str, tmp_path: Path
) -> None:
    with running(8, 2, 1, faults=[fault]) as site:
        write_config(tmp_path / "pipelines.yaml", crawl={"site": site, "start": ["/boke/recent"]})
        process = scrapy(tmp_path, argument)
        output, error = process.communicate(timeout=100)
    assert (process.returncode, "Traceback" in error) == (status, False), error
    assert words in error
    assert output.startswith("crawl: ") == (status == 0)


def test_a_site_that_does_not_answer_is_no_refusal(tmp_path: Path) -> None:
    with running(1, 1, 1) as site:
        pass  # by now nobody listens there
    assert crawl(tmp_path, site) == 1


@pytest.mark.long
def test_what_failed_in_an_earlier_run_is_due_again_and_no_failure_of_this_one(tmp_path: Path) -> None:
    with running(8, 2, 1, faults=["drift"]) as site:
        assert crawl(tmp_path, site) == 5
    port = int(site.rpartition(":")[2])
    with running(8, 2, 1, port=port, faults=["robots-503"]) as site:
        assert crawl(tmp_path, site, "crawl.revisit_after=0.000001") == 1


@pytest.mark.long
def test_a_site_that_closes_its_doors_later_is_noticed(tmp_path: Path) -> None:
    with running(8, 2, 1) as site:
        assert crawl(tmp_path, site, "crawl.max_photos=1000") == 0
    port = int(site.rpartition(":")[2])
    with running(8, 2, 1, port=port, faults=["blocked-401"]) as site:
        assert crawl(tmp_path, site, "crawl.revisit_after=0.000001") == 4


@pytest.mark.long
def test_a_limit_that_the_user_set_is_no_failure(tmp_path: Path) -> None:
    with running(8, 2, 1) as site:
        assert crawl(tmp_path, site, "crawl.max_pages=2") == 0


def test_wrong_settings_are_told_before_anything_starts(tmp_path: Path) -> None:
    assert crawl(tmp_path, "http://127.0.0.1:9", "crawl.nonesuch=1") == 2
    assert crawl(tmp_path, "https://bokete.example", "crawl.contact=''") == 2


def test_the_readme_lists_the_statuses_that_there_are() -> None:
    table = (ROOT / "README.md").read_text().partition("## Exit status")[2].partition("\n## ")[0]
    listed = {
        int(status) for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.M) for status in cell.split(", ")
    }
    kinds = (UserError, UsageError, TooLittleRoom, SiteRefuses, Unexpected, TimeIsOver)
    errors = {kind.exit_status for kind in kinds}
    assert listed == {0, *errors, *(Interrupted(number).exit_status for number in SIGNALS)}


def test_the_version_has_one_source() -> None:
    result = subprocess.run([BOKERU, "--version"], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, f"bokeru {VERSION}\n")
    code = "import crawler.settings as s; print(s.USER_AGENT)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == f"bokeru/{VERSION}\n"
