"""Whole crawls of hosts that fail: what is asked for again and how often, what waits, what goes on meanwhile.

The cases are those of public reports: gallery-dl#6762, Ehviewer_CN#2861, scrapy#2851, xllamacpp#155.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from store.errors import UserError
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, answering, list_page, odai_page, photo_path
from tests.crawler.stage import crawl, is_complete
from tests.crawler.test_cut_and_refused import JPEG, options

WHOLE = photo(1)
TYPE = {"Content-Type": "image/jpeg"}
EMPTY, CUT, HTML = Answer(b"", headers=TYPE), Answer(WHOLE[:-40], headers=TYPE), Answer("<html>busy</html>")
CLOUDFLARE = (520, 521, 522, 523, 524, 525, 526, 527, 530)
Plan = dict[str, list[Answer]]
"""What each path is answered at first; then as usual."""


def site_of(odai: range, plan: Plan, photos: str = "") -> Callable[[str, Message], Answer | None]:
    """Return a site of some odai, each with a photo of its own; `photos` is the address of their host."""
    asked: Counter[str] = Counter()

    def answer(path: str, _: Message) -> Answer | None:
        asked[path] += 1
        if path in plan and asked[path] <= len(plan[path]):
            return plan[path][asked[path] - 1]
        if path == "/boke/recent":
            return list_page(*(f"/odai/{number}" for number in odai))
        if path.startswith("/odai/"):
            number = int(path.rpartition("/")[2])
            return odai_page(number, photo=photos + photo_path(number))
        return JPEG if path.startswith("/photo/") else None

    return answer


def cut(number: int) -> Answer:
    body = str(odai_page(number).body).encode()
    return Answer(body[: len(body) // 2])


def outcomes(directory: Path, table: str) -> dict[str, str]:
    """Return each address's outcome, by its path; each has one row."""
    found = [(re.sub("https?://[^/]+", "", row["url"]), row["outcome"]) for row in rows(directory, table)]
    assert len(dict(found)) == len(found)
    return dict(found)


def report(directory: Path) -> dict[str, Any]:
    return dict(json.loads((directory / "report.json").read_text()))


def run(site: str, directory: Path, **values: object) -> None:
    crawl(options(site, **values), directory, address=None, pipeline="p")


def test_a_photo_that_stays_broken_in_any_way_comes_in_its_narrower_copy(tmp_path: Path) -> None:
    broken = [EMPTY, CUT, HTML, Answer("x", 500), Answer("x", 404), Answer("x", 410), Answer(b"\0" * 900)]
    plan = {photo_path(number): [answer] * 9 for number, answer in enumerate(broken, 1)}
    plan[photo_path(1, 400)] = [EMPTY] * 9
    with answering(site_of(range(1, len(broken) + 1), plan)) as site:
        run(site.address, tmp_path, patience=3)
        assert is_complete(options(site.address), tmp_path, pipeline="p")
    found = outcomes(tmp_path, "images")
    for number, answer in enumerate(broken, 1):
        is_missing = answer.status in (404, 410)
        assert found[photo_path(number)] == ("missing" if is_missing else "error")
        assert site.paths.count(photo_path(number)) == (1 if is_missing else 3)
        assert found[photo_path(number, 400)] == ("error" if number == 1 else "ok")
    assert found[photo_path(1, 240)] == "ok"
    assert len(found) == 2 * len(broken) + 1


def test_a_photo_that_is_broken_once_in_any_way_is_whole_at_the_second_try(tmp_path: Path) -> None:
    broken = [EMPTY, CUT, HTML, Answer("x", 500), Answer("x", 530), Answer(WHOLE, end="early")]
    plan = {photo_path(number): [answer] for number, answer in enumerate(broken, 1)}
    with answering(site_of(range(1, len(broken) + 1), plan)) as site:
        run(site.address, tmp_path, patience=3, concurrency=4)
    assert outcomes(tmp_path, "images") == dict.fromkeys(plan, "ok")
    assert all(site.paths.count(path) == 2 for path in plan)
    retries = report(tmp_path)["retry_reasons"]
    assert retries["no whole photo"] == 3
    assert retries["500 Internal Server Error"] == 1
    assert sum(retries.values()) == len(broken)


