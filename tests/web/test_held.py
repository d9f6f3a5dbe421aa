"""The page "Is mine in it?" and its API: the command's answer, in both languages; nothing is kept."""

import hashlib
import html
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageOps

from benchmarks.near.drawn import COPIES, saved
from benchmarks.near.drawn import photo as drawn
from commands.forget.command import forget
from commands.lineage import contacts
from commands.main import main
from commands.pipeline import Pipeline
from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from pipelines import load
from store.forget.content import Request
from store.photo.decode import Picture
from store.place import Place
from tests import crawl_tables
from tests.web import small_pipeline
from web.app import create
from web.content.library import Library
from web.content.shown.hidden import Hidden
from web.held import Held
from web.options import HideOptions, WebOptions

PAGE = "/pipelines/p/contains"
CONTACT = "owner@example.org"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return made(tmp_path_factory.mktemp("held"))


def made(folder: Path) -> Place:
    """Make six photos of two captions each: 犬 in the category お下劣, and 猫."""
    found = Place(folder / "data", "p")
    pages = [
        crawl_tables.page(
            number,
            [
                crawl_tables.boke(10 * number, number, f"犬が{number}", category="お下劣"),
                crawl_tables.boke(10 * number + 1, number, f"猫が{number}"),
            ],
            licence="CC-BY-4.0" if number == 1 else None,
        )
        for number in range(1, 7)
    ]
    images = [crawl_tables.image(number, saved(drawn(number))) for number in range(1, 7)]
    crawl_tables.write(found.crawl, pages, images)
    build(DatasetOptions(), [found.crawl], found.dataset, name="p")
    (found.data.parent / "pipelines.yaml").write_text(
        f"pipelines: {{p: {{crawl: {{site: 'https://bokete.jp', contact: {CONTACT}}}}}}}\n"
    )
    return found


def served(place: Place, hide: HideOptions | None = None) -> TestClient:
    config = place.data.parent / "pipelines.yaml"
    pipeline = Pipeline(place.data, "p", config, settings=load("p", config))
    options = WebOptions(hide=hide or HideOptions())
    app = create(place.data, "p", options=options, contact=contacts(pipeline))
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    with served(place) as client:
        yield client


def sha256(number: int) -> str:
    return hashlib.sha256(saved(drawn(number))).hexdigest()


def upload(client: TestClient, content: bytes, language: str = "en") -> str:
    answer = client.post(PAGE, params={"lang": language}, files={"photo": ("mine.jpg", content)})
    return html.unescape(answer.text)


def test_a_number_and_an_address_are_answered_in_both_languages(client: TestClient) -> None:
    for asked in ("10", "https://bokete.jp/boke/10", "https://bokete.jp/odai/1", crawl_tables.image_url(1)):
        text = html.unescape(client.get(PAGE, params={"asked": asked}).text)
        assert sha256(1) in text
        assert "CC-BY-4.0" in text
        assert "2026-01-01" in text
        assert f"Write to {CONTACT}" in text
        assert "bokeru forget --pipeline p" in text
        assert f"/pipelines/p/photos/{sha256(1)}.jpg" in text
    text = html.unescape(client.get(PAGE, params={"asked": "10", "lang": "ja"}).text)
    assert "その番号です。" in text
    assert f"{CONTACT} まで" in text
    assert "It is not in it." in client.get(PAGE, params={"asked": "999", "lang": "en"}).text


def test_the_same_file_and_a_near_copy_are_told_apart(client: TestClient) -> None:
    assert "It is the same file." in upload(client, saved(drawn(2)))
    near = upload(client, COPIES["mirrored and cut"](drawn(2), Random(1)))
    assert "It shows the same." in near
    assert sha256(2) in near
    stranger = upload(client, saved(drawn(90)), "ja")
    assert "ここにはありません。" in stranger
    assert "写真 6 枚と比べました。" in stranger


