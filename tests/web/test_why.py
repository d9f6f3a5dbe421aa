"""Why a caption: the nearest training photos, and what of it stands in people's captions."""

import html
import re
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from store.place import Place
from train.captions.pool import Neighbour
from web.app import create
from web.content.catalogue import Catalogue
from web.content.shown.borrowed import shared, why
from web.options import HideOptions, WebOptions


@pytest.mark.parametrize(
    ("caption", "other", "place"),
    [
        ("もう猫には戻れない", "もう犬には戻れない", (3, 6)),
        ("犬", "猫", (0, 0)),
        ("犬だ", "これは犬だ", (3, 2)),
        ("", "犬", (0, 0)),
    ],
)
def test_the_longest_shared_part(caption: str, other: str, place: tuple[int, int]) -> None:
    assert shared(caption, other) == place


@pytest.fixture(scope="module")
def catalogue(whole: Place) -> Catalogue:
    return Catalogue.load(whole.dataset)


def of_train(catalogue: Catalogue) -> list[str]:
    mask = catalogue.of_split("train")
    return [sha256 for sha256, inside in zip(catalogue.sha256s, mask, strict=True) if inside]


def test_a_copied_caption_is_told_with_all_photos_that_have_it(catalogue: Catalogue) -> None:
    names = of_train(catalogue)
    text = catalogue.captions_of(catalogue.index[names[0]])[0]["text"]
    having = {
        sha256
        for sha256 in names
        if any(each["text"] == text for each in catalogue.captions_of(catalogue.index[sha256]))
    }
    found = why(catalogue, text, [Neighbour(names[0], 0.1), Neighbour(names[1], 0.2)])
    assert found.whole[0] == len(having)
    assert set(found.whole[1]) <= having
    assert found.longest is found.nearest[0]
    assert found.longest.shared == found.characters == len(text)
    assert [(part.text, part.is_match) for part in found.longest.text] == [(text, True)]


def test_of_a_new_caption_the_longest_part_is_marked(catalogue: Catalogue) -> None:
    (name, *_) = of_train(catalogue)
    text = catalogue.captions_of(catalogue.index[name])[0]["text"]
    found = why(catalogue, f"龘{text[1:]}", [Neighbour(name, 0.1)])
    assert found.whole == (0, [])
    (near,) = found.nearest
    assert near.shared >= len(text) - 1
    assert "".join(part.text for part in near.text if part.is_match) in f"龘{text[1:]}"


def test_a_caption_of_other_characters_shares_nothing(catalogue: Catalogue) -> None:
    (name, *_) = of_train(catalogue)
    found = why(catalogue, "龘龘", [Neighbour(name, 0.1)])
    assert found.longest is None
    assert not any(part.is_match for part in found.nearest[0].text)


def test_hidden_captions_tell_nothing(whole: Place, catalogue: Catalogue) -> None:
    (name, *_) = of_train(catalogue)
    text = catalogue.captions_of(catalogue.index[name])[0]["text"]
    hiding = Catalogue.load(whole.dataset, hide=HideOptions(words=(text,)))
    found = why(hiding, text, [Neighbour(name, 0.1)])
    assert found.whole == (0, [])
    assert text not in "".join(part.text for part in found.nearest[0].text)


def test_the_page_shows_the_nearest_and_generate_leads_to_it(whole: Place) -> None:
    with TestClient(create(whole.data, "demo")) as client:
        text = client.get("/pipelines/demo/generate?strategy=greedy").text
        links = [html.unescape(each) for each in re.findall(r'href="([^"]*/why\?[^"]*)"', text)]
        assert len(links) == 6
        answer = client.get(links[0])
        assert answer.status_code == 200
        sha256 = re.search("photos/([0-9a-f]{64})/why", links[0])
        assert sha256
        assert f'id="why-{sha256[1][:16]}"' in answer.text
        assert f'data-swap="#why-{sha256[1][:16]}"' in text, "the part of the page that it takes the place of"
        near = client.get(f"/api/pipelines/demo/photos/{sha256[1]}/neighbours").json()
        shown = re.findall(r"photos/([0-9a-f]{64})\"><|photos/([0-9a-f]{64})\">\s*<img", answer.text)
        assert [one or other for one, other in shown] == [each["sha256"] for each in near]
        nothing = client.get(f"/pipelines/demo/photos/{sha256[1]}/why?caption={quote('龘')}")
        assert "No training photo has this caption" in nothing.text
        assert client.get(f"/pipelines/demo/photos/{sha256[1]}/why").status_code == 422


def test_a_hidden_word_in_the_address_is_shown_by_no_page(whole: Place) -> None:
    options = WebOptions(hide=HideOptions(words=("龘",)))
    with TestClient(create(whole.data, "demo", options=options)) as client:
        sha256 = client.get("/api/pipelines/demo/photos").json()["photos"][0]["sha256"]
        answer = client.get(f"/pipelines/demo/photos/{sha256}/why?caption={quote('龘だ')}")
        assert "龘" not in answer.text.split("<main")[1]
