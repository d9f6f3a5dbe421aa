"""The Judge page: what it asks, what it takes, and what it refuses."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from judging.contest import PEOPLE, find, load_pairs
from judging.drawing.new import Wanted, new
from judging.votes import read
from store.place import Place
from train.runs.find import complete
from web.app import create
from web.door.keys import KeyRing, digest
from web.options import HideOptions, WebOptions

PAGE = "/pipelines/demo/judge/funny"


@pytest.fixture
def place(whole: Place, tmp_path: Path) -> Place:
    copy = Place(Path(shutil.copytree(whole.data, tmp_path / "data")), whole.name)
    new(copy, "funny", Wanted(runs=complete(copy.runs), n=6), {digest("secret"): ""})
    return copy


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    with TestClient(
        create(place.data, "demo"), base_url="http://localhost", follow_redirects=False
    ) as client:
        yield client


def asked(client: TestClient) -> dict[str, str]:
    """Return the hidden fields of the page."""
    return dict(re.findall(r'name="(pair|key)" value="(\w+)"', client.get(PAGE).text))


def cast(place: Place) -> list[tuple[str, int | None]]:
    return [(vote.pair, vote.choice) for vote in read(find(place, "funny") / "votes")]


def test_a_whole_contest(client: TestClient, place: Place) -> None:
    pairs = load_pairs(find(place, "funny"))
    for _ in pairs:
        fields = asked(client)
        assert client.get(f"{PAGE}/photos/{fields['pair']}.jpg").headers["content-type"] == "image/jpeg"
        answer = client.post(PAGE, data={**fields, "answer": "0"})
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert "That was all" in client.get(PAGE).text
    assert {pair for pair, _ in cast(place)} == set(pairs)
    assert "Nobody has voted" not in client.get("/pipelines/demo/contests/funny").text


def test_the_page_does_not_say_who_wrote(client: TestClient) -> None:
    text = client.get(PAGE).text
    assert "people" not in re.sub(r"[Nn]ot fit for people", "", text)
    assert "many-to-one" not in text


def test_the_answer_is_the_caption_that_was_seen(client: TestClient, place: Place) -> None:
    pairs = load_pairs(find(place, "funny"))
    for place_on_page in ("0", "1"):
        text = client.get(PAGE).text
        fields = dict(re.findall(r'name="(pair|key)" value="(\w+)"', text))
        seen = re.findall(r'value="(\d)".*?<span lang="ja">(.*?)</span>', text, re.S)
        client.post(PAGE, data={**fields, "answer": place_on_page})
        (choice,) = [choice for pair, choice in cast(place) if pair == fields["pair"]]
        assert choice is not None
        assert pairs[fields["pair"]].captions[choice].text == dict(seen)[place_on_page]


@pytest.mark.parametrize(("answer", "choice"), [("neither", None), ("unfit", -1)])
def test_neither_and_not_fit(client: TestClient, place: Place, answer: str, choice: int | None) -> None:
    client.post(PAGE, data={**asked(client), "answer": answer})
    assert [found for _, found in cast(place)] == [choice]


def test_a_repeated_vote_is_refused_and_counts_once(client: TestClient, place: Place) -> None:
    fields = asked(client)
    assert client.post(PAGE, data={**fields, "answer": "0"}).status_code == 303
    again = client.post(PAGE, data={**fields, "answer": "1"})
    assert again.status_code == 409
    assert "it counted once" in again.text
    assert len(cast(place)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pair": "0" * 16}, "no such pair"),
        ({"pair": ""}, "no such pair"),
        ({"key": "0" * 32}, "does not belong"),
        ({"key": "あ"}, "does not belong"),
        ({"answer": "2"}, "none of the answers"),
        ({"answer": ""}, "none of the answers"),
    ],
)
def test_what_was_not_asked_is_refused(
    client: TestClient, place: Place, change: dict[str, str], said: str
) -> None:
    answer = client.post(PAGE, data={**asked(client), "answer": "0", **change})
    assert answer.status_code == 409
    assert said in answer.text
    assert cast(place) == []


def test_another_pairs_key_is_refused(client: TestClient, place: Place) -> None:
    fields = asked(client)
    other = next(key for key in load_pairs(find(place, "funny")) if key != fields["pair"])
    assert client.post(PAGE, data={**fields, "pair": other, "answer": "0"}).status_code == 409


def test_another_judges_key_is_refused(client: TestClient, place: Place) -> None:
    fields = asked(client)
    client.cookies.clear()
    assert client.post(PAGE, data={**fields, "answer": "0"}).status_code == 403
    client.get(PAGE)
    assert client.post(PAGE, data={**fields, "answer": "0"}).status_code == 409
    assert cast(place) == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_vote_of_another_origin_is_refused(
    client: TestClient, place: Place, headers: dict[str, str]
) -> None:
    fields = {**asked(client), "answer": "0"}
    assert client.post(PAGE, data=fields, headers=headers).status_code == 403
    assert cast(place) == []


def test_two_judges_have_votes_of_their_own(place: Place) -> None:
    app = create(place.data, "demo")
    with (
        TestClient(app, base_url="http://localhost") as one,
        TestClient(app, base_url="http://localhost") as other,
    ):
        for client in (one, other):
            client.post(PAGE, data={**asked(client), "answer": "0"})
    votes = read(find(place, "funny") / "votes")
    assert len({vote.judge for vote in votes}) == len(votes) == 2


def test_a_start_anew_knows_what_was_voted(client: TestClient, place: Place) -> None:
    fields = asked(client)
    client.post(PAGE, data={**fields, "answer": "0"})
    with TestClient(create(place.data, "demo"), base_url="http://localhost", cookies=client.cookies) as anew:
        assert asked(anew)["pair"] != fields["pair"]
        assert anew.post(PAGE, data={**fields, "answer": "0"}).status_code == 409


def test_votes_that_come_too_fast_wait(place: Place) -> None:
    with TestClient(
        create(place.data, "demo", options=WebOptions(votes_per_minute=2)), base_url="http://localhost"
    ) as client:
        for _ in range(2):
            assert client.post(PAGE, data={**asked(client), "answer": "0"}).status_code == 200
        answer = client.post(PAGE, data={**asked(client), "answer": "0"})
    assert answer.status_code == 429
    assert 25 <= int(answer.headers["retry-after"]) <= 31
    assert len(cast(place)) == 2


def test_a_vote_is_small(client: TestClient) -> None:
    assert client.post(PAGE, content=b"pair=" + b"0" * 5_000).status_code == 413


def test_a_vote_has_few_fields(client: TestClient) -> None:
    fields = [f"name{number}=1" for number in range(11)]
    answer = client.post(PAGE, content="&".join(fields))
    assert (answer.status_code, "too many fields" in answer.text) == (400, True)


@pytest.mark.parametrize("hide", [HideOptions(words=("走る",)), HideOptions(categories=("シュール",))])
def test_hidden_captions_are_not_judged(place: Place, hide: HideOptions) -> None:
    """All that people wrote there is of one category, and each pair has a caption of theirs."""
    pairs = load_pairs(find(place, "funny"))
    hidden = {
        (key, caption.text)
        for key, pair in pairs.items()
        for caption in pair.captions
        if (any(word in caption.text for word in hide.words))
        or (hide.categories and caption.system == PEOPLE)
    }
    gone = {key for key, _ in hidden}
    assert gone
    app = create(place.data, "demo", options=WebOptions(hide=hide))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        told = "1 caption is" if len(hidden) == 1 else f"{len(hidden)} captions are"
        assert f"{told} hidden by web.hide." in client.get(PAGE).text
        for number in range(shown := len(pairs) - len(gone)):
            text = client.get(PAGE).text
            assert f"{number} of {shown} judged" in text
            assert not any(caption in text for _, caption in hidden)
            client.post(PAGE, data={**asked(client), "answer": "0"})
        assert "That was all" in client.get(PAGE).text
        assert {pair for pair, _ in cast(place)} == set(pairs) - gone
        assert client.get(f"{PAGE}/photos/{gone.pop()}.jpg").status_code == 404


def test_a_contests_key_opens_its_judge_page_and_nothing_else(place: Place) -> None:
    app = create(place.data, "demo", keys=KeyRing(asked=True))
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get(PAGE).status_code == 401
        page = client.get(f"{PAGE}?key=secret")
        assert page.status_code == 200
        fields = dict(re.findall(r'name="(pair|key)" value="(\w+)"', page.text))
        assert client.get(f"{PAGE}/photos/{fields['pair']}.jpg").status_code == 200
        assert client.post(PAGE, data={**fields, "answer": "0"}).status_code == 200
        for other in ("/", "/pipelines/demo/contests", "/pipelines/demo/contests/funny", f"{PAGE}2"):
            assert client.get(other).status_code == 401
        assert 'href="/pipelines/demo/data"' not in page.text


def test_a_contest_that_is_not_there_is_not_there(client: TestClient) -> None:
    assert client.get("/pipelines/demo/judge/none").status_code == 404
    assert client.get("/pipelines/demo/judge/..%2Fdataset").status_code in (400, 404)
    assert client.get(f"{PAGE}/photos/{'0' * 16}.jpg").status_code == 404


def test_without_any_data_a_key_opens_nothing(tmp_path: Path) -> None:
    with TestClient(create(tmp_path / "data", "demo"), base_url="http://localhost") as client:
        assert client.get(PAGE, headers={"Authorization": "Bearer secret"}).status_code == 404
        assert client.get(f"{PAGE}?key=secret").status_code == 404


def test_who_was_called_unfit_by_two_is_shown_to_nobody(place: Place) -> None:
    app = create(place.data, "demo")
    clients = [TestClient(app, base_url="http://localhost") for _ in range(3)]
    wanted = next(iter(load_pairs(find(place, "funny"))))
    for client in clients[:2]:
        while (fields := asked(client))["pair"] != wanted:
            client.post(PAGE, data={**fields, "answer": "0"})
        client.post(PAGE, data={**fields, "answer": "unfit"})
    seen = set()
    while fields := asked(clients[2]):
        seen.add(fields["pair"])
        clients[2].post(PAGE, data={**fields, "answer": "0"})
    assert seen == set(load_pairs(find(place, "funny"))) - {wanted}