def test_the_api_answers_as_the_command_does(
    client: TestClient, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(COPIES["recompressed"](drawn(3), Random(1)))
    config = str(place.data.parent / "pipelines.yaml")
    common = ["contains", "--pipeline", "p", "--data", str(place.data), "--config", config, "--json"]
    for asked in ("30", "https://bokete.jp/odai/3", str(copy)):
        assert main([*common, asked]) == 0
        told = json.loads(capsys.readouterr().out)
        if asked == str(copy):
            answer = client.post(f"/api{PAGE}", params={"name": asked}, content=copy.read_bytes())
        else:
            answer = client.get(f"/api{PAGE}", params={"asked": asked})
        # The app was not called with --config: its hints leave it out.
        assert json.loads(answer.text) == json.loads(json.dumps(told).replace(f" --config {config}", ""))
        assert told["matches"][0]["sha256"] == sha256(3)
        assert told["contact"] == CONTACT


def test_what_cannot_be_asked_for_is_told(client: TestClient) -> None:
    for path in (PAGE, f"/api{PAGE}"):
        answer = client.get(path, params={"asked": "my cat"})
        assert answer.status_code == 400
        assert "my cat is neither a boke's number nor the address" in html.unescape(answer.text)
        assert client.get(path, params={"asked": "9" * 2001}).status_code == 422
    answer = client.post(f"/api{PAGE}", content=b"no photo")
    assert (answer.status_code, "not a photo in a known format" in answer.text) == (422, True)
    assert "対応している形式の写真ではありません" in upload(client, b"no photo", "ja")
    elsewhere = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get(PAGE, params={"asked": "10"}, headers=elsewhere).status_code == 403


def test_nothing_of_a_photo_is_kept(
    client: TestClient, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a photo was about to be written")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", refuse)
    upload(client, saved(drawn(2)))  # the app may make an index of its own dataset
    before = {path: path.stat().st_mtime_ns for path in place.data.rglob("*") if path.is_file()}
    content = COPIES["resized"](drawn(4), Random(1))
    assert "It shows the same." in upload(client, content)
    assert before == {path: path.stat().st_mtime_ns for path in place.data.rglob("*") if path.is_file()}
    assert client.app.state.services.uploads.held == 0  # type: ignore[attr-defined]


class AllAlike(small_pipeline.Extractor):
    """A network to which every photo looks like the first of the dataset."""

    first = ""

    def vectors(self, photos: Sequence[bytes | Picture]) -> np.ndarray:
        return np.array([small_pipeline.vector(self.first.encode()) for _ in photos], np.float32)


def test_vectors_are_compared_where_there_is_a_model(
    whole: Place, place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "By hashes alone" in upload(client, saved(drawn(90)))
    first = str(read.photos(whole.dataset)["sha256"][0])
    monkeypatch.setattr(AllAlike, "first", first)
    monkeypatch.setattr("web.content.library.Extractor", AllAlike)
    with TestClient(create(whole.data, "demo"), base_url="http://127.0.0.1") as with_model:
        path = "/api/pipelines/demo/contains"
        [match] = with_model.post(path, content=saved(drawn(90))).json()["matches"]
        assert (match["how"], match["sha256"]) == ("alike", first)
        content = Library().photo_bytes(whole, first)
        [match] = with_model.post(path, content=content).json()["matches"]
        assert (match["how"], match["sha256"]) == ("same", first), "named once, by what tells most"
        monkeypatch.setattr(AllAlike, "first", "somebody else's")
        answer = with_model.post(path, content=saved(drawn(91))).json()
        assert (answer["matches"], answer["by_vectors"], answer["compared"]) == ([], True, 40)


def test_a_page_that_shows_a_hidden_caption_is_not_named(place: Place) -> None:
    answers = []
    for hide in (None, HideOptions(categories=("お下劣",)), HideOptions(words=("犬", "猫"))):
        with served(place, hide) as client:
            found = client.get(f"/api{PAGE}", params={"asked": crawl_tables.image_url(1)}).json()
            by_number = client.get(f"/api{PAGE}", params={"asked": "10"}).json()
        answers.append(found["matches"][0]["pages"])
        assert len(by_number["matches"]) == 1, "whoever asks for their own is told the truth"
        assert by_number["matches"][0]["pages"] == [page for page in answers[-1] if page.endswith("/10")]
    shown, without_category, without_words = answers
    assert [page.rpartition("/")[2] for page in shown] == ["10", "11"]
    assert [page.rpartition("/")[2] for page in without_category] == ["11"]
    assert without_words == []


def test_what_is_forgotten_is_not_found(tmp_path: Path) -> None:
    place = made(tmp_path)
    with served(place) as client:
        assert "It is the same file." in upload(client, saved(drawn(5)))
        forget(place, Request(sha256=sha256(5)))
        forget(place, Request(boke=61))
        assert "It is not in it." in upload(client, saved(drawn(5)))
        assert "It is not in it." in upload(client, COPIES["resized"](drawn(5), Random(1)))
        for asked in ("50", "61", crawl_tables.image_url(5)):
            assert "It is not in it." in client.get(PAGE, params={"asked": asked}).text
        assert "It is not in it." not in client.get(PAGE, params={"asked": "60"}).text


def _changed(image: Image.Image, random: Random) -> bytes:
    """Resized, mirrored, without 5% of each side, and recompressed: all at once."""
    wide, high = image.size
    cut = image.crop((round(wide * 0.025), round(high * 0.025), round(wide * 0.975), round(high * 0.975)))
    share = random.uniform(0.5, 1.5)
    resized = cut.resize((round(cut.width * share), round(cut.height * share)))
    return saved(ImageOps.mirror(resized), quality=random.randint(40, 80))


@pytest.mark.long
def test_95_of_100_copies_are_found_and_no_stranger(tmp_path: Path) -> None:
    place, count = Place(tmp_path, "p"), 100
    pages = [crawl_tables.page(number, [crawl_tables.boke(number, number, "猫")]) for number in range(count)]
    images = [crawl_tables.image(number, saved(drawn(number))) for number in range(count)]
    crawl_tables.write(place.crawl, pages, images)
    build(DatasetOptions(), [place.crawl], place.dataset, name="p")
    held = Held(place, Hidden(HideOptions()), None)
    kinds = [COPIES[name] for name in ("resized", "5% cut, half from each edge", "mirrored", "recompressed")]
    alone = together = 0
    for number in range(count):
        original = {hashlib.sha256(saved(drawn(number))).hexdigest()}
        copies = (kinds[number % 4](drawn(number), Random(number)), _changed(drawn(number), Random(number)))
        found = [{match.sha256 for match in held.look("copy", copy).matches} for copy in copies]
        alone, together = alone + (found[0] == original), together + (found[1] == original)
    assert min(alone, together) >= 95, (alone, together)
    strangers = [held.look("stranger", saved(drawn(10_000 + number))).matches for number in range(100)]
    assert not any(strangers)
