"""A crawl that is not complete says so in its report, and so do the dataset's build, verify and Overview."""

import html
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from commands.main import main
from tests.commands.commandline import write_config
from web.app import create

SAYS = "is not complete: "
PHOTOS = 40


def called(folder: Path, command: str, *words: str) -> int:
    where = ("--config", str(folder / "pipelines.yaml"), "--data", str(folder / "data"))
    return main([command, "--pipeline", "demo", *where, *words])


@pytest.mark.long
def test_an_incomplete_crawl_is_told_in_four_places_until_it_is_complete(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A real one, of the embedded site, whose time is over before it has all photos."""
    write_config(
        tmp_path / "pipelines.yaml",
        crawl={"embedded": {"photos": PHOTOS, "captions_per_photo": 3}, "delay": 0.15, "concurrency": 1},
    )
    crawl = tmp_path / "data" / "demo" / "crawl"

    def places() -> tuple[bool, bool, bool, bool]:
        """Return what report.json, dataset, verify and Overview say: whether it is incomplete."""
        report = json.loads((crawl / "report.json").read_text())
        capfd.readouterr()
        assert called(tmp_path, "dataset") == 0
        built = capfd.readouterr()
        assert main(["verify", str(crawl)]) == 0
        verified = capfd.readouterr()
        with TestClient(create(tmp_path / "data", "demo")) as client:
            page = html.unescape(client.get("/").text)
            stage = client.get("/api/pipelines/demo").json()[0]
        assert (stage["state"] == "partial") == ("It is not complete" in page)
        return (
            not report["complete"],
            SAYS in built.out + built.err,
            SAYS in verified.out + verified.err,
            "It is not complete" in page,
        )

    # Until there is something to build from: on a busy machine the start alone may take that time.
    for hours in (0.0012, 0.003, 0.01):
        assert called(tmp_path, "crawl", "--set", f"crawl.max_hours={hours}") == 6
        if list((crawl / "images").glob("*.parquet")):
            break
    assert places() == (True, True, True, True)
    assert called(tmp_path, "crawl", "--set", "crawl.delay=0") == 0
    assert places() == (False, False, False, False)