def test_every_5xx_is_asked_for_again_and_in_a_row_it_is_a_pause(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = {f"/odai/{number}": [Answer("x", status)] for number, status in enumerate(CLOUDFLARE, 1)}
    with answering(site_of(range(1, len(CLOUDFLARE) + 1), plan)) as site:
        run(site.address, tmp_path, patience=3, concurrency=1)
    assert set(outcomes(tmp_path, "pages").values()) == {"ok"}
    assert all(site.paths.count(path) == 2 for path in plan)
    found = report(tmp_path)
    assert found["pauses"] > 0
    assert sum(found["retry_reasons"].values()) == len(CLOUDFLARE)
    log = capfd.readouterr().err
    assert log.count("is left alone for 0.05 s, until ") == found["pauses"]
    assert re.search(r": it answers 5\d\d\n", log)


@pytest.mark.long
def test_one_page_may_fail_in_different_ways_and_has_three_tries_in_all(tmp_path: Path) -> None:
    plan = {
        "/odai/1": [Answer("x", 503), cut(1)],
        "/odai/2": [cut(2), Answer("x", 502), cut(2)],
        "/odai/3": [Answer("x", 500)] * 9,
        "/odai/4": [Answer("", 429, {"Retry-After": "Fri, 31 Dec 9999999999 23:59:59 GMT"})],
        "/odai/5": [Answer("", 429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "now"})],
        "/odai/6": [Answer("", 503, {"Retry-After": "-1"}), Answer("x", 408)],
        "/odai/7": [Answer(str(odai_page(7).body), end="early")] * 2,
    }
    with answering(site_of(range(1, 10), plan)) as site:
        run(site.address, tmp_path, patience=9)
        assert is_complete(options(site.address), tmp_path, pipeline="p")
    found = outcomes(tmp_path, "pages")
    assert {path for path, outcome in found.items() if outcome == "error"} == {"/odai/2", "/odai/3"}
    asked = {path: site.paths.count(path) for path in plan}
    assert asked == {path: 2 if path in ("/odai/4", "/odai/5") else 3 for path in plan}


@pytest.mark.long
def test_a_pause_ends_by_the_servers_clock(tmp_path: Path) -> None:
    clock = datetime.now(UTC) + timedelta(hours=2)
    headers = {"Date": format_datetime(clock, usegmt=True),
               "Retry-After": format_datetime(clock + timedelta(seconds=1), usegmt=True)}  # fmt: skip
    with answering(site_of(range(1, 3), {"/odai/2": [Answer("", 429, headers)]})) as site:
        run(site.address, tmp_path, concurrency=1)
    assert set(outcomes(tmp_path, "pages").values()) == {"ok"}
    found = report(tmp_path)
    assert (found["pauses"], found["paused_seconds"]) == (1, 1)
    assert found["last_pauses"][0]["reason"] == "it answers 429, and asks to be left alone for 1 second"


def two_hosts(directory: Path, pages: Plan, photos: Plan) -> list[str]:
    """Crawl twelve odai, the newest first, one request at a time; return what was asked for, in order."""
    order: list[str] = []

    def noted(answer: Callable[[str, Message], Answer | None]) -> Callable[[str, Message], Answer | None]:
        return lambda path, headers: order.append(path) or answer(path, headers)  # type: ignore[func-returns-value]

    with (
        answering(noted(site_of(range(0), photos))) as photo_host,
        answering(noted(site_of(range(1, 13), pages, photo_host.address))) as site,
    ):
        hosts = [photo_host.address.removeprefix("http://")]
        run(site.address, directory, image_hosts=hosts, concurrency=1)
    assert set(outcomes(directory, "pages").values()) == {"ok"}
    assert Counter(outcomes(directory, "images").values()) == {"ok": 12}
    return order


def between(order: list[str], start: str) -> list[str]:
    """Return what was asked for between the first two requests whose paths start so."""
    first, second = [place for place, path in enumerate(order) if path.startswith(start)][:2]
    return order[first + 1 : second]


def test_pages_go_on_while_the_photos_host_is_left_alone(tmp_path: Path) -> None:
    robots, refused = [Answer("", 503), Answer("", 502)], [Answer("", 429, {"Retry-After": "2"})]
    order = two_hosts(tmp_path, {}, {"/robots.txt": robots, photo_path(12): refused})
    meanwhile = between(order, "/photo/")
    assert sum(path.startswith("/odai/") for path in meanwhile) >= 2
    assert order.count("/robots.txt") == 4, "three on the photos' host"


@pytest.mark.long
def test_photos_go_on_while_the_pages_host_is_left_alone(tmp_path: Path) -> None:
    later = [Answer("", 503, {"Retry-After": "2"})]
    order = two_hosts(tmp_path, {"/odai/7": [Answer("", 503, {"Retry-After": "4"})]}, {"/robots.txt": later})
    assert any(path.startswith("/photo/") for path in between(order, "/odai/7"))


def test_a_site_that_fails_with_every_page_ends_the_crawl_and_costs_no_row(tmp_path: Path) -> None:
    plan = {"/boke/recent": [Answer("x", 500)] * 6}
    with answering(site_of(range(1, 3), plan)) as site:
        with pytest.raises(UserError, match=r"answers 500, 5 times in a row .*Come back") as error:
            run(site.address, tmp_path, pause=0.01, patience=5)
        assert error.value.exit_status == 1
        assert not rows(tmp_path, "pages")
        assert site.paths.count("/boke/recent") == 6
        run(site.address, tmp_path)
    assert set(outcomes(tmp_path, "pages").values()) == {"ok"}


