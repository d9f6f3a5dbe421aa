"""Photos that Try offers: of dev, allowed to be passed on, captioned with one click."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from store.place import Place
from tests.web import small_pipeline
from web.app import create
from web.content.catalogue import Catalogue
from web.routes.try_photo import EXAMPLES

TRY = "/pipelines/demo/try"


@pytest.fixture
def client(whole: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
    with TestClient(create(whole.data, "demo")) as client:
        yield client


def offered(text: str) -> list[str]:
    return re.findall(r'name="example" value="([0-9a-f]{64})"', text)


def test_they_are_of_dev_and_always_the_same(client: TestClient) -> None:
    found = offered(client.get(TRY).text)
    assert len(set(found)) == EXAMPLES
    for sha256 in found:
        assert client.get(f"/api/pipelines/demo/photos/{sha256}").json()["split"] == "dev"
    assert offered(client.get(TRY).text) == found


def test_one_is_captioned_with_one_click(client: TestClient, whole: Place) -> None:
    (first, *_) = offered(client.get(TRY).text)
    answer = client.post(TRY, data={"example": first, "strategy": "greedy"}, files={"none": ("", b"")})
    assert answer.status_code == 200
    assert 'src="data:image/jpeg;base64,' in answer.text
    tokens = re.search(r'<span class="tokens" lang="ja">(.*?)</span>\s*<span class="quiet', answer.text)
    assert tokens
    catalogue = Catalogue.load(whole.dataset)
    content = catalogue.bytes(catalogue.index[first])
    sent = client.post("/api/pipelines/demo/captions?strategy=greedy", content=content).json()
    assert re.sub("<[^>]*>", "", tokens[1]) == sent["captions"][0]["text"]
    assert offered(answer.text)


def test_no_other_photo_is_taken_by_its_name(client: TestClient) -> None:
    train = client.get("/api/pipelines/demo/photos?split=train").json()["photos"][0]["sha256"]
    for name in (train, "0" * 64, "../x"):
        answer = client.post(TRY, data={"example": name}, files={"none": ("", b"")})
        assert answer.status_code == 422, name
        assert "This photo is not offered any more." in answer.text


def test_what_nobody_may_pass_on_is_not_offered(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    before = offered(client.get(TRY).text)
    photo = Catalogue.photo
    licences = {before[0]: "all rights reserved", before[1]: "CC-BY-4.0"}

    def with_licence(self: Catalogue, number: int) -> dict[str, object]:
        found = photo(self, number)
        return {**found, "licence": licences.get(found["sha256"])}

    monkeypatch.setattr(Catalogue, "photo", with_licence)
    after = offered(client.get(TRY).text)
    assert before[0] not in after
    assert before[1] in after
    assert len(after) == EXAMPLES
