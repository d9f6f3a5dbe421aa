"""What takes longer than a visitor waits: pages say how far it is, and show themselves when it is there."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from store.place import Place
from web.app import create
from web.content.catalogue import Catalogue
from web.content.preparing import NotReady, Preparing


def test_each_version_is_made_once() -> None:
    prepared, made = Preparing(), iter((1, 2))
    for version in (1, 1, 2, 2, 2):
        assert prepared.get("key", version, "It is made", lambda _: next(made)) == version


def test_an_error_belongs_to_who_asked_and_the_next_tries_again() -> None:
    prepared = Preparing()

    def fail(_: object) -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        prepared.get("key", 1, "It is made", fail)
    assert prepared.get("key", 1, "It is made", lambda _: 5) == 5


@pytest.fixture
def slow(whole: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, threading.Event]]:
    """The app over a dataset that counts as large, whose index waits for the test at half of its photos."""
    going_on, load = threading.Event(), Catalogue.load

    def wait(directory: object, report: Callable[[int, int], None], *rest: Any) -> Catalogue:
        report(20, 40)
        assert going_on.wait(30)
        return load(directory, report, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("web.content.library.SMALL", 0)
    monkeypatch.setattr("web.content.library.Catalogue.load", wait)
    with TestClient(create(whole.data, "demo")) as client:
        yield client, going_on
        going_on.set()


def test_a_page_says_how_far_it_is_and_asks_again_by_itself(
    slow: tuple[TestClient, threading.Event],
) -> None:
    client, going_on = slow
    answer = client.get("/pipelines/demo/data", headers={"accept-language": "ja"})
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert answer.headers["refresh"] == answer.headers["retry-after"]
    assert "データセットの索引を作っています：50% 終わりました。" in answer.text
    told = client.get("/api/pipelines/demo/photos")
    assert told.status_code == 503
    assert int(answer.headers["retry-after"]) <= int(told.headers["retry-after"]) <= 10
    assert told.json()["detail"].startswith("The index of the dataset is being made: 50% is done.")
    going_on.set()
    for _ in range(50):
        if (answer := client.get("/pipelines/demo/data")).status_code == 200:
            break
    assert "40 photos" in answer.text


def test_pages_that_do_not_need_it_are_there(slow: tuple[TestClient, threading.Event]) -> None:
    client, _ = slow
    # The overview is whole without an index, and waits for none, however long other pages would.
    client.app.state.services.library._patience = 60.0  # type: ignore[attr-defined]
    started = time.monotonic()
    text = client.get("/").text
    assert time.monotonic() - started < 30
    assert text.count('class="chip ready"') == 5
    assert client.get("/pipelines/demo/training").status_code == 200


def test_seconds_to_wait_follow_from_what_is_done() -> None:
    prepared, end = Preparing(), threading.Event()

    def make(report: Callable[[int, int], None]) -> None:
        report(1, 10**6)  # at this rate it takes days
        end.wait(30)

    with pytest.raises(NotReady, match="0% is done") as told:
        prepared.get("key", 1, "It is made", make, 0.2)
    assert told.value.retry_after == 10
    end.set()