@pytest.mark.long
def test_a_host_that_fails_after_it_answered_costs_no_row(tmp_path: Path) -> None:
    plan = {f"/odai/{number}": [Answer("x", 502)] * 9 for number in range(1, 8)}
    with (
        answering(site_of(range(1, 10), plan)) as site,
        pytest.raises(UserError, match="answers 502, 3 times"),
    ):
        run(site.address, tmp_path, pause=0.01, patience=3, concurrency=1)
    assert set(outcomes(tmp_path, "pages")) == {"/boke/recent", "/odai/9", "/odai/8"}


@pytest.mark.parametrize(("status", "exit_status"), [(520, 1), pytest.param(429, 4, marks=pytest.mark.long)])
def test_a_robots_txt_that_fails_is_asked_for_again_before_the_crawl_ends(
    status: int, exit_status: int, tmp_path: Path
) -> None:
    plan = {"/robots.txt": [Answer("x", status)] * 9}
    with answering(site_of(range(1, 3), plan)) as site:
        with pytest.raises(UserError, match=rf"robots\.txt answers {status}, and that means no") as error:
            run(site.address, tmp_path, pause=0.01, patience=4)
        assert site.paths == ["/robots.txt"] * 4
    assert error.value.exit_status == exit_status
    assert report(tmp_path)["pauses"] == 3


@pytest.mark.long
def test_a_redirect_to_a_host_that_is_left_alone_waits_for_it(tmp_path: Path) -> None:
    with answering(site_of(range(0), {photo_path(2): [Answer("", 503, {"Retry-After": "1"})]})) as photos:
        leads = {
            path: [Answer("", 302, {"Location": photos.address + path})] for path in map(photo_path, (1, 2))
        }
        with answering(site_of(range(1, 3), leads)) as site:
            hosts = [photos.address.removeprefix("http://")]
            run(site.address, tmp_path, image_hosts=hosts, concurrency=2)
    assert outcomes(tmp_path, "images") == {photo_path(1): "ok", photo_path(2): "ok"}
    assert report(tmp_path)["pauses"] == 1


def a_fault(number: int, path: str, random: Random) -> Answer:
    """Return one of the ways in which a host may fail with an odai's page or photo for once."""
    usual = JPEG if path.startswith("/photo/") else odai_page(number)
    retry = random.choice(("0", "-3", "soon", "1", "1.2", "\u00b2", "Sun, 06 Nov 1994 08:49:37 GMT"))
    ways = [
        Answer("x", random.choice((500, 502, 503, 504, 520, 521, 525, 530, 599, 408))),
        Answer("", 429, {"Retry-After": retry}),
        replace(usual, end=random.choice(("early", "chunk"))),
    ]
    return random.choice([*ways, EMPTY, CUT, HTML] if usual is JPEG else [*ways, cut(number), Answer("")])


@pytest.mark.long
@pytest.mark.parametrize(("seed", "concurrency"), [(1, 1), (2, 8), (3, 2)])
def test_what_fails_once_or_twice_in_any_way_is_asked_for_once_or_twice_more(
    seed: int, concurrency: int, tmp_path: Path
) -> None:
    random, odai = Random(seed), range(1, 25)
    paths = {path: number for number in odai for path in (f"/odai/{number}", photo_path(number))}
    plan = {
        path: [a_fault(number, path, random) for _ in range(random.randrange(3))]
        for path, number in paths.items()
    }
    with answering(site_of(odai, plan)) as site:
        run(site.address, tmp_path, patience=30, concurrency=concurrency)
    assert set(outcomes(tmp_path, "pages").values()) == {"ok"}
    assert outcomes(tmp_path, "images") == {photo_path(number): "ok" for number in odai}
    assert {path: site.paths.count(path) for path in plan} == {
        path: len(faults) + 1 for path, faults in plan.items()
    }


@pytest.mark.long
@pytest.mark.parametrize(("status", "exit_status"), [(502, 1), (403, 4), (429, 4)])
def test_after_an_outage_the_same_command_goes_on_as_if_there_had_been_none(
    status: int, exit_status: int, tmp_path: Path
) -> None:
    usual, asked, is_down = site_of(range(1, 25), {}), list[str](), [True]

    def answer(path: str, headers: Message) -> Answer | None:
        asked.append(path)
        fails = is_down[0] and len(asked) > 20 and path != "/robots.txt"
        return Answer("x", status) if fails else usual(path, headers)

    with answering(answer) as site:
        with pytest.raises(UserError, match=rf"answers {status}, 5 times in a row") as error:
            run(site.address, tmp_path, pause=0.02, patience=5, concurrency=8)
        assert error.value.exit_status == exit_status
        is_down[0] = False
        run(site.address, tmp_path, concurrency=8)
    assert outcomes(tmp_path, "pages").keys() == {"/boke/recent", *(f"/odai/{n}" for n in range(1, 25))}
    assert outcomes(tmp_path, "images") == {photo_path(number): "ok" for number in range(1, 25)}
