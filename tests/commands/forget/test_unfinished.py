"""A forget that could not end, that was not let begin, or that found what it may not change."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from commands.forget.command import forget
from commands.verify import exit_status, verify
from store.errors import DamagedFile, UserError
from store.forget.content import Content, Request
from store.forget.receipt import Receipt, salted
from store.forget.search import search
from store.forget.unfinished import Unfinished
from store.place import Place
from store.processes.lock import locked
from tests import crawl_tables
from tests.commands.forget.test_cases import photo
from tests.crawl_tables import boke, image, page, write

TEXT = "誰も書かない一度きりのボケ"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A crawl of two photos."""
    place = Place(tmp_path / "data", "p")
    pages = [page(number, [boke(number * 10, number, f"{TEXT}、その{number}")]) for number in (1, 2)]
    write(place.crawl, pages, [image(1), image(2)])
    return place


def receipts(place: Place) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((place.directory / "receipts").glob("*.json"))]


def test_it_stays_unfinished_until_the_last_copy_is_gone(place: Place) -> None:
    note = place.directory / "notes.txt"
    note.write_text(f"<p>{TEXT}、その1</p>")
    for request in (Request(sha256=photo(1)), Request(sha256=photo(1)), None):
        with pytest.raises(UserError, match=r"Still held by .*notes\.txt.*bokeru forget --pipeline p"):
            forget(place, request)
    (problem,) = verify(place.data)
    assert "a forget has not ended" in str(problem)
    assert exit_status([problem]) == 1
    (receipt,) = receipts(place)
    assert receipt["state"] == "unfinished"
    assert [copy["path"] for copy in receipt["not_reached"]] == [str(note)]
    note.unlink()
    forget(place)
    assert search(place.data, Content({photo(1)}, texts={f"{TEXT}、その1"})) == []
    assert [each["state"] for each in receipts(place)] == ["finished"]
    assert verify(place.data) == []
    assert "nothing is unfinished" in str(forget(place))


def test_another_forget_finishes_it_too_and_does_not_hide_it(place: Place) -> None:
    note = place.directory / "notes.txt"
    note.write_text(f"{TEXT}、その1")
    for request in (Request(odai=1), Request(odai=2)):
        with pytest.raises(UserError, match=r"Still held by .*notes\.txt"):
            forget(place, request)
        kept = Unfinished.load(place.directory)
        assert kept
        assert kept.content.texts == {f"{TEXT}、その1"}  # nothing is kept of what is gone
    note.unlink()
    forget(place, Request(odai=2))
    assert search(place.data, Content({photo(1), photo(2)}, texts={f"{TEXT}、その1", f"{TEXT}、その2"})) == []


@pytest.mark.parametrize("name", [f"{photo(1)}.txt", f"a {photo(1)}/b.txt", "odai-1.html", "out/1.jpg"])
def test_a_name_is_a_copy_too(place: Place, name: str) -> None:
    (place.directory / name).parent.mkdir(parents=True, exist_ok=True)
    (place.directory / name).write_text("nothing")
    with pytest.raises(UserError, match="Still held by"):
        forget(place, Request(odai=1))
    (receipt,) = receipts(place)
    assert photo(1) not in json.dumps(receipt)


def test_a_damaged_memory_stops_it(place: Place) -> None:
    (place.directory / "forgotten.json").write_text("{}")
    place.unfinished_forget.write_text('{"asked": [{}]}')
    with pytest.raises(DamagedFile, match="forget again what you had asked for"):
        forget(place)


def test_while_a_crawl_runs_it_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.forget.scope.PATIENCE", 0.1)
    refused = pytest.raises(UserError, match=f"is crawling .*process {os.getpid()} ")
    with locked(place.crawl / ".lock", "is crawling"), refused:
        forget(place, Request(odai=1))
    assert not (place.directory / "forgotten.json").exists()
    assert forget(place, Request(odai=1)).changed["crawl"] == 2


def test_while_a_training_runs_it_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.forget.scope.PATIENCE", 0.1)
    refused = pytest.raises(UserError, match=f"is training .*process {os.getpid()} ")
    with locked(place.runs / "r" / "snapshots" / ".lock", "is training"), refused:
        forget(place, Request(odai=1))


def test_the_receipt_tells_what_was_done_and_nothing_of_what_is_gone(place: Place) -> None:
    report = forget(place, Request(odai=1))
    assert report.receipt
    receipt = Receipt.model_validate_json(report.receipt.read_bytes())
    assert receipt.state == "finished"
    (asked,) = receipt.asked
    assert (asked.kind, asked.digest) == ("odai", salted(receipt.salt, "odai", 1))
    assert receipt.forgotten.model_dump() == {"photos": 1, "odai": 1, "boke": 1}
    shards = {f"p/crawl/{path.parent.name}/{path.name}" for path in place.crawl.glob("*/*.parquet")}
    assert shards <= set(receipt.changed) & set(receipt.searched)
    assert search(place.directory / "receipts", Content({photo(1)}, texts={f"{TEXT}、その1"})) == []


def test_what_is_in_no_pipelines_folder_is_named(place: Place) -> None:
    place.data.joinpath("copy.jpg").write_bytes(crawl_tables.photo(1))
    place.data.joinpath("old").mkdir()
    place.data.joinpath("old", "train.csv").write_text(f"1,{TEXT}、その1\n")
    with pytest.raises(UserError, match=r"train\.csv.*copy\.jpg"):
        forget(place, Request(odai=1))
